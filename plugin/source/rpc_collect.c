/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_collect.h"

#include <poll.h>
#include <signal.h>

#include "core/evidence.h"
#include "deadline.h"
#include "module.h"
#include "rpc.h"
#include "rpc_clock.h"
#include "rpc_logs.h"
#include "rpc_svcctl.h"
#include "source.h"

enum {
	CLOCK_AGE = WHEN_HOUR, /* the clock is not asked for more often */
	FRESH_EVENT =
		2 * WHEN_MINUTE, /* the state may have changed with it, or just after */
	PENDING_WAIT = 1000,     /* ms between two looks at a check point, at most */
	PENDING_SHARE = 4        /* and this part of the time that is left */
};

/* Our clock at this moment; the request's own may be that of --at. */
static int64_t now_of(const struct request *request, int64_t began_ms)
{
	return request->now + (deadline_now() - began_ms) / 1000;
}

static bool knows_clock(const struct request *request)
{
	const struct state *state = request->state;
	if (state == NULL || state->clock_read_at == NO_TIME)
		return false;
	int64_t age = request->now - state->clock_read_at;
	return age >= 0 && age < CLOCK_AGE;
}

/* The server's clock minus ours, learned now or before; 0 where it never was. */
static int64_t skew_of(const struct request *request, const struct evidence *evidence)
{
	if (evidence_has(evidence, PART_CLOCK) || request->state == NULL ||
		request->state->clock_read_at == NO_TIME)
		return evidence->clock_skew;
	return request->state->clock_skew;
}

static bool ends_fresh(const struct log *log, int64_t server_now)
{
	for (size_t i = log->event_count; i > 0; i--) {
		const struct event *event = &log->events[i - 1];
		if (event->origin == FROM_IMC)
			return event->time > server_now - FRESH_EVENT;
	}
	return false;
}

/* Read now, or by the check before, which the reading of this one stopped at. */
static bool has_fresh_event(const struct request *request,
	const struct evidence *evidence, int64_t server_now)
{
	return ends_fresh(&evidence->logs[LOG_APPLICATION], server_now) ||
		(request->state != NULL &&
			ends_fresh(&request->state->logs[LOG_APPLICATION], server_now));
}

/* Gives a service that is on its way a moment, so that its check point can move. */
static void wait_a_moment(const struct request *request, int64_t asked_ms)
{
	int64_t left = deadline_left(request->deadline_ms) / PENDING_SHARE;
	int64_t wait = left < PENDING_WAIT ? left : PENDING_WAIT;
	wait -= deadline_now() - asked_ms;
	if (wait > 0)
		poll(NULL, 0, (int)wait);
}

static bool is_down(enum service_state state)
{
	return state == SERVICE_STOPPED || service_state_is_pending(state);
}

/* The last answer counts. */
static void ask_again(const struct request *request, struct svcctl *svcctl,
	int64_t asked_ms, int64_t server_now, struct evidence *evidence)
{
	bool is_pending = service_state_is_pending(evidence->service.state);
	if (!is_pending && !has_fresh_event(request, evidence, server_now))
		return;
	if (is_pending)
		wait_a_moment(request, asked_ms);
	svcctl_learn_again(svcctl, evidence);
}

void rpc_collect(
	const struct request *request, struct rpc *rpc, struct evidence *evidence)
{
	int64_t began = deadline_now();
	struct svcctl *svcctl = svcctl_learn(rpc, evidence);
	bool has_state = svcctl != NULL && evidence_has(evidence, PART_STATE);
	int64_t asked = deadline_now();
	if (!knows_clock(request))
		rpc_clock_learn(rpc, now_of(request, began), evidence);
	int64_t server_now = now_of(request, began) + skew_of(request, evidence);
	rpc_logs_learn(rpc, request, server_now, evidence);
	if (has_state)
		ask_again(request, svcctl, asked, server_now, evidence);
	if (has_state && is_down(evidence->service.state))
		svcctl_learn_dependencies(svcctl, evidence);
	if (svcctl != NULL)
		svcctl_close(svcctl);
	evidence->smb_level = rpc_level(evidence, rpc);
}

/* Nothing could even be tried. */
static void fail_all(struct evidence *evidence, const struct failure *why)
{
	evidence_fail_all(evidence, why);
	evidence_failed(evidence, PART_CLOCK, why);
}

static void collect(const struct request *request, struct evidence *evidence)
{
	/* Samba writes to sockets that may have been closed. */
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	struct rpc *rpc;
	struct failure why;
	sigaction(SIGPIPE, &ignore, &before);
	if (!credentials_has_account(
		    request->credentials, request->target->credentials, &why) ||
		!rpc_new(evidence, request, &rpc, &why)) {
		fail_all(evidence, &why);
	} else {
		rpc_collect(request, rpc, evidence);
		rpc_close(rpc);
	}
	sigaction(SIGPIPE, &before, NULL);
}

/* Where it fails, each poll says so. */
static void prepare(void)
{
	rpc_prepare();
}

MODULE_EXPORTED extern const struct source imc_rpc_source;
MODULE_EXPORTED extern const unsigned imc_rpc_abi;

const unsigned imc_rpc_abi = MODULE_ABI;

const struct source imc_rpc_source = {
	.name = "rpc",
	.prepare = prepare,
	.collect = collect,
};

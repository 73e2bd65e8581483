/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include "core/account.h"
#include "core/infer.h"
#include "core/judge.h"
#include "core/memory.h"
#include "core/name.h"
#include "ledger.h"
#include "source/deadline.h"

enum { TRACE_MAX = 1000 };

/* What the source says on its way, for -vvv. */
struct trace {
	const char **lines;
	size_t count;
};

static void trace_line(void *context, const char *line)
{
	struct trace *trace = context;
	if (trace->count < TRACE_MAX)
		trace->lines[trace->count++] = memory_copy(trace->lines, line);
}

/* A file's name would join the states of all servers whose logs are copied under it. */
static const char *state_directory(const struct run_order *order)
{
	const struct target *target = order->target;
	return target->server != NULL || target->address != NULL ? order->state_dir
								 : NULL;
}

static void ask(const struct run_order *order, const struct source *source,
	const struct credentials *credentials, struct ledger *ledger, struct trace *trace,
	struct evidence *evidence)
{
	bool is_listening = order->report.verbosity >= 3;
	struct request request = {
		.target = order->target,
		.credentials = credentials,
		.state = ledger_state(ledger),
		.now = order->now,
		.deadline_ms = order->deadline_ms,
		.trace = is_listening ? trace_line : NULL,
		.trace_context = trace,
	};
	int64_t began = deadline_now();
	source->collect(&request, evidence);
	evidence->probe_ms = (unsigned)(deadline_now() - began);
}

/* Asks the server, unless its account is to be left alone. */
static void collect(const struct run_order *order, const struct source *source,
	const struct credentials *credentials, struct ledger *ledger, struct trace *trace,
	struct evidence *evidence)
{
	struct failure why;
	bool logs_on = source_kind(source->name)->logs_on && credentials != NULL;
	if (logs_on && !ledger_allows_logon(ledger, credentials, order->clock, &why)) {
		evidence_fail_all(evidence, &why);
		evidence->observed_at = order->now;
		return;
	}
	ask(order, source, credentials, ledger, trace, evidence);
	bool is_accepted;
	if (logs_on && account_logon_result(evidence, &is_accepted))
		ledger_logon(ledger, credentials, is_accepted, order->clock);
	if (evidence->observed_at == NO_TIME)
		evidence->observed_at = order->now;
}

/* -t N:STATE is the severity of `unreachable` where time ran out before anything was
 * learned. */
static const struct policy *policy_for(
	void *parent, const struct run_order *order, const struct evidence *evidence)
{
	const struct policy *given = &order->target->policy;
	if (!order->has_timeout_status || evidence_is_anything_learned(evidence) ||
		!evidence_has_timed_out(evidence))
		return given;
	struct policy *policy = memory_new(parent, struct policy);
	*policy = *given;
	policy->severity[KEY_UNREACHABLE] = order->timeout_status;
	policy->is_severity_set[KEY_UNREACHABLE] = true;
	return policy;
}

/* The state file is part of the evidence: what could not be kept is never OK in silence.
 */
static void note_memory(struct evidence *evidence, const struct ledger *ledger)
{
	const struct failure *why = ledger_failure(ledger);
	if (why != NULL)
		evidence_failed(evidence, PART_MEMORY, why);
	else if (ledger_is_kept(ledger))
		evidence_learned(evidence, PART_MEMORY);
}

static struct verdict *conclude(void *parent, const struct run_order *order,
	struct ledger *ledger, struct evidence *evidence)
{
	const struct policy *policy = policy_for(parent, order, evidence);
	if (ledger_state(ledger) != NULL)
		state_recall(ledger_state(ledger), evidence, order->now);
	infer_service_state(evidence, policy, order->now + evidence->clock_skew);
	if (order->now != order->clock)
		evidence->clock_read_at = NO_TIME; /* measured against --at */
	if (evidence_is_anything_learned(evidence))
		ledger_save(ledger, evidence, policy, order->now);
	note_memory(evidence, ledger);
	return judge(parent, evidence, policy, order->now);
}

bool run_find_means(void *parent, const struct run_order *order,
	const struct source **ret_source, struct credentials **ret_credentials,
	struct failure *why)
{
	const struct target *target = order->target;
	*ret_source = order->source;
	*ret_credentials = NULL;
	if (*ret_source == NULL && !source_find(target->source, ret_source, why))
		return false;
	if (!source_kind((*ret_source)->name)->needs_credentials)
		return true;
	if (target->credentials == NULL)
		return fail(why, FAIL_USAGE, "source %s needs --credentials FILE",
			(*ret_source)->name);
	return credentials_read(parent, target->credentials, order->credentials_directory,
		ret_credentials, why);
}

struct outcome run_failed(void *parent, const char *server, const struct failure *why,
	const struct report_options *options)
{
	return (struct outcome){
		.status = STATUS_UNKNOWN,
		.output = report_failure(parent, STATUS_UNKNOWN, server, why, options),
	};
}

struct outcome run(void *parent, const struct run_order *order)
{
	void *scratch = memory_required(talloc_new(NULL));
	const char *server = name_of_server(order->target);
	struct report_options options = order->report;
	struct trace trace = {.lines = memory_array(scratch, const char *, TRACE_MAX)};
	struct outcome outcome;
	struct failure why;
	const struct source *source;
	struct credentials *credentials;
	if (run_find_means(scratch, order, &source, &credentials, &why)) {
		struct evidence *evidence = evidence_new(scratch, server, source->name);
		evidence->watched = watch_hash(&order->target->watch);
		struct ledger *ledger = ledger_open(scratch, state_directory(order),
			name_of_state(scratch, order->target),
			(unsigned)(deadline_left(order->deadline_ms) / 2));
		collect(order, source, credentials, ledger, &trace, evidence);
		talloc_free(credentials); /* wiped as early as can be */
		struct verdict *verdict = conclude(scratch, order, ledger, evidence);
		options.trace = trace.lines;
		options.trace_count = trace.count;
		outcome.status = verdict->status;
		outcome.output = report(parent, verdict, &options);
	} else {
		outcome = run_failed(parent, server, &why, &options);
	}
	talloc_free(scratch);
	return outcome;
}

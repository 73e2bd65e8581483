/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "core/account.h"
#include "core/memory.h"
#include "core/name.h"
#include "core/state_text.h"
#include "log.h"
#include "message.h"
#include "sandbox.h"
#include "source/deadline.h"
#include "source/source.h"

struct worker {
	struct logger *logger;
	int socket;
	struct credentials *account; /* NULL: none was sent */
	char *source_name;           /* NULL: there was no order yet */
	const struct source *source; /* NULL: it could not be loaded, and why */
	struct failure why;
	void *kept; /* by the source, from poll to poll */
};

/* An order that is being carried out. */
struct job {
	struct worker *worker;
	struct message_order order;
	int files[LOGS]; /* -1: not there */
	bool is_denied;  /* the account is to be left alone */
	bool is_lost;    /* so is the keeper */
};

static bool say(struct worker *worker, enum message_type type)
{
	struct packet *packet = message_plain(worker, type);
	bool is_said = channel_write(worker->socket, packet);
	talloc_free(packet);
	return is_said;
}

/* --- the gate before a logon --- */

/* False: nothing came before the deadline. */
static bool wait_for_keeper(const struct job *job)
{
	struct pollfd place = {.fd = job->worker->socket, .events = POLLIN};
	int64_t left;
	while ((left = deadline_left(job->order.deadline_ms)) > 0) {
		if (poll(&place, 1, (int)(left < INT32_MAX ? left : INT32_MAX)) > 0)
			return true;
	}
	return false;
}

/* False: there is no keeper any more that makes sense. */
static bool take_grant(struct worker *worker, bool *ret_is_granted)
{
	struct message message;
	int files[LOGS];
	size_t file_count = 0;
	void *scratch = memory_required(talloc_new(worker));
	bool is_grant =
		channel_read(worker->socket, scratch, &message, files, &file_count) &&
		file_count == 0 && message.type == MESSAGE_GRANT &&
		message_take_grant(message.body, ret_is_granted);
	talloc_free(scratch);
	return is_grant;
}

static bool ask_keeper(struct job *job, struct failure *why)
{
	const char *address = job->order.target->address;
	bool is_granted = false;
	job->is_lost = !say(job->worker, MESSAGE_LOGGING_ON);
	if (!job->is_lost && !wait_for_keeper(job))
		return fail_at(why, FAIL_TIMEOUT, STAGE_LOGON,
			"the time ran out before it was the account's turn to log on at "
			"%s",
			address);
	job->is_lost = job->is_lost || !take_grant(job->worker, &is_granted);
	if (job->is_lost)
		return fail_at(why, FAIL_SYSTEM, STAGE_LOGON,
			"the keeper of imc-agentd ended before the logon at %s", address);
	job->is_denied = !is_granted;
	return is_granted ||
		fail_at(why, FAIL_DENIED, STAGE_LOGON,
			"the account was not used at %s, so that it is not locked: "
			"another server refused it a moment ago",
			address);
}

static bool gate(void *context, enum gate_moment moment, struct failure *why)
{
	struct job *job = context;
	switch (moment) {
	case GATE_LOGGING_ON:
		return ask_keeper(job, why);
	case GATE_LOGGED_ON:
		job->is_lost = !say(job->worker, MESSAGE_LOGGED_ON);
		break;
	}
	return true;
}

/* --- a poll --- */

/* Loads the source, and all that it would load later; then nothing can be opened any
 * more. Without it the worker is spent: another one looks again, since somebody may
 * install its module, and the loader of this one remembers which folders there were. */
static void settle(struct worker *worker, const char *source_name)
{
	struct failure why;
	const struct source *source;
	worker->source_name = memory_copy(worker, source_name);
	if (!source_find(source_name, &source, &worker->why))
		return;
	worker->source = source;
	if (source->prepare != NULL)
		source->prepare();
	const struct source_kind *kind = source_kind(source_name);
	if (!sandbox_close(kind != NULL ? kind->transport : TRANSPORT_FILES, &why))
		log_warn(worker->logger, "polls go on without a sandbox: %s", why.text);
}

/* What is remembered; one that cannot be read is the parent's to tell of. */
static struct state *take_state(void *parent, const struct message_order *order)
{
	struct state *state = NULL;
	struct failure why;
	if (order->state.length == 0 ||
		!state_parse(parent, "state", name_of_state(parent, order->target),
			order->state, &state, &why))
		return NULL;
	return state;
}

static void collect(void *scratch, struct job *job, struct evidence *evidence)
{
	const struct message_order *order = &job->order;
	const struct source *source = job->worker->source;
	struct request request = {
		.target = order->target,
		.credentials = job->worker->account,
		.state = take_state(scratch, order),
		.now = order->now,
		.deadline_ms = order->deadline_ms,
		.addresses = order->addresses.count > 0 ? &order->addresses : NULL,
		.files = job->files,
		.file_failures = order->file_failure,
		.gate = gate,
		.gate_context = job,
		.kept = &job->worker->kept,
	};
	int64_t began = deadline_now();
	source->collect(&request, evidence);
	evidence->probe_ms = (unsigned)(deadline_now() - began);
}

static enum logon_end logon_of(
	const struct worker *worker, const struct evidence *evidence)
{
	bool is_accepted = false;
	if (worker->source == NULL || !source_kind(worker->source->name)->logs_on ||
		!account_logon_result(evidence, &is_accepted))
		return LOGON_NOT_TRIED;
	return is_accepted ? LOGON_ACCEPTED : LOGON_REFUSED;
}

static enum poll_end end_of(const struct job *job, const struct evidence *evidence)
{
	if (evidence_is_anything_learned(evidence))
		return POLL_LEARNED;
	return job->is_denied ? POLL_NOT_MADE : POLL_FAILED;
}

static bool answer(void *scratch, const struct job *job, const struct evidence *evidence)
{
	struct packet *bytes = packet_new(scratch);
	message_put_evidence(bytes, evidence);
	struct message_done done = {
		.end = end_of(job, evidence),
		.logon = logon_of(job->worker, evidence),
		.is_spent = job->worker->source == NULL,
		.evidence = {bytes->data, bytes->length},
	};
	return channel_write(job->worker->socket, message_put_done(scratch, &done));
}

/* False: nobody is there to be told. */
static bool carry_out(void *scratch, struct job *job)
{
	struct worker *worker = job->worker;
	const struct target *target = job->order.target;
	struct evidence *evidence =
		evidence_new(scratch, target->server, worker->source_name);
	evidence->watched = watch_hash(&target->watch);
	if (worker->source != NULL)
		collect(scratch, job, evidence);
	else
		evidence_fail_all(evidence, &worker->why);
	if (evidence->observed_at == NO_TIME)
		evidence->observed_at = job->order.now;
	return !job->is_lost && answer(scratch, job, evidence);
}

/* The files that came are those that the order names; each of the others has a reason
 * where there is a path. */
static bool assign_files(struct job *job, const int *files, size_t file_count)
{
	const struct message_order *order = &job->order;
	const char *const paths[LOGS] = {
		[LOG_APPLICATION] = order->target->evt,
		[LOG_SYSTEM] = order->target->system_evt,
	};
	size_t used = 0;
	for (enum log_kind kind = 0; kind < LOGS; kind++) {
		bool is_there = order->has_file[kind];
		if (is_there ? used == file_count
			     : paths[kind] != NULL && !order->has_file_failure[kind])
			return false;
		job->files[kind] = is_there ? files[used++] : -1;
	}
	return used == file_count;
}

/* --- what the keeper says --- */

static bool take_order(struct worker *worker, void *scratch, struct bytes body,
	const int *files, size_t file_count)
{
	struct job job = {.worker = worker};
	if (!message_take_order(scratch, body, &job.order) ||
		!assign_files(&job, files, file_count))
		return false;
	const char *source_name = job.order.target->source;
	if (worker->source_name == NULL)
		settle(worker, source_name);
	return strcmp(worker->source_name, source_name) == 0 && carry_out(scratch, &job);
}

static bool take_account(struct worker *worker, struct bytes body)
{
	struct credentials *account;
	bool is_account = message_take_account(worker, body, &account);
	explicit_bzero((void *)body.data, body.length);
	if (!is_account)
		return false;
	talloc_free(worker->account);
	worker->account = account;
	return true;
}

/* False: the worker's time is over. */
static bool take(struct worker *worker, void *scratch, const struct message *message,
	const int *files, size_t file_count)
{
	switch (message->type) {
	case MESSAGE_ACCOUNT:
		return take_account(worker, message->body);
	case MESSAGE_ORDER:
		return take_order(worker, scratch, message->body, files, file_count);
	case MESSAGE_GRANT: /* it came too late, and that poll is over */
		return true;
	case MESSAGE_CONFIG:
	case MESSAGE_STATE:
	case MESSAGE_RESULT:
	case MESSAGE_ALIVE:
	case MESSAGE_READY:
	case MESSAGE_LOGGING_ON:
	case MESSAGE_LOGGED_ON:
	case MESSAGE_DONE:
	case MESSAGE_HINT:
	case MESSAGE_HINTED:
	case MESSAGE_TYPES:
		break;
	}
	return false;
}

static bool serve_one(struct worker *worker)
{
	struct message message;
	int files[LOGS];
	size_t file_count = 0;
	void *scratch = memory_required(talloc_new(worker));
	bool is_good =
		channel_read(worker->socket, scratch, &message, files, &file_count);
	if (is_good) {
		is_good = take(worker, scratch, &message, files, file_count);
		for (size_t i = 0; i < file_count; i++)
			close(files[i]);
	}
	talloc_free(scratch);
	return is_good;
}

int worker_run(struct logger *logger, int socket)
{
	struct worker *worker = memory_new(NULL, struct worker);
	worker->logger = logger;
	worker->socket = socket;
	bool is_good = say(worker, MESSAGE_READY);
	while (is_good)
		is_good = serve_one(worker);
	talloc_free(worker->kept);
	talloc_free(worker); /* which wipes the account */
	return 0;
}

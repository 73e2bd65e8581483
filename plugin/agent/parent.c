/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "parent.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-daemon.h>
#include <tevent.h>

#include "attendant.h"
#include "core/memory.h"
#include "core/text.h"
#include "instance.h"
#include "log.h"
#include "objects.h"
#include "settings.h"
#include "source/deadline.h"
#include "statedir.h"
#include "teller.h"
#include "timers.h"
#include "traps.h"

enum {
	STEP_MS = 200,     /* what is not driven by messages is looked at this often... */
	LOOK_MS = 1000,    /* ...and what goes through all servers this often */
	REREAD_MS = 60000, /* state files that could not be read */
	SAVING_MS = 10,    /* so long may one step write state files */
	FAREWELL_MS = 1000,       /* and the last one */
	RELOAD_ERROR_BYTES = 1024 /* an ImcText of the MIB */
};

struct parent {
	struct logger *logger;
	struct tevent_context *loop;
	struct timers *timers;
	struct timer step;
	struct instance *instance;
	struct settings *settings;
	const struct agent_settings *started_with;
	struct fleet *fleet;
	struct statedir *statedir;
	struct attendant *attendant;
	struct traps *traps;
	struct agentx *agentx;
	struct objects_view view;
	struct teller teller;
	uint64_t watchdog_usec;
	int64_t watchdog_ms, looked_ms, reread_ms;
	bool is_over;
};

/* --- what the keeper is told --- */

static void send_config(struct parent *parent)
{
	struct message_config config = {parent->fleet->generation, parent->settings->path,
		parent->settings->text};
	attendant_send(parent->attendant, message_put_config(parent, &config));
}

/* It polls the server from now on. */
static void send_state(struct parent *parent, const struct server *server)
{
	const char *text = server->state != NULL ? server->state : "";
	struct message_state state = {
		.server = server->row->server,
		.text = {(const uint8_t *)text, strlen(text)},
	};
	attendant_send(parent->attendant, message_put_state(parent, &state));
}

static void brief_keeper(struct parent *parent)
{
	send_config(parent);
	for (size_t i = 0; i < parent->fleet->count; i++) {
		if (!parent->fleet->servers[i]->is_unread)
			send_state(parent, parent->fleet->servers[i]);
	}
}

static void on_started(void *context)
{
	struct parent *parent = context;
	brief_keeper(parent);
	traps_ask_again(parent->traps);
}

/* --- what the keeper tells --- */

/* What a worker made of a hostile server may be no evidence at all. */
static struct evidence *evidence_of(void *scratch, const struct server *server,
	const struct message_result *result, struct logger *logger)
{
	struct evidence *evidence;
	struct failure why;
	if (message_take_evidence(
		    scratch, server->row->server, result->evidence, &evidence))
		return evidence;
	fail(&why, FAIL_PROTOCOL, "the worker that polled it sent what is no evidence");
	log_warn(logger, "server %s: %s", server->row->server, why.text);
	evidence = evidence_new(scratch, server->row->server, server->target->source);
	evidence_fail_all(evidence, &why);
	return evidence;
}

static void log_change(const struct parent *parent, const struct server *server,
	enum status before, bool was_judged)
{
	const struct row *row = server->row;
	if (!row->is_judged || (was_judged && row->status == before))
		return;
	void (*put)(struct logger * logger, const char *format, ...) =
		row->status == STATUS_OK ? log_info : log_warn;
	put(parent->logger, "server %s is %s: %s", row->server, status_name(row->status),
		row->text);
}

static void take_result(struct parent *parent, void *scratch, struct bytes body)
{
	struct message_result result;
	if (!message_take_result(scratch, body, &result)) {
		attendant_replace(parent->attendant, "it sent what is no result");
		return;
	}
	struct totals *totals = &parent->view.totals;
	struct server *server = fleet_find(parent->fleet, result.server);
	if (server == NULL)
		return; /* it left the configuration meanwhile */
	if (result.generation < server->moved_in) {
		send_state(parent, server); /* it was asked for another machine */
		return;
	}
	struct evidence *evidence = evidence_of(scratch, server, &result, parent->logger);
	/* The worker may say so: what counts is what it sent. */
	if (result.end == POLL_LEARNED && !evidence_is_anything_learned(evidence))
		result.end = POLL_FAILED;
	totals->polls_done++;
	totals->workers_killed += result.has_lost_worker;
	totals->polls_failed += result.end != POLL_LEARNED;
	enum status before = server->row->status;
	bool was_judged = server->row->is_judged;
	fleet_take(parent->fleet, server, &result, evidence, time(NULL), deadline_now(),
		&totals->notifications_suppressed);
	log_change(parent, server, before, was_judged);
	send_state(parent, server);
}

static void take_message(void *context, const struct message *message)
{
	struct parent *parent = context;
	void *scratch = memory_required(talloc_new(NULL));
	if (message->type == MESSAGE_RESULT)
		take_result(parent, scratch, message->body);
	else if (message->type == MESSAGE_HINTED)
		traps_take_answer(parent->traps, message->body, time(NULL));
	else if (message->type != MESSAGE_ALIVE)
		log_error(
			parent->logger, "the keeper sent a message that is not its own");
	talloc_free(scratch);
}

static const struct attendant_hooks attendant_hooks = {on_started, take_message};

/* --- the configuration --- */

/* A server is polled once its state file was read, or cannot be. */
static void load(void *context, struct server *server)
{
	struct parent *parent = context;
	server->is_unread = !statedir_load(parent->statedir, server);
}

static void load_again(struct parent *parent, int64_t now_ms)
{
	bool is_due = now_ms - parent->reread_ms >= REREAD_MS;
	if (is_due)
		parent->reread_ms = now_ms;
	for (size_t i = 0; i < parent->fleet->count; i++) {
		struct server *server = parent->fleet->servers[i];
		if (server->is_unreadable && is_due)
			statedir_load_again(parent->statedir, server);
		if (!server->is_unread)
			continue;
		load(parent, server);
		if (!server->is_unread)
			send_state(parent, server);
	}
}

/* Rows and their number change together: nothing is answered in between. */
static void enforce(struct parent *parent, struct settings *settings)
{
	struct settings *before = parent->settings;
	parent->settings = settings;
	fleet_configure(parent->fleet, settings->config, time(NULL), deadline_now(), load,
		parent);
	parent->view.rows = parent->fleet->rows;
	parent->view.rows_by_appl_index = parent->fleet->rows_by_appl_index;
	parent->view.row_count = parent->fleet->count;
	parent->view.totals.are_notifications_enabled =
		settings->config->agent->notifications;
	talloc_free(before);
}

static void reload(struct parent *parent)
{
	struct totals *totals = &parent->view.totals;
	struct settings *settings;
	struct failure why;
	totals->reloaded_at = time(NULL);
	TALLOC_FREE(totals->reload_error);
	if (!settings_read(parent, parent->settings->path, &settings, &why)) {
		totals->reload_error =
			text_clean_value(parent, why.text, RELOAD_ERROR_BYTES);
		log_error(parent->logger, "the old configuration stays in force: %s",
			why.text);
		return;
	}
	settings_say_what_waits(
		parent->logger, parent->started_with, settings->config->agent);
	enforce(parent, settings);
	traps_configure(parent->traps, settings->config->agent);
	brief_keeper(parent);
	/* An editor may have made another file of it. */
	if (!instance_renew(parent->instance, settings->path, &why))
		log_error(parent->logger, "%s", why.text);
	log_info(parent->logger, "%s was read again: %zu server%s", settings->path,
		parent->fleet->count, parent->fleet->count == 1 ? "" : "s");
}

/* --- signals, steps --- */

static void on_hangup(struct tevent_context *loop, struct tevent_signal *event,
	int number, int count, void *info, void *private_data)
{
	struct parent *parent = private_data;
	(void)loop, (void)event, (void)number, (void)count, (void)info;
	reload(parent);
}

static void on_end(struct tevent_context *loop, struct tevent_signal *event, int number,
	int count, void *info, void *private_data)
{
	struct parent *parent = private_data;
	(void)loop, (void)event, (void)count, (void)info;
	log_info(parent->logger, "ended by signal %d", number);
	parent->is_over = true;
}

static void on_connected(void *context)
{
	struct parent *parent = context;
	log_info(parent->logger, "connected to the SNMP agent");
	teller_connected(&parent->teller);
}

static void on_lost(void *context)
{
	struct parent *parent = context;
	log_warn(parent->logger, "the SNMP agent is gone: connecting again");
	teller_lost(&parent->teller, time(NULL));
}

static const struct agentx_hooks agentx_hooks = {on_connected, on_lost};

/* What goes through all servers. */
static void look_around(struct parent *parent, int64_t now, int64_t now_ms)
{
	struct totals *totals = &parent->view.totals;
	if (now_ms - parent->looked_ms < LOOK_MS)
		return;
	parent->looked_ms = now_ms;
	load_again(parent, now_ms);
	fleet_look_for_stale(
		parent->fleet, now, now_ms, &totals->notifications_suppressed);
}

static void feed_watchdog(struct parent *parent, int64_t now_ms)
{
	int64_t half_ms = (int64_t)(parent->watchdog_usec / 2000);
	if (half_ms == 0 || now_ms - parent->watchdog_ms < half_ms)
		return;
	parent->watchdog_ms = now_ms;
	sd_notify(0, "WATCHDOG=1");
}

static void on_step(void *context)
{
	struct parent *parent = context;
	int64_t now = time(NULL), now_ms = deadline_now();
	attendant_step(parent->attendant, now_ms);
	look_around(parent, now, now_ms);
	traps_step(parent->traps, now_ms);
	parent->view.totals.reconnects = agentx_reconnects(parent->agentx);
	teller_step(&parent->teller, now, now_ms);
	statedir_save_states(parent->statedir, parent->fleet, deadline_now() + SAVING_MS);
	feed_watchdog(parent, now_ms);
	timers_start(parent->timers, &parent->step, deadline_now() + STEP_MS);
}

/* --- life --- */

static void watch_signals(struct parent *parent)
{
	memory_required(
		tevent_add_signal(parent->loop, parent, SIGHUP, 0, on_hangup, parent));
	memory_required(
		tevent_add_signal(parent->loop, parent, SIGTERM, 0, on_end, parent));
	memory_required(
		tevent_add_signal(parent->loop, parent, SIGINT, 0, on_end, parent));
}

static void serve(struct parent *parent)
{
	const struct agent_settings *agent = parent->settings->config->agent;
	parent->agentx = agentx_new(parent, parent->loop, parent->timers,
		agent->agentx_socket, &agentx_hooks, parent, parent->logger);
	objects_register(parent->agentx, &parent->view);
	if (agent->appl_table)
		appl_register(parent->agentx, &parent->view);
	parent->teller = (struct teller){
		.fleet = parent->fleet,
		.statedir = parent->statedir,
		.agentx = parent->agentx,
		.totals = &parent->view.totals,
		.lost_at = NO_TIME,
	};
	const struct traps_means means = {parent->loop, parent->logger, parent->fleet,
		&parent->view.totals, &parent->attendant};
	parent->traps = traps_new(parent, &means);
}

bool parent_new(void *owner, const char *config_path, struct logger *logger,
	struct parent **ret, struct failure *why)
{
	struct parent *parent = memory_new(owner, struct parent);
	struct settings *settings;
	parent->logger = logger;
	parent->loop = memory_required(tevent_context_init(parent));
	parent->fleet = fleet_new(parent);
	parent->view.totals = (struct totals){
		.version = IMC_VERSION,
		.started_at = time(NULL),
		.reloaded_at = NO_TIME,
	};
	if (!settings_read(parent, config_path, &settings, why) ||
		!instance_lock(parent, config_path, &parent->instance, why) ||
		!timers_new(parent, parent->loop, &parent->timers, why) ||
		!statedir_open(parent, settings->config->agent->state_dir, parent->fleet,
			logger, &parent->statedir, why))
		return false;
	parent->started_with = talloc_steal(parent, settings->config->agent);
	enforce(parent, settings);
	serve(parent);
	parent->step = (struct timer){.fire = on_step, .context = parent};
	*ret = parent;
	return true;
}

/* Nothing is lost: what was not written yet is, and the master is told that we go. */
static void say_farewell(struct parent *parent)
{
	sd_notify(0, "STOPPING=1");
	TALLOC_FREE(parent->traps);
	attendant_stop(parent->attendant);
	statedir_save_standing(parent->statedir, parent->fleet);
	statedir_save_states(
		parent->statedir, parent->fleet, deadline_now() + FAREWELL_MS);
	agentx_stop(parent->agentx);
}

int parent_run(struct parent *parent)
{
	struct failure why;
	if (!attendant_new(parent, parent->loop, parent->logger, &attendant_hooks, parent,
		    &parent->attendant, &why)) {
		log_error(parent->logger, "%s", why.text);
		return 1;
	}
	watch_signals(parent);
	traps_configure(parent->traps, parent->settings->config->agent);
	brief_keeper(parent);
	agentx_start(parent->agentx);
	timers_start(parent->timers, &parent->step, deadline_now());
	if (sd_watchdog_enabled(0, &parent->watchdog_usec) <= 0)
		parent->watchdog_usec = 0;
	sd_notify(0, "READY=1");
	log_info(parent->logger, "imc-agentd %s watches %zu server%s", IMC_VERSION,
		parent->fleet->count, parent->fleet->count == 1 ? "" : "s");
	while (!parent->is_over && tevent_loop_once(parent->loop) == 0)
		;
	bool is_ordered = parent->is_over;
	say_farewell(parent);
	return is_ordered ? 0 : 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rpc_svcctl.h"

#include <string.h>

#include "core/memory.h"
#include "request.h"
#include "rpc_svcctl_calls.h"

enum { MAX_DEPENDENCIES = 32, NAME_MAX_BYTES = 256 };

struct svcctl {
	struct svcctl_manager manager;
	struct policy_handle service;
	char *dependencies; /* separated by slashes; NULL: not learned */
	uint32_t check_point;
};

static const struct request *request_of(const struct svcctl *svcctl)
{
	return rpc_request_of(svcctl->manager.pipe);
}

static void keep_status(struct service *service, const struct SERVICE_STATUS *status)
{
	service->state = (enum service_state)status->state;
	service->has_exit_codes = true;
	service->win32_exit = W_ERROR_V(status->win32_exit_code);
	service->specific_exit = status->service_exit_code;
}

static bool keep_config(struct svcctl *svcctl, const struct QUERY_SERVICE_CONFIG *config,
	struct evidence *evidence, struct failure *why)
{
	const char *dependencies = config->dependencies;
	if ((uint32_t)config->start_type > START_DISABLED)
		return fail_at(why, FAIL_PROTOCOL, STAGE_SERVICE,
			"%s reports the start type %u, which does not exist",
			request_of(svcctl)->target->address,
			(unsigned)config->start_type);
	evidence->service.start_type = (enum start_type)config->start_type;
	if (config->startname != NULL)
		evidence->service.start_account =
			memory_copy(evidence, config->startname);
	svcctl->dependencies =
		memory_copy(svcctl, dependencies != NULL ? dependencies : "");
	return true;
}

static void learn_state(struct svcctl *svcctl, struct evidence *evidence)
{
	struct SERVICE_STATUS status = {0};
	struct failure why;
	if (!svcctl_query_status(&svcctl->manager, &svcctl->service, &status, &why)) {
		evidence_failed(evidence, PART_STATE, &why);
		return;
	}
	keep_status(&evidence->service, &status);
	svcctl->check_point = status.check_point;
	evidence_learned(evidence, PART_STATE);
	request_trace(request_of(svcctl), "the service is %s, exit code %u, %u",
		service_state_name(evidence->service.state),
		(unsigned)evidence->service.win32_exit,
		(unsigned)evidence->service.specific_exit);
}

static void learn_config(struct svcctl *svcctl, struct evidence *evidence)
{
	struct QUERY_SERVICE_CONFIG config = {0};
	struct failure why;
	if (!svcctl_query_config(&svcctl->manager, &svcctl->service, &config, &why) ||
		!keep_config(svcctl, &config, evidence, &why)) {
		evidence_failed(evidence, PART_CONFIG, &why);
		return;
	}
	evidence_learned(evidence, PART_CONFIG);
	request_trace(request_of(svcctl), "start type %s",
		start_type_name(evidence->service.start_type));
}

/* With as much access as it gets; false: not at all, or there is no such service. */
static bool open_watched(struct svcctl *svcctl, struct evidence *evidence)
{
	const struct request *request = request_of(svcctl);
	const char *name = request->target->watch.service;
	struct failure why;
	uint32_t error;
	if (svcctl_open_service(&svcctl->manager, name,
		    SVCCTL_QUERY_CONFIG | SVCCTL_QUERY_STATUS, &svcctl->service, &error,
		    &why)) {
		learn_state(svcctl, evidence);
		learn_config(svcctl, evidence);
		return true;
	}
	request_trace(request, "%s", why.text);
	if (error == SVCCTL_NO_SUCH_SERVICE) {
		evidence->service.state = SERVICE_ABSENT;
		evidence_learned(evidence, PART_STATE);
		return false;
	}
	evidence_failed(evidence, PART_CONFIG, &why);
	if (why.kind == FAIL_DENIED &&
		svcctl_open_service(&svcctl->manager, name, SVCCTL_QUERY_STATUS,
			&svcctl->service, &error, &why)) {
		request_trace(request, "the state alone may be asked for");
		learn_state(svcctl, evidence);
		return true;
	}
	evidence_failed(evidence, PART_STATE, &why);
	return false;
}

struct svcctl *svcctl_learn(struct rpc *rpc, struct evidence *evidence)
{
	struct svcctl *svcctl = memory_new(evidence, struct svcctl);
	struct failure why;
	if (!svcctl_open_manager(rpc, &svcctl->manager, &why)) {
		evidence_failed(evidence, PART_STATE, &why);
		evidence_failed(evidence, PART_CONFIG, &why);
	} else if (open_watched(svcctl, evidence)) {
		return svcctl;
	}
	talloc_free(svcctl);
	return NULL;
}

void svcctl_learn_again(struct svcctl *svcctl, struct evidence *evidence)
{
	struct service *service = &evidence->service;
	enum service_state earlier = service->state;
	struct SERVICE_STATUS status = {0};
	struct failure why;
	if (!svcctl_query_status(&svcctl->manager, &svcctl->service, &status, &why)) {
		request_trace(request_of(svcctl), "%s", why.text);
		service->state = SERVICE_UNKNOWN;
		evidence_failed(evidence, PART_STATE, &why);
		return;
	}
	keep_status(service, &status);
	if (service->state != earlier)
		service->earlier_state = earlier;
	else if (service_state_is_pending(earlier))
		service->check_point_moved = status.check_point != svcctl->check_point;
	request_trace(request_of(svcctl), "asked again: the service is %s%s",
		service_state_name(service->state),
		service->check_point_moved ? ", its check point moves" : "");
}

/* Unknown where it may not be asked for; false: nothing can be asked any more. The handle
 * goes with the pipe: a server that hangs at closing it must not cost the logs. */
static bool ask_dependency(struct svcctl *svcctl, const char *name,
	enum service_state *ret_state, struct failure *why)
{
	struct policy_handle handle = {0};
	struct SERVICE_STATUS status = {0};
	uint32_t error;
	*ret_state = SERVICE_UNKNOWN;
	if (svcctl_open_service(
		    &svcctl->manager, name, SVCCTL_QUERY_STATUS, &handle, &error, why)) {
		if (svcctl_query_status(&svcctl->manager, &handle, &status, why))
			*ret_state = (enum service_state)status.state;
	} else if (error == SVCCTL_NO_SUCH_SERVICE) {
		*ret_state = SERVICE_ABSENT;
	}
	return *ret_state != SERVICE_UNKNOWN || rpc_pipe_is_alive(svcctl->manager.pipe);
}

static bool learn_all(
	struct svcctl *svcctl, struct evidence *evidence, struct failure *why)
{
	struct service *service = &evidence->service;
	char *rest = NULL;
	service->dependencies =
		memory_array(evidence, struct dependency, MAX_DEPENDENCIES);
	for (char *name = strtok_r(svcctl->dependencies, "/", &rest); name != NULL;
		name = strtok_r(NULL, "/", &rest)) {
		enum service_state state;
		bool is_group = name[0] == '+';
		if (is_group || strlen(name) > NAME_MAX_BYTES ||
			service->dependency_count == MAX_DEPENDENCIES) {
			service->has_other_dependencies = true;
			continue;
		}
		if (!ask_dependency(svcctl, name, &state, why))
			return false;
		service->dependencies[service->dependency_count++] =
			(struct dependency){memory_copy(evidence, name), state};
		request_trace(request_of(svcctl), "it depends on %s: %s", name,
			service_state_name(state));
	}
	return true;
}

void svcctl_learn_dependencies(struct svcctl *svcctl, struct evidence *evidence)
{
	struct failure why = {0};
	if (svcctl->dependencies == NULL)
		evidence_failed(
			evidence, PART_DEPENDENCIES, &evidence->parts[PART_CONFIG].why);
	else if (learn_all(svcctl, evidence, &why))
		evidence_learned(evidence, PART_DEPENDENCIES);
	else
		evidence_failed(evidence, PART_DEPENDENCIES, &why);
}

void svcctl_close(struct svcctl *svcctl)
{
	svcctl_close_handle(&svcctl->manager, &svcctl->service);
	svcctl_close_handle(&svcctl->manager, &svcctl->manager.handle);
	rpc_pipe_close(svcctl->manager.pipe);
	talloc_free(svcctl);
}

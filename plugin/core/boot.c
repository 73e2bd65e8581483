/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot.h"

#include "memory.h"

static void lower_boot(struct boot *boot, const struct clock_fall *fall, int64_t window)
{
	if (fall->to < boot->counts_from)
		boot->counts_from = fall->to;
	if (fall->to <= boot->time + window)
		boot->is_stepped = true;
}

/* Steps of the clock between this boot and the next, by record number in the System log.
 */
static void apply_system_falls(struct boot *boot, const struct event *event,
	const struct event *next, const struct log *system, int64_t window)
{
	for (size_t i = 0; i < system->fall_count; i++) {
		const struct clock_fall *fall = &system->falls[i];
		if (fall_order(fall, event) > 0 &&
			(next == NULL || fall_order(fall, next) < 0))
			lower_boot(boot, fall, window);
	}
}

/* Steps between the boot before and this one, up to its own record. */
static void apply_falls_before(struct boot *boot, const struct event *event,
	const struct event *previous, const struct log *system)
{
	for (size_t i = 0; i < system->fall_count; i++) {
		const struct clock_fall *fall = &system->falls[i];
		if (fall_order(fall, event) <= 0 &&
			(previous == NULL || fall_order(fall, previous) > 0) &&
			fall->from >= boot->time && fall->from > boot->doubtful_until)
			boot->doubtful_until = fall->from;
	}
}

/* Steps that only the Application log shows, by time. */
static void apply_application_falls(
	struct boot *boot, const struct log *application, int64_t window)
{
	for (size_t i = 0; i < application->fall_count; i++) {
		const struct clock_fall *fall = &application->falls[i];
		if (fall->from >= boot->time - window &&
			fall->from <= boot->time + window)
			lower_boot(boot, fall, window);
	}
}

struct boot *boots_find(void *parent, const struct evidence *evidence, int64_t window,
	int64_t horizon, size_t *ret_count)
{
	const struct log *system = &evidence->logs[LOG_SYSTEM];
	const struct event *last = log_last_boot(system);
	struct boot *boots = memory_array(parent, struct boot, system->event_count + 1);
	size_t count = 0;
	const struct event *pending = NULL, *previous = NULL;
	for (size_t i = 0; i <= system->event_count; i++) {
		const struct event *event =
			i < system->event_count ? &system->events[i] : NULL;
		if (event != NULL && !event_is_boot(event))
			continue;
		if (pending != NULL && (pending->time >= horizon || pending == last)) {
			struct boot *boot = &boots[count++];
			*boot = (struct boot){.time = pending->time,
				.counts_from = pending->time,
				.doubtful_until = NO_TIME};
			apply_falls_before(boot, pending, previous, system);
			apply_system_falls(boot, pending, event, system, window);
			apply_application_falls(
				boot, &evidence->logs[LOG_APPLICATION], window);
		}
		previous = pending;
		pending = event;
	}
	int64_t none_before = INT64_MAX;
	for (size_t i = count; i > 0; i--) {
		struct boot *boot = &boots[i - 1];
		if (boot->counts_from < none_before)
			none_before = boot->counts_from;
		boot->none_before = none_before;
	}
	*ret_count = count;
	return boots;
}

const struct boot *boot_before(const struct boot *boots, size_t count, int64_t time)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (boots[middle].none_before <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &boots[low - 1];
}

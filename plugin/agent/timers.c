/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timers.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <tevent.h>

#include "core/memory.h"
#include "source/deadline.h"

struct timers {
	struct heap *heap;
	int alarm;
	int64_t alarm_ms; /* when it rings; 0: it does not */
};

/* A moment of 0 would disarm it. */
static void set_alarm(struct timers *timers)
{
	const struct heap_item *first = heap_first(timers->heap);
	int64_t at = first == NULL ? 0 : first->key > 1 ? first->key : 1;
	if (at == timers->alarm_ms)
		return;
	timers->alarm_ms = at;
	struct itimerspec when = {.it_value = {at / 1000, at % 1000 * 1000000}};
	timerfd_settime(timers->alarm, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Only what was due when it rang: a timer that starts itself again has its turn later. */
static void ring(struct tevent_context *loop, struct tevent_fd *event, uint16_t flags,
	void *private_data)
{
	struct timers *timers = private_data;
	uint64_t times;
	(void)loop;
	(void)event;
	(void)flags;
	if (read(timers->alarm, &times, sizeof(times)) < 0 && errno == EAGAIN)
		return;
	timers->alarm_ms = 0;
	int64_t now = deadline_now();
	struct heap_item *first;
	while ((first = heap_first(timers->heap)) != NULL && first->key <= now) {
		struct timer *timer = first->owner;
		heap_remove(timers->heap, first);
		timer->fire(timer->context);
	}
	set_alarm(timers);
}

bool timers_new(void *parent, struct tevent_context *loop, struct timers **ret,
	struct failure *why)
{
	struct timers *timers = memory_new(parent, struct timers);
	timers->heap = heap_new(timers);
	timers->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timers->alarm < 0)
		return fail(why, FAIL_SYSTEM, "no timer: %s", strerror(errno));
	struct tevent_fd *event = memory_required(
		tevent_add_fd(loop, timers, timers->alarm, TEVENT_FD_READ, ring, timers));
	tevent_fd_set_auto_close(event);
	*ret = timers;
	return true;
}

void timers_start(struct timers *timers, struct timer *timer, int64_t at_ms)
{
	timer->item.owner = timer;
	heap_put(timers->heap, &timer->item, at_ms);
	set_alarm(timers);
}

void timers_stop(struct timers *timers, struct timer *timer)
{
	heap_remove(timers->heap, &timer->item);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_HARVEST_H
#define IMC_CORE_HARVEST_H

#include "bytes.h"
#include "evidence.h"

/*
 * Takes the records of one log, newest first, whoever reads them (a file, ReadEventLogW):
 * keeps the events that matter, notes damage and steps of the clock, recognises the
 * bookmark, and says when no older record is needed.
 */
struct harvest;

/* How the service is called in logs that others write. */
struct watch {
	const char *service;              /* key name: "MSExchangeIMC" */
	const char *const *display_names; /* as the Service Control Manager prints them */
	size_t display_name_count;
};

/* Is the text one of the display names: as it is, or as --list-services shows it
 * (text_exact())? */
bool watch_has_name(const struct watch *watch, const char *text);

/* Other names find other events: what was remembered under one hash does not serve
 * another. */
uint64_t watch_hash(const struct watch *watch);

struct harvest_plan {
	enum log_kind kind;
	const struct watch *watch;
	int64_t now;              /* server's clock; damage is no later than this */
	int64_t cutoff;           /* older records do not matter (server's clock) */
	bool needs_boot;          /* System: read on until one boot was seen */
	struct bookmark bookmark; /* where the last run stopped; not set: none */
	bool stops_at_bookmark;   /* what lies before it is remembered and long enough */
};

/*
 * Events that are kept of one log, at most. Of a series of run-time events only the
 * newest and the oldest count; a log with more than this all the same reads as one that
 * wrapped behind the oldest that was kept.
 */
enum { HARVEST_MAX_EVENTS = 65536, HARVEST_MAX_FALLS = 256 };

/* Record times can be in disorder (clock steps, an empty CMOS battery writes 1980):
 * reading ends after this many records in a row that are older than the cutoff. */
enum { HARVEST_OLD_RECORDS = 256 };

/* A newer record may be this much older than the one before it (two processes wrote at
 * the same time) before that counts as a fall of the clock; seconds. */
enum { HARVEST_CLOCK_SLACK = 10 };

/* Of an event's strings, joined by blanks: bytes of UTF-8. */
enum { HARVEST_MAX_DETAIL = 256 };

/* The plan is copied, the watch is not. */
struct harvest *harvest_new(void *parent, const struct harvest_plan *plan);

/*
 * One record, length to length; numbers fall from one to the next. One that cannot be
 * decoded, or whose number does not fall, is counted as damage. True: go on; false:
 * enough (bookmark reached, clearly older than the cutoff, or no room for more).
 */
bool harvest_take(struct harvest *harvest, struct bytes record);

/* Bytes between the last record taken and the next that are no record. */
void harvest_damage(struct harvest *harvest);

/* How the reading ended. */
enum harvest_end {
	HARVEST_ENOUGH, /* harvest_take() said so */
	HARVEST_OLDEST, /* the log's oldest record was taken (or the log is empty) */
	HARVEST_CUT     /* it broke off: what is older was not read */
};

/* Puts what was gathered into `ret`, owned by `owner`, and frees the harvest. With
 * HARVEST_CUT the bookmark does not advance, so that the next run reads the gap. */
void harvest_finish(
	struct harvest *harvest, enum harvest_end end, void *owner, struct log *ret);

#endif

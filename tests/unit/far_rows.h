/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_TESTS_UNIT_FAR_ROWS_H
#define IMC_TESTS_UNIT_FAR_ROWS_H

#include "core/memory.h"
#include "source/far_row.h"

/* Rows of a far imc-agentd made by hand, cell by cell. */
enum {
	FAR_NOW = 1795338000, /* 2026-11-22T09:00:00Z */
	FAR_MAILBOX = 0xC0000FE7
};

static inline struct snmp_cell integer(int64_t number)
{
	return (struct snmp_cell){.type = SNMP_INTEGER, .number = number};
}

static inline struct snmp_cell gauge(int64_t number)
{
	return (struct snmp_cell){.type = SNMP_UNSIGNED, .number = number};
}

static inline struct snmp_cell octets(const char *data, size_t length)
{
	return (struct snmp_cell){
		.type = SNMP_OCTETS, .octets = {(const uint8_t *)data, length}};
}

static inline struct snmp_cell words(const char *text)
{
	return octets(text, strlen(text));
}

/* 2026-11-22, UTC, at an hour and a minute. */
static inline struct snmp_cell clock_at(void *parent, char hour, char minute)
{
	char data[] = {7, (char)0xEA, 11, 22, hour, minute, 0, 0, '+', 0, 0};
	return octets(talloc_memdup(parent, data, sizeof(data)), sizeof(data));
}

/* 4071 at the boot of 8:00, polled at 8:59:50. */
static inline struct far_row *failed_row(void *parent)
{
	struct far_row *row = memory_new(parent, struct far_row);
	const struct snmp_cell cells[FAR_COLUMNS] = {
		[FAR_STATUS] = integer(STATUS_CRITICAL),
		[FAR_STATUS_TEXT] = words("service stopped, event 4071"),
		[FAR_KEYS] = words("active,log-short,key-of-tomorrow"),
		[FAR_LAST_POLL] = clock_at(row, 8, 59),
		[FAR_NEXT_POLL] = clock_at(row, 9, 0),
		[FAR_FAILED_POLLS] = gauge(0),
		[FAR_AGE] = gauge(10),
		[FAR_INTERVAL] = gauge(60),
		[FAR_SERVICE_STATE] = integer(SERVICE_STOPPED),
		[FAR_IS_INFERRED] = integer(2),
		[FAR_CONDITION] = integer(CONDITION_ACTIVE + 1),
		[FAR_TRIGGER] = integer(TRIGGER_AUTOMATIC + 1),
		[FAR_START_TYPE] = integer(START_AUTOMATIC),
		[FAR_START_ACCOUNT] = words("EXDOM\\exsvc"),
		[FAR_WIN32_EXIT] = gauge(1066),
		[FAR_SPECIFIC_EXIT] = gauge(2140),
		[FAR_STATE_SINCE] = clock_at(row, 8, 2),
		[FAR_EVENTS_4071] = gauge(3),
		[FAR_LAST_4071] = clock_at(row, 8, 1),
		[FAR_LAST_4071_RECORD] = gauge(77),
		[FAR_CAUSE_EVENT] = gauge(4071),
		[FAR_ADVICE] = words("name a mailbox"),
		[FAR_BOOT_TIME] = clock_at(row, 8, 0),
		[FAR_LOG_REACH] = clock_at(row, 1, 0),
		[FAR_DAMAGED] = gauge(0),
		[FAR_CLOCK_SKEW] = integer(-7),
		[FAR_SMB_LEVEL] = words("NT1 unsigned"),
		[FAR_FAILURE_KIND] = integer(0),
		[FAR_FAILURE_TEXT] = words(""),
	};
	memcpy(row->cells, cells, sizeof(cells));
	row->agent = "gateway";
	return row;
}

/* Nothing but what every row has. */
static inline struct far_row *fresh_row(void *parent)
{
	struct far_row *row = memory_new(parent, struct far_row);
	row->agent = "gateway";
	row->cells[FAR_STATUS] = integer(STATUS_UNKNOWN);
	row->cells[FAR_STATUS_TEXT] = words("not polled yet");
	row->cells[FAR_FAILED_POLLS] = gauge(0);
	row->cells[FAR_INTERVAL] = gauge(60);
	row->cells[FAR_SERVICE_STATE] = integer(SERVICE_UNKNOWN);
	row->cells[FAR_CONDITION] = integer(CONDITION_UNKNOWN + 1);
	row->cells[FAR_TRIGGER] = integer(TRIGGER_UNKNOWN + 1);
	row->cells[FAR_START_TYPE] = integer(START_UNKNOWN);
	row->cells[FAR_FAILURE_KIND] = integer(0);
	row->cells[FAR_FAILURE_TEXT] = words("");
	return row;
}

/* Event 4071 at the automatic start of 8:00. */
static inline void far_event(void *parent, struct snmp_cell *ret)
{
	ret[FAR_EVENT_ID] = gauge(FAR_MAILBOX);
	ret[FAR_EVENT_TIME] = clock_at(parent, 8, 1);
	ret[FAR_EVENT_RECORD] = gauge(77);
	ret[FAR_EVENT_TRIGGER] = integer(TRIGGER_AUTOMATIC + 1);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_WIRE_H
#define IMC_SOURCE_WIRE_H

#include <stdint.h>

#include "core/bytes.h"
#include "core/failure.h"

/*
 * The answers of eventlog and srvsvc, from the bytes that the server sent (NDR,
 * little-endian; [MS-EVEN] 3.1.4, [MS-SRVS] 3.1.4.19). Nothing is copied or allocated; an
 * answer that lacks anything is refused as FAIL_PROTOCOL. Bytes behind an answer's end
 * are no fault: early versions of NT put junk there.
 */
enum { WIRE_HANDLE = 20 }; /* a context handle, [C706] */

struct wire_handle {
	uint8_t bytes[WIRE_HANDLE];
};

/* What ends the answers of eventlog: an NTSTATUS. Other results are worth nothing where
 * it is not 0. */

/* ElfrOpenELW. */
bool wire_open(struct bytes reply, struct wire_handle *ret, uint32_t *ret_status,
	struct failure *why);

/* ElfrNumberOfRecords, ElfrOldestRecord. */
bool wire_number(
	struct bytes reply, uint32_t *ret, uint32_t *ret_status, struct failure *why);

/* ElfrReadELW. */
struct wire_read {
	struct bytes records; /* whole records, one behind the other */
	uint32_t needed; /* bytes, where the status says that there was no room for one */
	uint32_t status;
};

/* `wanted` is how many bytes were asked for: the reply carries as many, filled or not. */
bool wire_read(
	struct bytes reply, uint32_t wanted, struct wire_read *ret, struct failure *why);

/* Takes the next record off `records`, which are not empty. */
bool wire_next_record(struct bytes *records, struct bytes *ret, struct failure *why);

/* NetrRemoteTOD: seconds since 1970 UTC; *ret_status is a Win32 error. */
bool wire_clock(
	struct bytes reply, int64_t *ret, uint32_t *ret_status, struct failure *why);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_HINT_H
#define IMC_CORE_HINT_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

/*
 * What imc-trap hands to imc-agentd for one trap of MSExchangeIMC: "poll that server
 * now". Nothing in it is to be believed: anybody can send a trap.
 *
 * On the socket it is one datagram of exactly HINT_BYTES: HINT_MAGIC, the event's
 * identifier (32 bits, little-endian), then the three texts, each in a field of its full
 * size, filled up with zero bytes.
 */
enum {
	HINT_ADDRESS = 48,  /* an IPv4 or IPv6 address as text, with its end */
	HINT_COMPUTER = 64, /* a computer's name, with its end */
	HINT_MAGIC_BYTES = 8,
	HINT_BYTES = HINT_MAGIC_BYTES + 4 + 2 * HINT_ADDRESS + HINT_COMPUTER
};

#define HINT_MAGIC "IMCTRAP1"

/* Where imc-agentd listens unless its configuration says otherwise. */
#define HINT_SOCKET "/run/imc-monitor/trap.sock"

struct hint {
	char sender[HINT_ADDRESS];    /* that the trap came from; "": not known */
	char agent[HINT_ADDRESS];     /* that a version 1 trap names itself; "": none */
	char computer[HINT_COMPUTER]; /* that the event names; "": none */
	uint32_t event_id;            /* all 32 bits, as the trap has it */
};

/* Is it what may stand in a hint as a computer's name: one line of UTF-8 without control
 * characters, which may be empty, and fits? */
bool hint_is_name(const char *text);

/* Texts that fill their field are cut, so that each has its end. */
void hint_encode(const struct hint *hint, uint8_t ret[static HINT_BYTES]);

/* False, and nothing written: it is no hint: another size or magic, a text without an end
 * or with bytes behind it, or one that may not stand there. */
bool hint_decode(struct bytes datagram, struct hint *ret);

#endif

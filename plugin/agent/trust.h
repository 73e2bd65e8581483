/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_AGENT_TRUST_H
#define IMC_AGENT_TRUST_H

/* How soon a server can be expected to answer a poll, after its last one; who can be
 * trusted more goes first. */
enum trust {
	TRUST_WELL,    /* it worked */
	TRUST_NEW,     /* there was none */
	TRUST_SLOW,    /* this poll had to give up its slot to others */
	TRUST_SUSPECT, /* it failed */
	TRUSTS
};

#endif

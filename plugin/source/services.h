/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SERVICES_H
#define IMC_SOURCE_SERVICES_H

#include "cell.h"
#include "core/evidence.h"

/*
 * svSvcTable of LanMgr-Mib-II: the services that run on a Windows server, by display
 * name. There is no state "stopped": a stopped service has no row.
 */
extern const struct snmp_name services_names;  /* svSvcName */
extern const struct snmp_name services_states; /* svSvcOperatingState */
enum { SERVICES_MAX_ROWS = 4096 };

/* Where the state of a service of that name is, in UTF-8 and, where that differs, in the
 * code page 1252: 0 to 2 names, those that an OID can hold. */
enum { SERVICES_FORMS = 2 };
size_t services_places(const char *name, struct snmp_name ret[SERVICES_FORMS]);

/* As the server wrote it, UTF-8 or the code page 1252, in UTF-8 and without the blanks
 * and zeros at its end; it belongs to `parent`. */
char *services_text(void *parent, struct bytes name);

/* Of a cell of svSvcOperatingState; `name` is the server's, for messages. */
bool services_state(const struct snmp_cell *cell, const char *name,
	enum service_state *ret, struct failure *why);

/* The one that counts where a service is found twice: the worse one. */
enum service_state services_worse(enum service_state a, enum service_state b);

#endif

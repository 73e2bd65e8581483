/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "objects.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/agent_sysORTable.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "objects_tables.h"

static const struct table *const tables[] = {
	&objects_scalars,
	&objects_servers,
	&objects_events,
};

static const uint32_t objects[] = {IMC_MIB_ROOT, 1};

static const struct table_group group = {
	.name = "IMC-MONITOR-MIB",
	.oid = objects,
	.oid_length = sizeof(objects) / sizeof(objects[0]),
	.tables = tables,
	.count = sizeof(tables) / sizeof(tables[0]),
};

void objects_register(struct agentx *agentx, const struct objects_view *view)
{
	agentx_serve(agentx, &group, view);
	oid capabilities[] = {IMC_MIB_ROOT, 2, 3, 1};
	register_sysORTable(capabilities, OID_LENGTH(capabilities),
		"IMC-MONITOR-MIB: the Internet Mail Service of Exchange servers");
}

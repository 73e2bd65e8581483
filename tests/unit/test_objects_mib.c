/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include <ctype.h>
#include <glob.h>
#include <stdlib.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "agent/objects_tables.h"

/*
 * The MIB as net-snmp reads it, against the tables that are served. The base modules are
 * those that Erlang's SNMP package brings.
 */

static const char mib[] = "mibs/IMC-MONITOR-MIB";
static const char base_modules[] = "/usr/lib/erlang/lib/snmp-*/mibs";

static const uint32_t root[] = {IMC_MIB_ROOT};

enum { ROOT_LENGTH = sizeof(root) / sizeof(root[0]), NOW = 1795338000 };

static int load_modules(void **state)
{
	(void)state;
	glob_t found;
	if (glob(base_modules, 0, NULL, &found) == 0) {
		setenv("MIBS", "", 1);
		setenv("MIBDIRS", found.gl_pathv[0], 1);
		netsnmp_ds_set_boolean(
			NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
		netsnmp_ds_set_boolean(
			NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SAVE_MIB_DESCRS, 1);
		netsnmp_init_mib();
		read_mib(mib);
	}
	globfree(&found);
	return 0;
}

static int unload_modules(void **state)
{
	(void)state;
	shutdown_mib();
	return 0;
}

/* The test is skipped where the base modules are not there; a module that does not read
 * fails it. */
static struct tree *module_root(void)
{
	glob_t found;
	bool has_base = glob(base_modules, 0, NULL, &found) == 0;
	globfree(&found);
	if (!has_base)
		skip();
	struct tree *node = find_tree_node("imcMonitorMIB", -1);
	assert_non_null(node);
	return node;
}

static struct tree *child_of(const struct tree *node, u_long id)
{
	for (struct tree *child = node->child_list; child != NULL;
		child = child->next_peer) {
		if (child->subid == id)
			return child;
	}
	return NULL;
}

/* The node of a table's OID; the root's own place is compared once, below. */
static struct tree *node_of(const struct table *table)
{
	struct tree *node = module_root();
	assert_true(table->oid_length > ROOT_LENGTH);
	assert_memory_equal(table->oid, root, sizeof(root));
	for (size_t i = ROOT_LENGTH; i < table->oid_length; i++) {
		node = child_of(node, table->oid[i]);
		assert_non_null(node);
	}
	return node;
}

static const struct {
	const struct table *table;
	int access;
} tables[] = {
	{&objects_scalars, MIB_ACCESS_READONLY},
	{&objects_servers, MIB_ACCESS_READONLY},
	{&objects_events, MIB_ACCESS_READONLY},
	{&objects_told, MIB_ACCESS_NOTIFY},
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static uint8_t type_of(const struct tree *node)
{
	switch (node->type) {
	case TYPE_INTEGER:
	case TYPE_INTEGER32:
		return ASN_INTEGER;
	case TYPE_OCTETSTR:
		return ASN_OCTET_STR;
	case TYPE_COUNTER:
		return ASN_COUNTER;
	case TYPE_GAUGE:
	case TYPE_UNSIGNED32:
		return ASN_UNSIGNED;
	default:
		return 0;
	}
}

static void every_column_is_in_the_mib_as_it_is_served(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		const struct table *table = tables[i].table;
		const struct tree *node = node_of(table);
		for (size_t j = 0; j < table->column_count; j++) {
			const struct column *column = &table->columns[j];
			test_row("%s", column->name);
			const struct tree *child = child_of(node, column->id);
			assert_non_null(child);
			assert_string_equal(child->label, column->name);
			assert_int_equal(child->access, tables[i].access);
			assert_int_equal(type_of(child), column->type);
			assert_true(strlen(child->description) > 20);
			assert_true(j == 0 || table->columns[j - 1].id < column->id);
		}
	}
	test_row("%s", "");
}

static void every_object_of_the_mib_is_served(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		for (const struct tree *child = node_of(tables[i].table)->child_list;
			child != NULL; child = child->next_peer) {
			test_row("%s", child->label);
			bool is_served = table_column(tables[i].table, child->subid);
			assert_int_equal(is_served, child->access != MIB_ACCESS_NOACCESS);
		}
	}
	test_row("%s", "");
}

static void objects_are_where_the_design_puts_them(void **state)
{
	(void)state;
	static const oid fixed[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 4071};
	size_t depth = OID_LENGTH(fixed);
	for (const struct tree *node = module_root(); node != NULL; node = node->parent) {
		assert_true(depth > 0);
		assert_int_equal(node->subid, fixed[--depth]);
	}
	assert_int_equal(depth, 0);
	assert_string_equal(node_of(&objects_scalars)->label, "imcAgent");
	assert_string_equal(node_of(&objects_servers)->label, "imcServerEntry");
	assert_string_equal(node_of(&objects_events)->label, "imcEventEntry");
	assert_string_equal(node_of(&objects_told)->label, "imcNotifyObjects");
}

/* --- enumerations --- */

static const char *status_of(int value)
{
	return status_name((enum status)value);
}

static const char *service_state_of(int value)
{
	return service_state_name((enum service_state)value);
}

static const char *start_type_of(int value)
{
	return start_type_name((enum start_type)value);
}

static const char *condition_of(int value)
{
	return condition_name((enum condition)value);
}

static const char *trigger_of(int value)
{
	return trigger_name((enum trigger)value);
}

static const char *failure_kind_of(int value)
{
	return failure_kind_name((enum failure_kind)value);
}

static const struct {
	const char *object;
	const char *(*name)(int value);
	int first, last;  /* our values */
	int offset;       /* of the MIB's */
	const char *zero; /* what the MIB's 0 is called where we have no value for it */
} enumerations[] = {
	{"imcWorstStatus", status_of, 0, STATUSES - 1, 0, NULL},
	{"imcServerStatus", status_of, 0, STATUSES - 1, 0, NULL},
	{"imcServerServiceState", service_state_of, 1, SERVICE_STATES - 1, 0, NULL},
	{"imcServerStartType", start_type_of, 0, START_TYPES - 1, 0, NULL},
	{"imcServerCondition", condition_of, 0, CONDITIONS - 1, 1, NULL},
	{"imcServerTrigger", trigger_of, 0, TRIGGERS - 1, 1, NULL},
	{"imcEventTrigger", trigger_of, 0, TRIGGERS - 1, 1, NULL},
	{"imcServerFailureKind", failure_kind_of, 0, FAILURE_KINDS - 1, 1, "none"},
};

/* "startPending" as "start-pending" */
static void spell_out(const char *label, char *ret, size_t room)
{
	size_t length = 0;
	for (; *label != '\0'; label++) {
		assert_true(length + 2 < room);
		if (isupper((unsigned char)*label))
			ret[length++] = '-';
		ret[length++] = (char)tolower((unsigned char)*label);
	}
	ret[length] = '\0';
}

static const char *label_of(const struct tree *node, int value)
{
	for (const struct enum_list *entry = node->enums; entry != NULL;
		entry = entry->next) {
		if (entry->value == value)
			return entry->label;
	}
	return NULL;
}

static int count_labels(const struct tree *node)
{
	int count = 0;
	for (const struct enum_list *entry = node->enums; entry != NULL;
		entry = entry->next)
		count++;
	return count;
}

static void enumerations_are_those_of_the_core(void **state)
{
	(void)state;
	module_root();
	for (size_t i = 0; i < sizeof(enumerations) / sizeof(enumerations[0]); i++) {
		const struct tree *node = find_tree_node(enumerations[i].object, -1);
		assert_non_null(node);
		int values = enumerations[i].last - enumerations[i].first + 1;
		assert_int_equal(count_labels(node),
			values + (enumerations[i].zero != NULL ? 1 : 0));
		if (enumerations[i].zero != NULL)
			assert_string_equal(label_of(node, 0), enumerations[i].zero);
		for (int value = enumerations[i].first; value <= enumerations[i].last;
			value++) {
			test_row("%s %d", enumerations[i].object, value);
			const char *label =
				label_of(node, value + enumerations[i].offset);
			char name[64];
			assert_non_null(label);
			spell_out(label, name, sizeof(name));
			assert_string_equal(name, enumerations[i].name(value));
		}
	}
	test_row("%s", "");
}

/* --- notifications --- */

static const char *const notifications[NOTICE_KINDS] = {
	[NOTICE_SERVICE_DOWN] = "imcServiceDown",
	[NOTICE_SERVICE_UP] = "imcServiceUp",
	[NOTICE_CONDITION_RAISED] = "imcConditionRaised",
	[NOTICE_CONDITION_CLEARED] = "imcConditionCleared",
	[NOTICE_CONTACT_LOST] = "imcContactLost",
	[NOTICE_CONTACT_RESTORED] = "imcContactRestored",
};

static struct row plain_row(void)
{
	return (struct row){.server = (char *)"EXCH01"};
}

static const struct tree *node_at(const oid *name, size_t length)
{
	const struct tree *node = module_root();
	for (size_t i = ROOT_LENGTH; i < length && node->child_list != NULL; i++) {
		node = child_of(node, name[i]);
		assert_non_null(node);
	}
	return node;
}

static void notifications_carry_the_objects_that_the_mib_names(void **state)
{
	(void)state;
	struct row row = plain_row();
	for (enum notice_kind kind = 0; kind < NOTICE_KINDS; kind++) {
		struct notice notice = {kind, REASON_CHANGE, &row, NO_TIME, 7};
		netsnmp_variable_list *list = objects_notification(&notice, NOW);
		const struct tree *node =
			node_at(list->val.objid, list->val_len / sizeof(oid));
		test_row("%s", notifications[kind]);
		assert_string_equal(node->label, notifications[kind]);
		assert_int_equal(node->parent->subid, 0);
		assert_int_equal(node->type, TYPE_NOTIFTYPE);
		const netsnmp_variable_list *variable = list->next_variable;
		for (const struct varbind_list *object = node->varbinds; object != NULL;
			object = object->next) {
			assert_non_null(variable);
			const struct tree *is =
				node_at(variable->name, variable->name_length);
			assert_string_equal(is->label, object->vblabel);
			assert_int_equal(type_of(is), variable->type);
			variable = variable->next_variable;
		}
		assert_null(variable);
		snmp_free_varbind(list);
	}
	test_row("%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentence(every_column_is_in_the_mib_as_it_is_served),
		sentence(every_object_of_the_mib_is_served),
		sentence(objects_are_where_the_design_puts_them),
		sentence(enumerations_are_those_of_the_core),
		sentence(notifications_carry_the_objects_that_the_mib_names),
	};
	return cmocka_run_group_tests_name(
		"objects_mib", tests, load_modules, unload_modules);
}

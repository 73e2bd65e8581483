/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * container_agent SOCKET OID CELLS: a subagent as net-snmp's users write them, around its
 * table_container helper. Serves the cells of a file as a table with that OID.
 *
 * A line of the file is a row: its index, a string, and a value for each column from 1,
 * divided by tabs. A value is its type's ASN.1 tag as two hex digits, and then a number,
 * or the octets in hex.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

enum { MAX_INDEX = 40, MAX_COLUMNS = 40, HEX = 16 };

struct value {
	uint8_t type;
	long number;
	uint8_t *octets;
	size_t length;
};

struct row {
	netsnmp_index index; /* first: that is what the container compares */
	oid ids[MAX_INDEX];
	struct value values[MAX_COLUMNS];
	size_t columns;
};

static void *required(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static struct value value_of(const char *text)
{
	const char tag[] = {text[0], text[1], '\0'};
	struct value value = {.type = (uint8_t)strtoul(tag, NULL, HEX)};
	text += strlen(tag);
	if (value.type != ASN_OCTET_STR) {
		value.number = strtol(text, NULL, 10);
		return value;
	}
	value.length = strlen(text) / 2;
	value.octets = required(malloc(value.length + 1));
	for (size_t i = 0; i < value.length; i++) {
		const char byte[] = {text[2 * i], text[2 * i + 1], '\0'};
		value.octets[i] = (uint8_t)strtoul(byte, NULL, HEX);
	}
	return value;
}

static struct row *row_of(char *line)
{
	struct row *row = required(calloc(1, sizeof(*row)));
	const char *name = strtok(line, "\t\n");
	if (name == NULL || strlen(name) >= MAX_INDEX)
		abort();
	row->ids[0] = strlen(name);
	for (size_t i = 0; name[i] != '\0'; i++)
		row->ids[1 + i] = (unsigned char)name[i];
	row->index.oids = row->ids;
	row->index.len = 1 + row->ids[0];
	for (const char *cell; (cell = strtok(NULL, "\t\n")) != NULL;) {
		if (row->columns == MAX_COLUMNS)
			abort();
		row->values[row->columns++] = value_of(cell);
	}
	return row;
}

/* Returns how many columns the rows have. */
static size_t load(const char *path, netsnmp_container *container)
{
	size_t columns = 0, room = 0;
	char *line = NULL;
	FILE *file = required(fopen(path, "r"));
	while (getline(&line, &room, file) > 0) {
		struct row *row = row_of(line);
		columns = row->columns;
		CONTAINER_INSERT(container, row);
	}
	free(line);
	fclose(file);
	return columns;
}

static int answer(netsnmp_mib_handler *handler,
	netsnmp_handler_registration *registration, netsnmp_agent_request_info *info,
	netsnmp_request_info *requests)
{
	(void)handler;
	(void)registration;
	if (info->mode != MODE_GET)
		return SNMP_ERR_NOERROR;
	for (; requests != NULL; requests = requests->next) {
		if (requests->processed)
			continue;
		const struct row *row = netsnmp_container_table_row_extract(requests);
		const netsnmp_table_request_info *table =
			netsnmp_extract_table_info(requests);
		if (row == NULL || table->colnum == 0 || table->colnum > row->columns) {
			netsnmp_set_request_error(info, requests, SNMP_NOSUCHINSTANCE);
			continue;
		}
		const struct value *value = &row->values[table->colnum - 1];
		if (value->octets != NULL)
			snmp_set_var_typed_value(requests->requestvb, value->type,
				value->octets, value->length);
		else
			snmp_set_var_typed_integer(
				requests->requestvb, value->type, value->number);
	}
	return SNMP_ERR_NOERROR;
}

static void serve(const char *root, netsnmp_container *container, size_t columns)
{
	oid name[MAX_OID_LEN];
	size_t length = MAX_OID_LEN;
	if (read_objid(root, name, &length) == 0)
		abort();
	netsnmp_table_registration_info *table =
		required(SNMP_MALLOC_TYPEDEF(netsnmp_table_registration_info));
	netsnmp_table_helper_add_indexes(table, ASN_OCTET_STR, 0);
	table->min_column = 1;
	table->max_column = (unsigned)columns;
	netsnmp_handler_registration *registration =
		required(netsnmp_create_handler_registration(
			"container", answer, name, length, HANDLER_CAN_RONLY));
	if (netsnmp_container_table_register(registration, table, container,
		    TABLE_CONTAINER_KEY_NETSNMP_INDEX) != MIB_REGISTERED_OK)
		abort();
}

int main(int argc, char **argv)
{
	static const char program[] = "container-agent";
	if (argc != 4) {
		fprintf(stderr, "usage: container_agent SOCKET OID CELLS\n");
		return EXIT_FAILURE;
	}
	setenv("MIBS", "", 1);
	snmp_enable_stderrlog();
	netsnmp_enable_subagent();
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_string(
		NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, argv[1]);
	init_agent(program);
	netsnmp_container *container =
		required(netsnmp_container_find("table_container"));
	serve(argv[2], container, load(argv[3], container));
	init_snmp(program);
	for (;;)
		agent_check_and_process(1);
}

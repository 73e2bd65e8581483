/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snmp_library.h"

#include <locale.h>
#include <stdlib.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

/* What net-snmp is told not to do. The last one is nobody else's in these programs, and
 * says that all of this was done before. */
static const int refusals[] = {
	NETSNMP_DS_LIB_DONT_READ_CONFIGS,
	NETSNMP_DS_LIB_DONT_PERSIST_STATE,
	NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
	NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
	NETSNMP_DS_LIB_DONT_LOAD_HOST_FILES,
};

void snmp_library_begin(void)
{
	if (netsnmp_ds_get_boolean(
		    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_LOAD_HOST_FILES))
		return;
	/* It would read what these name, and no setting forbids that. */
	setenv("MIBS", "", 1);
	unsetenv("MIBFILES");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, refusals[i], 1);
	netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIBDIRS, "");
	/* where it would make a folder for certificates if it could */
	netsnmp_ds_set_string(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_PERSISTENT_DIR, "/dev/null");
	/* Where no handler is left, it writes to stderr. */
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
	init_snmp("imc-monitor");
	setlocale(LC_CTYPE, "C"); /* which init_snmp() took from the environment */
}

void snmp_library_prepare(void)
{
	u_char key[16] = {0}, iv[16] = {0}, hidden[16], hash[SNMP_MAXBUF_SMALL];
	size_t hidden_length = sizeof(hidden), hash_length = sizeof(hash);
	snmp_library_begin();
	/* OpenSSL reads its configuration and loads its providers when first used. */
	sc_hash(usmHMACSHA1AuthProtocol, OID_LENGTH(usmHMACSHA1AuthProtocol), key,
		sizeof(key), hash, &hash_length);
	sc_encrypt(usmAESPrivProtocol, OID_LENGTH(usmAESPrivProtocol), key, sizeof(key),
		iv, sizeof(iv), key, sizeof(key), hidden, &hidden_length);
}

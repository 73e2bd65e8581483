/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_SOURCE_SNMP_LIBRARY_H
#define IMC_SOURCE_SNMP_LIBRARY_H

/* Makes net-snmp's library ready: silent, and without a configuration, a MIB or a
 * directory of this machine or of the environment. More than once is no harm. */
void snmp_library_begin(void);

/* That, and all that it would load from files later, for who locks itself in. */
void snmp_library_prepare(void);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_PROCESS_H
#define IMC_CORE_PROCESS_H

/* What a program does before it reads a password. Where one of these cannot be had, it
 * goes on: each is a second line of defence. */

/* No core file, and no debugger of the same user. */
void process_hide_memory(void);

/* Descriptors 0 to 2 that are closed are filled with one that cannot be written to, so
 * that no other file takes their place, and a closed stdout is still found out. */
void process_fill_descriptors(void);

#endif

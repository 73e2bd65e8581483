/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CHECK_USAGE_H
#define IMC_CHECK_USAGE_H

/* What --help prints: usage, every option by group, at most 80 columns. */
char *usage_text(void *parent);

#endif

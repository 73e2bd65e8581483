/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test.h"

#include "comma.h"

#include <locale.h>
#include <stdlib.h>

static bool has_comma(void)
{
	return strcmp(localeconv()->decimal_point, ",") == 0;
}

bool comma_begin(void *parent)
{
	char folder[] = "/tmp/comma.XXXXXX";
	if (mkdtemp(folder) == NULL)
		return false;
	char *remove = memory_format(parent, "rm -r '%s'", folder);
	/* localedef complains about what is missing, and makes the locale all the same.
	 */
	char *make = memory_format(parent,
		"cd '%s' && printf 'LC_NUMERIC\\ndecimal_point \",\"\\n"
		"thousands_sep \".\"\\ngrouping 3;3\\nEND LC_NUMERIC\\n' > source && "
		"{ localedef -c -i source -f UTF-8 ./comma; true; } >log 2>&1",
		folder);
	setenv("LOCPATH", folder, 1);
	bool is_set = system(make) == 0 && setlocale(LC_NUMERIC, "comma") != NULL;
	bool is_removed = system(remove) == 0;
	return is_set && is_removed && has_comma();
}

void comma_end(void)
{
	setlocale(LC_NUMERIC, "C");
	unsetenv("LOCPATH");
}

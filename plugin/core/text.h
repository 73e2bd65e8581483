/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMC_CORE_TEXT_H
#define IMC_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"

/* One character of UTF-8 (RFC 3629) is that long at most. */
enum { TEXT_CHARACTER = 4 };

/* Takes the character that the text begins with; false, and nothing taken: there is none,
 * or none that is well-formed (Unicode 15, table 3-7). */
bool text_take_character(struct bytes *text, uint32_t *ret);
/* Writes one that is no surrogate and no more than U+10FFFF, without a zero behind it;
 * returns its length. */
size_t text_put_character(char *ret, uint32_t character);

/* UTF-16LE to UTF-8, at most `limit` bytes of it, cut between characters; lone surrogates
 * and an odd last byte become U+FFFD, U+0000 too. The string belongs to `parent`. */
char *text_from_utf16(void *parent, struct bytes utf16, size_t limit);

/* Does the UTF-16LE text hold the ASCII string, whatever the case of A to Z? No copy. */
bool text_utf16_contains(struct bytes utf16, const char *ascii);

/* Are two UTF-8 strings the same but for the case of A to Z and trailing blanks? */
bool text_is_name(const char *text, const char *name);

/*
 * One line of valid UTF-8 that neither Nagios, Icinga, a terminal, a shell nor a web page
 * can misread, at most `limit` bytes. It never begins or ends with a blank, and cleaning
 * it again changes nothing.
 *
 *   control characters, line separators, blanks   one blank for all that stand together
 *   bidi controls, zero-width characters,
 *   noncharacters (U+FFFE, U+FFFF and their like)  gone
 *   bytes that are not well-formed UTF-8           U+FFFD
 *   |  (begins the perfdata)                       /
 *   ;  (Nagios shows a colon for it)               ,
 *   &  (HTML, shells)                              +
 *   <  >  (HTML, shells)                           U+2039  U+203A, angle quotation marks
 *   "  '  (HTML, shells)                           U+201D  U+2019, quotation marks
 *   `  (shells)                                    U+2018, quotation mark
 *   $  (Nagios macros, shells)                     U+FF04, the wide dollar
 *   \  (shells; printf "%b" of Debian's Nagios
 *      commands makes a line break of \n)          U+2216, the set minus
 *   ~  (Nagios strips it from notifications)       U+223C, the tilde operator
 *
 * Where it was longer, it is cut between characters and ends in "..."; a limit of 2 or
 * less leaves no room for those.
 */
char *text_clean(void *parent, const char *utf8, size_t limit);

/* The same for a field that a program reads, where DOMAIN\user is to be compared with
 * others: what only a notification minds stays: \ ; and ~. */
char *text_clean_value(void *parent, const char *utf8, size_t limit);

/*
 * As safe to show as text_clean(), and without loss, for names that are to be typed in as
 * they are seen: what that would change, a blank that is the first or follows another,
 * and % itself are shown as %XX for each byte. Blanks at the end, which never count, are
 * left out.
 */
char *text_exact(void *parent, const char *utf8, size_t limit);

/* "a, b, c" */
char *text_list(void *parent, const char *const *names, size_t count);

/* Percent-encoding for file names and state files: all but A-Za-z0-9._- becomes %XX. */
char *text_percent_encode(void *parent, const char *text);
/* The reverse; NULL for what text_percent_encode() does not write. */
char *text_percent_decode(void *parent, const char *text);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain text is UTF-8 that prints on one line. */
#ifndef NETGRADE_CONFIG_PLAIN_H
#define NETGRADE_CONFIG_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at the start of text. Its length in octets, 0 if it is not UTF-8
 * (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
size_t plain_character(const char *text, size_t len, uint32_t *out);

/* C0 and C1; what some programs take for a line break, and what is no character. */
bool plain_is_control(uint32_t c);

/* Whether text is printable on one line: no control character, no line break, no NUL inside. */
bool plain_text(const char *text, size_t len);

/* Copies text, ended by NUL, as plain text: a '?' for each character that is none, cut after a
 * whole character where room (octets, NUL included, > 0) ends. */
void plain_copy(char *out, size_t room, const char *text);

#endif

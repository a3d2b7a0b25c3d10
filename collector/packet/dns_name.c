/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/dns_name.h"

#include <idn2.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 63, POINTER = 0xc0, MESSAGE_HEADER = 12 };

static uint8_t lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + ('a' - 'A')) : octet;
}

bool dns_name_take(const uint8_t *octets, size_t len, struct dns_name *out)
{
	struct dns_name name = {0};
	size_t at = 0;

	for (;;) {
		size_t label = at < len ? octets[at] : LABEL_MAX + 1;
		if (label > LABEL_MAX || at + 1 + label > len || at + 1 + label > DNS_NAME_MAX)
			return false;
		size_t end = at + 1 + label;
		for (; at < end; at++)
			name.octets[at] = lower(octets[at]);
		if (label == 0)
			break;
	}
	name.len = (uint8_t)at;
	*out = name;
	return true;
}

/* Where a pointer leads; len for one that leads nowhere, or not back from where its labels began.
 */
static size_t target_of(const uint8_t *message, size_t len, size_t at, size_t began)
{
	if (at + 1 >= len)
		return len;
	size_t target = (size_t)(message[at] & ~POINTER) << 8 | message[at + 1];
	return target >= MESSAGE_HEADER && target < began ? target : len;
}

static bool append_label(const uint8_t *label, struct dns_name *name, size_t *used)
{
	size_t size = (size_t)1 + label[0];

	if (*used + size > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < size; i++)
		name->octets[(*used)++] = lower(label[i]);
	return true;
}

bool dns_name_unpack(const uint8_t *message, size_t len, size_t *at, struct dns_name *out)
{
	struct dns_name name = {0};
	size_t place = *at;
	size_t began = place;
	size_t behind = 0; /* the first pointer; 0: there was none */
	size_t used = 0;

	for (;;) {
		if (place >= len)
			return false;
		if ((message[place] & POINTER) == POINTER) {
			behind = behind == 0 ? place + 2 : behind;
			began = place = target_of(message, len, place, began);
			continue;
		}
		size_t next = place + 1 + message[place];
		if (message[place] > LABEL_MAX || next > len ||
		    !append_label(&message[place], &name, &used))
			return false;
		if (message[place] == 0)
			break;
		place = next;
	}
	name.len = (uint8_t)used;
	*at = behind == 0 ? place + 1 : behind;
	*out = name;
	return true;
}

static enum err take_text(const char *text, struct dns_name *out)
{
	ldns_rdf *rdf = NULL;
	ldns_status status = ldns_str2rdf_dname(&rdf, text);

	if (status == LDNS_STATUS_MEM_ERR)
		return E_MEMORY;
	if (status == LDNS_STATUS_LABEL_OVERFLOW || status == LDNS_STATUS_DOMAINNAME_OVERFLOW)
		return E_RANGE;
	if (status != LDNS_STATUS_OK)
		return E_SYNTAX;
	bool good = dns_name_take(ldns_rdf_data(rdf), ldns_rdf_size(rdf), out);
	ldns_rdf_deep_free(rdf);
	return good ? E_OK : E_SYNTAX;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text & 0x80) != 0)
			return false;
	}
	return true;
}

/* Names of services begin with underscores, which IDNA refuses: what is ASCII is left alone. */
enum err dns_name_parse(const char *text, struct dns_name *out)
{
	char *ascii = NULL;

	if (text[0] == '\0' || strpbrk(text, " \t\r\n\\") != NULL)
		return E_SYNTAX;
	if (is_ascii(text))
		return take_text(text, out);
	int rc = idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (rc == IDN2_MALLOC)
		return E_MEMORY;
	if (rc == IDN2_TOO_BIG_DOMAIN || rc == IDN2_TOO_BIG_LABEL)
		return E_RANGE;
	if (rc != IDN2_OK)
		return E_SYNTAX;
	enum err parsed = take_text(ascii, out);
	idn2_free(ascii);
	return parsed;
}

static bool is_plain(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' ||
	       octet == '_';
}

void dns_name_format(const struct dns_name *name, char out[DNS_NAME_TEXT])
{
	size_t used = 0;

	if (name->len <= 1)
		out[used++] = '.';
	for (size_t at = 0; at + 1 < name->len;) {
		if (used > 0)
			out[used++] = '.';
		size_t end = at + 1 + name->octets[at];
		for (at++; at < end; at++) {
			uint8_t octet = name->octets[at];
			if (is_plain(octet))
				out[used++] = (char)octet;
			else
				used += (size_t)snprintf(out + used, 5, "\\%03u", octet);
		}
	}
	out[used] = '\0';
}

bool dns_name_same(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

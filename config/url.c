/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/url.h"
#include "config/domain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(struct problem *problem, const char *text, const char *why)
{
	problem_say(problem, "\"%.80s\" %s; write it as https://www.example.gov.cn/", text, why);
	return false;
}

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text) != NULL)
			return false;
	}
	return true;
}

/* The length of the host, with its brackets if it is an IPv6 address; 0: it is none. */
static size_t host_length(const char *host)
{
	if (host[0] == '[') {
		size_t len = strspn(host + 1, "0123456789abcdefABCDEF:.") + 1;
		return len > 3 && host[len] == ']' ? len + 1 : 0;
	}
	size_t len = 0;
	while (isalnum((unsigned char)host[len]) || host[len] == '-' || host[len] == '.')
		len++;
	return host[0] == '.' || host[0] == '-' ? 0 : len;
}

static bool has_other_scripts(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((text[i] & 0x80) != 0)
			return true;
	}
	return false;
}

/* Tells how a host in other scripts is written; false, as if it had been refused. */
static bool refuse_host(struct problem *problem, const char *text, const char *host)
{
	char plain[URL_TEXT_MOST + 1];
	char ascii[DOMAIN_TEXT];
	struct problem unused;

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(host, ":/?#"), host);
	if (!domain_parse(plain, ascii, &unused))
		return refuse(problem, text, "has a host that is no domain name");
	problem_say(problem, "\"%.80s\" has a host in other scripts; write it as %s", text, ascii);
	return false;
}

bool url_parse(const char *text, uint16_t *port, struct problem *problem)
{
	bool secure = strncmp(text, "https://", 8) == 0;
	const char *host = text + (secure ? 8 : 7);
	unsigned long number = secure ? 443 : 80;

	if (!secure && strncmp(text, "http://", 7) != 0)
		return refuse(problem, text, "begins with neither http:// nor https://");
	if (strlen(text) > URL_TEXT_MOST)
		return refuse(problem, text, "has more than 500 octets");
	if (has_other_scripts(host, strcspn(host, "/?#")))
		return refuse_host(problem, text, host);
	if (!is_plain(text))
		return refuse(problem, text, "has characters that a URL has only as %XX");
	size_t len = host_length(host);
	const char *rest = host + len;
	if (len == 0 || strchr(":/?", *rest) == NULL)
		return refuse(problem, text, "has no host, or a user in front of it");
	if (*rest == ':') {
		char *end;
		number = isdigit((unsigned char)rest[1]) ? strtoul(rest + 1, &end, 10) : 0;
		if (number == 0 || number > UINT16_MAX || strchr("/?", *end) == NULL)
			return refuse(problem, text,
				      "has no port from 1 to 65535 behind the colon");
	}
	if (strchr(rest, '#') != NULL)
		return refuse(problem, text, "has a # part, which no server is sent");
	*port = (uint16_t)number;
	return true;
}

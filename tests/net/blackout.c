/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/blackout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_MAX = 96 };

/* What stands behind the first "/": FORWARD or BACKWARD, IPv4 or IPv6, in any order. */
static enum err parse_hits(const char *text, bool hits[DIRECTION_COUNT][2])
{
	bool direction[DIRECTION_COUNT] = {true, true};
	bool family[2] = {true, true};

	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, "/");
		if (strncmp(text, "forward", len) == 0 && len == 7)
			direction[BACKWARD] = false;
		else if (strncmp(text, "backward", len) == 0 && len == 8)
			direction[FORWARD] = false;
		else if (strncmp(text, "ipv4", len) == 0 && len == 4)
			family[1] = false;
		else if (strncmp(text, "ipv6", len) == 0 && len == 4)
			family[0] = false;
		else
			return E_SYNTAX;
		text += len + (text[len] == '/');
	}
	for (int d = 0; d < DIRECTION_COUNT; d++) {
		for (int f = 0; f < 2; f++)
			hits[d][f] = direction[d] && family[f];
	}
	return E_OK;
}

static enum err parse_instant(const char *text, nsec start, nsec *out, char **end)
{
	bool absolute = *text == '@';
	double seconds = strtod(text + absolute, end);

	if (*end == text + absolute)
		return E_SYNTAX;
	if (!(seconds >= 0 && seconds < 9e9))
		return E_RANGE;
	double whole = floor(seconds);
	*out = (nsec)whole * NSEC_PER_SEC +
	       (nsec)llround((seconds - whole) * (double)NSEC_PER_SEC) + (absolute ? 0 : start);
	return E_OK;
}

static enum err parse_item(char *item, nsec start, struct blackout *out)
{
	char *until = strstr(item, "..");
	char *hits = strchr(item, '/');
	char *end;

	if (until == NULL)
		return E_SYNTAX;
	*until = '\0';
	if (hits != NULL)
		*hits++ = '\0';
	enum err err = parse_instant(item, start, &out->period.from, &end);
	if (err == E_OK && *end != '\0')
		err = E_SYNTAX;
	if (err == E_OK)
		err = parse_instant(until + 2, start, &out->period.until, &end);
	if (err == E_OK && *end != '\0')
		err = E_SYNTAX;
	if (err == E_OK && out->period.until <= out->period.from)
		err = E_RANGE;
	return err == E_OK ? parse_hits(hits, out->hits) : err;
}

enum err blackout_parse(const char *text, nsec start, struct blackout_plan *plan)
{
	while (*text != '\0') {
		char item[ITEM_MAX];
		size_t len = strcspn(text, ",");
		if (len >= sizeof(item))
			return E_SYNTAX;
		if (plan->count == BLACKOUTS_MAX)
			return E_FULL;
		snprintf(item, sizeof(item), "%.*s", (int)len, text);
		enum err err = parse_item(item, start, &plan->planned[plan->count]);
		if (err != E_OK)
			return err;
		plan->count++;
		text += len + (text[len] == ',');
	}
	return E_OK;
}

enum err blackout_switch(const char *line, struct blackout_plan *plan)
{
	static const char on[] = "blackout on";
	static const char off[] = "blackout off";
	bool hits[DIRECTION_COUNT][2];
	bool dark = strncmp(line, on, sizeof(on) - 1) == 0;

	if (!dark && strncmp(line, off, sizeof(off) - 1) != 0)
		return E_SYNTAX;
	line += dark ? sizeof(on) - 1 : sizeof(off) - 1;
	if (*line != '\0' && *line != '/')
		return E_SYNTAX;
	enum err err = parse_hits(*line == '/' ? line + 1 : NULL, hits);
	if (err != E_OK)
		return err;
	for (int d = 0; d < DIRECTION_COUNT; d++) {
		for (int f = 0; f < 2; f++) {
			if (hits[d][f])
				plan->switched[d][f] = dark;
		}
	}
	return E_OK;
}

bool blackout_now(const struct blackout_plan *plan, nsec now, enum direction direction, bool ipv6)
{
	if (plan->switched[direction][ipv6])
		return true;
	for (size_t i = 0; i < plan->count; i++) {
		const struct blackout *b = &plan->planned[i];
		if (b->hits[direction][ipv6] && now >= b->period.from && now < b->period.until)
			return true;
	}
	return false;
}

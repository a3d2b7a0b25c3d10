/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/value.h"
#include "config/closest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 16, SHOWN = 60 };

static const struct unit {
	const char *name;
	int64_t length;
} units[] = {
	{"d", INT64_C(86400000000000)}, {"h", INT64_C(3600000000000)}, {"m", INT64_C(60000000000)},
	{"s", INT64_C(1000000000)},	{"ms", INT64_C(1000000)},
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

void problem_say(struct problem *problem, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
}

static bool all_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool integer_parse(const char *text, int64_t *out)
{
	char *end;

	if (!all_digits(text[0] == '-' ? text + 1 : text))
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0;
}

bool duration_parse(const char *text, int64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	int64_t number;

	if (digits == 0)
		return false;
	errno = 0;
	number = strtoll(text, NULL, 10);
	for (size_t i = 0; i < UNITS && errno == 0; i++) {
		if (strcmp(text + digits, units[i].name) == 0)
			return !__builtin_mul_overflow(number, units[i].length, out);
	}
	return false;
}

void duration_format(int64_t duration, char out[DURATION_TEXT])
{
	size_t i = 0;

	while (i + 1 < UNITS && duration % units[i].length != 0)
		i++;
	snprintf(out, DURATION_TEXT, "%lld%s", (long long)(duration / units[i].length),
		 units[i].name);
}

/* Decimal numbers only: no hexadecimal, no "inf" or "nan". */
static bool number_parse(const char *text, double *out)
{
	char *end;

	if (text[0] == '\0' || text[strspn(text, "0123456789.eE+-")] != '\0')
		return false;
	*out = strtod(text, &end);
	return *end == '\0' && isfinite(*out);
}

/* A number before its last character and a blank that may stand between. */
static bool number_parse_before(const char *text, double *out)
{
	char number[32];
	size_t len = strlen(text);

	if (len < 2 || len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len - 1] = '\0';
	if (len > 2 && number[len - 2] == ' ')
		number[len - 2] = '\0';
	return number_parse(number, out);
}

static bool ratio_parse(const char *text, double *out)
{
	if (text[0] == '\0' || text[strlen(text) - 1] != '%')
		return number_parse(text, out);
	if (!number_parse_before(text, out))
		return false;
	*out /= 100;
	return true;
}

static bool scaled_parse(const char *text, double *out)
{
	static const char scales[] = "kMGT";
	const char *scale = text[0] == '\0' ? NULL : strchr(scales, text[strlen(text) - 1]);

	if (scale == NULL)
		return number_parse(text, out);
	if (!number_parse_before(text, out))
		return false;
	for (; scale >= scales; scale--)
		*out *= 1000;
	return isfinite(*out);
}

static void words_format(const char *const *words, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; words[i] != NULL && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 i == 0			? ""
					 : words[i + 1] == NULL ? " or "
								: ", ",
					 words[i]);
}

static void range_format(const struct key_row *row, char *out, size_t size)
{
	char least[DURATION_TEXT];
	char most[DURATION_TEXT];

	switch (row->type) {
	case VALUE_DURATION:
		duration_format(row->least, least);
		duration_format(row->most, most);
		snprintf(out, size, "%s to %s", least, most);
		break;
	case VALUE_INTEGER:
		snprintf(out, size, "%lld to %lld", (long long)row->least, (long long)row->most);
		break;
	default:
		snprintf(out, size, "%g to %g", row->low, row->high);
		break;
	}
}

void bounds_format(const struct key_row *row, char *out, size_t size)
{
	char range[128];

	switch (row->type) {
	case VALUE_DURATION:
	case VALUE_INTEGER:
	case VALUE_NUMBER:
	case VALUE_RATIO:
		range_format(row, range, sizeof(range));
		snprintf(out, size, "%s%s%s", range, row->unit == NULL ? "" : " ",
			 row->unit == NULL ? "" : row->unit);
		break;
	case VALUE_CHOICE:
		words_format(row->words, out, size);
		break;
	case VALUE_SWITCH:
		snprintf(out, size, "true or false");
		break;
	case VALUE_NAME:
		snprintf(out, size, "a-z, 0-9 and -, at most %d", CONFIG_NAME_MAX);
		break;
	default:
		out[0] = '\0';
		break;
	}
}

static bool outside(const struct key_row *row, const char *text, struct problem *problem)
{
	char bounds[256];

	bounds_format(row, bounds, sizeof(bounds));
	problem_say(problem, "%.*s is out of range; %s", SHOWN, text, bounds);
	return false;
}

static bool read_duration(const struct key_row *row, const char *text, struct value *out,
			  struct problem *problem)
{
	if (all_digits(text)) {
		problem_say(problem,
			    "\"%.*s\" has no unit; write %.*ss or another of ms, s, m, h, d", SHOWN,
			    text, SHOWN, text);
		return false;
	}
	if (!duration_parse(text, &out->integer)) {
		problem_say(problem,
			    "\"%.*s\" is no duration; write a whole number and ms, s, m, h or d, "
			    "such as 60s",
			    SHOWN, text);
		return false;
	}
	if (out->integer < row->least || out->integer > row->most)
		return outside(row, text, problem);
	return true;
}

static bool read_integer(const struct key_row *row, const char *text, struct value *out,
			 struct problem *problem)
{
	char bounds[256];

	if (!integer_parse(text, &out->integer)) {
		bounds_format(row, bounds, sizeof(bounds));
		problem_say(problem, "\"%.*s\" is no whole number; write %s", SHOWN, text, bounds);
		return false;
	}
	if (out->integer < row->least || out->integer > row->most)
		return outside(row, text, problem);
	return true;
}

static bool read_number(const struct key_row *row, const char *text, struct value *out,
			struct problem *problem)
{
	char bounds[256];
	bool parsed = row->type == VALUE_RATIO ? ratio_parse(text, &out->number)
		      : row->scaled	       ? scaled_parse(text, &out->number)
					       : number_parse(text, &out->number);

	if (!parsed) {
		bounds_format(row, bounds, sizeof(bounds));
		problem_say(problem, "\"%.*s\" is no number; write %s%s", SHOWN, text, bounds,
			    row->scaled ? ", with k, M, G or T behind it if you like" : "");
		return false;
	}
	if (out->number < row->low || out->number > row->high)
		return outside(row, text, problem);
	return true;
}

static bool read_word(const struct key_row *row, const char *text, struct value *out,
		      struct problem *problem)
{
	static const char *const truth[] = {"false", "true", NULL};
	const char *const *words = row->type == VALUE_SWITCH ? truth : row->words;
	char listed[256];
	size_t count = 0;

	for (; words[count] != NULL && count < WORDS_MAX; count++) {
		if (strcmp(words[count], text) == 0) {
			out->choice = count;
			return true;
		}
	}
	words_format(words, listed, sizeof(listed));
	const char *closest = closest_name(text, words, count);
	if (closest != NULL)
		problem_say(problem, "\"%.*s\" is unknown; did you mean %s? (%s)", SHOWN, text,
			    closest, listed);
	else
		problem_say(problem, "\"%.*s\" is unknown; write %s", SHOWN, text, listed);
	return false;
}

static bool read_name(const char *text, struct problem *problem)
{
	size_t len = strlen(text);

	if (len > CONFIG_NAME_MAX) {
		problem_say(problem, "has %zu characters; a name has at most %d", len,
			    CONFIG_NAME_MAX);
		return false;
	}
	if (len > 0 && text[0] != '-' &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
		return true;
	problem_say(problem,
		    "\"%.*s\" is no name; use a-z, 0-9 and -, beginning with a letter or digit "
		    "(titles go into zh and en)",
		    SHOWN, text);
	return false;
}

/* An address that one host can have and every agent can send to. */
static bool is_unicast(const struct address *address, enum family family)
{
	struct in6_addr in6;

	if (family == FAMILY_IPV4)
		return address->bytes[0] != 0 && address->bytes[0] < 224;
	memcpy(&in6, address->bytes, sizeof(in6));
	/* A link-local address needs an interface beside it. */
	return !IN6_IS_ADDR_UNSPECIFIED(&in6) && !IN6_IS_ADDR_MULTICAST(&in6) &&
	       !IN6_IS_ADDR_LINKLOCAL(&in6) && !IN6_IS_ADDR_V4MAPPED(&in6);
}

void address_parse(const char *text, enum family family, struct address *out)
{
	int af = family == FAMILY_IPV4 ? AF_INET : AF_INET6;

	*out = (struct address){0};
	if (inet_pton(af, text, out->bytes) != 1)
		return;
	inet_ntop(af, out->bytes, out->text, sizeof(out->text));
	out->given = true;
}

static bool read_address(const struct key_row *row, const char *text, struct problem *problem)
{
	enum family family = row->type == VALUE_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6;
	const char *title = family == FAMILY_IPV4 ? "IPv4" : "IPv6";
	struct address address;
	struct address other;

	address_parse(text, family, &address);
	address_parse(text, family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4, &other);
	if (other.given) {
		problem_say(problem, "%s is no %s address; write it under %s", text, title,
			    family == FAMILY_IPV4 ? "ipv6" : "ipv4");
		return false;
	}
	if (!address.given) {
		problem_say(problem, "\"%.*s\" is no %s address; write one such as %s", SHOWN, text,
			    title, family == FAMILY_IPV4 ? "192.0.2.1" : "2001:db8::1");
		return false;
	}
	if (!is_unicast(&address, family)) {
		problem_say(problem,
			    "%s is no address of one host that can be measured from anywhere; "
			    "write a unicast address%s",
			    text,
			    family == FAMILY_IPV4 ? "" : ", neither link-local nor IPv4-mapped");
		return false;
	}
	return true;
}

bool value_read(const struct key_row *row, const char *text, struct value *out,
		struct problem *problem)
{
	out->text = text;
	switch (row->type) {
	case VALUE_DURATION:
		return read_duration(row, text, out, problem);
	case VALUE_INTEGER:
		return read_integer(row, text, out, problem);
	case VALUE_NUMBER:
	case VALUE_RATIO:
		return read_number(row, text, out, problem);
	case VALUE_CHOICE:
	case VALUE_SWITCH:
		return read_word(row, text, out, problem);
	case VALUE_NAME:
		return read_name(text, problem);
	case VALUE_IPV4:
	case VALUE_IPV6:
		return read_address(row, text, problem);
	default:
		return true;
	}
}

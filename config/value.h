/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value is one scalar of a configuration, read by the row of the schema that describes it. */
#ifndef NETGRADE_CONFIG_VALUE_H
#define NETGRADE_CONFIG_VALUE_H

#include "config/config.h"
#include "config/diagnostic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_TEXT,	/* anything but nothing */
	VALUE_NAME,	/* [a-z0-9-], beginning with a letter or digit, at most 48 */
	VALUE_DURATION, /* least and most in nanoseconds */
	VALUE_INTEGER,
	VALUE_NUMBER, /* low to high */
	VALUE_RATIO,  /* 0.05 or 5 % */
	VALUE_SWITCH, /* true or false */
	VALUE_CHOICE, /* one of the words */
	VALUE_IPV4,
	VALUE_IPV6,
	VALUE_SECTION,	/* a mapping with rows of its own */
	VALUE_SECTIONS, /* a list of such mappings */
};

struct value;

/* What is wrong with a value, and what would be right. */
struct problem {
	char text[512];
};

struct key_row {
	const char *name;
	const char *meaning;
	enum value_type type;
	bool list;     /* a list of such values */
	bool single;   /* a list of one may be written without its brackets */
	bool repeats;  /* a list in which an element may stand twice */
	bool required; /* an error when left out */
	bool whole;    /* a section that may be left out though it has keys that may not */
	bool sourced;  /* written {value: …, source: …}: where the number was published */
	size_t offset; /* of the struct value (section, section_list) in the draft */
	int64_t least; /* integers and durations */
	int64_t most;
	double low; /* numbers and ratios */
	double high;
	bool scaled;		    /* a number may have k, M, G or T behind it: 64k */
	const char *unit;	    /* for the reference: "octets" */
	const char *const *words;   /* choices, ended by NULL */
	const char *fallback;	    /* read when the key is left out */
	const char *fallback_told;  /* for the reference, where it is not one text */
	const struct key_row *rows; /* of the section; the last has a NULL name */
	size_t size;		    /* of one draft in a list of sections */
	bool (*check)(const struct value *value, struct problem *problem);
};

enum value_state {
	VALUE_ABSENT = 0,
	VALUE_DEFAULT, /* left out; the fallback was read */
	VALUE_GIVEN,
	VALUE_REFUSED, /* there was an error; nothing more is to be said about it */
};

struct value {
	const struct key_row *row;
	enum value_state state;
	struct place place;
	const char *text; /* as written; addresses as the system writes them */
	union {
		int64_t integer; /* durations too */
		double number;	 /* ratios too */
		size_t choice;	 /* switches too: 1 is true */
	};
	struct value *items; /* of a list */
	size_t count;
	const char *source; /* of a sourced value */
};

static inline bool value_known(const struct value *value)
{
	return value->state == VALUE_DEFAULT || value->state == VALUE_GIVEN;
}

/* Reads text into out by the row, without its check. False with the problem. */
bool value_read(const struct key_row *row, const char *text, struct value *out,
		struct problem *problem);

void problem_say(struct problem *problem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Durations: a whole number and ms, s, m, h or d. False where text is none. */
bool duration_parse(const char *text, int64_t *out);

enum { DURATION_TEXT = 32 };

/* In the largest unit that gives a whole number; at least a whole number of milliseconds. */
void duration_format(int64_t duration, char out[DURATION_TEXT]);

/* What a row allows, in words: "16 to 8972 octets". */
void bounds_format(const struct key_row *row, char *out, size_t size);

/* text must be an address of the family. */
void address_parse(const char *text, enum family family, struct address *out);

#endif

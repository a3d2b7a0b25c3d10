/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/doc.h"

#include "reporter/text/must.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NARROW_SPACE "\u202F" /* no break */
#define MINUS	     "\u2212"
#define NOT_MEASURED "\u2013"

/* Digits of the decimal that a double stands for. With 15 every decimal of so many digits comes
 * back as it was typed, and the last few units of binary error of a sum are gone. */
enum { DECIMAL_DIGITS = 15, NUMBER_ROOM = 400 };

static bool round_up_digits(char *digits, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		if (digits[i] != '9') {
			digits[i]++;
			return false;
		}
		digits[i] = '0';
	}
	return true;
}

/* Keeps `decimals` places of a magnitude below 1e15, half up; a C number into out. */
static void round_decimal(double magnitude, int decimals, char out[NUMBER_ROOM])
{
	char digits[64];
	char *point;

	snprintf(digits, sizeof(digits), "%.*e", DECIMAL_DIGITS - 1, magnitude);
	point = strchr(digits, 'e');
	int exponent = atoi(point + 1);
	memmove(digits + 1, digits + 2, (size_t)(point - digits) - 2);
	/* digits[] now holds 15 digits; the value is 0.ddd… × 10^(exponent + 1). */
	int keep = exponent + 1 + decimals;
	if (keep < 0 || (keep == 0 && digits[0] < '5')) {
		snprintf(out, NUMBER_ROOM, "0");
		return;
	}
	if (keep >= DECIMAL_DIGITS) {
		snprintf(out, NUMBER_ROOM, "%.*se%d", DECIMAL_DIGITS, digits,
			 exponent + 1 - DECIMAL_DIGITS);
		return;
	}
	bool carry = digits[keep] >= '5' && round_up_digits(digits, keep);
	snprintf(out, NUMBER_ROOM, "%s%.*se%d", carry ? "1" : "", keep, digits, -decimals);
}

double round_half_up(double value, int decimals)
{
	char number[NUMBER_ROOM];

	if (!isfinite(value) || fabs(value) >= 1e15)
		return value;
	round_decimal(fabs(value), decimals, number);
	double rounded = strtod(number, NULL);
	return rounded == 0 ? 0 : copysign(rounded, value);
}

struct value value_text(const char *text)
{
	return (struct value){.text = must_copy(text), .number = (double)NAN};
}

/* Five digits and more before the point are set in groups of three. */
static char *group_thousands(const char *number)
{
	size_t whole = strcspn(number, ".");
	char out[2 * NUMBER_ROOM];
	char *end = out;

	if (whole < 5)
		return must_copy(number);
	for (size_t i = 0; i < whole; i++) {
		if (i > 0 && (whole - i) % 3 == 0)
			end = stpcpy(end, NARROW_SPACE);
		*end++ = number[i];
	}
	strcpy(end, number + whole);
	return must_copy(out);
}

static char *print_number(double number, int decimals, const char *unit)
{
	char digits[NUMBER_ROOM];
	double rounded = round_half_up(number, decimals);

	snprintf(digits, sizeof(digits), "%.*f", decimals, fabs(rounded));
	char *grouped = group_thousands(digits);
	bool tight = unit[0] == '\0' || strcmp(unit, "%") == 0;
	char *text = must_format("%s%s%s%s", rounded < 0 ? MINUS : "", grouped,
				 tight ? "" : NARROW_SPACE, unit);
	free(grouped);
	return text;
}

struct value value_number(double number, int decimals, const char *unit)
{
	struct value value = {.number = number, .is_number = true, .unit = must_copy(unit)};

	assert(decimals >= 0 && decimals <= 15);
	if (isnan(number))
		value.text = must_copy(NOT_MEASURED);
	else if (isinf(number))
		value.text = must_copy(number > 0 ? VALUE_INFINITE : MINUS "\u221E");
	else
		value.text = print_number(number, decimals, unit);
	return value;
}

struct value value_roughened(struct value value)
{
	char *text = must_format("≈%s%s", NARROW_SPACE, value.text);

	free(value.text);
	value.text = text;
	value.rough = true;
	return value;
}

struct value value_toned(struct value value, enum tone tone)
{
	value.tone = tone;
	return value;
}

struct value value_linked(struct value value, const char *anchor)
{
	free(value.link);
	value.link = must_format("%s%s", anchor[0] == '#' ? "" : "#", anchor);
	return value;
}

void value_finish(struct value *value)
{
	free(value->text);
	free(value->link);
	free(value->unit);
	*value = (struct value){0};
}

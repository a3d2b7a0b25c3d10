/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/calendar_print.h"
#include "config/schema.h"

static void print_hours(const struct calendar_config *calendar, FILE *out)
{
	char text[HOURS_TEXT];

	fprintf(out, "    hours: [");
	for (size_t i = 0; i < calendar->hours_count; i++) {
		hours_format(calendar->hours[i], text);
		fprintf(out, "%s\"%s\"", i == 0 ? "" : ", ", text);
	}
	fprintf(out, "]\n");
}

static void print_weekdays(const struct calendar_config *calendar, FILE *out)
{
	const char *before = "";

	fprintf(out, "    days: [");
	for (size_t i = 0; day_words[DAYS_SUNDAY + i] != NULL; i++) {
		if ((calendar->weekdays >> i & 1) == 0)
			continue;
		fprintf(out, "%s%s", before, day_words[DAYS_SUNDAY + i]);
		before = ", ";
	}
	fprintf(out, "]\n");
}

static void print_titles(const struct holiday *holiday, FILE *out)
{
	if (holiday->zh[0] == '\0')
		return;
	fprintf(out, "zh: ");
	yaml_print_text(out, holiday->zh);
	fprintf(out, ", en: ");
	yaml_print_text(out, holiday->en);
	fprintf(out, ", ");
}

static void print_holiday(const struct holiday *holiday, FILE *out)
{
	char day[CIVIL_DAY_TEXT];

	fprintf(out, "          - {");
	print_titles(holiday, out);
	civil_day_format(holiday->first, day);
	fprintf(out, "first: %s", day);
	civil_day_format(holiday->last, day);
	fprintf(out, ", last: %s", day);
	for (size_t i = 0; i < holiday->worked_count; i++) {
		civil_day_format(holiday->worked[i], day);
		fprintf(out, "%s%s", i == 0 ? ", working: [" : ", ", day);
	}
	fprintf(out, "%s}\n", holiday->worked_count > 0 ? "]" : "");
}

static void print_member(const char *key, const char *text, FILE *out)
{
	if (text[0] == '\0')
		return;
	fprintf(out, "          %s: ", key);
	yaml_print_text(out, text);
	putc('\n', out);
}

static void print_year(const struct holiday_year *year, FILE *out)
{
	fprintf(out, "      - year: %d\n        source:\n", year->year);
	print_member("document", year->document, out);
	print_member("title", year->title, out);
	print_member("date", year->date, out);
	fprintf(out, "        holidays:\n");
	for (size_t i = 0; i < year->count; i++)
		print_holiday(&year->items[i], out);
}

/* Written out, so that what is printed means the same when a file or the program has changed. */
static void print_holidays(const struct calendar_config *calendar, FILE *out)
{
	fprintf(out, "    days: working\n");
	for (size_t i = 0; i < calendar->holidays_named_count; i++)
		fprintf(out, "%s%s", i == 0 ? "    # holidays: " : ", ",
			calendar->holidays_named[i]);
	fprintf(out, "%s    years:\n", calendar->holidays_named_count > 0 ? "\n" : "");
	for (size_t i = 0; i < calendar->holidays->count; i++)
		print_year(&calendar->holidays->years[i], out);
}

void calendar_config_print(const struct calendar_config *calendar, FILE *out)
{
	fprintf(out, "  - name: %s\n", calendar->name);
	print_hours(calendar, out);
	if (calendar->holidays == NULL)
		print_weekdays(calendar, out);
	else
		print_holidays(calendar, out);
}

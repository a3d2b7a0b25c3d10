/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/forecast.h"
#include "collector/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOP = 10, NAME = 30, FIGURE = 12, BAR = 40 };

/* "1.67k": three digits and a scale. */
static void format_figure(double figure, char out[FIGURE])
{
	static const char *const scales[] = {"", "k", "M", "G", "T"};
	size_t scale = 0;

	while (figure >= 999.5 && scale + 1 < sizeof(scales) / sizeof(scales[0])) {
		figure /= 1000;
		scale++;
	}
	int digits = figure >= 99.95 || figure <= 0 ? 0 : figure >= 9.995 ? 1 : 2;
	snprintf(out, FIGURE, "%.*f%s", digits, figure, scales[scale]);
}

static void print_figure(double figure)
{
	char text[FIGURE];

	format_figure(figure, text);
	printf(" %6s", text);
}

static void print_whole(uint64_t number)
{
	if (number < 1000)
		printf(" %6" PRIu64, number);
	else
		print_figure((double)number);
}

/* What does not fit ends in dots. */
static void print_name(const char *name, int width)
{
	int len = (int)strlen(name);

	if (len <= width)
		printf("%-*s", width, name);
	else
		printf("%.*s..", width - 2, name);
}

static void print_count(size_t count, const char *what)
{
	printf("%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void print_head(const struct forecast *f)
{
	struct period period = f->timeline->period;
	char from[CALENDAR_TEXT];
	char until[CALENDAR_TEXT];

	calendar_format(period.from, from);
	calendar_format(period.until, until);
	printf("Plan of %s\n%s to %s, %s\n", f->config->path, from, until, f->config->time_zone);
	print_count(f->demands[BUDGET_AGENT].count, "agent");
	fputs(", ", stdout);
	print_count(f->demands[BUDGET_TARGET].count, "target");
	fputs(", ", stdout);
	print_count(f->flows.count, "packet stream");
	printf(", %" PRIu64 " packets, ", f->total.sent.packets);
	char octets[OCTETS_TEXT];
	octets_format((double)f->total.sent.octets, octets);
	printf("%s\n", octets);
}

static void format_stretch(const struct forecast *f, const struct stretch *stretch, char *out,
			   size_t size)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct tm local = calendar_local(stretch->period.from);
	size_t used = (size_t)snprintf(out, size, "%s %02d-%02d", days[local.tm_wday],
				       local.tm_mon + 1, local.tm_mday);

	if (!f->daily)
		snprintf(out + used, size - used, " %02d:%02d", local.tm_hour, local.tm_min);
}

static double seconds_of(struct period period)
{
	return (double)(period.until - period.from) / (double)NSEC_PER_SEC;
}

static void print_stretches(const struct forecast *f)
{
	double most = 0;

	for (size_t i = 0; i < f->stretch_count; i++) {
		const struct stretch *s = &f->stretches[i];
		double rate = (double)s->sent.packets / seconds_of(s->period);
		most = rate > most ? rate : most;
	}
	printf("\n%-15s %9s %6s\n", f->daily ? "Day" : "Hour", "packets/s", "bit/s");
	for (size_t i = 0; i < f->stretch_count; i++) {
		const struct stretch *s = &f->stretches[i];
		double packets = (double)s->sent.packets / seconds_of(s->period);
		char when[48];
		format_stretch(f, s, when, sizeof(when));
		printf("%-15s   ", when);
		print_figure(packets);
		print_figure(8 * (double)s->sent.octets / seconds_of(s->period));
		int bar = most > 0 ? (int)(packets / most * BAR + 0.5) : 0;
		printf("  %.*s\n", bar == 0 && packets > 0 ? 1 : bar,
		       "########################################");
	}
}

/* A mark for each stretch: all of it, a part, nothing. */
static void print_test(const struct forecast *f, size_t test)
{
	const struct spans *spans = timeline_spans(f->timeline, test);

	print_name(f->config->tests[test].name, NAME);
	putchar(' ');
	for (size_t i = 0; i < f->stretch_count; i++) {
		struct period period = f->stretches[i].period;
		nsec runs = spans_within(spans, period);
		putchar(runs == 0 ? '.' : runs < period.until - period.from ? '+' : '#');
	}
	putchar('\n');
}

static void print_tests(const struct forecast *f)
{
	printf("\n%-*s %s by %s: # runs, + in part, . not\n", NAME, "Tests", "runs",
	       f->daily ? "day" : "hour");
	for (size_t i = 0; i < f->config->test_count; i++)
		print_test(f, i);
}

static void print_window(const struct forecast *f, const struct window_entry *entry)
{
	struct period standing = window_standing(&entry->window);
	char from[CALENDAR_TEXT];
	char until[CALENDAR_TEXT];
	char scope[WINDOW_SCOPE_TEXT];

	calendar_format(standing.from, from);
	calendar_format(standing.until, until);
	printf("%s to %s, window %" PRId64 ":", from, until, entry->window.id);
	for (size_t i = 0; i < entry->scope_count; i++) {
		window_scope_format(f->config, &entry->scopes[i], scope);
		printf(" %s", scope);
	}
	printf("\n    %s: %s\n", entry->owner, entry->reason);
}

static void print_windows(const struct forecast *f)
{
	bool any = false;

	for (size_t i = 0; i < f->windows.count; i++) {
		if (!forecast_shows(f, &f->windows.items[i]))
			continue;
		if (!any)
			puts("\nAnnounced maintenance (measured all the same)");
		any = true;
		print_window(f, &f->windows.items[i]);
	}
}

static void print_demand(const struct forecast *f, enum budget_scope scope,
			 const struct demand_row *row)
{
	const struct demand *d = &row->demand;

	print_name(forecast_name(f, scope, row->index), NAME);
	printf(" %7zu", d->series);
	print_figure(d->average.packets);
	print_figure(d->busiest.packets);
	print_whole(d->peak.packets);
	print_figure(d->average.bits);
	print_figure(d->busiest.bits);
	print_figure(8 * (double)d->peak.octets);
	putchar('\n');
}

static void print_demands(const struct forecast *f, enum budget_scope scope,
			  enum forecast_rows rows)
{
	static const char *const titles[BUDGET_SCOPES] = {"Agents", "Targets", "Owners of targets"};
	const struct demands *demands = &f->demands[scope];
	size_t shown = rows == FORECAST_ALL || demands->count <= TOP + 1 ? demands->count : TOP;

	printf("\n%-*s ----- packets/s ----  ------ bit/s ------\n", NAME + 8, "");
	printf("%-*s %7s %6s %6s %6s %6s %6s %6s\n", NAME, titles[scope], "streams", "mean", "busy",
	       "peak", "mean", "busy", "peak");
	for (size_t i = 0; i < shown; i++)
		print_demand(f, scope, &demands->rows[i]);
	if (shown < demands->count)
		printf("and %zu more, none with more bits than these: --all shows them\n",
		       demands->count - shown);
}

static void print_size(uint64_t octets)
{
	char text[OCTETS_TEXT];

	octets_format((double)octets, text);
	printf(" %8s", text);
}

static void print_needs(const struct forecast *f, enum forecast_rows rows)
{
	enum { WIDTH = 25 };
	const struct demands *agents = &f->demands[BUDGET_AGENT];
	size_t shown = rows == FORECAST_ALL || agents->count <= TOP + 1 ? agents->count : TOP;

	printf("\n%-*s %8s %8s %8s %8s %8s %8s\n", WIDTH, "Disk and memory", "series", "spool",
	       "1 year", "3 years", "5 years", "memory");
	for (size_t i = 0; i < shown; i++) {
		const struct needs *needs = &f->needs[agents->rows[i].index];
		print_name(f->config->agents[agents->rows[i].index].name, WIDTH);
		print_size(needs->curves + needs->histograms);
		print_size(needs->spool);
		print_size(needs_disk(needs, 1));
		print_size(needs_disk(needs, 3));
		print_size(needs_disk(needs, 5));
		print_size(needs->memory);
		putchar('\n');
	}
	if (shown < agents->count)
		printf("and %zu more: --all shows them\n", agents->count - shown);
}

static void print_notes(void)
{
	puts("\nAll figures are one way: answers come back as many and as large; of a TCP\n"
	     "connection what opens it and what ends it count, and one answer comes back.\n"
	     "bit/s   of Ethernet frames: header 14 octets, IPv4 20 or IPv6 40, ICMP 8 and the\n"
	     "        payload, or TCP 40 and 20, or UDP 8 and a DNS query, check sequence\n"
	     "        4, at least 64; without preamble and gap. A packet beyond 1,500 octets\n"
	     "        is reckoned in fragments. Answers of DNS have up to 1,232 octets.\n"
	     "traces  are reckoned with the most packets that each may take, 186.\n"
	     "mean    over the whole time; busy: while the most tests run at once, which is\n"
	     "        what budgets are held against; peak: the most in one second of the\n"
	     "        clock. Each start draws new phases, so that peaks may lie a little\n"
	     "        higher or lower then.\n"
	     "series  their files are made whole and never grow by themselves: only a raised\n"
	     "        retention lets them, see 'migrate'. A year adds, as is assumed,\n"
	     "        12 outages of every path with captured packets, the facts of 12 closed\n"
	     "        months, and 50 configurations.\n"
	     "memory  resident, after measurements of the service: 18 MiB, and for each\n"
	     "        series 6.4 kB and 30 octets for each packet of a slot.");
}

void forecast_print(const struct forecast *forecast, enum forecast_rows rows)
{
	print_head(forecast);
	print_stretches(forecast);
	print_tests(forecast);
	print_windows(forecast);
	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++)
		print_demands(forecast, s, rows);
	print_needs(forecast, rows);
	print_notes();
}

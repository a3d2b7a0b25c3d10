/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/availability.h"
#include "collector/store/holdings.h"
#include "collector/store/slot_row.h"
#include "collector/store/view.h"
#include "reporter/commands.h"
#include "reporter/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct export
{
	struct view *view;
	FILE *file;
	uint64_t slots;
	uint64_t unknown; /* packets answered in slots whose buckets are not known */
};

/* What of its hour is not yet given to a slot. */
struct rest {
	const struct hour *hours;
	size_t count;
	size_t next;
	struct delays left;
};

static void take_counts(uint32_t *left, uint32_t *out, size_t buckets, uint32_t wanted)
{
	for (size_t b = 0; b < buckets && wanted > 0; b++) {
		uint32_t taken = left[b] < wanted ? left[b] : wanted;
		left[b] -= taken;
		out[b] = taken;
		wanted -= taken;
	}
}

/* Which slots of an hour a count came from is kept only as long as the hour is open: the counts are
 * given to its slots in order, each as many as it has answers. Over the hour they are exact. */
static struct delays delays_of(struct rest *rest, const struct summary *s)
{
	struct delays d = delays_empty();
	nsec hour = nsec_floor(s->from, NSEC_PER_HOUR);

	while (rest->next < rest->count && rest->hours[rest->next].from <= hour) {
		rest->left = rest->hours[rest->next].from == hour ? rest->hours[rest->next].delays
								  : delays_empty();
		rest->next++;
	}
	if (!availability_judgeable(s) || delays_answered(&rest->left) < summary_answered(s))
		return d;
	take_counts(rest->left.rtt, d.rtt, RTT_BUCKETS, summary_answered(s));
	take_counts(rest->left.pdv, d.pdv, PDV_BUCKETS, summary_answered(s));
	d.slots = 1;
	return d;
}

static void write_slots(struct export *export, const struct series_key *key,
			const struct summary *slots, size_t count, struct rest *rest)
{
	for (size_t i = 0; i < count; i++) {
		struct slot_row row = {*key, {slots[i], delays_empty()}};
		if ((slots[i].flags & SLOT_NO_RECORD) != 0)
			continue;
		row.slot.delays = delays_of(rest, &slots[i]);
		if (row.slot.delays.slots == 0 && availability_judgeable(&slots[i]))
			export->unknown += summary_answered(&slots[i]);
		slot_row_write(export->file, &row);
		export->slots++;
	}
}

static enum err export_series(struct export *export, const struct series_key *key,
			      struct period period)
{
	struct summary *slots;
	struct hour *hours;
	size_t count;
	size_t hour_count;

	enum err rc = view_slots(export->view, key, period, &slots, &count);
	if (rc != E_OK)
		return rc == E_NOT_FOUND ? E_OK : rc;
	rc = view_hours(export->view, key, period, &hours, &hour_count);
	if (rc == E_OK) {
		struct rest rest = {hours, hour_count, 0, delays_empty()};
		write_slots(export, key, slots, count, &rest);
		free(hours);
	}
	free(slots);
	return rc;
}

/* A day of each series in turn: whoever reads them can store them as they come. */
static enum err export_all(struct export *export, const struct holdings *holdings,
			   struct period period)
{
	enum err rc = E_OK;

	fprintf(export->file, "%s\n", SLOT_ROW_COLUMNS);
	for (nsec at = period.from; at < period.until && rc == E_OK;) {
		struct period day = {at, nsec_floor(at, NSEC_PER_DAY) + NSEC_PER_DAY};
		if (day.until > period.until)
			day.until = period.until;
		for (size_t i = 0; i < holdings->count && rc == E_OK; i++)
			rc = export_series(export, &holdings->items[i].key, day);
		at = day.until;
	}
	if (rc == E_OK && (fflush(export->file) != 0 || ferror(export->file) != 0))
		rc = err_from_errno(errno);
	return rc;
}

static enum err read_and_write(struct export *export, const char *data, struct period period)
{
	struct holdings holdings = {0};

	enum err rc = view_open(data, &export->view);
	if (rc == E_OK)
		rc = holdings_read(data, &holdings);
	if (rc == E_OK)
		rc = export_all(export, &holdings, period);
	holdings_finish(&holdings);
	view_close(export->view);
	return rc;
}

static int export_slots(const struct session *session, struct period period)
{
	struct export export = {.file = given.out == NULL ? stdout : fopen(given.out, "we")};
	const char *out = given.out == NULL ? "standard output" : given.out;

	if (export.file == NULL)
		return session_refuse("--out cannot be written", given.out, "name another file");
	enum err rc = read_and_write(&export, session->data, period);
	if (given.out != NULL && fclose(export.file) != 0 && rc == E_OK)
		rc = err_from_errno(errno);
	if (rc != E_OK) {
		fprintf(stderr, "netgrade-reporter: %s to %s: %s\n", session->data, out,
			session_reason(rc));
		return EXIT_FAILED;
	}
	fprintf(stderr, "%" PRIu64 " slots\n", export.slots);
	if (export.unknown > 0)
		fprintf(stderr,
			"netgrade-reporter: of %" PRIu64
			" answers no histogram is kept, or that of "
			"a whole hour that the period cuts\n",
			export.unknown);
	return EXIT_OK;
}

int command_export(int count, char **operands)
{
	struct session session = {0};
	struct report_period period;

	(void)count;
	(void)operands;
	int rc = session_settle(&session, &period);
	if (rc == EXIT_OK)
		rc = export_slots(&session, period.passed);
	session_finish(&session);
	return rc;
}

const struct option_row export_options[] = {
	{"config", "FILE", "the configuration (default " DEFAULT_CONFIG ")", &given.config, NULL},
	{"data", "DIR", "where the measurements are (default: as configured)", &given.data, NULL},
	{"month", "YYYY-MM", "a calendar month in the configured zone", &given.month, NULL},
	{"from", "TIME", "start, such as 2026-10-05 or 2026-10-05T08:30", &given.from, NULL},
	{"to", "TIME", "end; not itself in the period", &given.until, NULL},
	{"out", "FILE", "where the slots go (default: standard output)", &given.out, NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed_check.h"

#include <stdbool.h>
#include <stdint.h>

static const nsec longest_month = 32 * NSEC_PER_DAY;

static const char hour_sums[] =
	"SELECT total(sent), total(lost), total(delays_slots - left_out_slots),"
	" total(delays_lost - left_out_lost) FROM hour WHERE series = ?1";
static const char stretch_sums[] =
	"SELECT verdict, min(until_at, ?2) - from_at FROM stretch WHERE series = ?1";

enum err closed_check_init(struct closed_check *check, sqlite3 *db, struct period period)
{
	*check = (struct closed_check){.period = period};
	if (period.from < 0 || period.until <= period.from ||
	    period.until - period.from > longest_month)
		return E_CORRUPT;
	if (sqlite3_prepare_v2(db, hour_sums, -1, &check->hours, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, stretch_sums, -1, &check->stretches, NULL) == SQLITE_OK)
		return E_OK;
	closed_check_finish(check);
	return E_CORRUPT;
}

void closed_check_finish(struct closed_check *check)
{
	sqlite3_finalize(check->hours);
	sqlite3_finalize(check->stretches);
	*check = (struct closed_check){0};
}

static bool all_within(const nsec *times, size_t count, nsec length)
{
	for (size_t i = 0; i < count; i++) {
		if (times[i] < 0 || times[i] > length)
			return false;
	}
	return true;
}

static bool is_balanced(const struct facts *facts, nsec length)
{
	return all_within(facts->time, VERDICT_COUNT, length) &&
	       all_within(facts->unknown_time, UNKNOWN_REASONS, length) &&
	       all_within(facts->announced.time, VERDICT_COUNT, length) && facts_balanced(facts);
}

/* Counts of a month are far below 2^53. */
static bool equals(sqlite3_stmt *statement, int column, uint64_t wanted)
{
	return sqlite3_column_double(statement, column) == (double)wanted;
}

static bool has_hours(struct closed_check *check, const struct closed_series *series)
{
	const struct facts *facts = &series->facts;

	sqlite3_reset(check->hours);
	sqlite3_bind_int64(check->hours, 1, series->id);
	bool equal = sqlite3_step(check->hours) == SQLITE_ROW &&
		     equals(check->hours, 0, facts->judged.sent) &&
		     equals(check->hours, 1, facts->judged.lost) &&
		     equals(check->hours, 2, facts->delays.slots) &&
		     equals(check->hours, 3, facts->delays.lost);
	sqlite3_reset(check->hours);
	return equal;
}

/* What begins before the period's first slot is unscheduled and in no stretch. */
static bool has_stretches(struct closed_check *check, const struct closed_series *series)
{
	const struct facts *facts = &series->facts;
	nsec length = check->period.until - check->period.from;
	nsec time[VERDICT_COUNT] = {0};
	bool equal = true;
	int result;

	sqlite3_reset(check->stretches);
	sqlite3_bind_int64(check->stretches, 1, series->id);
	sqlite3_bind_int64(check->stretches, 2, check->period.until);
	while ((result = sqlite3_step(check->stretches)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(check->stretches, 0);
		enum verdict verdict = VERDICT_COUNT;
		nsec spent = sqlite3_column_int64(check->stretches, 1);
		if (name == NULL || verdict_parse(name, &verdict) != E_OK || spent < 0 ||
		    spent > length - time[verdict])
			break;
		time[verdict] += spent;
	}
	sqlite3_reset(check->stretches);
	for (size_t v = 0; v < VERDICT_UNSCHEDULED; v++)
		equal &= time[v] == facts->time[v];
	return result == SQLITE_DONE && equal &&
	       time[VERDICT_UNSCHEDULED] <= facts->time[VERDICT_UNSCHEDULED];
}

const char *closed_check_series(struct closed_check *check, const struct closed_series *series)
{
	if (!is_balanced(&series->facts, check->period.until - check->period.from))
		return "its time and slots per verdict are not the period";
	if (!has_hours(check, series))
		return "its packets and delays by hour are not its packets and delays";
	if (!has_stretches(check, series))
		return "its stretches are not its time per verdict";
	return NULL;
}

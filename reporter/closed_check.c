/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const nsec longest_month = 32 * NSEC_PER_DAY;

static const char stretch_sums[] =
	"SELECT verdict, min(until_at, ?2) - from_at, why FROM stretch WHERE series = ?1";

static enum err prepare(struct closed_check *check, sqlite3 *db)
{
	char *hours = closed_table_select(&closed_tables[CLOSED_HOURS], "series = ?1");
	int result = sqlite3_prepare_v2(db, hours, -1, &check->hours, NULL);

	free(hours);
	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(db, stretch_sums, -1, &check->stretches, NULL);
	return result == SQLITE_OK ? E_OK : E_CORRUPT;
}

enum err closed_check_init(struct closed_check *check, sqlite3 *db, struct period period)
{
	*check = (struct closed_check){.period = period};
	if (period.from < 0 || period.until <= period.from ||
	    period.until - period.from > longest_month)
		return E_CORRUPT;
	enum err rc = prepare(check, db);
	if (rc != E_OK)
		closed_check_finish(check);
	return rc;
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

/* What the hours of a series add up to. */
struct hour_sums {
	uint64_t sent;
	uint64_t lost;
	struct delays delays;
};

static enum err add_hour(struct hour_sums *sums, const struct timeline_hour *hour)
{
	struct delays delays = hour->delays;

	if (hour->left_out_slots > delays.slots || hour->left_out_lost > delays.lost)
		return E_CORRUPT;
	delays.slots -= hour->left_out_slots;
	delays.lost -= hour->left_out_lost;
	sums->sent += hour->sent;
	sums->lost += hour->lost;
	delays_merge(&sums->delays, &delays);
	return E_OK;
}

static enum err sum_hours(struct closed_check *check, uint32_t series, struct hour_sums *sums)
{
	enum err rc = E_OK;
	int result;

	sqlite3_reset(check->hours);
	sqlite3_bind_int64(check->hours, 1, series);
	while (rc == E_OK && (result = sqlite3_step(check->hours)) == SQLITE_ROW) {
		struct closed_hour row = {0};
		rc = closed_table_read(&closed_tables[CLOSED_HOURS], check->hours, &row);
		if (rc == E_OK)
			rc = add_hour(sums, &row.hour);
	}
	sqlite3_reset(check->hours);
	return rc == E_OK && result != SQLITE_DONE ? E_CORRUPT : rc;
}

static bool has_hours(struct closed_check *check, const struct closed_series *series)
{
	const struct facts *facts = &series->facts;
	const struct delays *delays = &facts->delays;
	struct hour_sums sums = {.delays = delays_empty()};

	return sum_hours(check, series->id, &sums) == E_OK && sums.sent == facts->judged.sent &&
	       sums.lost == facts->judged.lost && sums.delays.slots == delays->slots &&
	       sums.delays.lost == delays->lost &&
	       memcmp(sums.delays.rtt, delays->rtt, sizeof(delays->rtt)) == 0 &&
	       memcmp(sums.delays.pdv, delays->pdv, sizeof(delays->pdv)) == 0;
}

/* What is unknown has a reason, and nothing else has one. */
static bool add_reason(sqlite3_stmt *stretch, enum verdict verdict, nsec spent,
		       nsec unknown[UNKNOWN_REASONS])
{
	const char *name = (const char *)sqlite3_column_text(stretch, 2);
	enum unknown_reason why;

	if (verdict != VERDICT_UNKNOWN)
		return name == NULL;
	if (name == NULL || unknown_reason_parse(name, &why) != E_OK)
		return false;
	unknown[why] += spent;
	return true;
}

/* What begins before the period's first slot is unscheduled and in no stretch. */
static bool has_stretches(struct closed_check *check, const struct closed_series *series)
{
	const struct facts *facts = &series->facts;
	nsec length = check->period.until - check->period.from;
	nsec time[VERDICT_COUNT] = {0};
	nsec unknown[UNKNOWN_REASONS] = {0};
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
		    spent > length - time[verdict] ||
		    !add_reason(check->stretches, verdict, spent, unknown))
			break;
		time[verdict] += spent;
	}
	sqlite3_reset(check->stretches);
	for (size_t v = 0; v < VERDICT_UNSCHEDULED; v++)
		equal &= time[v] == facts->time[v];
	for (size_t r = 0; r < UNKNOWN_REASONS; r++)
		equal &= unknown[r] == facts->unknown_time[r];
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

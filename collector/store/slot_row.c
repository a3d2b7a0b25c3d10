/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/slot_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_CELLS = 7,
	COUNTS = KEY_CELLS + 2,
	COUNT_CELLS = 8,
	DELAYS = COUNTS + COUNT_CELLS,
	DELAY_CELLS = 4,
	BUCKETS = DELAYS + DELAY_CELLS,
	CELLS = BUCKETS + 2,
};

static const char *const names[CELLS] = {
	"agent",      "target",	       "method",     "family",	    "size",	   "dscp",
	"port",	      "from",	       "until",	     "expected",    "sent",	   "lost",
	"duplicated", "reordered",     "late",	     "rejected",    "flags",	   "rtt_sum_ns",
	"rtt_min_ns", "rtt_median_ns", "rtt_max_ns", "rtt_buckets", "pdv_buckets",
};

/* --- writing --- */

static void write_delay(FILE *file, nsec delay)
{
	if (delay == NSEC_INFINITE)
		fputs(",inf", file);
	else if (delay == NSEC_UNDEFINED)
		fputc(',', file);
	else
		fprintf(file, ",%" PRId64, delay);
}

static void write_buckets(FILE *file, const uint32_t *counts, size_t buckets)
{
	const char *between = "";

	fputc(',', file);
	for (size_t b = 0; b < buckets; b++) {
		if (counts[b] == 0)
			continue;
		fprintf(file, "%s%zu:%" PRIu32, between, b, counts[b]);
		between = " ";
	}
}

void slot_row_write(FILE *file, const struct slot_row *row)
{
	const struct series_key *key = &row->key;
	const struct summary *s = &row->slot.summary;

	fprintf(file, "%s,%s,%s,%d,%d,%d,%d", key->agent, key->target, key->method, key->family,
		key->size, key->dscp, key->port);
	fprintf(file, ",%" PRId64 ",%" PRId64, s->from / NSEC_PER_SEC, s->until / NSEC_PER_SEC);
	fprintf(file,
		",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32
		",%" PRIu32,
		s->expected, s->sent, s->lost, s->duplicated, s->reordered, s->late, s->rejected,
		s->flags);
	write_delay(file, s->rtt_sum);
	write_delay(file, s->rtt_min);
	write_delay(file, s->rtt_median);
	write_delay(file, s->rtt_max);
	write_buckets(file, row->slot.delays.rtt, RTT_BUCKETS);
	write_buckets(file, row->slot.delays.pdv, PDV_BUCKETS);
	fputc('\n', file);
}

/* --- reading --- */

struct reading {
	char *line;
	char *cells[CELLS];
	struct slot_row_fault *fault;
};

static enum err refuse(const struct reading *reading, size_t cell, const char *right)
{
	*reading->fault = (struct slot_row_fault){
		(size_t)(reading->cells[cell] - reading->line) + 1, names[cell], right};
	return E_SYNTAX;
}

/* The line's cells hold neither commas nor quotes. */
static enum err split(struct reading *reading)
{
	char *at = reading->line;
	size_t count = 0;

	for (; at != NULL && count < CELLS; count++) {
		reading->cells[count] = at;
		at = strchr(at, ',');
		if (at != NULL)
			*at++ = '\0';
	}
	if (count == CELLS && at == NULL)
		return E_OK;
	*reading->fault = (struct slot_row_fault){
		1, "", "is no slot: 23 columns are wanted, as the first line names them"};
	return E_SYNTAX;
}

static bool read_number(const char *text, uint64_t most, uint64_t *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 19)
		return false;
	*out = strtoull(text, &end, 10);
	return *end == '\0' && *out <= most;
}

static enum err read_key(const struct reading *reading, struct series_key *key)
{
	static const char *const right[KEY_CELLS] = {
		"is no name", "is no name", "is no method", "is neither 4 nor 6",
		"is no size", "is no DSCP", "is no port"};
	static const uint64_t most[KEY_CELLS] = {0, 0, 0, 6, 65535, 63, 65535};
	uint64_t numbers[KEY_CELLS] = {0};
	char text[KEY_TEXT];

	for (size_t i = 0; i < KEY_CELLS; i++) {
		size_t len = strlen(reading->cells[i]);
		bool good = i < 2    ? len > 0 && len < KEY_NAME
			    : i == 2 ? len > 0 && len < KEY_METHOD
				     : read_number(reading->cells[i], most[i], &numbers[i]);
		if (!good || (i == 3 && numbers[i] != 4 && numbers[i] != 6))
			return refuse(reading, i, right[i]);
	}
	*key = (struct series_key){.family = (uint8_t)numbers[3],
				   .size = (uint16_t)numbers[4],
				   .dscp = (uint8_t)numbers[5],
				   .port = (uint16_t)numbers[6]};
	memcpy(key->agent, reading->cells[0], strlen(reading->cells[0]));
	memcpy(key->target, reading->cells[1], strlen(reading->cells[1]));
	memcpy(key->method, reading->cells[2], strlen(reading->cells[2]));
	series_key_format(key, text);
	struct series_key again;
	return series_key_parse(text, &again) == E_OK ? E_OK : refuse(reading, 0, right[0]);
}

static enum err read_time(const struct reading *reading, struct summary *s)
{
	static const uint64_t latest_s = UINT64_C(1) << 33;
	uint64_t from;
	uint64_t until;

	if (!read_number(reading->cells[KEY_CELLS], latest_s, &from))
		return refuse(reading, KEY_CELLS, "is no time in seconds since 1970");
	if (!read_number(reading->cells[KEY_CELLS + 1], latest_s + 86400, &until))
		return refuse(reading, KEY_CELLS + 1, "is no time in seconds since 1970");
	s->from = (nsec)from * NSEC_PER_SEC;
	s->until = (nsec)until * NSEC_PER_SEC;
	if (until <= from || !slot_length_allowed(s->until - s->from))
		return refuse(reading, KEY_CELLS + 1,
			      "makes no slot: a divisor of an hour, or 2, 4 or 8 hours");
	if (from % (until - from) != 0)
		return refuse(reading, KEY_CELLS, "is no multiple of the slot's length");
	return E_OK;
}

static enum err read_counts(const struct reading *reading, struct summary *s)
{
	uint32_t *const counts[COUNT_CELLS] = {&s->expected,   &s->sent,      &s->lost,
					       &s->duplicated, &s->reordered, &s->late,
					       &s->rejected,   &s->flags};

	for (size_t i = 0; i < COUNT_CELLS; i++) {
		uint64_t count;
		if (!read_number(reading->cells[COUNTS + i], UINT32_MAX, &count))
			return refuse(reading, COUNTS + i, "is no count");
		*counts[i] = (uint32_t)count;
	}
	if (s->sent > s->expected)
		return refuse(reading, COUNTS + 1, "is more than expected");
	if (s->lost > s->sent)
		return refuse(reading, COUNTS + 2, "is more than sent");
	if ((s->flags & SLOT_NO_RECORD) != 0)
		return refuse(reading, COUNTS + 7, "says that nothing was recorded; leave it out");
	return E_OK;
}

static bool read_delay(const char *text, nsec *out)
{
	uint64_t value = 0;

	if (text[0] == '\0')
		*out = NSEC_UNDEFINED;
	else if (strcmp(text, "inf") == 0)
		*out = NSEC_INFINITE;
	else if (read_number(text, INT64_MAX - 1, &value))
		*out = (nsec)value;
	else
		return false;
	return true;
}

/* Only the median may be infinite, and what was answered has its round trips. */
static enum err read_delays(const struct reading *reading, struct summary *s)
{
	nsec *const delays[DELAY_CELLS] = {&s->rtt_sum, &s->rtt_min, &s->rtt_median, &s->rtt_max};

	for (size_t i = 0; i < DELAY_CELLS; i++) {
		bool wanted = i == 0 || (summary_answered(s) > 0 && i != 2);
		if (!read_delay(reading->cells[DELAYS + i], delays[i]) ||
		    (*delays[i] == NSEC_INFINITE && i != 2) ||
		    (*delays[i] == NSEC_UNDEFINED && wanted))
			return refuse(reading, DELAYS + i, "is no delay in nanoseconds");
	}
	if (s->rtt_max < s->rtt_min)
		return refuse(reading, DELAYS + 3, "is less than the least");
	return E_OK;
}

/* Their sum; UINT64_MAX when they are none. */
static uint64_t read_buckets(const char *text, uint32_t *counts, size_t buckets)
{
	uint64_t sum = 0;
	size_t next = 0;

	while (*text != '\0') {
		char *end;
		uint64_t bucket =
			*text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : UINT64_MAX;
		if (bucket < next || bucket >= buckets || *end != ':')
			return UINT64_MAX;
		text = end + 1;
		uint64_t count =
			*text >= '1' && *text <= '9' ? strtoull(text, &end, 10) : UINT64_MAX;
		if (count > UINT32_MAX || (*end != ' ' && *end != '\0'))
			return UINT64_MAX;
		counts[bucket] = (uint32_t)count;
		sum += count;
		next = bucket + 1;
		text = end + (*end == ' ');
	}
	return sum;
}

static enum err read_histograms(const struct reading *reading, struct slot *slot)
{
	static const char right[] =
		"are no buckets such as 23:18 24:2, ascending, as many as were answered or none";
	struct delays *d = &slot->delays;
	const struct summary *s = &slot->summary;
	uint32_t answered = summary_answered(s);

	*d = delays_empty();
	uint64_t rtt = read_buckets(reading->cells[BUCKETS], d->rtt, RTT_BUCKETS);
	uint64_t pdv = read_buckets(reading->cells[BUCKETS + 1], d->pdv, PDV_BUCKETS);
	if (rtt != 0 && rtt != answered)
		return refuse(reading, BUCKETS, right);
	if (pdv != rtt)
		return refuse(reading, BUCKETS + 1, right);
	if (rtt == 0 && answered > 0)
		return E_OK;
	d->slots = 1;
	d->lost = s->lost;
	if (answered == 0)
		return E_OK;
	d->rtt_min = s->rtt_min;
	d->rtt_max = s->rtt_max;
	d->pdv_max = s->rtt_max - s->rtt_min;
	return E_OK;
}

enum err slot_row_parse(char *line, struct slot_row *out, struct slot_row_fault *fault)
{
	struct reading reading = {.line = line, .fault = fault};

	enum err rc = split(&reading);
	if (rc == E_OK)
		rc = read_key(&reading, &out->key);
	if (rc == E_OK)
		rc = read_time(&reading, &out->slot.summary);
	if (rc == E_OK)
		rc = read_counts(&reading, &out->slot.summary);
	if (rc == E_OK)
		rc = read_delays(&reading, &out->slot.summary);
	return rc == E_OK ? read_histograms(&reading, &out->slot) : rc;
}

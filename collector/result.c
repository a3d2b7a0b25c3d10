/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/result.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 256, COLUMNS = 14 };

static const struct {
	enum slot_flag flag;
	const char *name;
} flag_names[] = {
	{SLOT_NO_RECORD, "not-measured"},
	{SLOT_PLANNED, "planned"},
	{SLOT_TAINTED, "tainted"},
	{SLOT_ISOLATED, "isolated"},
	{SLOT_CLOCK_STEP, "clock-step"},
	{SLOT_UNSENT, "unsent"},
	{SLOT_USER_STAMP, "user-stamp"},
	{SLOT_UNSCHEDULED, "unscheduled"},
	{SLOT_PARTIAL, "partial"},
	{SLOT_REFUSED, "refused"},
	{SLOT_UNREACHABLE, "unreachable"},
	{SLOT_FILTERED, "filtered"},
	{SLOT_NEIGHBOUR, "neighbour"},
	{SLOT_FAILURE, "failure"},
	{SLOT_WRONG, "wrong"},
	{SLOT_MALFORMED, "malformed"},
	{SLOT_TRUNCATED, "truncated"},
	{SLOT_NAME, "name"},
	{SLOT_TLS, "tls"},
	{SLOT_STATUS, "status"},
	{SLOT_TEXT, "text"},
	{SLOT_BOUNDS, "bounds"},
	{SLOT_BLOCKED, "blocked"},
};

enum { FLAGS = sizeof(flag_names) / sizeof(flag_names[0]) };

struct result result_absent(const char *name, const struct endpoint *host)
{
	return (struct result){
		.name = name,
		.host = *host,
		.summary = summary_absent((struct period){0, 0}, SLOT_NO_RECORD),
		.p95 = NSEC_UNDEFINED,
		.stamped_by = STAMP_NONE,
	};
}

void result_finish(struct result *result)
{
	visits_finish(&result->visits);
	ask_destroy(result->page);
	result->page = NULL;
	free(result->packets);
	result->packets = NULL;
}

void result_take(struct result *result, const struct sample *sample)
{
	if (result->packets != NULL)
		memcpy(result->packets, sample->singletons,
		       sample->expected * sizeof(*result->packets));
	result->summary = sample_summary(sample);
	result->p95 = sample_quantile(sample, 0.95);
	result->stamped_by = STAMP_NONE;
	for (uint32_t i = 0; i < sample->expected; i++) {
		const struct singleton *one = &sample->singletons[i];
		if (one->outcome != OUTCOME_REPLIED)
			continue;
		if (result->stamped_by == STAMP_NONE || one->stamped_by < result->stamped_by)
			result->stamped_by = one->stamped_by;
	}
}

static void format_delay(nsec delay, char out[CELL])
{
	double value = (double)delay;

	if (delay == NSEC_UNDEFINED)
		snprintf(out, CELL, "-");
	else if (delay == NSEC_INFINITE)
		snprintf(out, CELL, "lost");
	else if (delay < NSEC_PER_MSEC)
		snprintf(out, CELL, "%.1f µs", value / (double)NSEC_PER_USEC);
	else if (delay < NSEC_PER_SEC)
		snprintf(out, CELL, "%.3f ms", value / (double)NSEC_PER_MSEC);
	else
		snprintf(out, CELL, "%.3f s", value / (double)NSEC_PER_SEC);
}

static void format_flags(uint32_t flags, char out[CELL])
{
	size_t used = 0;

	snprintf(out, CELL, "-");
	for (size_t i = 0; i < FLAGS; i++) {
		if ((flags & flag_names[i].flag) == 0)
			continue;
		int len = snprintf(out + used, CELL - used, "%s%s", used == 0 ? "" : ",",
				   flag_names[i].name);
		if (len > 0)
			used += (size_t)len;
	}
}

static void fill_row(const struct result *result, char row[COLUMNS][CELL])
{
	const struct summary *s = &result->summary;
	const uint32_t counts[] = {s->sent,	 s->lost, s->duplicated,
				   s->reordered, s->late, s->rejected};
	const nsec delays[] = {s->rtt_min, s->rtt_median, summary_rtt_mean(s), result->p95,
			       s->rtt_max};
	size_t column = 0;

	snprintf(row[column++], CELL, "%s", result->name);
	snprintf(row[column++], CELL, "IPv%d", result->host.family);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		snprintf(row[column++], CELL, "%" PRIu32, counts[i]);
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
		format_delay(delays[i], row[column++]);
	snprintf(row[column], CELL, "%s",
		 result->stamped_by == STAMP_NONE ? "-" : stamp_source_name(result->stamped_by));
}

/* Characters, not octets: µ has two. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void print_row(char row[COLUMNS][CELL], const int *widths, const char *flags)
{
	for (int i = 0; i < COLUMNS; i++) {
		int padding = widths[i] - width_of(row[i]);
		/* Words begin at the left of their column, figures end at its right. */
		if (i < 2 || i == COLUMNS - 1)
			printf("%s%*s  ", row[i], padding, "");
		else
			printf("%*s%s  ", padding, "", row[i]);
	}
	printf("%s\n", flags);
}

static void widen(int *widths, char row[COLUMNS][CELL])
{
	for (int i = 0; i < COLUMNS; i++) {
		int width = width_of(row[i]);
		widths[i] = width > widths[i] ? width : widths[i];
	}
}

static void print_visits(const struct result_list *list)
{
	if (list->plan->ask == NULL)
		return;
	visits_print_head();
	for (size_t i = 0; i < list->count; i++)
		visits_print(&list->results[i].visits, list->results[i].name,
			     list->results[i].host.family);
	for (size_t i = 0; i < list->count; i++)
		visits_print_certificates(&list->results[i].visits, list->results[i].name,
					  list->results[i].host.family);
}

bool result_print_table(const struct result_list *list)
{
	char head[COLUMNS][CELL] = {"target", "family", "sent",	  "lost", "dup", "reord", "late",
				    "rejct",  "min",	"median", "mean", "p95", "max",	  "stamps"};
	char row[COLUMNS][CELL];
	int widths[COLUMNS] = {0};

	widen(widths, head);
	for (size_t i = 0; i < list->count; i++) {
		fill_row(&list->results[i], row);
		widen(widths, row);
	}
	print_row(head, widths, "flags");
	for (size_t i = 0; i < list->count; i++) {
		char flags[CELL];
		fill_row(&list->results[i], row);
		format_flags(list->results[i].summary.flags, flags);
		print_row(row, widths, flags);
	}
	print_visits(list);
	const struct agent_counters *c = agent_counters(list->agent);
	if (c->forged + c->bad_checksum > 0)
		printf("not counted: %" PRIu64 " forged answers, %" PRIu64
		       " with a wrong checksum\n",
		       c->forged, c->bad_checksum);
	return fflush(stdout) == 0;
}

static json_t *delay_or_null(nsec delay)
{
	if (delay == NSEC_UNDEFINED || delay == NSEC_INFINITE)
		return json_null();
	return json_integer(delay);
}

static json_t *flags_of(uint32_t flags)
{
	json_t *array = json_array();

	for (size_t i = 0; i < FLAGS; i++) {
		if ((flags & flag_names[i].flag) != 0)
			json_array_append_new(array, json_string(flag_names[i].name));
	}
	return array;
}

/* A quantile that loss has reached is infinite; JSON has no such number, so it is null and named
 * in "lost_quantiles". */
static json_t *lost_quantiles(const struct result *result)
{
	json_t *array = json_array();

	if (result->summary.rtt_median == NSEC_INFINITE)
		json_array_append_new(array, json_string("median"));
	if (result->p95 == NSEC_INFINITE)
		json_array_append_new(array, json_string("p95"));
	return array;
}

static const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_UNSENT] = "unsent",   [OUTCOME_PENDING] = "pending",
		[OUTCOME_REPLIED] = "replied", [OUTCOME_LOST] = "lost",
		[OUTCOME_LATE] = "late",       [OUTCOME_REJECTED] = "rejected",
		[OUTCOME_FAILED] = "failed"};

	return names[outcome];
}

/* NULL unless they were asked for, and known. */
static json_t *packets_of(const struct result *result)
{
	json_t *array = result->packets == NULL ? NULL : json_array();

	for (uint32_t i = 0; array != NULL && i < result->summary.expected; i++) {
		const struct singleton *one = &result->packets[i];
		json_t *packet = json_pack(
			"{ss,ss?,so,so,ss,si,sb}", "outcome", outcome_name(one->outcome), "cause",
			loss_cause_name(one->cause), "sent_at_ns", delay_or_null(one->sent_at),
			"round_trip_ns", delay_or_null(one->round_trip), "stamped_by",
			stamp_source_name(one->stamped_by), "duplicates", (int)one->duplicates,
			"reordered", (int)one->reordered);
		json_array_append_new(array, packet);
	}
	return array;
}

static json_t *result_json(const struct result *result, const struct target *plan)
{
	const struct summary *s = &result->summary;
	uint16_t port = result->page == NULL ? plan->host.port : result->port;
	char address[ENDPOINT_TEXT];
	json_t *round_trip =
		json_pack("{so,so,so,so,so}", "min", delay_or_null(s->rtt_min), "median",
			  delay_or_null(s->rtt_median), "mean", delay_or_null(summary_rtt_mean(s)),
			  "p95", delay_or_null(result->p95), "max", delay_or_null(s->rtt_max));

	endpoint_format(&result->host, address);
	return json_pack(
		"{ss,ss,ss,ss,so*,sI,sI,si,sI,sI,si,si,si,si,si,si,si,si,si,so,so,ss,so,so*,so*}",
		"target", result->name, "address", address, "family",
		result->host.family == 4 ? "ipv4" : "ipv6", "method", plan->method->method, "port",
		port == 0 ? NULL : json_integer(port), "from_ns", (json_int_t)s->from, "until_ns",
		(json_int_t)s->until, "packets", (int)s->expected, "interval_ns",
		(json_int_t)(plan->interval / plan->packets), "t_max_ns", (json_int_t)plan->t_max,
		"size", (int)plan->size, "dscp", (int)plan->dscp, "sent", (int)s->sent, "unsent",
		(int)(s->expected - s->sent), "lost", (int)s->lost, "duplicated",
		(int)s->duplicated, "reordered", (int)s->reordered, "late", (int)s->late,
		"rejected", (int)s->rejected, "round_trip_ns", round_trip, "lost_quantiles",
		lost_quantiles(result), "stamped_by", stamp_source_name(result->stamped_by),
		"flags", flags_of(s->flags), "each_packet", packets_of(result), "visits",
		plan->ask == NULL ? NULL : visits_json(&result->visits));
}

bool result_print_json(const struct result_list *list)
{
	const struct agent_counters *c = agent_counters(list->agent);
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, result_json(&list->results[i], list->plan));
	json_t *document = json_pack("{ss,ss,so,s{sI,sI,sI}}", "program", "netgrade-collector",
				     "version", NETGRADE_VERSION, "results", array, "agent",
				     "forged", (json_int_t)c->forged, "bad_checksum",
				     (json_int_t)c->bad_checksum, "stale", (json_int_t)c->stale);
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    printf("\n") == 1 && fflush(stdout) == 0;
	json_decref(document);
	return good;
}

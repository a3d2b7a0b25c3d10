/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/path.h"

#include "collector/base/log.h"
#include "config/method.h"
#include "reporter/crosscheck.h"
#include "reporter/text/must.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far back the beginning of an outage is looked for that was open when the period began. */
#define LOOK_BACK (31 * NSEC_PER_DAY)
/* A slot is on record at most this long after its last packet's deadline: while its agent may be
 * cut off it is held back for a minute. */
#define COMMIT_TIME (62 * NSEC_PER_SEC)

/* What one reading of a path works with. */
struct path_reading {
	const struct source *source;
	const struct path_request *request;
	struct facts_rule rule;
	struct path *path;
	struct timeline *timeline;
};

bool path_configured(const struct config *config, size_t site, size_t test, enum family family)
{
	return test != CONFIG_NONE && config->sites[site].address[family].given &&
	       config->tests[test].family[family];
}

struct facts_rule path_rule(const struct config *config, size_t site)
{
	return score_facts_rule(config->profile, config->sites[site].tier,
				config->sites[site].reach);
}

struct series_key path_key(const struct path_request *request)
{
	const struct config *config = request->config;
	const struct test_config *test = &config->tests[request->test];
	const struct site *site = &config->sites[request->site];
	struct test_type type = test_type_at(test, site);
	struct series_key key = {
		.family = request->family == FAMILY_IPV4 ? 4 : 6,
		.dscp = test->dscp,
		.size = test->size,
		.port = type.port,
	};

	snprintf(key.agent, sizeof(key.agent), "%s", config->agents[request->agent].name);
	snprintf(key.target, sizeof(key.target), "%s", site_key(site));
	snprintf(key.method, sizeof(key.method), "%s", type.method);
	return key;
}

static bool measures(const struct path_request *request, const struct test_config *test)
{
	bool site = false;
	bool agent = false;

	for (size_t i = 0; i < test->site_count; i++)
		site |= test->sites[i] == request->site;
	for (size_t i = 0; i < test->agent_count; i++)
		agent |= test->agents[i] == request->agent;
	return site && agent && test->family[request->family];
}

size_t path_witness(const struct path_request *request)
{
	const struct config *config = request->config;
	const struct method_rule *rule = method_rule_find(config->tests[request->test].method);

	if (rule == NULL || !rule->limited)
		return CONFIG_NONE;
	for (size_t i = 0; i < config->test_count; i++) {
		const struct method_rule *other = method_rule_find(config->tests[i].method);
		if (other != NULL && other->witness && measures(request, &config->tests[i]))
			return i;
	}
	return CONFIG_NONE;
}

/* An answer that came after the period puts nothing of it into service. */
static nsec within(nsec first_reply, struct period period)
{
	return first_reply < period.until ? first_reply : NSEC_UNDEFINED;
}

/* Slots of the witness at the borders may be longer than those of the path. */
static void cross_check(const struct source *source, const struct path *path, struct period read,
			struct history *history)
{
	const struct record *record = &history->record;
	struct period wide = {read.from - NSEC_PER_HOUR, read.until + NSEC_PER_HOUR};
	struct crosscheck_rule rule = {path->verdict, record->first_reply, record->period};
	struct slot_list slots = {history->slots, record->slot_count};
	struct slot_list witness;

	if (path->witness.method[0] == '\0')
		return;
	enum err rc = source->slots(source->context, &path->witness, wide, &witness.items,
				    &witness.count);
	if (rc != E_OK) {
		log_warn("reporter",
			 "site=%s method=%s cannot be read: %s; nothing is checked by it",
			 path->witness.target, path->witness.method, err_text(rc));
		return;
	}
	crosscheck_mark(&rule, &slots, &witness);
	free(witness.items);
}

enum err history_read(const struct source *source, const struct path *path, struct period period,
		      struct history *out)
{
	struct history history = {
		.record = {.period = period,
			   .settled = path->settled,
			   .first_slot = path->series.first_slot,
			   .first_reply = within(path->series.first_reply, period),
			   .planned = path->planned},
	};
	enum err rc = source->slots(source->context, &path->key, period, &history.slots,
				    &history.record.slot_count);

	if (rc != E_OK)
		return rc;
	rc = source->hours(source->context, &path->key, period, &history.hours,
			   &history.record.hour_count);
	if (rc != E_OK) {
		history_finish(&history);
		return rc;
	}
	history.record.slots = history.slots;
	history.record.hours = history.hours;
	cross_check(source, path, period, &history);
	*out = history;
	return E_OK;
}

void history_finish(struct history *history)
{
	free(history->slots);
	free(history->hours);
	*history = (struct history){0};
}

static nsec earliest(nsec a, nsec b)
{
	return a < b ? a : b;
}

/* So far an outage that is open at the period's end is followed. */
static nsec follow_until(const struct facts_rule *rule, struct period period, nsec interval)
{
	return period.until + rule->outage.bridge + rule->outage.slots * interval;
}

nsec path_settled_at(const struct path_request *request)
{
	const struct test_config *test = &request->config->tests[request->test];
	struct facts_rule rule = path_rule(request->config, request->site);

	return follow_until(&rule, request->period, test->interval_ns) + COMMIT_TIME +
	       test->t_max_ns;
}

/* One that was never measured is none. */
static void find_witness(const struct source *source, const struct path_request *request,
			 struct path *path)
{
	struct path_request other = *request;

	other.test = path_witness(request);
	if (other.test == CONFIG_NONE || source->facts != NULL)
		return;
	struct series_key key = path_key(&other);
	struct view_series series;
	if (source->find(source->context, &key, &series) == E_OK)
		path->witness = key;
}

/* Reads slots beyond the period where an outage reaches over its border. */
static enum err widen(const struct path_reading *reading, struct history *history)
{
	const struct facts_rule *rule = &reading->rule;
	const struct path *path = reading->path;
	const struct source *source = reading->source;
	struct period period = history->record.period;
	struct period wide = period;

	if (facts_open_before(rule, &history->record))
		wide.from -= LOOK_BACK;
	if (facts_open_after(rule, &history->record))
		wide.until = earliest(reading->request->now,
				      follow_until(rule, period, path->series.interval));
	if (wide.from == period.from && wide.until <= period.until)
		return E_OK;
	struct summary *slots;
	size_t count;
	enum err rc = source->slots(source->context, &path->key, wide, &slots, &count);
	if (rc != E_OK)
		return rc;
	free(history->slots);
	history->slots = slots;
	history->record.slots = slots;
	history->record.slot_count = count;
	cross_check(source, path, wide, history);
	return E_OK;
}

/* Hours that have judged slots: each should have delays. */
static size_t count_judged_hours(const struct record *record)
{
	nsec last = NSEC_UNDEFINED;
	size_t count = 0;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		nsec hour = nsec_floor(slot->from, NSEC_PER_HOUR);
		if (hour == last || !availability_judgeable(slot))
			continue;
		last = hour;
		count++;
	}
	return count;
}

static bool lacks_slots(const struct record *record, struct period period)
{
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (slot->from >= period.from && slot->from < period.until &&
		    (slot->flags & SLOT_NO_RECORD) != 0)
			return true;
	}
	return false;
}

/* What is missing may never have been, or be gone: only then the source is asked. Where rows are
 * gone but the spool still has them, nothing is. */
static enum err find_gone(const struct path_reading *reading, const struct history *history)
{
	const struct source *source = reading->source;
	const struct record *record = &history->record;
	bool lacks_hours = count_judged_hours(record) > record->hour_count;
	struct view_gone gone;

	if (source->gone == NULL || (!lacks_hours && !lacks_slots(record, record->period)))
		return E_OK;
	enum err rc = source->gone(source->context, &reading->path->key, record->period, &gone);
	if (rc != E_OK)
		return rc;
	if (!lacks_slots(record, gone.slots))
		gone.slots = (struct period){0, 0};
	if (!lacks_hours)
		gone.hours = (struct period){0, 0};
	reading->path->gone = gone;
	return E_OK;
}

static enum err read_history(const struct path_reading *reading, struct history *out)
{
	struct history history;
	enum err rc =
		history_read(reading->source, reading->path, reading->request->period, &history);

	if (rc != E_OK)
		return rc;
	rc = find_gone(reading, &history);
	if (rc == E_OK)
		rc = widen(reading, &history);
	if (rc != E_OK) {
		history_finish(&history);
		return rc;
	}
	*out = history;
	return E_OK;
}

static void say_imbalance(const struct path_reading *reading, const struct record *record)
{
	const struct series_key *key = &reading->path->key;
	struct balance balance = facts_balance(&reading->rule, record);

	log_error("reporter",
		  "site=%s family=%d agent=%s: its slots are not the period: %.9g s in %" PRIu64
		  " slots, where %.9g s in %" PRIu64
		  " slots are due; stop the collector, set the series' files aside, start it again",
		  key->target, key->family, key->agent, (double)balance.time / NSEC_PER_SEC,
		  balance.slots, (double)balance.length / NSEC_PER_SEC, balance.expected);
}

static bool is_visited(const struct test_config *test)
{
	return strcmp(test->method, "http") == 0;
}

/* A week that ends in the period may begin before it. */
static enum err count_weeks(const struct path_reading *reading)
{
	const struct path_request *request = reading->request;
	const struct source *source = reading->source;
	struct facts *facts = &reading->path->facts;
	struct summary *slots;
	size_t count;

	if (!is_visited(&request->config->tests[request->test]))
		return E_OK;
	facts->weeks = weeks_of(request->period, &facts->week_count);
	if (facts->week_count == 0)
		return E_OK;
	struct period period = {facts->weeks[0].period.from,
				facts->weeks[facts->week_count - 1].period.until};
	enum err rc = source->slots(source->context, &reading->path->key, period, &slots, &count);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < count; i++)
		weeks_add(facts->weeks, facts->week_count, &slots[i]);
	free(slots);
	return E_OK;
}

static enum err make_facts(const struct path_reading *reading)
{
	struct path *path = reading->path;
	struct history history;
	enum err rc = read_history(reading, &history);

	if (rc != E_OK) {
		log_warn("reporter", "site=%s family=%d cannot be read: %s", path->key.target,
			 path->key.family, err_text(rc));
		path->state = PATH_UNREADABLE;
		return E_OK;
	}
	rc = facts_make(&reading->rule, &history.record, &path->facts);
	if (rc != E_OK)
		say_imbalance(reading, &history.record);
	else if (reading->timeline != NULL)
		timeline_make(&reading->rule, &history.record, reading->timeline);
	history_finish(&history);
	return rc != E_OK ? rc : count_weeks(reading);
}

static enum err take_facts(const struct path_reading *reading)
{
	const struct source *source = reading->source;
	struct path *path = reading->path;
	enum err rc =
		source->gone(source->context, &path->key, reading->request->period, &path->gone);

	if (rc == E_OK)
		rc = source->facts(source->context, &path->key, &path->facts);
	if (rc == E_OK && reading->timeline != NULL)
		rc = source->timeline(source->context, &path->key, reading->timeline);
	return rc;
}

static enum err read_facts(const struct path_reading *reading)
{
	struct path *path = reading->path;
	enum err rc = reading->source->facts != NULL ? take_facts(reading) : make_facts(reading);

	if (rc == E_OK && path->state != PATH_UNREADABLE)
		path->state = path->facts.commissioned ? PATH_MEASURED : PATH_NOT_COMMISSIONED;
	return rc;
}

/* The evidence of each outage: the first file of its slots. */
static void find_evidence(const struct source *source, struct path *path)
{
	const struct facts *facts = &path->facts;

	path->evidence = must_calloc(facts->outage_count, sizeof(*path->evidence));
	for (size_t i = 0; i < facts->outage_count; i++) {
		const struct outage *outage = &facts->outages[i];
		struct period period = {outage->from,
					outage->open ? facts->period.until : outage->until};
		struct evidence *found = NULL;
		size_t count = 0;
		enum err rc = source->evidence(source->context, &path->key, period, &found, &count);
		if (rc != E_OK) {
			log_warn("reporter", "site=%s evidence: %s", path->key.target,
				 err_text(rc));
			continue;
		}
		if (count > 0)
			path->evidence[i] = must_copy(found[0].path);
		free(found);
	}
}

static void find_events(const struct source *source, struct path *path)
{
	if (source->path_events == NULL)
		return;
	enum err rc = source->path_events(source->context, &path->key, path->facts.period,
					  &path->events, &path->event_count);
	if (rc != E_OK)
		log_warn("reporter", "site=%s routes: %s", path->key.target, err_text(rc));
}

/* What visits were shown, and how they ended. */
static void find_sightings(const struct source *source, const struct test_config *test,
			   struct path *path)
{
	struct period period = path->facts.period;
	enum err rc = E_OK;

	if (strcmp(test->method, "http") != 0)
		return;
	if (source->certificates != NULL)
		rc = source->certificates(source->context, &path->key, period, &path->certificates,
					  &path->certificate_count);
	if (rc == E_OK && source->ends != NULL)
		rc = source->ends(source->context, &path->key, period, &path->ends,
				  &path->end_count);
	if (rc != E_OK)
		log_warn("reporter", "site=%s visits: %s", path->key.target, err_text(rc));
}

/* A site, as windows ask for it. */
struct covered {
	const struct config *config;
	size_t site;
};

static bool is_within(const void *context, const char *organisation)
{
	const struct covered *covered = context;

	return config_site_within(covered->config, covered->site, organisation);
}

bool path_covered(const struct config *config, size_t site, const struct window_entry *entry)
{
	struct covered covered = {config, site};
	struct window_place place = {site_key(&config->sites[site]), is_within, &covered};

	return window_covers(entry, &place);
}

static enum err find_planned(const struct path_request *request, struct path *path)
{
	const struct config *config = request->config;
	struct covered covered = {config, request->site};
	struct window_place place = {site_key(&config->sites[request->site]), is_within, &covered};
	struct planned_rule rule = {config->notice_ns, config->allowance_ns};
	struct window *windows;
	size_t count;

	if (request->windows == NULL)
		return E_OK;
	enum err rc = windows_over(request->windows, &place, &windows, &count);
	if (rc != E_OK)
		return rc;
	rc = planned_create(&rule, windows, count, &path->planned);
	free(windows);
	return rc;
}

enum err path_read(const struct source *source, const struct path_request *request,
		   struct path *out, struct timeline *timeline)
{
	const struct test_config *test = &request->config->tests[request->test];
	struct path path = {
		.key = path_key(request),
		.retyped = NSEC_UNDEFINED,
		.settled = request->now - COMMIT_TIME - test->t_max_ns,
		.verdict = path_rule(request->config, request->site).verdict,
	};
	struct path_reading reading = {
		.source = source,
		.request = request,
		.rule = path_rule(request->config, request->site),
		.path = &path,
		.timeline = timeline,
	};
	enum err rc = find_planned(request, &path);

	if (rc != E_OK)
		return rc;
	rc = source->find(source->context, &path.key, &path.series);
	if (rc != E_OK) {
		path.state = rc == E_NOT_FOUND ? PATH_NOT_MEASURED : PATH_UNREADABLE;
		if (rc != E_NOT_FOUND)
			log_warn("reporter", "site=%s family=%d cannot be read: %s",
				 path.key.target, path.key.family, err_text(rc));
		*out = path;
		return E_OK;
	}
	find_witness(source, request, &path);
	/* The slots of a series come in order: what is missing before the last will not come. */
	if (path.series.last_slot > path.settled)
		path.settled = path.series.last_slot;
	rc = read_facts(&reading);
	if (rc != E_OK) {
		path_finish(&path);
		return rc;
	}
	if (path.state != PATH_UNREADABLE) {
		find_evidence(source, &path);
		find_events(source, &path);
		find_sightings(source, test, &path);
	}
	*out = path;
	return E_OK;
}

void path_finish(struct path *path)
{
	if (path->evidence != NULL) {
		for (size_t i = 0; i < path->facts.outage_count; i++)
			free(path->evidence[i]);
	}
	free(path->evidence);
	path->evidence = NULL;
	free(path->events);
	path->events = NULL;
	free(path->certificates);
	path->certificates = NULL;
	free(path->ends);
	path->ends = NULL;
	traits_finish(&path->traits);
	planned_destroy(path->planned);
	path->planned = NULL;
	facts_finish(&path->facts);
}

bool path_lacks_rows(const struct path *path)
{
	return path->gone.slots.from < path->gone.slots.until ||
	       path->gone.hours.from < path->gone.hours.until;
}

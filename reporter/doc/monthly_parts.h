/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the chapters of the report share: the document being written, and how it words things. */
#ifndef NETGRADE_REPORTER_DOC_MONTHLY_PARTS_H
#define NETGRADE_REPORTER_DOC_MONTHLY_PARTS_H

#include "reporter/assessment.h"
#include "reporter/doc/doc.h"
#include "reporter/findings.h"
#include "reporter/services.h"

struct monthly {
	const struct assessment *assessment;
	const struct source *source;
	const struct findings *findings; /* NULL: none are told */
	const struct services *services; /* NULL: none are told */
	enum language language;
	struct doc *doc;
	char **kept; /* texts that live as long as this does */
	size_t kept_count;
	size_t kept_capacity;
};

struct monthly monthly_start(const struct assessment *assessment, const struct source *source,
			     enum language language);
void monthly_finish(struct monthly *m); /* leaves the document */

/* Takes over a text and gives it back to read. */
const char *keep(struct monthly *m, char *text);
#define PHRASE(m, id, ...) keep(m, TEXT((m)->language, id, __VA_ARGS__))

const char *word(const struct monthly *m, enum text_id id);
const char *title_in(const struct monthly *m, const struct title *title);
const char *say_number(struct monthly *m, double number, int decimals, const char *unit);
/* A number of the profile or the inventory, with all its decimals. */
const char *say_exact(struct monthly *m, double number, const char *unit);
struct value value_exact(double number, const char *unit);
const char *say_count(struct monthly *m, size_t count);
const char *say_time(struct monthly *m, nsec at);
const char *say_length(struct monthly *m, nsec length); /* "1 h 5 min" */
const char *say_between(struct monthly *m, struct period period);
/* "2026-09-08 10:15–16:35", both days where they differ. */
const char *say_span(struct monthly *m, struct period period);
/* Both sentences, with the space that the language puts between them. */
const char *say_both(struct monthly *m, const char *first, const char *second);
/* A list with the separator of the language; "" and something gives something. */
const char *say_listed(struct monthly *m, const char *list, const char *item);

const char *say_subject(struct monthly *m); /* the network or the organisation */
const char *say_period(struct monthly *m);  /* "October 2026" */
const char *say_indicator(const struct monthly *m, enum indicator indicator);
const char *say_tier(const struct monthly *m, enum tier tier);
const char *say_method(struct monthly *m, const struct test_config *test); /* "tcp 443" */
const char *say_family(enum family family);				   /* "IPv4" */
const char *say_primary(struct monthly *m); /* the family that is scored, where it is one */
/* Whose sites the agent measures: by name, or how many where they are many. */
const char *say_concerned(struct monthly *m, size_t agent);
/* What a pattern of its kind comes to: ranges over its scored paths, or over all if none is. */
const char *say_recurring(struct monthly *m, const struct pattern *pattern);
const char *say_shift(struct monthly *m, const struct pattern *pattern);
/* Why a path is below or without a score; "" if it is neither. */
const char *say_remarks(struct monthly *m, const struct path *path);
const char *say_gates(struct monthly *m, const struct score *score); /* "" for none */
/* Where in the period most of the points of a cause went. */
const char *say_evidence(struct monthly *m, const struct cause *cause);

/* What became of an announced window that leaves slots in the score; "" for none. */
const char *say_announced(struct monthly *m, const struct window_entry *entry);
const char *say_scopes(struct monthly *m, const struct window_entry *entry);
const char *say_delay(struct monthly *m, nsec delay); /* "48.3 ms" */
const char *say_loss(struct monthly *m, uint64_t sent, uint64_t lost);
/* "19:00–23:00". */
const char *say_hours(struct monthly *m, const struct recurring *recurring);
struct value value_organisation(struct monthly *m, size_t organisation);

struct value value_count(size_t count);
struct value value_time(nsec at);			   /* a text; "–" for NSEC_UNDEFINED */
struct value value_length(struct monthly *m, nsec length); /* in seconds */
struct value value_share(double share);			   /* 0 to 1, printed per cent */
struct value value_measured(enum indicator indicator, double value);
struct value value_judged(const struct monthly *m, enum indicator indicator,
			  const struct score *score); /* toned by its points */
struct value value_points(const struct monthly *m, double exact, const struct grade *grade);
struct value value_grade(const struct monthly *m, double printed, const struct grade *grade);
struct value value_site(struct monthly *m, size_t assessed);
/* Delay percentiles in milliseconds with as many decimals as they deserve. */
struct value value_milliseconds(double milliseconds);
int milliseconds_decimals(double milliseconds);

/* The document's sections. */
void add_tiers(struct monthly *m);
void add_tier_scores(struct monthly *m);
void add_organisations(struct monthly *m); /* a page each */
void add_organisation_scores(struct monthly *m);
void add_paths(struct monthly *m); /* every site in each of its families, best score first */
void add_ranking(struct monthly *m);
void add_findings(struct monthly *m); /* those that are told first */
/* Where and when most points went, in a sentence; NULL where no finding cost any. */
const char *say_first_finding(struct monthly *m);
void add_mending(struct monthly *m); /* who is to do what about them */
void add_outages(struct monthly *m);
void add_path_events(struct monthly *m); /* nothing where no path is traced */
void add_patterns(struct monthly *m);	 /* what recurs, shifted, never answered */
void add_services(struct monthly *m);	 /* what is measured beside the scored tests */
void add_clouds(struct monthly *m);	 /* scores and certificates of visited pages */
void add_visits(struct monthly *m);	 /* how visits failed; nothing where none did */
void add_lapses(struct monthly *m);	 /* where the measurement itself failed */
void add_unknown(struct monthly *m);	 /* why slots are unknown: in all, by agent, by path */
/* Announced windows, both figures, where flags and windows differ; bound as add_counts. */
void add_maintenance(struct monthly *m, size_t bound);
void add_notes(struct monthly *m);
/* The score over the sites at the period's start, beside the other figures, where they changed. */
void add_score_before(struct monthly *m);
void add_changes_summary(struct monthly *m); /* in a sentence or two */
void add_changes(struct monthly *m);	     /* each of them, and the sites that left */
void add_closing_line(struct monthly *m); /* on the cover: which edition, or that there is none */
void add_closing_remarks(struct monthly *m); /* a revised edition; rows that are kept no longer */
void add_revisions(struct monthly *m);
void add_site_charts(struct monthly *m, size_t assessed);
enum { TABLE_ALL, TABLE_BOUNDED = 200 };
void add_counts(struct monthly *m, size_t bound); /* a row per path, TABLE_ALL without bound */

/* Indices of the assessed sites, best score first, those without one last; the caller frees. */
size_t *ranked_sites(const struct assessment *assessment);

#endif

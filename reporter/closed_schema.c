/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed_schema.h"

#define HEAD(name, kind, member) CLOSED_COLUMN(name, kind, struct closed_head, member)
#define CONFIGURATION(name, kind, member)                                                          \
	CLOSED_COLUMN(name, kind, struct closed_configuration, member)
#define SERIES(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_series, member)
#define HOUR(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_hour, member)
#define STRETCH(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_stretch, member)
#define OUTAGE(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_outage, member)
#define SHIFT(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_shift, member)
#define WEEK(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_week, member)
#define EVIDENCE(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_evidence, member)
#define PATH_EVENT(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_path_event, member)
#define CERTIFICATE(name, kind, member) CLOSED_COLUMN(name, kind, struct closed_certificate, member)
#define END(name, kind, member)		CLOSED_COLUMN(name, kind, struct closed_end, member)
#define CUT_OFF(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_cut_off, member)
#define WINDOW(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_window, member)
#define SCOPE(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_scope, member)
#define REVISION(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_revision, member)
#define SEAL(name, kind, member)	CLOSED_COLUMN(name, kind, struct closed_seal, member)

static const struct closed_column head[] = {
	HEAD("month", COLUMN_STRING, month),
	HEAD("from_at", COLUMN_NSEC, period.from),
	HEAD("until_at", COLUMN_NSEC, period.until),
	HEAD("zone", COLUMN_STRING, zone),
	HEAD("zone_data", COLUMN_STRING, zone_data),
	HEAD("program", COLUMN_STRING, program),
	HEAD("edition", COLUMN_UNSIGNED, edition),
	HEAD("provisional", COLUMN_BOOL, provisional),
	HEAD("windows_known", COLUMN_BOOL, windows_known),
	HEAD("reason", COLUMN_STRING, reason),
	HEAD("previous", COLUMN_STRING, previous),
	HEAD("configuration_digest", COLUMN_STRING, configuration_digest),
	HEAD("configuration", COLUMN_STRING, configuration),
	HEAD("profile_name", COLUMN_STRING, profile_name),
	HEAD("profile_version", COLUMN_STRING, profile_version),
	HEAD("profile_digest", COLUMN_STRING, profile_digest),
	HEAD("profile", COLUMN_STRING, profile),
};

static const struct closed_column configurations[] = {
	CONFIGURATION("number", COLUMN_UNSIGNED, number),
	CONFIGURATION("at", COLUMN_NSEC, at),
	CONFIGURATION("digest", COLUMN_STRING, digest),
	CONFIGURATION("text", COLUMN_STRING, text),
	CONFIGURATION("profile_digest", COLUMN_STRING, profile_digest),
	CONFIGURATION("profile", COLUMN_STRING, profile),
};

#define PACKETS(name, of)                                                                          \
	SERIES(name "_sent", COLUMN_UNSIGNED, of.sent),                                            \
		SERIES(name "_lost", COLUMN_UNSIGNED, of.lost),                                    \
		SERIES(name "_duplicated", COLUMN_UNSIGNED, of.duplicated),                        \
		SERIES(name "_reordered", COLUMN_UNSIGNED, of.reordered),                          \
		SERIES(name "_late", COLUMN_UNSIGNED, of.late),                                    \
		SERIES(name "_rejected", COLUMN_UNSIGNED, of.rejected)

/* A verdict or a reason: its slots, and its time in nanoseconds. */
#define VERDICT(name, of, index)                                                                   \
	SERIES(name "_slots", COLUMN_UNSIGNED, of.slots[index]),                                   \
		SERIES(name "_time", COLUMN_NSEC, of.time[index])
#define REASON(name, index)                                                                        \
	SERIES("unknown_" name "_slots", COLUMN_UNSIGNED, facts.unknown[index]),                   \
		SERIES("unknown_" name "_time", COLUMN_NSEC, facts.unknown_time[index])

#define QUANTILE(name, of, kind, p)                                                                \
	SERIES(name, COLUMN_NSEC, of.quantile[kind][p].value),                                     \
		SERIES(name "_low", COLUMN_NSEC, of.quantile[kind][p].low),                        \
		SERIES(name "_high", COLUMN_NSEC, of.quantile[kind][p].high),                      \
		SERIES(name "_exact", COLUMN_BOOL, of.quantile[kind][p].exact)

/* What both figures have, each in members of the same names. */
#define FIGURE(prefix, of)                                                                         \
	VERDICT(prefix "good", of, VERDICT_GOOD),                                                  \
		VERDICT(prefix "degraded", of, VERDICT_DEGRADED),                                  \
		VERDICT(prefix "bad", of, VERDICT_BAD),                                            \
		VERDICT(prefix "planned", of, VERDICT_PLANNED),                                    \
		VERDICT(prefix "unknown", of, VERDICT_UNKNOWN),                                    \
		VERDICT(prefix "unscheduled", of, VERDICT_UNSCHEDULED),                            \
		PACKETS(prefix "judged", of.judged), PACKETS(prefix "available", of.available),    \
		SERIES(prefix "delays_slots", COLUMN_UNSIGNED, of.delays.slots),                   \
		SERIES(prefix "delays_lost", COLUMN_UNSIGNED, of.delays.lost),                     \
		SERIES(prefix "rtt_min", COLUMN_NSEC, of.delays.rtt_min),                          \
		SERIES(prefix "rtt_max", COLUMN_NSEC, of.delays.rtt_max),                          \
		SERIES(prefix "pdv_max", COLUMN_NSEC, of.delays.pdv_max),                          \
		SERIES(prefix "rtt", COLUMN_BUCKETS, of.delays.rtt),                               \
		SERIES(prefix "pdv", COLUMN_BUCKETS, of.delays.pdv),                               \
		QUANTILE(prefix "rtt_p50", of, DELAY_RTT, P50),                                    \
		QUANTILE(prefix "rtt_p95", of, DELAY_RTT, P95),                                    \
		QUANTILE(prefix "rtt_p99", of, DELAY_RTT, P99),                                    \
		QUANTILE(prefix "pdv_p50", of, DELAY_PDV, P50),                                    \
		QUANTILE(prefix "pdv_p95", of, DELAY_PDV, P95),                                    \
		QUANTILE(prefix "pdv_p99", of, DELAY_PDV, P99),                                    \
		SERIES(prefix "kept", COLUMN_UNSIGNED, of.kept),                                   \
		SERIES(prefix "long_outage", COLUMN_BOOL, of.long_outage)

#define PEAK(name, member)                                                                         \
	SERIES(name "_peak", COLUMN_NSEC, facts.member.from),                                      \
		SERIES(name "_peak_share", COLUMN_REAL, facts.member.share)

static const struct closed_column series[] = {
	SERIES("id", COLUMN_UNSIGNED, id),
	SERIES("agent", COLUMN_TEXT, series.key.agent),
	SERIES("target", COLUMN_TEXT, series.key.target),
	SERIES("method", COLUMN_TEXT, series.key.method),
	SERIES("family", COLUMN_UNSIGNED, series.key.family),
	SERIES("dscp", COLUMN_UNSIGNED, series.key.dscp),
	SERIES("size", COLUMN_UNSIGNED, series.key.size),
	SERIES("port", COLUMN_UNSIGNED, series.key.port),
	SERIES("interval", COLUMN_NSEC, series.interval),
	SERIES("first_slot", COLUMN_NSEC, series.first_slot),
	SERIES("gone_slots_from", COLUMN_NSEC, gone.slots.from),
	SERIES("gone_slots_until", COLUMN_NSEC, gone.slots.until),
	SERIES("gone_hours_from", COLUMN_NSEC, gone.hours.from),
	SERIES("gone_hours_until", COLUMN_NSEC, gone.hours.until),
	SERIES("commissioned", COLUMN_BOOL, facts.commissioned),
	SERIES("first_reply", COLUMN_NSEC, facts.first_reply),
	SERIES("slots", COLUMN_UNSIGNED, facts.slot_count),
	FIGURE("", facts),
	REASON("no_record", UNKNOWN_NO_RECORD),
	REASON("not_commissioned", UNKNOWN_NOT_COMMISSIONED),
	REASON("tainted", UNKNOWN_TAINTED),
	REASON("isolated", UNKNOWN_ISOLATED),
	REASON("clock_step", UNKNOWN_CLOCK_STEP),
	REASON("unsent", UNKNOWN_UNSENT),
	REASON("dropped", UNKNOWN_DROPPED),
	REASON("limited", UNKNOWN_LIMITED),
	SERIES("user_stamped", COLUMN_UNSIGNED, facts.user_stamped),
	SERIES("beyond", COLUMN_BOOL, facts.beyond),
	SERIES("mean_repair", COLUMN_NSEC, facts.mean_repair),
	SERIES("flagged_not_planned", COLUMN_UNSIGNED, facts.disagreement.flagged),
	SERIES("planned_not_flagged", COLUMN_UNSIGNED, facts.disagreement.missed),
	PEAK("lost", lost_peak),
	PEAK("rtt", delay_peak[DELAY_RTT]),
	PEAK("pdv", delay_peak[DELAY_PDV]),
	SERIES("announced_differs", COLUMN_BOOL, facts.announced.differs),
	FIGURE("announced_", facts.announced),
};

static const struct closed_column hours[] = {
	HOUR("series", COLUMN_UNSIGNED, series),
	HOUR("from_at", COLUMN_NSEC, hour.from),
	HOUR("until_at", COLUMN_NSEC, hour.until),
	HOUR("sent", COLUMN_UNSIGNED, hour.sent),
	HOUR("lost", COLUMN_UNSIGNED, hour.lost),
	HOUR("beyond", COLUMN_BOOL, hour.beyond),
	HOUR("delays_slots", COLUMN_UNSIGNED, hour.delays.slots),
	HOUR("delays_lost", COLUMN_UNSIGNED, hour.delays.lost),
	HOUR("left_out_slots", COLUMN_UNSIGNED, hour.left_out_slots),
	HOUR("left_out_lost", COLUMN_UNSIGNED, hour.left_out_lost),
	HOUR("rtt_min", COLUMN_NSEC, hour.delays.rtt_min),
	HOUR("rtt_max", COLUMN_NSEC, hour.delays.rtt_max),
	HOUR("pdv_max", COLUMN_NSEC, hour.delays.pdv_max),
	HOUR("rtt", COLUMN_BUCKETS, hour.delays.rtt),
	HOUR("pdv", COLUMN_BUCKETS, hour.delays.pdv),
};

static const struct closed_column stretches[] = {
	STRETCH("series", COLUMN_UNSIGNED, series),
	STRETCH("from_at", COLUMN_NSEC, stretch.from),
	STRETCH("until_at", COLUMN_NSEC, stretch.until),
	STRETCH("verdict", COLUMN_VERDICT, stretch.verdict),
	STRETCH("why", COLUMN_REASON, stretch.why),
};

static const struct closed_column outages[] = {
	OUTAGE("series", COLUMN_UNSIGNED, series),
	OUTAGE("number", COLUMN_UNSIGNED, number),
	OUTAGE("from_at", COLUMN_NSEC, outage.from),
	OUTAGE("until_at", COLUMN_NSEC, outage.until),
	OUTAGE("length", COLUMN_NSEC, outage.length),
	OUTAGE("within", COLUMN_NSEC, outage.within),
	OUTAGE("before", COLUMN_BOOL, outage.before),
	OUTAGE("open", COLUMN_BOOL, outage.open),
	OUTAGE("unseen", COLUMN_BOOL, outage.unseen),
	OUTAGE("long_here", COLUMN_BOOL, outage.long_here),
};

static const struct closed_column shifts[] = {
	SHIFT("series", COLUMN_UNSIGNED, series),
	SHIFT("number", COLUMN_UNSIGNED, number),
	SHIFT("at", COLUMN_NSEC, shift.at),
	SHIFT("level_before", COLUMN_NSEC, shift.before.level),
	SHIFT("hours_before", COLUMN_UNSIGNED, shift.before.hours),
	SHIFT("sent_before", COLUMN_UNSIGNED, shift.before.sent),
	SHIFT("lost_before", COLUMN_UNSIGNED, shift.before.lost),
	SHIFT("level_after", COLUMN_NSEC, shift.after.level),
	SHIFT("hours_after", COLUMN_UNSIGNED, shift.after.hours),
	SHIFT("sent_after", COLUMN_UNSIGNED, shift.after.sent),
	SHIFT("lost_after", COLUMN_UNSIGNED, shift.after.lost),
};

static const struct closed_column weeks[] = {
	WEEK("series", COLUMN_UNSIGNED, series),
	WEEK("number", COLUMN_UNSIGNED, number),
	WEEK("from_at", COLUMN_NSEC, week.period.from),
	WEEK("until_at", COLUMN_NSEC, week.period.until),
	WEEK("visits", COLUMN_UNSIGNED, week.visits),
	WEEK("failed", COLUMN_UNSIGNED, week.failed),
	WEEK("unassessed", COLUMN_UNSIGNED, week.unassessed),
};

static const struct closed_column evidence[] = {
	EVIDENCE("series", COLUMN_UNSIGNED, series),
	EVIDENCE("number", COLUMN_UNSIGNED, number),
	EVIDENCE("from_slot", COLUMN_NSEC, evidence.slot.from),
	EVIDENCE("until_slot", COLUMN_NSEC, evidence.slot.until),
	EVIDENCE("path", COLUMN_TEXT, evidence.path),
	EVIDENCE("digest", COLUMN_TEXT, evidence.digest),
};

static const struct closed_column path_events[] = {
	PATH_EVENT("series", COLUMN_UNSIGNED, series),
	PATH_EVENT("number", COLUMN_UNSIGNED, number),
	PATH_EVENT("kind", COLUMN_UNSIGNED, event.kind),
	PATH_EVENT("since", COLUMN_NSEC, event.since),
	PATH_EVENT("at", COLUMN_NSEC, event.at),
	PATH_EVENT("before", COLUMN_TEXT, event.before),
	PATH_EVENT("after", COLUMN_TEXT, event.after),
};

static const struct closed_column certificates[] = {
	CERTIFICATE("series", COLUMN_UNSIGNED, series),
	CERTIFICATE("number", COLUMN_UNSIGNED, number),
	CERTIFICATE("from_at", COLUMN_NSEC, sighting.from),
	CERTIFICATE("last_seen", COLUMN_NSEC, sighting.last_seen),
	CERTIFICATE("tls", COLUMN_TEXT, sighting.tls),
	CERTIFICATE("shown", COLUMN_BOOL, sighting.certificate.shown),
	CERTIFICATE("verified", COLUMN_BOOL, sighting.certificate.verified),
	CERTIFICATE("named", COLUMN_BOOL, sighting.certificate.named),
	CERTIFICATE("links", COLUMN_UNSIGNED, sighting.certificate.links),
	CERTIFICATE("subject", COLUMN_TEXT, sighting.certificate.subject),
	CERTIFICATE("issuer", COLUMN_TEXT, sighting.certificate.issuer),
	CERTIFICATE("names", COLUMN_TEXT, sighting.certificate.names),
	CERTIFICATE("fingerprint", COLUMN_TEXT, sighting.certificate.fingerprint),
	CERTIFICATE("problem", COLUMN_TEXT, sighting.certificate.problem),
	CERTIFICATE("not_before", COLUMN_NSEC, sighting.certificate.not_before),
	CERTIFICATE("not_after", COLUMN_NSEC, sighting.certificate.not_after),
	CERTIFICATE("chain_not_after", COLUMN_NSEC, sighting.certificate.chain_not_after),
};

#define PHASE(name, index)                                                                         \
	END(name "_visits", COLUMN_UNSIGNED, sighting.phase[index].visits),                        \
		END(name "_ns", COLUMN_NSEC, sighting.phase[index].sum),                           \
		END(name "_most_ns", COLUMN_NSEC, sighting.phase[index].most)

static const struct closed_column ends[] = {
	END("series", COLUMN_UNSIGNED, series),
	END("number", COLUMN_UNSIGNED, number),
	END("from_at", COLUMN_NSEC, sighting.from),
	END("last_seen", COLUMN_NSEC, sighting.last_seen),
	END("visits", COLUMN_UNSIGNED, sighting.visits),
	END("end", COLUMN_UNSIGNED, sighting.end),
	END("cause", COLUMN_UNSIGNED, sighting.cause),
	END("status", COLUMN_UNSIGNED, sighting.status),
	END("url", COLUMN_TEXT, sighting.url),
	END("reason", COLUMN_TEXT, sighting.reason),
	END("day_end", COLUMN_NSEC, sighting.day_end),
	PHASE("name", VISIT_NAME),
	PHASE("connect", VISIT_CONNECT),
	PHASE("tls", VISIT_TLS),
	PHASE("first_byte", VISIT_FIRST_BYTE),
	PHASE("total", VISIT_TOTAL),
};

static const struct closed_column cut_offs[] = {
	CUT_OFF("number", COLUMN_UNSIGNED, number),
	CUT_OFF("agent", COLUMN_TEXT, cut_off.agent),
	CUT_OFF("family", COLUMN_UNSIGNED, cut_off.family),
	CUT_OFF("from_at", COLUMN_NSEC, cut_off.period.from),
	CUT_OFF("until_at", COLUMN_NSEC, cut_off.period.until),
	CUT_OFF("open", COLUMN_BOOL, cut_off.open),
};

static const struct closed_column windows[] = {
	WINDOW("id", COLUMN_UNSIGNED, entry.window.id),
	WINDOW("from_at", COLUMN_NSEC, entry.window.period.from),
	WINDOW("until_at", COLUMN_NSEC, entry.window.period.until),
	WINDOW("entered_at", COLUMN_NSEC, entry.window.entered_at),
	WINDOW("cancelled_at", COLUMN_NSEC, entry.window.cancelled_at),
	WINDOW("owner", COLUMN_TEXT, entry.owner),
	WINDOW("reason", COLUMN_TEXT, entry.reason),
	WINDOW("entered_by", COLUMN_TEXT, entry.entered_by),
	WINDOW("cancelled_by", COLUMN_TEXT, entry.cancelled_by),
	WINDOW("cancel_reason", COLUMN_TEXT, entry.cancel_reason),
};

static const struct closed_column scopes[] = {
	SCOPE("window", COLUMN_UNSIGNED, window),
	SCOPE("number", COLUMN_UNSIGNED, number),
	SCOPE("kind", COLUMN_UNSIGNED, scope.kind),
	SCOPE("name", COLUMN_TEXT, scope.name),
};

static const struct closed_column revisions[] = {
	REVISION("number", COLUMN_UNSIGNED, number), REVISION("site", COLUMN_STRING, site),
	REVISION("family", COLUMN_UNSIGNED, family), REVISION("figure", COLUMN_STRING, figure),
	REVISION("before", COLUMN_REAL, before),     REVISION("after", COLUMN_REAL, after),
};

static const struct closed_column seal[] = {
	SEAL("digest", COLUMN_TEXT, digest),
	SEAL("closed_at", COLUMN_NSEC, closed_at),
};

#define TABLE(name, key, columns)                                                                  \
	{                                                                                          \
		name, key, columns, sizeof(columns) / sizeof((columns)[0])                         \
	}

const struct closed_table closed_tables[CLOSED_TABLES] = {
	[CLOSED_HEAD] = TABLE("closing", "month", head),
	[CLOSED_CONFIGURATIONS] = TABLE("configuration", "number", configurations),
	[CLOSED_SERIES] = TABLE("series", "id", series),
	[CLOSED_HOURS] = TABLE("hour", "series, from_at", hours),
	[CLOSED_STRETCHES] = TABLE("stretch", "series, from_at", stretches),
	[CLOSED_OUTAGES] = TABLE("outage", "series, number", outages),
	[CLOSED_SHIFTS] = TABLE("shift", "series, number", shifts),
	[CLOSED_WEEKS] = TABLE("week", "series, number", weeks),
	[CLOSED_EVIDENCE] = TABLE("evidence", "series, number", evidence),
	[CLOSED_PATH_EVENTS] = TABLE("path_event", "series, number", path_events),
	[CLOSED_CERTIFICATES] = TABLE("certificate", "series, number", certificates),
	[CLOSED_ENDS] = TABLE("visits", "series, number", ends),
	[CLOSED_CUT_OFFS] = TABLE("cut_off", "number", cut_offs),
	[CLOSED_WINDOWS] = TABLE("maintenance", "id", windows),
	[CLOSED_SCOPES] = TABLE("maintenance_scope", "window, number", scopes),
	[CLOSED_REVISIONS] = TABLE("revision", "number", revisions),
	[CLOSED_SEAL] = TABLE("seal", "digest", seal),
};

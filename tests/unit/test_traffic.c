/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan says of packets and octets, against a count of what the schedule sends: every packet
 * of a day in which tests begin and end by calendars, put where it goes and in the second in which
 * it goes. */
#include "tests/unit/check.h"

#include "collector/base/calendar.h"
#include "collector/demands.h"
#include "collector/plan.h"
#include "collector/sentinel.h"
#include "collector/timetable.h"
#include "collector/tracks.h"

#include <stdlib.h>
#include <string.h>

enum { SECONDS = 86400, TRACKS_MOST = 64, NAMES = 32 };

static const struct hash_key secret = {{7, 11}};

static const char text[] =
	"network: {zh: 试验网}\n"
	"time-zone: Asia/Shanghai\n"
	"organisations:\n"
	"  - {name: city, children: [{name: east}]}\n"
	"calendars:\n"
	"  - {name: office, days: [mon, tue, wed, thu, fri], hours: [\"09:00-12:00\", "
	"\"14:00-17:30\"]}\n"
	"  - {name: night, hours: [\"00:00-05:07\", \"23:00-24:00\"]}\n"
	"agents:\n"
	"  - name: one\n"
	"    anchors:\n"
	"      - {site: core}\n"
	"      - {ipv4: 198.51.100.1, ipv6: '2001:db8:1::1'}\n"
	"      - {ipv4: 198.51.100.2, ipv6: '2001:db8:1::2'}\n"
	"  - name: two\n"
	"sites:\n"
	"  - {name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1,\n"
	"     ipv6: '2001:db8::1', scored: {test: echo, agent: one}}\n"
	"  - {name: hall, organisation: east, tier: access, ipv4: 192.0.2.2,\n"
	"     scored: {test: echo, agent: one}}\n"
	"  - {name: desk, organisation: east, tier: access, ipv6: '2001:db8::3',\n"
	"     scored: {test: echo, agent: one}}\n"
	"tests:\n"
	"  - {name: echo, interval: 60s, packets: 20}\n"
	"  - {name: fast, interval: 1s, packets: 3, size: 16, agents: [two],\n"
	"     targets: {sites: [hall]}, calendar: office}\n"
	"  - {name: video, interval: 5m, packets: 50, size: 1172, dscp: 34, agents: [one],\n"
	"     calendar: office}\n"
	"  - {name: large, interval: 2h, packets: 1000, size: 3000, agents: [one, two],\n"
	"     targets: {tiers: [backbone]}, calendar: night}\n";

/* Octets of Ethernet frames by hand: 14 + IP header + 8 + payload + 4, at least 64; 3,000 octets of
 * payload in fragments of 1,480 and 1,448. */
static uint64_t octets_by_hand(uint8_t family, uint16_t size)
{
	static const struct {
		uint8_t family;
		uint16_t size;
		uint64_t octets;
	} rows[] = {
		{4, 16, 64}, {4, 64, 110}, {4, 1172, 1218}, {4, 3000, 3008 + 3 * 38},
		{6, 16, 82}, {6, 64, 130}, {6, 1172, 1238}, {6, 3000, 3008 + 3 * 66},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].family == family && rows[i].size == size)
			return rows[i].octets;
	}
	fail_msg("no size of IPv%u with %u octets", family, size);
	return 0;
}

/* What someone sees, second by second. */
struct ledger {
	char name[NAMES];
	struct amount seconds[SECONDS];
};

struct count {
	struct config *config;
	struct period period;
	struct schedule *schedule;
	struct timetable timetable;
	struct sender {
		struct track track;
		const struct calendar_config *calendar;
		struct ledger *ledgers[3]; /* of agent, target and owner; NULL: none */
	} senders[TRACKS_MOST];
	size_t sender_count;
	struct ledger *ledgers;
	size_t ledger_count;
};

static struct ledger *ledger_of(struct count *count, const char *kind, const char *name)
{
	char full[NAMES];

	snprintf(full, sizeof(full), "%s %s", kind, name);
	for (size_t i = 0; i < count->ledger_count; i++) {
		if (strcmp(count->ledgers[i].name, full) == 0)
			return &count->ledgers[i];
	}
	assert_true(count->ledger_count < NAMES);
	struct ledger *ledger = &count->ledgers[count->ledger_count++];
	strcpy(ledger->name, full);
	return ledger;
}

static void add_sender(struct count *count, const struct target *target,
		       const struct calendar_config *calendar, struct ledger *const ledgers[3])
{
	struct sender *sender = &count->senders[count->sender_count];

	assert_true(count->sender_count < TRACKS_MOST);
	sender->track = track_over(target, 0);
	sender->track.pace.number = (uint32_t)count->sender_count++;
	sender->calendar = calendar;
	memcpy(sender->ledgers, ledgers, sizeof(sender->ledgers));
	/* Early enough that every slot that reaches into the period is begun. */
	assert_int_equal(schedule_add(count->schedule, &sender->track.pace,
				      count->period.from - 8 * NSEC_PER_HOUR),
			 E_OK);
}

static void add_series(struct count *count, size_t agent)
{
	const struct config *config = count->config;
	struct plan plan;

	assert_int_equal(plan_create(config, agent, &secret, &plan), E_OK);
	for (size_t i = 0; i < plan.count; i++) {
		const struct planned *planned = &plan.items[i];
		size_t site = config_find_site(config, planned->key.target);
		size_t owner = config->sites[site].organisation;
		struct ledger *ledgers[] = {
			ledger_of(count, "agent", planned->key.agent),
			ledger_of(count, "target", planned->key.target),
			ledger_of(count, "owner", config->organisations[owner].name),
		};
		add_sender(count, &planned->target, planned->calendar, ledgers);
	}
	plan_finish(&plan);
}

/* Agent one watches three anchors of each family and, behind them, a gateway of each. */
static void add_watched(struct count *count)
{
	static const struct {
		const char *address;
		const char *name;
		const char *owner;
	} rows[] = {
		{"192.0.2.1", "core", "city"},
		{"2001:db8::1", "core", "city"},
		{"198.51.100.1", "anchor 198.51.100.1", NULL},
		{"198.51.100.2", "anchor 198.51.100.2", NULL},
		{"2001:db8:1::1", "anchor 2001:db8:1::1", NULL},
		{"2001:db8:1::2", "anchor 2001:db8:1::2", NULL},
		{"192.0.2.254", "IPv4 gateway of one", NULL},
		{"2001:db8::fe", "IPv6 gateway of one", NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct endpoint host;
		assert_int_equal(endpoint_parse(rows[i].address, &host), E_OK);
		struct target target = sentinel_target(probe_find("icmp"), &host);
		struct ledger *ledgers[] = {
			ledger_of(count, "agent", "one"),
			ledger_of(count, "target", rows[i].name),
			rows[i].owner == NULL ? NULL : ledger_of(count, "owner", rows[i].owner),
		};
		add_sender(count, &target, NULL, ledgers);
	}
}

static void note(struct count *count, const struct due *due)
{
	struct sender *sender = &count->senders[due->pace->number];
	struct period slot = schedule_slot(&due->pace->stream, due->slot);
	uint64_t octets = octets_by_hand(sender->track.host.family, sender->track.size);

	if (due->at < count->period.from || due->at >= count->period.until)
		return;
	if (timetable_withholds(&count->timetable, sender->calendar, slot.from) != 0)
		return;
	for (size_t i = 0; i < COUNT_OF(sender->ledgers); i++) {
		struct ledger *ledger = sender->ledgers[i];
		if (ledger == NULL)
			continue;
		struct amount *second =
			&ledger->seconds[(due->at - count->period.from) / NSEC_PER_SEC];
		second->packets++;
		second->octets += octets;
	}
}

static void count_all(struct count *count)
{
	struct due due;

	count->ledgers = calloc(NAMES, sizeof(*count->ledgers));
	assert_non_null(count->ledgers);
	assert_int_equal(schedule_create(&count->schedule), E_OK);
	timetable_take(&count->timetable, count->config);
	for (size_t i = 0; i < count->config->agent_count; i++)
		add_series(count, i);
	add_watched(count);
	while (schedule_next(count->schedule) < count->period.until) {
		nsec now = schedule_next(count->schedule);
		while (schedule_take(count->schedule, now, &due)) {
			if (due.kind == DUE_SEND)
				note(count, &due);
		}
	}
}

static struct amount sum_of(const struct ledger *ledger, size_t from, size_t until)
{
	struct amount sum = {0};

	for (size_t i = from; i < until; i++) {
		sum.packets += ledger->seconds[i].packets;
		sum.octets += ledger->seconds[i].octets;
	}
	return sum;
}

static void assert_equals(const struct demand *demand, const struct ledger *ledger)
{
	struct amount sum = sum_of(ledger, 0, SECONDS);
	struct amount peak = {0};

	for (size_t i = 0; i < SECONDS; i++) {
		const struct amount *second = &ledger->seconds[i];
		peak.packets = second->packets > peak.packets ? second->packets : peak.packets;
		peak.octets = second->octets > peak.octets ? second->octets : peak.octets;
	}
	print_message("# %s: %lu packets, %lu octets, at most %lu a second\n", ledger->name,
		      (unsigned long)sum.packets, (unsigned long)sum.octets,
		      (unsigned long)peak.packets);
	assert_true(sum.packets > 0);
	assert_int_equal(demand->sent.packets, sum.packets);
	assert_int_equal(demand->sent.octets, sum.octets);
	assert_int_equal(demand->peak.packets, peak.packets);
	assert_int_equal(demand->peak.octets, peak.octets);
	assert_true(demand->average.packets == (double)sum.packets / SECONDS);
	assert_true(demand->average.bits == 8 * (double)sum.octets / SECONDS);
}

static void assert_scope(struct count *count, const struct flows *flows,
			 const struct timeline *timeline, enum budget_scope scope)
{
	static const char *const kinds[] = {"agent", "target", "owner"};
	const struct config *config = count->config;
	struct demands demands;
	size_t expected = 0;
	size_t met = 0;

	assert_int_equal(demands_create(flows, timeline, scope, &demands), E_OK);
	for (size_t i = 0; i < demands.count; i++) {
		const struct demand_row *row = &demands.rows[i];
		if (row->index == CONFIG_NONE)
			continue;
		const char *name = scope == BUDGET_AGENT ? config->agents[row->index].name
				   : scope == BUDGET_TARGET
					   ? flows->hosts[row->index].name
					   : config->organisations[row->index].name;
		size_t before = count->ledger_count;
		assert_equals(&row->demand, ledger_of(count, kinds[scope], name));
		assert_int_equal(count->ledger_count, before);
		met++;
	}
	for (size_t i = 0; i < count->ledger_count; i++)
		expected +=
			strncmp(count->ledgers[i].name, kinds[scope], strlen(kinds[scope])) == 0;
	assert_int_equal(met, expected);
	demands_finish(&demands);
}

/* Hour by hour over everything, as the timeline shows it. */
static void assert_hours(const struct count *count, const struct flows *flows,
			 const struct timeline *timeline)
{
	const struct flow **all = calloc(flows->count, sizeof(*all));
	struct traffic *traffic;

	assert_non_null(all);
	for (size_t i = 0; i < flows->count; i++)
		all[i] = &flows->items[i];
	assert_int_equal(traffic_create(all, flows->count, &traffic), E_OK);
	for (size_t hour = 0; hour < 24; hour++) {
		nsec from = count->period.from + (nsec)hour * NSEC_PER_HOUR;
		struct amount said = traffic_amount(traffic, timeline,
						    (struct period){from, from + NSEC_PER_HOUR});
		struct amount sum = {0};
		for (size_t i = 0; i < count->ledger_count; i++) {
			const struct ledger *ledger = &count->ledgers[i];
			struct amount part = sum_of(ledger, hour * 3600, (hour + 1) * 3600);
			if (strncmp(ledger->name, "agent", 5) != 0)
				continue;
			sum.packets += part.packets;
			sum.octets += part.octets;
		}
		assert_int_equal(said.packets, sum.packets);
		assert_int_equal(said.octets, sum.octets);
	}
	traffic_destroy(traffic);
	free(all);
}

static void compare_day(struct config *config, const char *from)
{
	struct count count = {.config = config};
	struct timeline *timeline;
	struct flows flows;

	print_message("# from %s\n", from);
	assert_int_equal(calendar_parse(from, &count.period.from), E_OK);
	count.period.until = count.period.from + SECONDS * NSEC_PER_SEC;
	count_all(&count);
	assert_int_equal(flows_create(config, CONFIG_NONE, &secret, &flows), E_OK);
	assert_int_equal(flows.count, count.sender_count);
	assert_int_equal(timeline_create(config, count.period, &timeline), E_OK);
	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++)
		assert_scope(&count, &flows, timeline, s);
	assert_hours(&count, &flows, timeline);
	timeline_destroy(timeline);
	flows_finish(&flows);
	schedule_destroy(count.schedule);
	free(count.ledgers);
}

static struct config *load(void)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	assert_int_equal(calendar_use_zone(config->time_zone), E_OK);
	return config;
}

static void every_packet_of_a_day_is_where_the_plan_says(void **state)
{
	(void)state;
	struct config *config = load();

	compare_day(config, "2026-11-20"); /* Friday */
	/* Begins inside slots of 5 minutes and of 2 hours, with the office open. */
	compare_day(config, "2026-11-20T11:58:31");
	compare_day(config, "2026-11-21T03:00:01"); /* Saturday */
	config_destroy(config);
}

/* The rate that a budget is held against lasts: an hour in which everything runs sees it. */
static void the_busiest_rate_is_that_of_all_that_runs_together(void **state)
{
	(void)state;
	struct config *config = load();
	struct period day;
	struct timeline *timeline;
	struct flows flows;
	struct demands demands;
	nsec nine;

	assert_int_equal(calendar_parse("2026-11-20", &day.from), E_OK);
	assert_int_equal(calendar_parse("2026-11-20T09:00", &nine), E_OK);
	day.until = day.from + NSEC_PER_DAY;
	assert_int_equal(flows_create(config, CONFIG_NONE, &secret, &flows), E_OK);
	assert_int_equal(timeline_create(config, day, &timeline), E_OK);
	assert_int_equal(demands_create(&flows, timeline, BUDGET_TARGET, &demands), E_OK);
	assert_int_equal(demands.rows[0].index, config_find_site(config, "core"));
	for (size_t i = 0; i < demands.count; i++) {
		const struct demand *d = &demands.rows[i].demand;
		if (demands.rows[i].index != config_find_site(config, "hall"))
			continue;
		/* Two agents 20 a minute, 3 a second, 50 in five minutes. */
		assert_true(d->busiest.packets > 2 * 20 / 60.0 + 3 + 50 / 300.0 - 1e-9);
		assert_true(d->busiest.packets < 2 * 20 / 60.0 + 3 + 50 / 300.0 + 1e-9);
		double bits = 8 * (2 * 20 * 110 / 60.0 + 3 * 64 + 50 * 1218 / 300.0);
		assert_true(d->busiest.bits > bits - 1e-6 && d->busiest.bits < bits + 1e-6);
		assert_int_equal(d->busiest_at, nine);
		assert_string_equal(config->tests[demands.rows[i].main_test].name, "video");
	}
	demands_finish(&demands);
	timeline_destroy(timeline);
	flows_finish(&flows);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_of_a_day_is_where_the_plan_says),
		cmocka_unit_test(the_busiest_rate_is_that_of_all_that_runs_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

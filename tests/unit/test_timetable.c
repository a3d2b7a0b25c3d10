/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test that runs by a calendar, from the configuration through plan, agent and store to what the
 * reporter makes of it. */
#include "tests/unit/test_store_path.h"

#include "tests/unit/agent_bench.h"

#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/plan.h"
#include "collector/timetable.h"
#include "reporter/query.h"

static const nsec answer_delay = 5 * NSEC_PER_MSEC;

#define CONFIG                                                                                     \
	"network: {zh: 试验网}\n"                                                               \
	"time-zone: Asia/Shanghai\n"                                                               \
	"organisations: [{name: city}]\n"                                                          \
	"sites: [{name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1}]\n"             \
	"calendars:\n"                                                                             \
	"  - name: office\n"                                                                       \
	"    hours: [\"09:00-12:00\", \"13:30-18:00\"]\n"                                          \
	"    days: working\n"                                                                      \
	"    holidays: china\n"                                                                    \
	"tests:\n"                                                                                 \
	"  - {name: echo, calendar: office, interval: %s, packets: 2}\n"

/* An agent that measures and stores what a configuration asks. */
struct scene {
	struct config *config;
	struct plan plan;
	struct timetable timetable;
	struct agent *agent;
	struct store *store;
	uint32_t stored;
	char folder[FOLDER];
};

static void answer(void *context, struct probe_packet *packet)
{
	(void)context;
	fake_answer(packet, answer_delay);
}

static void on_finished(void *context, uint32_t series, const struct sample *sample)
{
	struct scene *scene = context;
	struct summary summary = sample_summary(sample);
	struct delays delays = sample_delays(sample);

	(void)series;
	store_put(scene->store, scene->stored, &summary, &delays);
}

static uint32_t on_withholds(void *context, uint32_t series, struct period slot)
{
	struct scene *scene = context;

	return timetable_withholds(&scene->timetable, scene->plan.items[series].calendar,
				   slot.from);
}

static nsec local(const char *text)
{
	nsec t = 0;

	assert_int_equal(calendar_parse(text, &t), E_OK);
	return t;
}

static void load(struct scene *scene, const char *interval)
{
	struct diagnostics diagnostics = {0};
	struct hash_key secret = {{1, 2}};
	char text[1024];

	snprintf(text, sizeof(text), CONFIG, interval);
	scene->config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	assert_non_null(scene->config);
	diagnostics_finish(&diagnostics);
	assert_int_equal(calendar_use_zone(scene->config->time_zone), E_OK);
	assert_int_equal(plan_create(scene->config, 0, &secret, &scene->plan), E_OK);
	assert_int_equal(scene->plan.count, 1);
	timetable_take(&scene->timetable, scene->config);
}

/* Starts right before an instant, so that the slot which begins there is the first. */
static void open_scene(struct scene *scene, const char *interval, const char *from)
{
	struct agent_options options = {
		.listener = {.context = scene, .finished = on_finished, .withholds = on_withholds},
		.c1 = 0.2};
	uint32_t number;

	*scene = (struct scene){.config = NULL};
	log_set_level(LOG_LEVEL_ERROR);
	load(scene, interval);
	clock_use_virtual(local(from) - NSEC_PER_SEC, 1000 * NSEC_PER_SEC);
	make_folder(scene->folder);
	scene->store = open_lazy_store(scene->folder);
	struct planned *planned = &scene->plan.items[0];
	assert_int_equal(
		store_series(scene->store, &planned->key, planned->target.interval, &scene->stored),
		E_OK);
	planned->target.method = &fake_probe;
	fake_reset(answer, scene);
	assert_int_equal(agent_create(&options, &scene->agent), E_OK);
	assert_int_equal(agent_open(scene->agent, &fake_probe), E_OK);
	assert_int_equal(agent_add(scene->agent, &planned->target, &number), E_OK);
}

/* Until all slots up to an instant are settled. */
static void run_scene(struct scene *scene, const char *until)
{
	nsec length = local(until) + 10 * NSEC_PER_SEC - clock_realtime();

	agent_end(scene->agent, local(until));
	for (nsec end = clock_monotonic() + length; clock_monotonic() < end;)
		clock_advance(agent_tick(scene->agent) - clock_monotonic());
	assert_true(agent_finished(scene->agent));
	agent_destroy(scene->agent);
	store_close(scene->store);
	fake_finish();
}

static void close_scene(struct scene *scene)
{
	plan_finish(&scene->plan);
	config_destroy(scene->config);
	remove_folder(scene->folder);
}

/* By the notice itself: Thursday 1 to Wednesday 7 October 2026 are holidays, Saturday 10 makes up
 * for one. */
static bool worked(int october)
{
	static const int days[] = {-2, -1, 0, 8, 9, 10}; /* 0 is 30 September, a Wednesday */

	for (size_t i = 0; i < COUNT_OF(days); i++) {
		if (days[i] == october)
			return true;
	}
	return false;
}

static bool in_office(nsec t)
{
	nsec since = t - local("2026-10-01");
	int minute = (int)(nsec_floor(since, NSEC_PER_MIN) / NSEC_PER_MIN);
	int day = (minute + 3 * 1440) / 1440 - 3;

	minute -= 1440 * day;
	return worked(day + 1) && ((minute >= 9 * 60 && minute < 12 * 60) ||
				   (minute >= 13 * 60 + 30 && minute < 18 * 60));
}

static void check_slots(const struct scene *scene, struct period period, nsec interval)
{
	struct summary *slots;
	struct view *view;
	size_t count;

	assert_int_equal(view_open(scene->folder, &view), E_OK);
	assert_int_equal(view_slots(view, &scene->plan.items[0].key, period, &slots, &count), E_OK);
	assert_int_equal(count, (period.until - period.from) / interval);
	for (size_t i = 0; i < count; i++) {
		const struct summary *s = &slots[i];
		bool open = in_office(s->from);
		assert_int_equal(s->sent, open ? 2 : 0);
		assert_int_equal(s->flags, open ? 0 : SLOT_UNSCHEDULED);
		assert_int_equal(s->lost, 0);
	}
	free(slots);
	view_close(view);
}

/* What the reporter makes of a period. */
static void assess(const struct scene *scene, struct period period, struct assessment *out)
{
	struct assessment_request request = {
		.config = scene->config,
		.period = {.asked = period, .passed = period, .now = clock_realtime()},
		.mode = SCORE_TRIAL,
		.organisation = CONFIG_NONE,
	};
	struct query *query;

	assert_int_equal(query_open(scene->folder, &query), E_OK);
	struct source source = query_source(query);
	assert_int_equal(assessment_make(&request, &source, out), E_OK);
	query_close(query);
}

/* Six working days of 7.5 hours in a fortnight with the National Day week. */
static void a_holiday_week_is_measured_on_its_working_days(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *interval;
		nsec length;
		uint64_t good;
	} rows[] = {
		{"five minutes", "300s", 300 * NSEC_PER_SEC, 6 * 90},
		/* 13:30 lies inside a slot: that of 13:00 starts outside, that of 14:00 inside. */
		{"an hour", "3600s", NSEC_PER_HOUR, 6 * 7},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct assessment assessment;
		struct scene scene;
		nsec time = 0;
		print_message("# %s\n", rows[i].name);
		open_scene(&scene, rows[i].interval, "2026-09-28");
		run_scene(&scene, "2026-10-12");
		struct period period = {local("2026-09-28"), local("2026-10-12")};
		check_slots(&scene, period, rows[i].length);
		assess(&scene, period, &assessment);
		const struct facts *facts = &assessment.sites[0].path[FAMILY_IPV4].facts;
		assert_int_equal(facts->slots[VERDICT_GOOD], rows[i].good);
		assert_int_equal(facts->slots[VERDICT_UNSCHEDULED],
				 14 * NSEC_PER_DAY / rows[i].length - rows[i].good);
		assert_int_equal(facts->slots[VERDICT_UNKNOWN] + facts->slots[VERDICT_BAD], 0);
		assert_int_equal(facts->time[VERDICT_GOOD], rows[i].good * rows[i].length);
		for (size_t v = 0; v < VERDICT_COUNT; v++)
			time += facts->time[v];
		assert_int_equal(time, 14 * NSEC_PER_DAY);
		assert_int_equal(assessment.time[VERDICT_UNSCHEDULED],
				 14 * NSEC_PER_DAY - facts->time[VERDICT_GOOD]);
		/* What was not to be measured lacks nowhere. */
		assert_true(assessment.sites[0].path[FAMILY_IPV4].score.coverage == 1.0);
		assessment_finish(&assessment);
		close_scene(&scene);
	}
}

/* A border of the calendar inside the run of T_max: every slot once, in order. */
static void borders_lose_no_slot(void **state)
{
	(void)state;
	struct scene scene;

	open_scene(&scene, "1s", "2026-09-30T11:59:50");
	run_scene(&scene, "2026-09-30T12:00:10");
	check_slots(&scene,
		    (struct period){local("2026-09-30T11:59:50"), local("2026-09-30T12:00:10")},
		    NSEC_PER_SEC);
	close_scene(&scene);
	open_scene(&scene, "1s", "2026-10-08T08:59:50");
	run_scene(&scene, "2026-10-08T09:00:10");
	check_slots(&scene,
		    (struct period){local("2026-10-08T08:59:50"), local("2026-10-08T09:00:10")},
		    NSEC_PER_SEC);
	close_scene(&scene);
}

/* Hours outside the calendar are unscheduled in any year; of those inside nobody knows. */
static void a_year_without_holidays_is_unknown(void **state)
{
	(void)state;
	struct period period;
	struct assessment assessment;
	struct scene scene;

	open_scene(&scene, "300s", "2026-12-31T17:00");
	run_scene(&scene, "2027-01-01T10:00");
	period = (struct period){local("2026-12-31T17:00"), local("2027-01-01T10:00")};
	assess(&scene, period, &assessment);
	const struct facts *facts = &assessment.sites[0].path[FAMILY_IPV4].facts;
	assert_int_equal(facts->slots[VERDICT_GOOD], 12);
	assert_int_equal(facts->slots[VERDICT_UNSCHEDULED], 15 * 12);
	assert_int_equal(facts->slots[VERDICT_UNKNOWN], 12);
	assert_int_equal(facts->unknown[UNKNOWN_UNSENT], 12);
	assert_int_equal(scene.timetable.missing_told[0], 2027);
	assert_int_equal(scene.timetable.coming_told[0], 2027);
	assessment_finish(&assessment);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_holiday_week_is_measured_on_its_working_days),
		cmocka_unit_test(borders_lose_no_slot),
		cmocka_unit_test(a_year_without_holidays_is_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

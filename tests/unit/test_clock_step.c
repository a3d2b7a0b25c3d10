/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock that is set, from the agent through the store and its reader to the verdict: what cannot
 * be believed is unknown and never bad, and honest slots are stored again afterwards. */
#include "tests/unit/test_store_path.h"

#include "tests/unit/agent_bench.h"

#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/metric/availability.h"
#include "collector/probe/flight.h"
#include "reporter/facts.h"

#define MS  NSEC_PER_MSEC
#define SEC NSEC_PER_SEC

static const nsec interval = 10 * NSEC_PER_SEC;

/* An agent that stores what it measures. */
struct scene {
	struct agent *agent;
	struct store *store;
	uint32_t series;
	nsec delay; /* of every answer */
	char folder[FOLDER];
};

static void answer(void *context, struct probe_packet *packet)
{
	const struct scene *scene = context;
	fake_answer(packet, scene->delay);
}

static void on_finished(void *context, uint32_t series, const struct sample *sample)
{
	struct scene *scene = context;
	struct summary summary = sample_summary(sample);
	struct delays delays = sample_delays(sample);

	(void)series;
	store_put(scene->store, scene->series, &summary, &delays);
}

static void open_scene(struct scene *scene, nsec delay)
{
	struct agent_options options = {.listener = {.context = scene, .finished = on_finished},
					.c1 = 0.2};
	struct target target = bench_target();
	uint32_t number;

	*scene = (struct scene){.delay = delay};
	log_set_level(LOG_LEVEL_ERROR);
	clock_use_virtual(BENCH_START - SEC, 1000 * SEC);
	make_folder(scene->folder);
	scene->store = open_lazy_store(scene->folder);
	scene->series = series_in(scene->store, "a", interval);
	fake_reset(answer, scene);
	assert_int_equal(agent_create(&options, &scene->agent), E_OK);
	assert_int_equal(agent_open(scene->agent, &fake_probe), E_OK);
	target.interval = interval;
	assert_int_equal(agent_add(scene->agent, &target, &number), E_OK);
}

static void run_scene(struct scene *scene, nsec length)
{
	for (nsec end = clock_monotonic() + length; clock_monotonic() < end;)
		clock_advance(agent_tick(scene->agent) - clock_monotonic());
}

static void close_scene(struct scene *scene)
{
	agent_destroy(scene->agent);
	store_close(scene->store);
	fake_finish();
}

static const struct facts_rule rule = {
	.verdict = {.c1 = 0.2, .degraded_loss = 0.05, .degraded_delay = 900 * NSEC_PER_MSEC},
	.outage = {.slots = 2},
};

/* What the reporter makes of everything up to the last slot stored. */
static struct facts read_facts(const struct scene *scene)
{
	struct series_key key = key_of("a");
	struct view_series series;
	struct summary *slots;
	struct hour *hours;
	struct facts facts;
	struct view *view;

	assert_int_equal(view_open(scene->folder, &view), E_OK);
	assert_int_equal(view_find(view, &key, &series), E_OK);
	struct record record = {.period = {BENCH_START, series.last_slot},
				.settled = series.last_slot,
				.first_slot = series.first_slot,
				.first_reply = series.first_reply};
	assert_int_equal(view_slots(view, &key, record.period, &slots, &record.slot_count), E_OK);
	assert_int_equal(view_hours(view, &key, record.period, &hours, &record.hour_count), E_OK);
	record.slots = slots;
	record.hours = hours;
	assert_int_equal(facts_make(&rule, &record, &facts), E_OK);
	free(slots);
	free(hours);
	view_close(view);
	return facts;
}

/* The clock is set in the middle of slot 60 and again a minute later. What was stored under times
 * that are still to come stays; slots are taken again when those have passed. */
static void a_step_is_unknown_and_never_bad(void **state)
{
	(void)state;
	enum { STEPS = 2 };
	static const struct {
		const char *name;
		nsec delay; /* of the answers */
		nsec step[STEPS];
		nsec run; /* after the steps */
		uint64_t good;
		uint64_t stepped;
		uint64_t absent;
	} rows[] = {
		{"not set", 5 * MS, {0, 0}, 49 * NSEC_PER_MIN, 360, 0, 0},
		{"ahead", 5 * MS, {NSEC_PER_HOUR, 0}, 49 * NSEC_PER_MIN, 359, 1, 360},
		{"back", 5 * MS, {-NSEC_PER_HOUR, 0}, 2 * NSEC_PER_HOUR, 425, 1, 0},
		{"ahead and back",
		 5 * MS,
		 {NSEC_PER_HOUR, -NSEC_PER_HOUR},
		 2 * NSEC_PER_HOUR,
		 424,
		 2,
		 360},
		{"ahead and back, answers on their way",
		 450 * MS,
		 {NSEC_PER_HOUR, -NSEC_PER_HOUR},
		 2 * NSEC_PER_HOUR,
		 424,
		 2,
		 360},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene;
		print_message("# %s\n", rows[i].name);
		open_scene(&scene, rows[i].delay);
		run_scene(&scene, 60 * interval + interval / 2 + SEC);
		clock_step_virtual(rows[i].step[0]);
		run_scene(&scene, NSEC_PER_MIN);
		clock_step_virtual(rows[i].step[1]);
		run_scene(&scene, rows[i].run);
		close_scene(&scene);
		struct facts facts = read_facts(&scene);
		assert_int_equal(facts.slots[VERDICT_GOOD], rows[i].good);
		assert_int_equal(facts.slots[VERDICT_BAD] + facts.slots[VERDICT_DEGRADED], 0);
		assert_int_equal(facts.unknown[UNKNOWN_CLOCK_STEP], rows[i].stepped);
		assert_int_equal(facts.unknown[UNKNOWN_NO_RECORD], rows[i].absent);
		assert_int_equal(facts.judged.sent, 10 * rows[i].good);
		assert_int_equal(facts.judged.lost, 0);
		assert_int_equal(facts.outage_count, 0);
		facts_finish(&facts);
		remove_folder(scene.folder);
	}
}

/* The kernel stamps a packet and its answer by the clock of the moment: set in between, the round
 * trip is off by the step. Whoever reads the answer first, the slot is not judged. */
static void stamps_from_both_sides_of_a_step_are_not_judged(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec sent; /* the kernel's stamps, after the start of the slot */
		nsec received;
		bool judged;
	} rows[] = {
		{"not set", SEC, SEC + 5 * MS, true},
		{"set back before the answer", SEC, SEC + 5 * MS - NSEC_PER_HOUR, false},
		{"set ahead before the stamp of sending was read", SEC + NSEC_PER_HOUR,
		 SEC + 5 * MS, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct period slot = {BENCH_START, BENCH_START + interval};
		struct singleton one;
		struct flight *flight;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(flight_create(slot, 1, 500 * MS, &flight), E_OK);
		flight_sent(flight, 0, BENCH_START + SEC);
		assert_true(
			flight_replied(flight, 0, BENCH_START + rows[i].received, STAMP_KERNEL));
		flight_stamped(flight, 0, BENCH_START + rows[i].sent, STAMP_KERNEL);
		flight_expire(flight, slot.until + SEC);
		struct sample sample = flight_finish(flight, &one);
		struct summary summary = sample_summary(&sample);
		assert_int_equal(availability_judgeable(&summary), rows[i].judged);
		assert_int_equal(summary.lost, 0);
		assert_int_equal(summary.flags, rows[i].judged ? 0 : SLOT_CLOCK_STEP);
		flight_destroy(flight);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_unknown_and_never_bad),
		cmocka_unit_test(stamps_from_both_sides_of_a_step_are_not_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

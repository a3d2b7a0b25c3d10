/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/service.h"
#include "collector/agent.h"
#include "collector/alarm/alarms.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "collector/capacity.h"
#include "collector/ceiling.h"
#include "collector/chronicle.h"
#include "collector/courses.h"
#include "collector/gate.h"
#include "collector/journal.h"
#include "collector/lookout.h"
#include "collector/maintenance.h"
#include "collector/manners.h"
#include "collector/net/capture.h"
#include "collector/plan.h"
#include "collector/reload.h"
#include "collector/sentinel.h"
#include "collector/store/store.h"
#include "collector/ticker.h"
#include "collector/timetable.h"
#include "collector/tracer.h"
#include "collector/watcher.h"

#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A stop waits for the packets in flight, a little beyond their T_max but not for ever. */
static const nsec patience_slack = 50 * NSEC_PER_MSEC;
static const nsec patience_max = 10 * NSEC_PER_SEC;

/* How long slots wait in the spool before they are filed. They lie there until their hour is over
 * in any case, and an update of a file costs about the same for 60 rows as for 10. */
static const nsec gather = NSEC_PER_HOUR;

/* A gateway that answers no echoes shows life in the neighbour table only, at least this often. */
static const nsec doubt_max = 60 * NSEC_PER_SEC;
enum { DOUBT_OCTETS = 64 << 20 };

struct service {
	struct config *config;
	char *agent_name;
	struct hash_key secret;
	struct agent *agent;
	struct capture *capture; /* NULL: no evidence can be taken */
	struct store *store;
	struct journal *journal;
	struct alarms *alarms;
	struct lookout *lookout;
	struct maintenance *maintenance;
	struct watcher *watcher;
	struct tracer *tracer; /* NULL: no traces are asked for */
	struct sentinel *sentinel;
	struct gate *gate;
	uint32_t noted[2]; /* the isolation that the journal has, by family */
	struct courses courses;
	struct timetable timetable;
	double ceiling;	 /* probes a second that this machine carries; NAN: unknown */
	bool forced;	 /* socket buffers may be larger than the kernel's limit */
	nsec duration;	 /* NSEC_INFINITE: no end */
	nsec end;	 /* realtime */
	nsec started_at; /* monotonic */
	nsec t_max;	 /* the longest */
	struct progress progress;
	uv_loop_t loop;
	bool loop_open;
	struct ticker *ticker;
	struct reload *reload;
	bool stopping;
};

static void on_finished(void *context, uint32_t series, const struct sample *sample)
{
	struct service *service = context;
	const struct course *course = courses_at(&service->courses, series);

	if (course == NULL) {
		sentinel_take(service->sentinel, series, sample);
		return;
	}
	struct gate_series passing = {
		.number = course->stored,
		.family = course->target.host.family,
		.t_max = course->target.t_max,
	};
	struct sample flagged = *sample;
	if (maintenance_plans(service->maintenance, course->name, sample->slot))
		flagged.flags |= SLOT_PLANNED;
	gate_put(service->gate, &passing, &flagged, clock_monotonic());
}

static void on_visited(void *context, uint32_t series, const struct visit *visit)
{
	struct service *service = context;
	const struct course *course = courses_at(&service->courses, series);

	if (course == NULL)
		return;
	struct series_key key = courses_key(&service->courses, course);
	lookout_take(service->lookout, series, &key, visit);
}

static void on_windows(void *context, struct window_list *list)
{
	struct service *service = context;

	maintenance_take(service->maintenance, list);
}

static enum standing on_doubt(void *context, uint8_t family, const struct suspicion *suspicion)
{
	const struct service *service = context;

	return sentinel_judge(service->sentinel, family, suspicion);
}

static void on_passed(void *context, uint32_t series, const struct summary *summary,
		      const struct delays *delays)
{
	struct service *service = context;

	store_put(service->store, series, summary, delays);
	alarms_put(service->alarms, series, summary);
}

static void on_isolated(void *context, uint8_t family, const struct isolation *isolation)
{
	struct service *service = context;
	struct cut_off cut_off = {
		.family = family, .period = isolation->period, .open = isolation->open};

	struct alarm_cut_off alarm = {family, isolation->period, isolation->open};

	journal_cut_off(service->journal, &cut_off);
	alarms_cut_off(service->alarms, &alarm);
	if (!isolation->open || service->noted[family == 6] != isolation->number)
		chronicle_isolation(service->journal, family, isolation);
	service->noted[family == 6] = isolation->number;
}

static void on_worsened(void *context, uint32_t series, struct period slot)
{
	struct service *service = context;
	const struct course *course = courses_at(&service->courses, series);
	char filter[PROBE_FILTER];

	if (course == NULL)
		return;
	struct series_key key = courses_key(&service->courses, course);
	tracer_urge(service->tracer, &key, slot.from);
	if (service->watcher == NULL)
		return;
	agent_filter(service->agent, series, filter);
	watcher_start(service->watcher, &key, slot, filter);
}

/* The anchors are heard at all times. */
static uint32_t on_withholds(void *context, uint32_t series, struct period slot)
{
	struct service *service = context;
	const struct course *course = courses_at(&service->courses, series);

	return course == NULL
		       ? 0
		       : timetable_withholds(&service->timetable, course->calendar, slot.from);
}

static void on_manned(void *context, uint8_t family, uint32_t witnesses)
{
	const struct service *service = context;

	chronicle_witnesses(service->journal, family, witnesses);
}

static void on_clock_stepped(void *context, nsec by)
{
	struct service *service = context;

	chronicle_clock_step(service->journal, by);
	sentinel_restart(service->sentinel);
	gate_flush(service->gate);
	if (service->end != NSEC_INFINITE) {
		service->end += by;
		agent_end(service->agent, service->end);
	}
}

static void stop(struct service *service, nsec patience)
{
	service->stopping = true;
	agent_stop(service->agent, patience);
}

static void on_stop(void *context, int count)
{
	struct service *service = context;
	nsec patience = service->t_max + patience_slack;

	patience = patience < patience_max ? patience : patience_max;

	if (count == 1)
		log_info("run", "stopping: waiting up to %.1f s for packets in flight",
			 (double)patience / (double)NSEC_PER_SEC);
	stop(service, count == 1 ? patience : 0);
}

static void on_tick(void *context)
{
	struct service *service = context;
	char note[64];

	if (service->watcher != NULL)
		watcher_tick(service->watcher);
	if (!service->stopping && sentinel_tick(service->sentinel))
		gate_review(service->gate, clock_monotonic());
	if (maintenance_due(service->maintenance, clock_monotonic()))
		journal_reread_windows(service->journal);
	snprintf(note, sizeof(note), "%" PRIu64 " slots", agent_counters(service->agent)->slots);
	progress_show(&service->progress,
		      (uint64_t)((clock_monotonic() - service->started_at) / NSEC_PER_MSEC), note);
	if (!agent_finished(service->agent) ||
	    (!service->stopping && service->end == NSEC_INFINITE))
		return;
	lookout_flush(service->lookout);
	reload_close(service->reload);
	service->reload = NULL;
	ticker_close(service->ticker);
	service->ticker = NULL;
}

static void on_hangup(void *context)
{
	struct service *service = context;

	if (!service->stopping)
		reload_start(service->reload);
}

static const struct agent_config *agent_of(const struct service *service)
{
	return &service->config->agents[config_find_agent(service->config, service->agent_name)];
}

static enum err configure_alarms(struct service *service)
{
	const struct courses *courses = &service->courses;
	size_t agent = config_find_agent(service->config, service->agent_name);
	struct alarm_path *paths = calloc(courses->count + 1, sizeof(*paths));

	if (paths == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < courses->count; i++) {
		struct series_key key = courses_key(courses, courses->items[i]);
		char text[KEY_TEXT];
		series_key_format(&key, text);
		paths[i] = (struct alarm_path){courses->items[i]->stored, strdup(text)};
		if (paths[i].key == NULL) {
			alarm_paths_free(paths, i);
			return E_MEMORY;
		}
	}
	return alarms_configure(service->alarms, service->config, agent, paths, courses->count);
}

static enum err take_over(struct service *service, const struct plan *plan,
			  struct difference *difference)
{
	service->t_max = plan_t_max(plan);
	timetable_take(&service->timetable, service->config);
	maintenance_configure(service->maintenance, service->config);
	agent_judge(service->agent, service->config->profile->c1);
	enum err rc = courses_take_over(&service->courses, service->agent, plan, difference);
	tracer_follow(service->tracer, service->config, plan);
	if (rc == E_OK)
		rc = sentinel_watch(service->sentinel, agent_of(service));
	return rc == E_OK ? configure_alarms(service) : rc;
}

/* The new configuration is whole and its series are registered: only now anything changes. */
static void on_reloaded(void *context, struct config *config, const struct plan *plan)
{
	struct service *service = context;
	struct difference difference = {0};
	char detail[128];

	if (service->stopping) {
		config_destroy(config);
		return;
	}
	chronicle_retention(service->config, config);
	config_destroy(service->config);
	service->config = config;
	manners_renew(config, agent_of(service), service->agent);
	if (take_over(service, plan, &difference) != E_OK)
		log_error("reload", "out of memory: not every series is measured");
	snprintf(detail, sizeof(detail), "%zu series kept, %zu added, %zu ended", difference.kept,
		 difference.added, difference.retired);
	log_info("reload", "%s: %s", config->path, detail);
	journal_event(service->journal, "reloaded", detail);
	journal_configuration(service->journal, service->config);
}

static void on_refused(void *context, const char *reason)
{
	struct service *service = context;

	log_error("reload", "%s; the running configuration goes on", reason);
	journal_event(service->journal, "reload refused", reason);
}

/* The machine is asked what it can carry before anything else keeps it busy. */
static void find_ceiling(struct service *service)
{
	service->forced = privilege_may_force();
	service->ceiling = NAN;
	enum err rc = ceiling_measure(&service->ceiling);
	if (rc == E_OK)
		log_info("run", "one processor of this machine carries %.6g packets/s",
			 service->ceiling);
	else if (rc != E_PERMISSION)
		log_info("run", "what this machine can carry is not known: %s", err_text(rc));
}

static enum err open_privileged(struct service *service, const struct account *account)
{
	struct manners manners;

	manners_read(service->config, agent_of(service), &manners);
	struct agent_options options = {
		.listener = {service, on_finished, on_worsened, on_clock_stepped, on_withholds,
			     on_visited},
		.c1 = service->config->profile->c1,
		.receive_buffer = agent_of(service)->receive_buffer,
		.visits = manners.visits,
	};

	find_ceiling(service);
	enum err rc = agent_create(&options, &service->agent);
	for (size_t i = 0; rc == E_OK && i < service->config->test_count; i++)
		rc = agent_open(service->agent, probe_find(service->config->tests[i].method));
	/* For the anchors. */
	if (rc == E_OK)
		rc = agent_open(service->agent, probe_find("icmp"));
	if (rc == E_OK)
		rc = tracer_open(service->config, &service->tracer);
	if (rc != E_OK) {
		if (rc == E_PERMISSION)
			privilege_explain_refusal();
		else
			log_error("run", "sockets cannot be opened: %s", err_text(rc));
		return rc;
	}
	if (capture_open(&service->capture) != E_OK)
		log_warn("run", "no capture: outages leave no evidence");
	rc = privilege_make_directory(service->config->data, account);
	return rc == E_OK ? privilege_drop(account) : rc;
}

static enum err open_store(struct service *service)
{
	const struct config *config = service->config;
	struct store_options options = {
		.directory = config->data,
		.keep_slots = config->keep_slots_ns,
		.keep_hours = config->keep_hours_ns,
		.gather = gather,
	};

	enum err rc = store_open(&options, &service->store);
	if (rc == E_OK)
		rc = journal_open(&service->loop, config->data, service->agent_name,
				  &service->journal);
	if (rc == E_OK)
		rc = alarms_open(config->data, &service->alarms);
	if (rc == E_OK)
		rc = chronicle_visits(service->journal, &service->lookout);
	if (rc == E_OK)
		rc = tracer_start(service->tracer, config->data);
	if (rc != E_OK) {
		log_error("run", "data directory %s: %s%s", config->data, err_text(rc),
			  rc == E_PERMISSION ? "; everything in it must belong to the user that "
					       "this runs as"
					     : "");
		return rc;
	}
	if (service->capture != NULL && watcher_create(config->data, service->capture,
						       service->journal, &service->watcher) != E_OK)
		log_warn("run", "%s/evidence cannot be made: outages leave no evidence",
			 config->data);
	return E_OK;
}

static enum err open_maintenance(struct service *service)
{
	struct window_listener listener = {service, on_windows};
	enum err rc = maintenance_create(&service->maintenance);

	return rc == E_OK ? journal_windows(service->journal, &listener) : rc;
}

static enum err open_gate(struct service *service)
{
	struct sentinel_options watching = {
		.agent = service->agent,
		.method = probe_find("icmp"),
		.secret = &service->secret,
		.context = service,
		.isolated = on_isolated,
		.manned = on_manned,
	};
	struct gate_options passing = {
		.context = service,
		.judge = on_doubt,
		.pass = on_passed,
		.patience = doubt_max,
		.octets = DOUBT_OCTETS,
	};

	enum err rc = sentinel_create(&watching, &service->sentinel);
	return rc == E_OK ? gate_create(&passing, &service->gate) : rc;
}

static void warn_of_shortfalls(const struct service *service, const struct plan *plan)
{
	struct capacity_request request = {
		.config = service->config,
		.agent = config_find_agent(service->config, service->agent_name),
		.plan = plan,
		.ceiling = service->ceiling,
		.forced = service->forced,
	};

	capacity_warn(&request);
}

static enum err begin(struct service *service)
{
	struct reload_request request = {service->config->path, service->agent_name,
					 service->config->data, &service->secret,
					 service->config->time_zone};
	struct difference difference;
	struct plan plan;

	enum err rc = reload_plan(&request, service->config, service->store, &plan);
	if (rc != E_OK)
		return rc;
	rc = take_over(service, &plan, &difference);
	log_info("run", "agent=%s measures %zu series, %.6g packets/s, into %s",
		 service->agent_name, difference.added, plan_rate(&plan), service->config->data);
	if (difference.added == 0)
		log_warn("run", "no test asks anything of agent '%s'", service->agent_name);
	warn_of_shortfalls(service, &plan);
	plan_finish(&plan);
	/* Loading took several times the memory that is kept. */
	(void)malloc_trim(0);
	return rc;
}

/* What takes no privilege. */
static enum err open_rest(struct service *service)
{
	(void)umask(0077);
	/* Who reads the log may go away; measuring goes on. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (uv_loop_init(&service->loop) != 0)
		return E_SYSTEM;
	service->loop_open = true;
	enum err rc = open_store(service);
	if (rc != E_OK)
		return rc;
	rc = open_maintenance(service);
	if (rc == E_OK)
		rc = open_gate(service);
	if (rc == E_OK)
		rc = begin(service);
	if (rc != E_OK)
		log_error("run", "cannot start: %s", err_text(rc));
	return rc;
}

enum err service_open(const struct service_options *options, struct config *config,
		      struct service **out)
{
	struct service *service = calloc(1, sizeof(*service));
	size_t agent = plan_agent(config, options->agent);

	if (service == NULL || agent == CONFIG_NONE) {
		config_destroy(config);
		free(service);
		return agent == CONFIG_NONE ? E_USAGE : E_MEMORY;
	}
	reload_hold(SIG_BLOCK);
	service->config = config;
	service->duration = options->duration;
	service->end = NSEC_INFINITE;
	service->agent_name = strdup(config->agents[agent].name);
	enum err rc = service->agent_name == NULL ? E_MEMORY : E_OK;
	if (rc == E_OK)
		rc = random_secret(&service->secret, sizeof(service->secret));
	if (rc == E_OK)
		rc = open_privileged(service, &options->account);
	if (rc == E_OK)
		rc = open_rest(service);
	if (rc != E_OK) {
		service_close(service);
		return rc;
	}
	*out = service;
	return E_OK;
}

static void set_end(struct service *service)
{
	service->started_at = clock_monotonic();
	if (service->duration == NSEC_INFINITE)
		return;
	service->end = agent_now(service->agent) + service->duration;
	agent_end(service->agent, service->end);
	service->progress = progress_start(
		"measuring", (uint64_t)((service->duration + service->t_max) / NSEC_PER_MSEC));
	if (agent_finished(service->agent))
		log_warn("run", "nothing is measured: no slot fits into %.0f s",
			 (double)service->duration / (double)NSEC_PER_SEC);
}

enum err service_run(struct service *service)
{
	struct ticker_listener listener = {service, on_tick, on_hangup, on_stop};
	struct reload_request request = {service->config->path, service->agent_name,
					 service->config->data, &service->secret,
					 service->config->time_zone};
	struct reload_listener reloaded = {service, on_reloaded, on_refused};

	enum err rc = reload_create(&service->loop, &request, service->store, &service->reload);
	if (rc != E_OK)
		return rc;
	reload_listen(service->reload, &reloaded);
	set_end(service);
	journal_event(service->journal, "started", NETGRADE_VERSION);
	journal_configuration(service->journal, service->config);
	rc = ticker_create(&service->loop, service->agent, &listener, &service->ticker);
	if (rc == E_OK) {
		reload_hold(SIG_UNBLOCK);
		uv_run(&service->loop, UV_RUN_DEFAULT);
		reload_hold(SIG_BLOCK);
	}
	progress_finish(&service->progress);
	watcher_destroy(service->watcher);
	service->watcher = NULL;
	tracer_stop(service->tracer);
	gate_flush(service->gate);
	sentinel_restart(service->sentinel);
	chronicle_stop(service->journal, agent_counters(service->agent));
	uv_run(&service->loop, UV_RUN_DEFAULT);
	enum err flushed = store_flush(service->store);
	if (flushed != E_OK)
		log_error("run", "not every slot could be stored: %s", err_text(flushed));
	return rc == E_OK ? flushed : rc;
}

void service_close(struct service *service)
{
	if (service == NULL)
		return;
	watcher_destroy(service->watcher);
	tracer_close(service->tracer);
	sentinel_destroy(service->sentinel);
	gate_destroy(service->gate);
	reload_close(service->reload);
	if (service->loop_open) {
		uv_run(&service->loop, UV_RUN_DEFAULT);
		(void)uv_loop_close(&service->loop);
	}
	alarms_close(service->alarms);
	lookout_destroy(service->lookout);
	journal_close(service->journal);
	maintenance_destroy(service->maintenance);
	store_close(service->store);
	capture_close(service->capture);
	agent_destroy(service->agent);
	courses_finish(&service->courses);
	config_destroy(service->config);
	free(service->agent_name);
	free(service);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/base/log.h"
#include "collector/commands.h"
#include "collector/simulate/pump.h"
#include "collector/simulate/rerun.h"
#include "collector/simulate/scenario.h"

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static struct {
	const char *into;
	const char *truth;
	const char *config;
	const char *replay;
	const char *windows;
	bool json;
	bool reference;
} given;

/* Simulated data must not be mixed with measured data. */
static bool is_fresh(const char *directory)
{
	DIR *folder = opendir(directory);
	bool empty = true;

	if (folder == NULL)
		return true;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		empty = empty && entry->d_name[0] == '.' &&
			(entry->d_name[1] == '\0' || strcmp(entry->d_name, "..") == 0);
	closedir(folder);
	return empty;
}

static double seconds(nsec time)
{
	return (double)time / (double)NSEC_PER_SEC;
}

static double per_slot(const struct pump_result *result, nsec time)
{
	return result->slots == 0 ? 0
				  : (double)time / (double)NSEC_PER_USEC / (double)result->slots;
}

static double share_of(nsec part, nsec whole)
{
	return whole == 0 ? 0 : 100 * (double)part / (double)whole;
}

static bool print_text(const struct pump_result *r)
{
	nsec storing = r->processor - r->generating - r->librrd;

	printf("%zu series, %" PRIu64 " slots, %" PRIu64 " packets sent, %" PRIu64 " lost\n",
	       r->series, r->slots, r->sent, r->lost);
	printf("%.1f s, %.0f slots/s; processor %.1f s, %.2f us a slot; memory %.0f MiB\n",
	       seconds(r->elapsed), (double)r->slots / seconds(r->elapsed), seconds(r->processor),
	       per_slot(r, r->processor), (double)r->memory / (1024 * 1024));
	printf("of the processor's time: making and handing over %.0f %%, librrd %.0f %%, the rest "
	       "of storing %.0f %%\n",
	       share_of(r->generating, r->processor), share_of(r->librrd, r->processor),
	       share_of(storing, r->processor));
	return fflush(stdout) == 0;
}

static bool print_json(const struct pump_result *r)
{
	json_t *document = json_pack(
		"{s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:I}", "series",
		(json_int_t)r->series, "slots", (json_int_t)r->slots, "sent", (json_int_t)r->sent,
		"lost", (json_int_t)r->lost, "seconds", seconds(r->elapsed), "slots_per_second",
		(double)r->slots / seconds(r->elapsed), "processor_seconds", seconds(r->processor),
		"generating_seconds", seconds(r->generating), "librrd_seconds", seconds(r->librrd),
		"memory_octets", (json_int_t)r->memory);
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    printf("\n") == 1 && fflush(stdout) == 0;

	json_decref(document);
	return good;
}

static int print(const struct pump_result *result)
{
	return (given.json ? print_json(result) : print_text(result)) ? EXIT_OK : EXIT_FAILED;
}

static int simulate(const struct scenario *scenario)
{
	struct pump_options options = {scenario, given.into, given.truth};
	struct pump_result result;

	if (pump_run(&options, &result) != E_OK)
		return EXIT_FAILED;
	return print(&result);
}

static int refuse(const char *what, const char *right)
{
	fprintf(stderr, "netgrade-collector: %s; %s\n", what, right);
	return EXIT_USAGE;
}

static int replay(struct config *config)
{
	struct rerun_options options = {given.replay, config, given.into, given.windows};
	struct pump_result result;

	if (calendar_use_zone(config->time_zone) != E_OK)
		return refuse("the configured zone cannot be used", "name another one");
	log_set_level(LOG_LEVEL_WARN);
	enum err rc = rerun_run(&options, &result);
	if (rc != E_OK)
		return rc == E_SYNTAX ? EXIT_USAGE : EXIT_FAILED;
	return print(&result);
}

static int run_replay(int count)
{
	struct diagnostics diagnostics = {0};

	if (count > 0)
		return refuse("a scenario is named beside --replay", "give one of them");
	if (given.truth != NULL)
		return refuse("--truth is given with --replay", "the slots are all that is known");
	struct config *config =
		config_load(given.config == NULL ? DEFAULT_CONFIG : given.config, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (config == NULL)
		return EXIT_USAGE;
	int code = replay(config);
	config_destroy(config);
	return code;
}

static int run_simulate(int count, char **operands)
{
	struct scenario_request request = {.config = given.config};
	struct diagnostics diagnostics = {0};

	if (given.reference) {
		scenario_print_reference(stdout);
		return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
	}
	if (count == 0 && given.replay == NULL)
		return refuse("no scenario is named", "name its file");
	if (given.into == NULL)
		return refuse("--into is missing", "name a folder for the data");
	if (!is_fresh(given.into))
		return refuse("the folder of --into is not empty",
			      "name a new one: simulated data are never mixed with others");
	if (given.replay != NULL)
		return run_replay(count);
	if (given.windows != NULL)
		return refuse("--windows is given without --replay",
			      "write windows into the scenario");
	request.path = operands[0];
	struct scenario *scenario = scenario_load(&request, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (scenario == NULL)
		return EXIT_USAGE;
	log_set_level(LOG_LEVEL_WARN);
	int code = simulate(scenario);
	scenario_destroy(scenario);
	return code;
}

static const struct option_row options[] = {
	{"into", "DIR", "where the data go: a new or empty folder", &given.into, NULL},
	{"truth", "DIR", "write what really happened as CSV (large: a row a slot)", &given.truth,
	 NULL},
	{"config", "FILE",
	 "begin with this configuration instead of the scenario's; with --replay, its rules",
	 &given.config, NULL},
	{"replay", "SLOTS.csv", "drive these exported slots instead of a scenario", &given.replay,
	 NULL},
	{"windows", "DIR", "with --replay: the maintenance announced in these data holds",
	 &given.windows, NULL},
	{"help-scenario", NULL,
	 "print every key of a scenario with its bounds, default and meaning", NULL,
	 &given.reference},
	{"json", NULL, "print the summary as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_simulate = {
	"simulate",
	"[SCENARIO]",
	"drive a network that does not exist through the real pipeline",
	0,
	1,
	run_simulate,
	options,
};

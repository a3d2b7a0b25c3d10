/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command that brings a data directory in line with its configuration. */
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "collector/commands.h"
#include "collector/migration.h"
#include "collector/needs.h"
#include "collector/privilege.h"
#include "collector/store/home.h"
#include "collector/store/recovery.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	const char *config;
	const char *agent;
	const char *user;
	bool dry_run;
	bool all;
	bool json;
} given;

/* What is shown while files grow. */
struct showing {
	struct progress progress;
	uint64_t written;
};

static void on_wrote(void *context, uint64_t octets)
{
	struct showing *showing = context;
	char note[OCTETS_TEXT];

	showing->written += octets;
	octets_format((double)showing->written, note);
	progress_show(&showing->progress, showing->written, note);
}

static bool has_room(const struct migration *migration)
{
	char peak[OCTETS_TEXT];
	char room[OCTETS_TEXT];

	if (migration->growing == 0 || migration->peak <= migration->room)
		return true;
	octets_format((double)migration->peak, peak);
	octets_format((double)migration->room, room);
	fprintf(stderr,
		"netgrade-collector: %s: up to %s of disk are needed, %s can be taken (one part in "
		"128 is left to the spool); nothing was changed: make room, or ask for less with "
		"'retention'\n",
		migration->config->data, peak, room);
	return false;
}

static int say_result(const struct migration *migration, const struct migration_result *result,
		      enum err rc)
{
	bool good = true;

	if (given.json)
		good = migration_print_json(migration, result);
	else if (migration->growing > 0)
		printf("%zu file%s grown, %zu failed.\n", result->grown,
		       result->grown == 1 ? " has" : "s have", result->failed);
	if (result->failed > 0 || rc != E_OK)
		fprintf(stderr,
			"netgrade-collector: not every file has grown; those left are as they "
			"were: mend what the lines above name and run this again\n");
	return good && rc == E_OK && result->failed == 0 ? EXIT_OK : EXIT_FAILED;
}

static int grow(const struct migration *migration)
{
	struct migration_result result;
	struct showing showing = {
		.progress = progress_start("growing", migration_work(migration)),
	};
	struct growth_watcher watcher = {&showing, on_wrote};

	if (!given.json) {
		migration_print(migration, given.all ? MIGRATION_ALL : MIGRATION_TOP);
		(void)fflush(stdout);
	}
	if (!has_room(migration)) {
		progress_finish(&showing.progress);
		return EXIT_FAILED;
	}
	enum err rc = migration_run(migration, &watcher, &result);
	progress_finish(&showing.progress);
	return say_result(migration, &result, rc);
}

static int show(const struct migration *migration)
{
	bool good = true;

	if (given.json)
		good = migration_print_json(migration, NULL);
	else {
		migration_print(migration, given.all ? MIGRATION_ALL : MIGRATION_TOP);
		if (migration->growing > 0)
			puts("This was a dry run: nothing was changed.");
		good = fflush(stdout) == 0;
	}
	return good ? EXIT_OK : EXIT_FAILED;
}

/* As the collector's user, to whom everything in the data directory belongs, and instead of a
 * collector. Without anything stored there is nothing to be held. */
static enum err take_directory(const struct config *config, int *held)
{
	struct account account;
	struct stat st;
	enum err rc = privilege_account(given.user, &account);

	if (rc == E_OK)
		rc = privilege_drop(&account);
	if (rc != E_OK)
		return rc; /* told */
	if (stat(config->data, &st) != 0)
		return E_OK;
	rc = home_hold(config->data, held);
	if (rc == E_OK)
		rc = recover_files(config->data);
	if (rc == E_CORRUPT)
		log_error("migrate",
			  "%s/spool.db is damaged: a start of the collector sets it aside and "
			  "begins it anew; nothing was changed",
			  config->data);
	else if (rc == E_PERMISSION)
		log_error("migrate",
			  "%s: %s; run this as root, or as the user that the collector runs as "
			  "(netgrade)",
			  config->data, err_text(rc));
	else if (rc != E_OK && rc != E_BUSY)
		log_error("migrate", "%s: %s", config->data, err_text(rc));
	return rc;
}

static int migrate(const struct config *config)
{
	size_t agent = CONFIG_NONE;
	struct migration *migration;
	int held = -1;
	enum err rc = E_OK;

	if (given.agent != NULL) {
		agent = plan_agent(config, given.agent);
		if (agent == CONFIG_NONE)
			return EXIT_USAGE;
	}
	if (!given.dry_run)
		rc = take_directory(config, &held);
	if (rc == E_OK)
		rc = migration_create(config, agent, &migration);
	if (rc != E_OK)
		return rc == E_USAGE ? EXIT_USAGE : EXIT_FAILED;
	int code = given.dry_run ? show(migration) : grow(migration);
	migration_destroy(migration);
	if (held >= 0)
		close(held);
	return code;
}

static int run_migrate(int count, char **operands)
{
	return config_run(count, operands, given.config, migrate);
}

static const struct option_row options[] = {
	{"config", "FILE", "the configuration (" DEFAULT_CONFIG ")", &given.config, NULL},
	{"dry-run", NULL, "only tell what would become of each series", NULL, &given.dry_run},
	{"agent", "NAME", "the series of this agent, no other", &given.agent, NULL},
	{"all", NULL, "every series, not ten of each kind", NULL, &given.all},
	{"user", "NAME", "write as this user (netgrade)", &given.user, NULL},
	{"json", NULL, "print it as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_migrate = {
	"migrate", "[FILE]", "bring stored files in line with the configuration; delete nothing",
	0,	   1,	     run_migrate,
	options,
};

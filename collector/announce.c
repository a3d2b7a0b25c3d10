/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that announce maintenance: they write to the archive of the data directory, whether
 * a collector runs there or not. */
#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/commands.h"
#include "collector/privilege.h"
#include "collector/store/home.h"
#include "collector/window.h"
#include "config/closest.h"
#include "config/plain.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer or farther away is a slip of the pen. */
#define LONGEST	 (31 * NSEC_PER_DAY)
#define FARTHEST (400 * NSEC_PER_DAY)

enum { SCOPES_MOST = 64, TEXT_LINE = 600 };

static struct {
	const char *config;
	const char *from;
	const char *until;
	const char *owner;
	const char *reason;
	const char *month;
	const char *user;
	bool json;
} given;

/* What a command works on. */
struct announcing {
	struct config *config;
	char who[WINDOW_WHO];
	struct archive *archive;
	struct window_list list;
	struct window_effect *effects;
};

static int refuse(const char *what, const char *value, const char *right)
{
	fprintf(stderr, "netgrade-collector: %s '%s'; %s\n", what, value, right);
	return EXIT_USAGE;
}

/* Who is at the keyboard, as far as the system tells. */
static void find_user(char out[WINDOW_WHO])
{
	const struct passwd *entry = getpwuid(getuid());
	const char *name = entry == NULL ? "?" : entry->pw_name;
	const char *before = getuid() == 0 ? getenv("SUDO_USER") : NULL;

	if (before != NULL && getpwnam(before) != NULL)
		snprintf(out, WINDOW_WHO, "%s (sudo)", before);
	else
		snprintf(out, WINDOW_WHO, "%s", name);
}

/* An option that must say something to readers of the report. */
static int take_text(const char *option, const char *text, size_t size, char *out)
{
	char right[TEXT_LINE];

	if (text == NULL || text[0] == '\0' || strlen(text) >= size ||
	    !plain_text(text, strlen(text))) {
		snprintf(right, sizeof(right),
			 "%s is printed in the report: write one line of at most %zu octets",
			 option, size - 1);
		return refuse(text == NULL ? "missing" : "cannot be used:",
			      text == NULL ? option : text, right);
	}
	snprintf(out, size, "%s", text);
	return EXIT_OK;
}

static int take_time(const char *option, const char *text, nsec *out)
{
	char right[TEXT_LINE];

	snprintf(right, sizeof(right),
		 "%s is a local time, such as 2026-10-05T22:00; one that clocks show twice has "
		 "its offset, such as 2026-10-25T02:30+01:00",
		 option);
	if (text == NULL)
		return refuse("missing", option, right);
	return calendar_parse(text, out) == E_OK ? EXIT_OK : refuse("no time:", text, right);
}

static int take_period(nsec now, struct period *out)
{
	struct period period;
	int rc = take_time("--from", given.from, &period.from);

	if (rc == EXIT_OK)
		rc = take_time("--until", given.until, &period.until);
	if (rc != EXIT_OK)
		return rc;
	if (period.until <= period.from)
		return refuse("--until is not after --from:", given.until,
			      "a window is half-open and at least a second long");
	if (period.until - period.from > LONGEST)
		return refuse("longer than 31 days:", given.until,
			      "check the dates, or enter several windows");
	if (period.from > now + FARTHEST || period.until < now - FARTHEST)
		return refuse("more than 400 days away:", given.from, "check the year");
	*out = period;
	return EXIT_OK;
}

static int refuse_name(const struct config *config, enum window_scope_kind kind, const char *name)
{
	size_t count = kind == SCOPE_SITE ? config->site_count : config->organisation_count;
	const char **names = calloc(count + 1, sizeof(*names));
	char right[TEXT_LINE] = "name one of the configuration";

	for (size_t i = 0; names != NULL && i < count; i++)
		names[i] =
			kind == SCOPE_SITE ? config->sites[i].name : config->organisations[i].name;
	const char *closest = names == NULL ? NULL : closest_name(name, names, count);
	if (closest != NULL)
		snprintf(right, sizeof(right), "did you mean '%s'?", closest);
	free(names);
	return refuse(kind == SCOPE_SITE ? "no site" : "no organisation", name, right);
}

static int take_scope(const struct config *config, const char *word, struct window_scope *out)
{
	static const char site[] = "site:";
	static const char organisation[] = "organisation:";
	struct window_scope scope = {.kind = SCOPE_EVERYTHING};

	if (strncmp(word, site, strlen(site)) == 0) {
		const char *name = word + strlen(site);
		size_t index = config_find_site(config, name);
		if (index == CONFIG_NONE)
			return refuse_name(config, SCOPE_SITE, name);
		scope.kind = SCOPE_SITE;
		snprintf(scope.name, sizeof(scope.name), "%s", site_key(&config->sites[index]));
	} else if (strncmp(word, organisation, strlen(organisation)) == 0) {
		const char *name = word + strlen(organisation);
		if (config_find_organisation(config, name) == CONFIG_NONE)
			return refuse_name(config, SCOPE_ORGANISATION, name);
		scope.kind = SCOPE_ORGANISATION;
		snprintf(scope.name, sizeof(scope.name), "%s", name);
	} else if (strcmp(word, "everything") != 0) {
		return refuse("no scope:", word,
			      "write site:NAME, organisation:NAME (with all below it) or "
			      "everything");
	}
	*out = scope;
	return EXIT_OK;
}

static int load(struct announcing *work)
{
	struct diagnostics diagnostics = {0};

	work->config =
		config_load(given.config == NULL ? DEFAULT_CONFIG : given.config, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (work->config == NULL)
		return EXIT_USAGE;
	if (calendar_use_zone(work->config->time_zone) != E_OK)
		return refuse("unknown time zone", work->config->time_zone, "install tzdata");
	find_user(work->who);
	return EXIT_OK;
}

static int say_unusable(const struct announcing *work, enum err rc)
{
	const char *right = rc == E_PERMISSION	? "; run this as root, or as the user that the "
						  "collector runs as (netgrade)"
			    : rc == E_NOT_FOUND ? "; nothing was ever stored or announced there"
			    : rc == E_CORRUPT	? "; archive.db there is damaged: restore it "
						  "from a copy"
			    : rc == E_BUSY	? "; archive.db there is locked: try again"
			    : rc == E_FULL	? "; make room there"
						: "";

	fprintf(stderr, "netgrade-collector: %s: %s%s\n", work->config->data, err_text(rc), right);
	return EXIT_FAILED;
}

/* As the collector's user, to whom everything in the data directory belongs. */
static int open_for_writing(struct announcing *work)
{
	struct account account;
	enum err rc = privilege_account(given.user, &account);

	if (rc == E_OK)
		rc = privilege_make_directory(work->config->data, &account);
	if (rc == E_OK)
		rc = privilege_drop(&account);
	if (rc != E_OK)
		return rc == E_USAGE ? EXIT_USAGE : EXIT_FAILED; /* told */
	rc = archive_open(work->config->data, &work->archive);
	return rc == E_OK ? EXIT_OK : say_unusable(work, rc);
}

static int read_all(struct announcing *work)
{
	enum err rc = windows_read(work->archive, &work->list);

	if (rc == E_OK)
		rc = window_effects(work->config, &work->list, &work->effects);
	return rc == E_OK ? EXIT_OK : say_unusable(work, rc);
}

static void finish(struct announcing *work)
{
	archive_close(work->archive);
	windows_finish(&work->list);
	free(work->effects);
	config_destroy(work->config);
}

/* The window of this number as it now stands. */
static int print_one(struct announcing *work, int64_t id)
{
	int rc = read_all(work);

	for (size_t i = 0; rc == EXIT_OK && i < work->list.count; i++) {
		const struct window_entry *entry = &work->list.items[i];
		if (entry->window.id != id)
			continue;
		bool good = given.json ? window_print_json(work->config, entry, &work->effects[i])
				       : window_print(work->config, entry, &work->effects[i]);
		return good ? EXIT_OK : EXIT_FAILED;
	}
	return rc == EXIT_OK ? EXIT_FAILED : rc;
}

static int take_scopes(const struct config *config, int count, char **operands,
		       struct window_scope *scopes)
{
	if (count > SCOPES_MOST)
		return refuse("more than 64 scopes, from", operands[SCOPES_MOST],
			      "name organisations above them, or enter several windows");
	for (int i = 0; i < count; i++) {
		int rc = take_scope(config, operands[i], &scopes[i]);
		if (rc != EXIT_OK)
			return rc;
	}
	return EXIT_OK;
}

static int add(struct announcing *work, int count, char **operands)
{
	struct window_scope scopes[SCOPES_MOST];
	struct window_entry entry = {.scopes = scopes, .scope_count = (size_t)count};
	int64_t id;
	int rc = take_scopes(work->config, count, operands, scopes);

	if (rc == EXIT_OK)
		rc = take_period(clock_realtime(), &entry.window.period);
	if (rc == EXIT_OK)
		rc = take_text("--owner", given.owner, sizeof(entry.owner), entry.owner);
	if (rc == EXIT_OK)
		rc = take_text("--reason", given.reason, sizeof(entry.reason), entry.reason);
	if (rc == EXIT_OK)
		rc = open_for_writing(work);
	if (rc != EXIT_OK)
		return rc;
	snprintf(entry.entered_by, sizeof(entry.entered_by), "%s", work->who);
	entry.window.entered_at = clock_realtime();
	enum err failed = windows_add(work->archive, &entry, &id);
	return failed == E_OK ? print_one(work, id) : say_unusable(work, failed);
}

static int run_add(int count, char **operands)
{
	struct announcing work = {0};
	int rc = load(&work);

	if (rc == EXIT_OK)
		rc = add(&work, count, operands);
	finish(&work);
	return rc;
}

static int take_number(const char *word, int64_t *out)
{
	char *end;

	errno = 0;
	long long number = strtoll(word, &end, 10);
	if (errno != 0 || end == word || *end != '\0' || number < 1)
		return refuse("no window number:", word,
			      "'netgrade-collector window list' prints them");
	*out = number;
	return EXIT_OK;
}

static int say_uncancelled(const struct announcing *work, const char *number, enum err rc)
{
	switch (rc) {
	case E_NOT_FOUND:
		return refuse("no window", number, "'netgrade-collector window list' prints them");
	case E_EXISTS:
		return refuse("already cancelled: window", number, "nothing was changed");
	case E_RANGE:
		return refuse("already over: window", number,
			      "what has passed cannot be called off; nothing was changed");
	default:
		return say_unusable(work, rc);
	}
}

/* Nothing is made only to find that there is nothing. */
static bool has_archive(const struct announcing *work)
{
	char path[PATH_MAX];

	return home_path(work->config->data, "archive.db", path, sizeof(path)) == E_OK &&
	       (access(path, F_OK) == 0 || errno != ENOENT);
}

static int cancel(struct announcing *work, const char *number)
{
	char reason[WINDOW_REASON] = "";
	struct window_cancel row = {.by = work->who, .reason = reason};
	int rc = take_number(number, &row.id);

	if (rc == EXIT_OK && given.reason != NULL)
		rc = take_text("--reason", given.reason, sizeof(reason), reason);
	if (rc == EXIT_OK && !has_archive(work))
		rc = say_unusable(work, E_NOT_FOUND);
	if (rc == EXIT_OK)
		rc = open_for_writing(work);
	if (rc != EXIT_OK)
		return rc;
	row.at = clock_realtime();
	enum err failed = windows_cancel(work->archive, &row);
	return failed == E_OK ? print_one(work, row.id) : say_uncancelled(work, number, failed);
}

static int run_cancel(int count, char **operands)
{
	struct announcing work = {0};
	int rc = load(&work);

	(void)count;
	if (rc == EXIT_OK)
		rc = cancel(&work, operands[0]);
	finish(&work);
	return rc;
}

/* Leaves those that overlap the period; the allowance was reckoned with all of them. */
static void choose(struct announcing *work, struct period period)
{
	size_t used = 0;

	for (size_t i = 0; i < work->list.count; i++) {
		const struct window *window = &work->list.items[i].window;
		if (window->period.from >= period.until || window->period.until <= period.from)
			continue;
		work->effects[used] = work->effects[i];
		work->list.items[used++] = work->list.items[i];
	}
	work->list.count = used;
}

static int list(struct announcing *work)
{
	struct period month = {0, NSEC_INFINITE};
	bool good;

	if (given.month != NULL && calendar_month(given.month, &month) != E_OK)
		return refuse("no month:", given.month, "write it as 2026-10");
	enum err failed = archive_open_reading(work->config->data, &work->archive);
	if (failed != E_OK)
		return say_unusable(work, failed);
	int rc = read_all(work);
	if (rc != EXIT_OK)
		return rc;
	choose(work, month);
	if (given.json)
		good = window_print_list_json(work->config, &work->list, work->effects);
	else
		good = window_print_table(work->config, &work->list, work->effects);
	return good ? EXIT_OK : EXIT_FAILED;
}

static int run_list(int count, char **operands)
{
	struct announcing work = {0};
	int rc = load(&work);

	(void)count;
	(void)operands;
	if (rc == EXIT_OK)
		rc = list(&work);
	finish(&work);
	return rc;
}

#define CONFIG_OPTION                                                                              \
	{                                                                                          \
		"config", "FILE", "the configuration (" DEFAULT_CONFIG ")", &given.config, NULL    \
	}
#define USER_OPTION                                                                                \
	{                                                                                          \
		"user", "NAME", "write as this user (netgrade)", &given.user, NULL                 \
	}
#define JSON_OPTION                                                                                \
	{                                                                                          \
		"json", NULL, "the same as JSON", NULL, &given.json                                \
	}

static const struct option_row add_options[] = {
	CONFIG_OPTION,
	{"from", "TIME", "start, local time such as 2026-10-05T22:00", &given.from, NULL},
	{"until", "TIME", "end; not itself in the window", &given.until, NULL},
	{"owner", "TEXT", "who answers for it; printed in the report", &given.owner, NULL},
	{"reason", "TEXT", "what is done; printed in the report", &given.reason, NULL},
	USER_OPTION,
	JSON_OPTION,
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct option_row list_options[] = {
	CONFIG_OPTION,
	{"month", "YYYY-MM", "those of one month (all)", &given.month, NULL},
	JSON_OPTION,
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct option_row cancel_options[] = {
	CONFIG_OPTION,
	{"reason", "TEXT", "why it is called off; printed in the report", &given.reason, NULL},
	USER_OPTION,
	JSON_OPTION,
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_window_add = {
	"window add",
	"SCOPE...",
	"announce maintenance of site:NAME, organisation:NAME or everything",
	1,
	-1,
	run_add,
	add_options,
};

const struct command command_window_list = {
	"window list", "", "print announced maintenance", 0, 0, run_list, list_options,
};

const struct command command_window_cancel = {
	"window cancel", "NUMBER",	 "call announced maintenance off", 1, 1,
	run_cancel,	 cancel_options,
};

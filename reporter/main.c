/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/log.h"
#include "config/options.h"
#include "reporter/commands.h"
#include "reporter/doc/monthly.h"
#include "reporter/out/out.h"
#include "reporter/session.h"
#include "reporter/terminal.h"
#include "reporter/text/must.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The suffix of the format that a file's name ends in, "" for none. */
static const char *suffix_of(const char *path)
{
	size_t len = strlen(path);

	for (const struct out_format *f = out_formats; f->name != NULL; f++) {
		size_t tail = strlen(f->suffix);
		if (len > tail && strcmp(path + len - tail, f->suffix) == 0)
			return f->suffix;
	}
	return "";
}

/* Makes the folder that --out names, unless it names a file. */
static enum err make_folder(void)
{
	if (given.out == NULL || suffix_of(given.out)[0] != '\0')
		return E_OK;
	if (mkdir(given.out, 0777) == 0 || errno == EEXIST)
		return E_OK;
	return err_from_errno(errno);
}

/* --out FILE, whose suffix gives way to the format's, or a name of our own in --out FOLDER; the
 * caller frees. */
static char *report_path(const struct session *session, const char *suffix)
{
	const char *out = given.out == NULL ? "." : given.out;
	const char *subject = given.organisation == NULL ? "" : given.organisation;
	size_t tail = strlen(suffix_of(out));

	if (tail > 0)
		return must_format("%.*s%s", (int)(strlen(out) - tail), out, suffix);
	return must_format("%s/netgrade-%s%s%s.%s%s", out, session->assessment.period.name,
			   subject[0] == '\0' ? "" : "-", subject, language_name(session->language),
			   suffix);
}

static int say_unwritable(const char *path, enum err rc)
{
	fprintf(stderr,
		"netgrade-reporter: %s: cannot be written: %s; name another place with --out\n",
		path, rc == E_NOT_FOUND ? "no such folder" : session_reason(rc));
	return EXIT_FAILED;
}

/* Writes the formats asked for and collects the names of the files. */
static int write_files(const struct session *session, const struct doc *doc, json_t *files)
{
	bool both = given.format == NULL || strcmp(given.format, "both") == 0;
	enum err rc = make_folder();

	if (rc != E_OK)
		return say_unwritable(given.out, rc);
	for (const struct out_format *f = out_formats; f->name != NULL; f++) {
		if (!both && strcmp(f->name, given.format) != 0)
			continue;
		char *path = report_path(session, f->suffix);
		rc = out_write_file(f, doc, path);
		if (rc != E_OK) {
			int code = say_unwritable(path, rc);
			free(path);
			return code;
		}
		json_array_append_new(files, json_string(path));
		free(path);
	}
	return EXIT_OK;
}

static int say_written(const struct session *session, const json_t *files)
{
	char *headline = monthly_headline(&session->assessment, session->language);

	for (size_t i = 0; i < json_array_size(files) && !given.json; i++)
		printf("%s\n", json_string_value(json_array_get(files, i)));
	if (given.json) {
		json_t *said = json_pack("{s:O, s:s, s:s}", "files", files, "language",
					 language_name(session->language), "headline", headline);
		json_dumpf(said, stdout, JSON_INDENT(2));
		json_decref(said);
		putchar('\n');
	} else {
		printf("%s\n", headline);
	}
	free(headline);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int write_report(const struct session *session, const struct doc *doc)
{
	json_t *files = json_array();
	int rc = write_files(session, doc, files);

	if (rc == EXIT_OK)
		rc = say_written(session, files);
	json_decref(files);
	return rc;
}

static bool known_format(const char *name)
{
	for (const struct out_format *f = out_formats; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return true;
	}
	return strcmp(name, "both") == 0;
}

static int run_report(int count, char **operands)
{
	struct session session = {0};

	(void)count;
	(void)operands;
	if (given.format != NULL && !known_format(given.format))
		return session_refuse("no format", given.format, "html, json or both");
	if (given.out != NULL && given.out[0] == '\0')
		return session_refuse("--out is empty", NULL, "name a folder or a file");
	int rc = session_start(&session);
	if (rc == EXIT_OK) {
		struct doc *doc =
			monthly_report(&session.assessment, &session.source, session.language);
		session_close_source(&session); /* writing takes memory of its own */
		rc = doc == NULL ? EXIT_FAILED : write_report(&session, doc);
		doc_destroy(doc);
	}
	session_finish(&session);
	return rc;
}

static int print_json(const struct doc *doc)
{
	for (const struct out_format *f = out_formats; f->name != NULL; f++) {
		if (strcmp(f->name, "json") != 0)
			continue;
		enum err rc = f->write(doc, stdout);
		if (rc == E_OK && fflush(stdout) == 0)
			return EXIT_OK;
	}
	fprintf(stderr, "netgrade-reporter: standard output: %s\n", strerror(errno));
	return EXIT_FAILED;
}

static int run_score(int count, char **operands)
{
	struct session session = {0};

	(void)count;
	(void)operands;
	int rc = session_start(&session);
	if (rc == EXIT_OK) {
		struct doc *doc = monthly_scores(&session.assessment, session.language,
						 given.json ? SCORES_FULL : SCORES_BRIEF);
		if (given.json)
			rc = print_json(doc);
		else
			terminal_write(doc, stdout);
		doc_destroy(doc);
	}
	session_finish(&session);
	return rc;
}

#define PERIOD_OPTIONS                                                                             \
	PLACE_OPTIONS,                                                                             \
		{"month", "YYYY-MM", "a calendar month in the configured zone", &given.month,      \
		 NULL},                                                                            \
		{"from", "TIME", "start, such as 2026-10-05 or 2026-10-05T08:30", &given.from,     \
		 NULL},                                                                            \
		{"to", "TIME", "end; not itself in the period", &given.until, NULL},               \
		{"edition", "N", "of a closed month (default: the newest)", &given.edition, NULL}, \
		{"organisation", "NAME", "only the sites of this subtree", &given.organisation,    \
		 NULL},                                                                            \
		{"lang", "LANGUAGE", "zh-CN (default) or en", &given.language, NULL},              \
	{                                                                                          \
		"trial", NULL, "points for a period too short to be scored, and no grade", NULL,   \
			&given.trial                                                               \
	}

static const struct option_row report_options[] = {
	PERIOD_OPTIONS,
	{"out", "PATH", "a folder, made if absent, or a file named *.html or *.json", &given.out,
	 NULL},
	{"format", "FORMAT", "html, json or both (default)", &given.format, NULL},
	{"json", NULL, "print the names of the files and the headline as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct option_row score_options[] = {
	PERIOD_OPTIONS,
	{"json", NULL, "the same as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct command commands[] = {
	{"report", "", "writes the assessment of a period as HTML and JSON", 0, 0, run_report,
	 report_options},
	{"score", "", "prints the scores of a period", 0, 0, run_score, score_options},
	{"close", "", "keeps the facts of a month for good", 0, 0, command_close, close_options},
	{"export", "", "writes the slots of a period as CSV, to be replayed", 0, 0, command_export,
	 export_options},
	{NULL, NULL, NULL, 0, 0, NULL, NULL},
};

int main(int argc, char **argv)
{
	static const struct program program = {
		.name = "netgrade-reporter",
		.summary = "turns measurements into scores and reports",
		.commands = commands,
		.footer = "Exit codes: 0 ok, 1 failed or nothing measured, 2 wrong usage or "
			  "configuration.",
	};

	log_set_level(LOG_LEVEL_WARN);
	return program_main(&program, argc, argv);
}

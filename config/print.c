/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/calendar_print.h"
#include "config/schema.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 96 };

void yaml_print_text(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void print_titles(FILE *out, const char *indent, const struct title *title)
{
	fprintf(out, "%szh: ", indent);
	yaml_print_text(out, title->zh);
	fprintf(out, "\n%sen: ", indent);
	yaml_print_text(out, title->en);
	putc('\n', out);
}

static void print_duration(FILE *out, const char *key, int64_t duration)
{
	char text[DURATION_TEXT];

	duration_format(duration, text);
	fprintf(out, "%s: %s\n", key, text);
}

/* The shortest decimal that reads back as the same double. */
static void print_number(FILE *out, const char *key, double number)
{
	char text[40];

	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	fprintf(out, "%s: %s\n", key, text);
}

/* A list in brackets, its lines kept short. */
struct list_printer {
	FILE *out;
	size_t column;
	size_t count;
};

static void list_open(struct list_printer *list, FILE *out, const char *key)
{
	*list = (struct list_printer){.out = out, .column = strlen(key) + 3};
	fprintf(out, "%s: [", key);
}

static void list_add(struct list_printer *list, const char *name)
{
	size_t len = strlen(name);

	if (list->count++ > 0) {
		fputs(",", list->out);
		list->column++;
	}
	if (list->column + len + 1 > LINE_MAX) {
		fputs("\n        ", list->out);
		list->column = 8;
	} else if (list->count > 1) {
		fputs(" ", list->out);
		list->column++;
	}
	fputs(name, list->out);
	list->column += len;
}

static void list_close(struct list_printer *list)
{
	fputs("]\n", list->out);
}

/* "section:" once, when its first key is printed. */
static void print_opening(FILE *out, const char *opening, bool *open)
{
	if (!*open)
		fprintf(out, "%s:\n", opening);
	*open = true;
}

static void print_rates(const struct budget *budget, enum budget_scope scope, FILE *out, bool *open)
{
	static const char *const names[BUDGET_SCOPES] = {"  agent", "  target", "  owner"};
	double packets = budget->packets[scope].most;
	double bits = budget->bits[scope].most;

	if (packets <= 0 && bits <= 0)
		return;
	print_opening(out, "budget", open);
	fprintf(out, "%s:\n", names[scope]);
	if (packets > 0)
		print_number(out, "    packets-per-second", packets);
	if (bits > 0)
		print_number(out, "    bits-per-second", bits);
}

static void print_budget(const struct budget *budget, FILE *out)
{
	bool open = false;

	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++)
		print_rates(budget, s, out, &open);
	if (budget->disk.most <= 0)
		return;
	print_opening(out, "budget", &open);
	print_number(out, "  disk", budget->disk.most);
}

static void print_contact(const struct contact *contact, FILE *out)
{
	const struct {
		const char *key;
		const char *text;
	} rows[] = {
		{"zh", contact->zh},
		{"en", contact->en},
		{"telephone", contact->telephone},
		{"email", contact->email},
	};
	bool open = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].text == NULL)
			continue;
		print_opening(out, "contact", &open);
		fprintf(out, "  %s: ", rows[i].key);
		yaml_print_text(out, rows[i].text);
		putc('\n', out);
	}
}

static void print_head(const struct config *config, FILE *out)
{
	fprintf(out, "network:\n");
	print_titles(out, "  ", &config->title);
	fprintf(out, "time-zone: ");
	yaml_print_text(out, config->time_zone);
	fprintf(out, "\ndata: ");
	yaml_print_text(out, config->data);
	fprintf(out, "\nretention:\n");
	print_duration(out, "  slots", config->keep_slots_ns);
	print_duration(out, "  hours", config->keep_hours_ns);
	fprintf(out, "maintenance:\n");
	print_duration(out, "  notice", config->notice_ns);
	print_duration(out, "  allowance", config->allowance_ns);
	print_budget(&config->budget, out);
	print_contact(&config->contact, out);
	fprintf(out, "profile: ");
	yaml_print_text(out, config->profile_named);
	putc('\n', out);
}

static void print_anchor(const struct anchor_config *anchor, FILE *out)
{
	const char *before = "      - {";

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (!anchor->address[f].given)
			continue;
		fprintf(out, "%s%s: \"%s\"", before, family_name(f), anchor->address[f].text);
		before = ", ";
	}
	fputs("}\n", out);
}

static void print_sources(const struct agent_config *agent, FILE *out)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = 0; i < agent->source_count[f]; i++)
			fprintf(out, "%s%s%s\"%s\"", i == 0 ? "    " : "",
				i == 0 ? family_name(f) : "", i == 0 ? ": [" : ", ",
				agent->sources[f][i].text);
		if (agent->source_count[f] > 0)
			fputs("]\n", out);
	}
}

static void print_name_servers(const struct agent_config *agent, FILE *out)
{
	for (size_t i = 0; i < agent->name_server_count; i++)
		fprintf(out, "%s\"%s\"", i == 0 ? "    name-servers: [" : ", ",
			agent->name_servers[i].address.text);
	if (agent->name_server_count > 0)
		fputs("]\n", out);
}

static void print_agents(const struct config *config, FILE *out)
{
	fprintf(out, "agents:\n");
	for (size_t i = 0; i < config->agent_count; i++) {
		const struct agent_config *agent = &config->agents[i];
		fprintf(out, "  - name: %s\n", agent->name);
		print_titles(out, "    ", &agent->title);
		if (agent->site != CONFIG_NONE)
			fprintf(out, "    site: %s\n", config->sites[agent->site].name);
		fprintf(out, "    receive-buffer: %u\n", (unsigned)agent->receive_buffer);
		fprintf(out, "    visits-at-once: %u\n", (unsigned)agent->visits_at_once);
		print_duration(out, "    visit-distance", agent->visit_distance_ns);
		print_name_servers(agent, out);
		if (agent->authorities != NULL) {
			fputs("    authorities: ", out);
			yaml_print_text(out, agent->authorities);
			putc('\n', out);
		}
		print_sources(agent, out);
		if (agent->anchor_count > 0)
			fprintf(out, "    anchors:\n");
		for (size_t a = 0; a < agent->anchor_count; a++)
			print_anchor(&agent->anchors[a], out);
	}
}

static int depth_of(const struct config *config, size_t organisation)
{
	int depth = 0;

	for (; config->organisations[organisation].parent != CONFIG_NONE; depth++)
		organisation = config->organisations[organisation].parent;
	return depth;
}

/* They stand in the order of the tree: a first child is right behind its parent. */
static void print_organisations(const struct config *config, FILE *out)
{
	char indent[256];

	fprintf(out, "organisations:\n");
	for (size_t i = 0; i < config->organisation_count; i++) {
		const struct organisation *organisation = &config->organisations[i];
		int column = 4 * depth_of(config, i) + 2;
		if (i > 0 && organisation->parent == i - 1)
			fprintf(out, "%*schildren:\n", column - 2, "");
		fprintf(out, "%*s- name: %s\n", column, "", organisation->name);
		snprintf(indent, sizeof(indent), "%*s", column + 2, "");
		print_titles(out, indent, &organisation->title);
	}
}

static void print_scored(const struct config *config, FILE *out, const struct site *site)
{
	if (site->scored_test == CONFIG_NONE)
		return;
	fprintf(out, "    scored:\n      test: %s\n      agent: %s\n      family: %s\n",
		config->tests[site->scored_test].name, config->agents[site->scored_agent].name,
		family_name(site->primary));
}

static void print_names(FILE *out, const char *key, char *const *names, size_t count)
{
	struct list_printer list;

	if (count == 0)
		return;
	list_open(&list, out, key);
	for (size_t i = 0; i < count; i++)
		list_add(&list, names[i]);
	list_close(&list);
}

static void print_text(FILE *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	fputs(key, out);
	yaml_print_text(out, text);
	putc('\n', out);
}

void config_print_site(const struct config *config, const struct site *site, FILE *out)
{
	fprintf(out, "  - name: %s\n", site->name);
	print_names(out, "    formerly", site->formerly, site->formerly_count);
	print_titles(out, "    ", &site->title);
	fprintf(out, "    organisation: %s\n    tier: %s\n    reach: %s\n",
		config->organisations[site->organisation].name, tier_name(site->tier),
		reach_name(site->reach));
	print_number(out, "    weight", site->weight);
	print_names(out, "    tags", site->tags, site->tag_count);
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (site->address[f].given)
			fprintf(out, "    %s: \"%s\"\n", family_name(f), site->address[f].text);
	}
	print_text(out, "    url: ", site->url);
	print_text(out, "    expect: ", site->expect);
}

/* Whether the test has every site that its families can reach: then it names no targets. */
static bool has_all_sites(const struct config *config, const struct test_config *test)
{
	size_t reachable = 0;

	for (size_t i = 0; i < config->site_count; i++) {
		const struct site *site = &config->sites[i];
		reachable += (test->family[FAMILY_IPV4] && site->address[FAMILY_IPV4].given) ||
			     (test->family[FAMILY_IPV6] && site->address[FAMILY_IPV6].given);
	}
	return reachable == test->site_count;
}

static void print_sites(const struct config *config, FILE *out, const size_t *sites, size_t count)
{
	struct list_printer list;

	list_open(&list, out, "      sites");
	for (size_t i = 0; i < count; i++)
		list_add(&list, config->sites[sites[i]].name);
	list_close(&list);
}

static void print_targets(const struct config *config, FILE *out, const struct test_config *test)
{
	if (has_all_sites(config, test))
		return;
	fprintf(out, "    targets:\n");
	print_sites(config, out, test->sites, test->site_count);
}

/* A URL may hold a secret, and what is printed is kept: only its host is. */
static void print_alarms(const struct config *config, FILE *out)
{
	const struct alarms_config *alarms = &config->alarms;
	char destination[ALARM_DESTINATION];

	fprintf(out, "alarms:\n  raise: %u\n  clear: %u\n", (unsigned)alarms->raise,
		(unsigned)alarms->clear);
	print_duration(out, "  gather", alarms->gather_ns);
	if (alarms->remind_ns > 0)
		print_duration(out, "  remind", alarms->remind_ns);
	print_duration(out, "  timeout", alarms->timeout_ns);
	for (size_t i = 0; alarms->command != NULL && alarms->command[i] != NULL; i++) {
		fprintf(out, i == 0 ? "  command:\n    - " : "    - ");
		yaml_print_text(out, alarms->command[i]);
		putc('\n', out);
	}
	if (alarms->post != NULL) {
		alarm_destination(alarms->post, destination);
		fprintf(out, "  post: %s/...\n", destination);
	}
	if (alarms->site_count == config->site_count)
		return;
	fprintf(out, "  targets:\n");
	print_sites(config, out, alarms->sites, alarms->site_count);
}

static void print_question(const struct test_config *test, FILE *out)
{
	fprintf(out, "    query: \"%s\"\n    record: %s\n    transport: %s\n", test->query,
		test->record, test->transport);
	for (size_t i = 0; test->expect[i] != NULL; i++)
		fprintf(out, "%s      - \"%s\"\n", i == 0 ? "    expect:\n" : "", test->expect[i]);
}

static void print_page(const struct test_config *test, FILE *out)
{
	print_text(out, "    url: ", test->url);
	print_text(out, "    expect: ", test->expect[0]);
	for (size_t i = 0; test->blocked[i] != NULL; i++) {
		fputs(i == 0 ? "    blocked:\n      - " : "      - ", out);
		yaml_print_text(out, test->blocked[i]);
		putc('\n', out);
	}
	fprintf(out, "    body: %u\n    redirects: %u\n    by-name: %s\n", (unsigned)test->body,
		(unsigned)test->redirects, test->by_name ? "true" : "false");
}

static void print_test(const struct config *config, FILE *out, const struct test_config *test)
{
	struct list_printer list;

	fprintf(out, "  - name: %s\n    method: %s\n", test->name, test->method);
	print_targets(config, out, test);
	print_duration(out, "    interval", test->interval_ns);
	fprintf(out, "    packets: %u\n", (unsigned)test->packets);
	if (test->url != NULL || test_visits_own_pages(test))
		print_page(test, out);
	else if (test->port != 0)
		fprintf(out, "    port: %u\n", (unsigned)test->port);
	if (test->query != NULL)
		print_question(test, out);
	if (test->size != 0)
		fprintf(out, "    size: %u\n", (unsigned)test->size);
	fprintf(out, "    dscp: %u\n", (unsigned)test->dscp);
	print_duration(out, "    t-max", test->t_max_ns);
	list_open(&list, out, "    families");
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (test->family[f])
			list_add(&list, family_name(f));
	}
	list_close(&list);
	list_open(&list, out, "    agents");
	for (size_t i = 0; i < test->agent_count; i++)
		list_add(&list, config->agents[test->agents[i]].name);
	list_close(&list);
	if (test->calendar != NULL)
		fprintf(out, "    calendar: %s\n", test->calendar->name);
	if (test->trace_ns == 0)
		return;
	print_duration(out, "    trace", test->trace_ns);
	fprintf(out, "    trace-by: %s\n", trace_words[test->trace_protocol]);
}

static void print_calendars(const struct config *config, FILE *out)
{
	if (config->calendar_count > 0)
		fprintf(out, "calendars:\n");
	for (size_t i = 0; i < config->calendar_count; i++)
		calendar_config_print(&config->calendars[i], out);
}

void config_print(const struct config *config, FILE *out)
{
	print_head(config, out);
	print_agents(config, out);
	print_organisations(config, out);
	fprintf(out, "sites:\n");
	for (size_t i = 0; i < config->site_count; i++) {
		config_print_site(config, &config->sites[i], out);
		print_scored(config, out, &config->sites[i]);
	}
	print_calendars(config, out);
	print_alarms(config, out);
	fprintf(out, "tests:\n");
	for (size_t i = 0; i < config->test_count; i++)
		print_test(config, out, &config->tests[i]);
}

char *config_text(const struct config *config)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (memory == NULL)
		return NULL;
	config_print(config, memory);
	if (fclose(memory) == 0)
		return text;
	free(text);
	return NULL;
}

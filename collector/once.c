/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/agent.h"
#include "collector/asking.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "collector/base/random.h"
#include "collector/commands.h"
#include "collector/discovery_once.h"
#include "collector/net/capture.h"
#include "collector/privilege.h"
#include "collector/quantity.h"
#include "collector/result.h"
#include "collector/ticker.h"
#include "collector/trace_once.h"
#include "collector/visiting.h"
#include "config/config.h"
#include "config/method.h"
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAPTURE_LIMIT = 1000000 };

/* Right after a socket asks for them the kernel may not take stamps yet. */
static const nsec warm_up = 50 * NSEC_PER_MSEC;

static struct {
	const char *config;
	const char *method;
	const char *port;
	const char *authorities;
	const char *count;
	const char *interval;
	const char *size;
	const char *dscp;
	const char *t_max;
	const char *pcap;
	const char *user;
	const char *inventory;
	const char *rate;
	struct visiting visiting;
	struct asking_words words;
	const char *trace;
	bool json;
	bool packets;
} given;

struct once {
	struct target plan;   /* what all targets have in common */
	struct ask ask;	      /* of http */
	struct ask *question; /* of dns, NULL */
	struct name_servers name_servers;
	char contact[CONTACT_TEXT]; /* "": not known */
	struct result *results;
	size_t count;
	size_t room;
	struct agent *agent;
	struct capture *capture;
	uint32_t watch;
	struct progress progress;
	nsec started_at;
	uv_loop_t loop;
	struct ticker *ticker;
};

/* NULL after telling on standard error what would be right. */
static const struct method_rule *find_method(const char *name)
{
	const struct method_rule *rule = method_rule_find(name);

	if (rule != NULL)
		return rule;
	fprintf(stderr, "--method: '%s' is no method; write", name);
	for (size_t i = 0; method_words[i] != NULL; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : " or", method_words[i]);
	fputc('\n', stderr);
	return NULL;
}

/* Whether the options fit the method. */
static bool suits_method(const struct method_rule *rule, const char *method)
{
	if (!rule->port && given.port != NULL)
		fprintf(stderr, "--port: %s; leave it out\n", rule->without);
	else if (rule->port && rule->usual == NULL && given.port == NULL)
		fprintf(stderr, "--port is missing; %s needs one, such as --port 443\n", method);
	else if (rule->page && given.visiting.url == NULL && given.config == NULL)
		fprintf(stderr,
			"--url is missing; %s needs one, such as --url "
			"https://www.example.gov.cn/, or --config FILE and a site with a url\n",
			method);
	else if (!rule->page && given.visiting.url != NULL)
		fprintf(stderr, "--url: only http visits pages; leave it out\n");
	else if (!rule->page && !rule->question && given.visiting.expect != NULL)
		fprintf(stderr, "--expect: only dns and http look at answers; leave it out\n");
	else if (rule->size == NULL && given.size != NULL)
		fprintf(stderr, "--size: %s; leave it out\n", rule->without);
	else if (!rule->question && (given.words.query != NULL || given.words.record != NULL ||
				     given.words.transport != NULL))
		fprintf(stderr, "--query, --record and --transport are for dns; leave them out\n");
	else
		return true;
	return false;
}

/* The defaults end within three seconds whatever the network does; of http within twenty. */
static bool read_plan(struct target *out, struct ask *ask)
{
	const char *method = given.method == NULL ? "icmp" : given.method;
	const struct method_rule *rule = find_method(method);
	long port = rule == NULL || rule->usual == NULL ? 0 : atoi(rule->usual);
	bool page = rule != NULL && rule->page;
	long count = page ? 5 : 10;
	long size = rule != NULL && rule->size != NULL ? 64 : 0;
	long dscp = 0;
	nsec spacing = page ? NSEC_PER_SEC : 100 * NSEC_PER_MSEC;
	nsec t_max = page ? 15 * NSEC_PER_SEC : 2 * NSEC_PER_SEC;

	if (rule == NULL || !suits_method(rule, method) ||
	    (page && !visiting_page(&given.visiting, ask, &port)) ||
	    !quantity_number(given.port, "port", (long[]){1, UINT16_MAX}, &port) ||
	    !quantity_number(given.count, "count", (long[]){1, 10000}, &count) ||
	    !quantity_number(given.size, "size", (long[]){MARK_SIZE, 65000}, &size) ||
	    !quantity_number(given.dscp, "dscp", (long[]){0, 63}, &dscp) ||
	    !quantity_duration(given.interval, "interval", (nsec[]){NSEC_PER_MSEC, NSEC_PER_MIN},
			       &spacing) ||
	    !quantity_duration(given.t_max, "t-max", (nsec[]){10 * NSEC_PER_MSEC, NSEC_PER_MIN},
			       &t_max))
		return false;
	*out = (struct target){
		.method = probe_find(method),
		.host.port = (uint16_t)port,
		.interval = count * spacing,
		.t_max = t_max,
		.packets = (uint32_t)count,
		.size = (uint16_t)size,
		.dscp = (uint8_t)dscp,
		.ask = page ? ask : NULL,
	};
	return true;
}

static bool read_question(struct once *once)
{
	if (!method_rule_find(once->plan.method->method)->question)
		return true;
	given.words.expect = given.visiting.expect;
	if (asking_from_words(&given.words, &once->question) != E_OK)
		return false;
	once->plan.ask = once->question;
	once->plan.size = (uint16_t)dns_query_size(&once->question->query);
	return true;
}

static bool add_host(struct once *once, const char *name, const struct endpoint *host)
{
	if (once->count == once->room) {
		size_t room = once->room == 0 ? 16 : 2 * once->room;
		struct result *results = realloc(once->results, room * sizeof(*results));
		if (results == NULL)
			return false;
		once->results = results;
		once->room = room;
	}
	struct result *result = &once->results[once->count++];
	*result = result_absent(name, host);
	if (given.packets)
		result->packets = calloc(once->plan.packets, sizeof(*result->packets));
	return !given.packets || result->packets != NULL;
}

/* Whether a page is visited that only a site can tell. */
static bool lacks_page(const struct once *once)
{
	return once->plan.ask == &once->ask && once->ask.url == NULL;
}

/* Has the last result visit the page of its own. */
static bool take_page(struct once *once, const struct site *site)
{
	struct result *result = &once->results[once->count - 1];
	struct ask ask = once->ask;

	ask.url = site->url;
	if (ask.text == NULL)
		ask.text = site->expect;
	result->port = site->url_port;
	return ask_copy(&ask, &result->page) == E_OK;
}

static bool add_site(struct once *once, const struct site *site, const char *name)
{
	bool own = lacks_page(once);

	if (own && site->url == NULL) {
		fprintf(stderr, "'%s' has no url in the configuration; give it one, or --url\n",
			name);
		return false;
	}
	for (int family = 0; family < FAMILY_COUNT; family++) {
		const struct address *address = &site->address[family];
		struct endpoint host = {.family = family == FAMILY_IPV4 ? 4 : 6};
		if (!address->given)
			continue;
		memcpy(host.bytes, address->bytes, sizeof(host.bytes));
		if (!add_host(once, name, &host) || (own && !take_page(once, site)))
			return false;
	}
	return true;
}

static bool add_operand(struct once *once, const struct config *config, const char *text)
{
	struct endpoint host;
	size_t site = config == NULL ? CONFIG_NONE : config_find_site(config, text);
	bool address = endpoint_parse(text, &host) == E_OK;

	if (address && !lacks_page(once))
		return add_host(once, text, &host);
	if (site != CONFIG_NONE)
		return add_site(once, &config->sites[site], text);
	if (address)
		fprintf(stderr, "'%s': --url is missing; only sites may have a url of their own\n",
			text);
	else
		fprintf(stderr, "'%s' is no IPv4 or IPv6 address%s (names are not looked up)\n",
			text,
			config == NULL ? "; the name of a site needs --config FILE"
				       : " and no site of the configuration");
	return false;
}

static bool add_operands(struct once *once, int count, char **operands)
{
	struct diagnostics diagnostics = {0};
	struct config *config = NULL;
	bool good = true;

	if (given.config != NULL) {
		config = config_load(given.config, &diagnostics);
		if (config == NULL)
			diagnostics_print(&diagnostics, stderr);
		good = config != NULL;
	}
	if (good && config != NULL)
		contact_format(&config->contact, once->contact, sizeof(once->contact));
	for (int i = 0; good && i < count; i++)
		good = add_operand(once, config, operands[i]);
	config_destroy(config);
	diagnostics_finish(&diagnostics);
	return good;
}

static void on_finished(void *context, uint32_t series, const struct sample *sample)
{
	struct once *once = context;

	result_take(&once->results[series], sample);
}

static void on_visited(void *context, uint32_t series, const struct visit *visit)
{
	struct once *once = context;

	if (visits_add(&once->results[series].visits, visit) != E_OK)
		log_error("once", "out of memory: a visit is not shown");
}

static void on_clock_stepped(void *context, nsec by)
{
	struct once *once = context;

	(void)by;
	agent_stop(once->agent, 0);
}

static void on_tick(void *context)
{
	struct once *once = context;
	nsec passed = clock_monotonic() - once->started_at;

	if (once->capture != NULL)
		capture_read(once->capture);
	progress_show(&once->progress, (uint64_t)(passed / NSEC_PER_MSEC), "");
	if (agent_finished(once->agent))
		uv_stop(&once->loop);
}

static void on_stop(void *context, int count)
{
	struct once *once = context;

	agent_stop(once->agent, count == 1 ? once->plan.t_max : 0);
}

static enum err open_capture(struct once *once)
{
	char filter[PROBE_FILTER];

	if (given.pcap == NULL)
		return E_OK;
	enum err rc = capture_open(&once->capture);
	if (rc != E_OK)
		return rc;
	FILE *file = fopen(given.pcap, "we");
	if (file == NULL) {
		log_error("once", "%s cannot be written: %s", given.pcap, strerror(errno));
		return err_from_errno(errno);
	}
	agent_filter_all(once->agent, once->plan.method, filter);
	return capture_watch(once->capture, filter, file, CAPTURE_LIMIT, &once->watch);
}

static enum err open_all(struct once *once)
{
	struct account account;
	struct agent_options options = {
		.listener = {.context = once,
			     .finished = on_finished,
			     .visited = on_visited,
			     .clock_stepped = on_clock_stepped},
		.c1 = 1,
		.hurry = true,
		.visits = {.name_servers = once->name_servers,
			   .authorities = given.authorities,
			   .contact = once->contact[0] == '\0' ? NULL : once->contact,
			   .at_once = VISITS_AT_ONCE_DEFAULT,
			   .distance = VISIT_DISTANCE_DEFAULT_MS * NSEC_PER_MSEC},
	};

	enum err rc = privilege_by_hand(given.user, &account);
	if (rc != E_OK)
		return rc;
	rc = agent_create(&options, &once->agent);
	if (rc != E_OK)
		return rc;
	rc = agent_open(once->agent, once->plan.method);
	if (rc == E_PERMISSION)
		privilege_explain_refusal();
	if (rc == E_OK)
		rc = open_capture(once);
	if (rc == E_OK)
		rc = privilege_drop(&account);
	return rc;
}

static enum err add_targets(struct once *once)
{
	struct random random;
	enum err rc = random_secret(&random, sizeof(random));

	once->plan.origin = agent_now(once->agent) + warm_up;
	agent_end(once->agent, once->plan.origin + once->plan.interval);
	for (size_t i = 0; rc == E_OK && i < once->count; i++) {
		struct target target = once->plan;
		uint32_t series;
		target.host = once->results[i].host;
		target.host.port = once->plan.host.port;
		if (once->results[i].page != NULL) {
			target.ask = once->results[i].page;
			target.host.port = once->results[i].port;
		}
		target.phase_seed = random_u64(&random);
		rc = agent_add(once->agent, &target, &series);
		if (rc == E_UNSUPPORTED)
			log_error("once", "%s: this machine has no IPv%d", once->results[i].name,
				  target.host.family);
	}
	return rc;
}

static enum err measure(struct once *once)
{
	struct ticker_listener listener = {once, on_tick, NULL, on_stop};

	enum err rc = add_targets(once);
	if (rc != E_OK)
		return rc;
	if (uv_loop_init(&once->loop) != 0)
		return E_SYSTEM;
	once->started_at = clock_monotonic();
	once->progress = progress_start(
		"measuring",
		(uint64_t)((warm_up + once->plan.interval + once->plan.t_max) / NSEC_PER_MSEC));
	rc = ticker_create(&once->loop, once->agent, &listener, &once->ticker);
	if (rc == E_OK) {
		uv_run(&once->loop, UV_RUN_DEFAULT);
		ticker_close(once->ticker);
	}
	uv_run(&once->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&once->loop);
	progress_finish(&once->progress);
	return rc;
}

static enum err finish_capture(struct once *once)
{
	uint32_t packets;

	if (once->capture == NULL)
		return E_OK;
	enum err rc = capture_finish(once->capture, once->watch, &packets);
	if (rc == E_OK)
		fprintf(stderr, "%u packets written to %s\n", packets, given.pcap);
	else
		log_error("once", "%s could not be written wholly", given.pcap);
	return rc;
}

enum mode { MODE_INVENTORY = 1, MODE_TRACE = 2 };

/* Whether no option is given that has no meaning in the mode. */
static bool suits(enum mode mode)
{
	const struct {
		const char *name;
		bool given;
		int refused; /* in which modes */
	} rows[] = {
		{"method", given.method != NULL, MODE_INVENTORY | MODE_TRACE},
		{"port", given.port != NULL, MODE_INVENTORY},
		{"count", given.count != NULL, MODE_INVENTORY | MODE_TRACE},
		{"interval", given.interval != NULL, MODE_INVENTORY | MODE_TRACE},
		{"size", given.size != NULL, MODE_INVENTORY | MODE_TRACE},
		{"dscp", given.dscp != NULL, MODE_INVENTORY | MODE_TRACE},
		{"t-max", given.t_max != NULL, MODE_TRACE},
		{"pcap", given.pcap != NULL, MODE_INVENTORY | MODE_TRACE},
		{"config", given.config != NULL, MODE_INVENTORY},
		{"packets", given.packets, MODE_INVENTORY | MODE_TRACE},
		{"trace", given.trace != NULL, MODE_INVENTORY},
		{"url", given.visiting.url != NULL, MODE_INVENTORY | MODE_TRACE},
		{"expect", given.visiting.expect != NULL, MODE_INVENTORY | MODE_TRACE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].given || (rows[i].refused & mode) == 0)
			continue;
		fprintf(stderr, "--%s: not together with --%s; leave it out\n", rows[i].name,
			mode == MODE_TRACE ? "trace" : "inventory");
		return false;
	}
	return true;
}

/* The inventory alone has the targets. */
static int run_inventory(int count, char **operands)
{
	struct discovery_words words = {given.inventory, given.rate, given.t_max, given.user};

	if (count > 0)
		fprintf(stderr, "'%s': --inventory has the targets; leave it out\n", operands[0]);
	if (count > 0 || !suits(MODE_INVENTORY))
		return EXIT_USAGE;
	return discovery_once(&words, given.json ? DISCOVERY_JSON : DISCOVERY_YAML);
}

static int trace_all(const struct trace_once *trace, const struct once *once)
{
	struct traced *items = calloc(once->count, sizeof(*items));

	if (items == NULL)
		return EXIT_FAILED;
	for (size_t i = 0; i < once->count; i++)
		items[i] = (struct traced){.name = once->results[i].name,
					   .target.host = once->results[i].host};
	bool good = trace_once_run(trace, items, once->count) &&
		    (given.json ? traced_print_json : traced_print)(items, once->count);
	for (size_t i = 0; i < once->count; i++)
		good = good && items[i].found == E_OK;
	free(items);
	return good ? EXIT_OK : EXIT_FAILED;
}

static int run_trace(int count, char **operands)
{
	struct trace_once trace;
	struct once once = {0};
	long port = 0;
	int code = EXIT_USAGE;

	if (suits(MODE_TRACE) &&
	    quantity_number(given.port, "port", (long[]){1, UINT16_MAX}, &port) &&
	    trace_once_read(given.trace, (uint16_t)port, &trace) &&
	    add_operands(&once, count, operands) &&
	    privilege_by_hand(given.user, &trace.account) == E_OK)
		code = trace_all(&trace, &once);
	free(once.results);
	return code;
}

static int run_once(int count, char **operands)
{
	struct once once = {0};
	int code = EXIT_USAGE;

	if (given.inventory != NULL)
		return run_inventory(count, operands);
	if (given.rate != NULL || count == 0) {
		fprintf(stderr, "%s\n",
			count == 0 ? "which TARGET? write an address, or --inventory FILE"
				   : "--rate: only together with --inventory; leave it out");
		return EXIT_USAGE;
	}
	if (given.trace != NULL)
		return run_trace(count, operands);
	if (read_plan(&once.plan, &once.ask) && read_question(&once) &&
	    visiting_servers(&given.visiting, &once.name_servers) &&
	    add_operands(&once, count, operands)) {
		enum err rc = open_all(&once);
		if (rc == E_OK)
			rc = measure(&once);
		if (rc == E_OK)
			rc = finish_capture(&once);
		code = rc == E_OK ? EXIT_OK : rc == E_USAGE ? EXIT_USAGE : EXIT_FAILED;
		struct result_list list = {once.results, once.count, &once.plan, once.agent};
		if (code == EXIT_OK &&
		    !(given.json ? result_print_json : result_print_table)(&list))
			code = EXIT_FAILED;
		if (code == EXIT_FAILED && rc != E_OK)
			fprintf(stderr, "nothing was measured: %s\n", err_text(rc));
	}
	capture_close(once.capture);
	agent_destroy(once.agent);
	for (size_t i = 0; i < once.count; i++)
		result_finish(&once.results[i]);
	free(once.results);
	ask_destroy(once.question);
	return code;
}

static const struct option_row options[] = {
	{"method", "METHOD",
	 "icmp; tcp: opens connections to a port; dns: asks name servers; http: visits a page "
	 "(icmp)",
	 &given.method, NULL},
	{"port", "N", "of tcp; of dns (53); of --trace udp (33434)", &given.port, NULL},
	{"query", "NAME", "of dns: the domain name that is asked for", &given.words.query, NULL},
	{"record", "TYPE", "of dns: A, AAAA, NS or SOA (A)", &given.words.record, NULL},
	{"transport", "WORD", "of dns: udp or tcp (udp)", &given.words.transport, NULL},
	{"url", "URL",
	 "of http: the page, visited at the address of TARGET (of a site: its url in --config)",
	 &given.visiting.url, NULL},
	{"expect", "TEXT",
	 "of dns: right answers, between commas; of http: text that the page must have (any)",
	 &given.visiting.expect, NULL},
	{"authorities", "FILE", "of http: PEM file of certificate authorities believed besides",
	 &given.authorities, NULL},
	{"by-name", NULL, "of http: the name in the URL is looked up, and visited where it is",
	 NULL, &given.visiting.by_name},
	{"name-server", "ADDRESS", "of http: whom names are asked of (those of the system)",
	 &given.visiting.name_server, NULL},
	{"count", "N", "packets to each target (10), of http visits (5)", &given.count, NULL},
	{"interval", "DURATION", "between two packets to a target (100ms), of http (1s)",
	 &given.interval, NULL},
	{"size", "OCTETS", "of payload (64); of icmp", &given.size, NULL},
	{"dscp", "N", "differentiated services code point, 0 to 63 (0)", &given.dscp, NULL},
	{"t-max", "DURATION", "a packet is lost after this long (2s), of http (15s)", &given.t_max,
	 NULL},
	{"pcap", "FILE", "write the packets sent and received to FILE", &given.pcap, NULL},
	{"config", "FILE", "lets TARGET be the name of a site", &given.config, NULL},
	{"inventory", "FILE",
	 "try ICMP, TCP 443 and TCP 80 at the sites of a CSV file, propose tests", &given.inventory,
	 NULL},
	{"trace", "PROTOCOL",
	 "by icmp, udp or tcp, show the hops to each target and the path MTU instead", &given.trace,
	 NULL},
	{"rate", "N",
	 "with --inventory, packets a second in all (50); at most 3 of a kind to a site",
	 &given.rate, NULL},
	{"user", "NAME", "become this user after opening sockets (netgrade, else nobody)",
	 &given.user, NULL},
	{"json", NULL, "print JSON, all times in nanoseconds", NULL, &given.json},
	{"packets", NULL, "with --json, what became of each packet too", NULL, &given.packets},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_once = {
	"once", "[TARGET...]", "measure now and print a table", 0, -1, run_once, options,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/loading.h"
#include "config/page.h"

#include <string.h>

/* Looking up near misses is slow for thousands of names; nobody reads more of them. */
enum { SUGGESTIONS_MAX = 100 };

static const char *text_or(const struct value *value, const char *otherwise)
{
	return value_known(value) ? value->text : otherwise;
}

static struct title title_of(struct loading *l, const struct draft_title *draft, const char *name)
{
	const char *zh = text_or(&draft->zh, text_or(&draft->en, name));
	const char *en = text_or(&draft->en, text_or(&draft->zh, name));

	return (struct title){arena_text(l->config->arena, zh), arena_text(l->config->arena, en)};
}

struct place keep_place(struct loading *l, struct place place)
{
	if (l->kept_from != place.file) {
		l->kept_from = place.file;
		l->kept_file = arena_text(l->config->arena, place.file);
	}
	return (struct place){l->kept_file, place.line, place.column};
}

struct defined defined_create(struct loading *l, size_t most, bool broken)
{
	return (struct defined){
		.names = names_create(l->config->arena, most),
		.places = arena_zeroed(l->reading.arena, most, sizeof(struct place)),
		.broken = broken,
	};
}

char *define_name(struct loading *l, struct defined *defined, struct section *section,
		  struct value *name)
{
	size_t index = defined->count++;

	if (!value_known(name)) {
		defined->broken = true;
		return arena_text(l->config->arena, "");
	}
	char *kept = arena_text(l->config->arena, name->text);
	size_t taken = names_add(defined->names, kept, index);
	defined->places[index] = name->place;
	if (taken != NAMES_NONE) {
		const struct place *first = &defined->places[taken];
		section_complain(&l->reading, section, name,
				 "\"%s\" is already defined at %s:%zu:%zu; remove or rename one",
				 kept, source_name(first->file), first->line, first->column);
	}
	return kept;
}

size_t resolve_reference(struct loading *l, struct section *section, struct value *value,
			 const struct defined *defined)
{
	if (!value_known(value))
		return CONFIG_NONE;
	size_t index = names_find(defined->names, value->text);
	if (index != NAMES_NONE)
		return index;
	if (defined->broken) {
		section->broken = true;
		return CONFIG_NONE;
	}
	const char *closest = l->suggestions++ < SUGGESTIONS_MAX
				      ? names_closest(defined->names, value->text)
				      : NULL;
	if (closest != NULL)
		section_complain(&l->reading, section, value,
				 "\"%s\" is not defined; did you mean %s?", value->text, closest);
	else
		section_complain(&l->reading, section, value,
				 "\"%s\" is not defined; define it or name another", value->text);
	return CONFIG_NONE;
}

static void add_local_agent(struct loading *l)
{
	struct config *config = l->config;

	config->agent_count = 1;
	config->agents[0] = (struct agent_config){
		.name = arena_text(config->arena, "local"),
		.title = {arena_text(config->arena, "本机"),
			  arena_text(config->arena, "This machine")},
		.place = keep_place(l, l->draft.section.place),
	};
	names_add(l->agent_names.names, config->agents[0].name, 0);
}

/* Where an agent's packets come from. */
static void resolve_sources(struct loading *l, const struct draft_agent *draft,
			    struct agent_config *agent)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		const struct value *named = &draft->sources[f];
		agent->sources[f] =
			arena_zeroed(l->config->arena, named->count, sizeof(struct address));
		for (size_t i = 0; i < named->count; i++) {
			if (value_known(&named->items[i]))
				address_parse(named->items[i].text, f,
					      &agent->sources[f][agent->source_count[f]++]);
		}
	}
}

static void resolve_name_servers(struct loading *l, struct draft_agent *draft,
				 struct agent_config *agent)
{
	struct value *named = &draft->name_servers;

	if (!value_known(named))
		return;
	if (named->count > NAME_SERVERS_CONFIG_MOST) {
		section_complain(&l->reading, &draft->named.section, named,
				 "names %zu servers; at most %d are asked", named->count,
				 NAME_SERVERS_CONFIG_MOST);
		return;
	}
	agent->name_servers =
		arena_zeroed(l->config->arena, named->count, sizeof(*agent->name_servers));
	for (size_t i = 0; i < named->count; i++) {
		struct name_server_config *server = &agent->name_servers[i];
		const char *text = named->items[i].text;
		server->family = strchr(text, ':') == NULL ? FAMILY_IPV4 : FAMILY_IPV6;
		address_parse(text, server->family, &server->address);
	}
	agent->name_server_count = named->count;
}

static void resolve_agents(struct loading *l)
{
	struct config *config = l->config;
	const struct section_list *list = &l->draft.agents;

	l->agent_names = defined_create(l, list->count + 1, list->broken);
	config->agents = arena_zeroed(config->arena, list->count + 1, sizeof(*config->agents));
	l->agents = arena_zeroed(l->reading.arena, list->count, sizeof(struct draft_agent *));
	config->agent_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct draft_agent *draft = (struct draft_agent *)(void *)list->items + i;
		struct draft_named *named = &draft->named;
		struct agent_config *agent = &config->agents[i];
		l->agents[i] = draft;
		agent->name = define_name(l, &l->agent_names, &named->section, &named->name);
		agent->title = title_of(l, &named->title, agent->name);
		agent->place = keep_place(l, named->name.place);
		resolve_sources(l, draft, agent);
		resolve_name_servers(l, draft, agent);
		if (value_known(&draft->authorities))
			agent->authorities = arena_text(l->config->arena, draft->authorities.text);
	}
	if (list->count == 0 && !list->broken)
		add_local_agent(l);
}

static size_t count_organisations(const struct section_list *list, bool *broken)
{
	size_t count = list->count;

	*broken |= list->broken;
	for (size_t i = 0; i < list->count; i++) {
		const struct draft_organisation *draft =
			(const struct draft_organisation *)(const void *)list->items + i;
		count += count_organisations(&draft->children, broken);
	}
	return count;
}

/* Parents before their children. */
static void add_organisations(struct loading *l, const struct section_list *list, size_t parent)
{
	struct config *config = l->config;

	for (size_t i = 0; i < list->count; i++) {
		struct draft_organisation *draft =
			(struct draft_organisation *)(void *)list->items + i;
		size_t index = config->organisation_count++;
		struct organisation *organisation = &config->organisations[index];
		l->organisations[index] = draft;
		organisation->name = define_name(l, &l->organisation_names, &draft->named.section,
						 &draft->named.name);
		organisation->title = title_of(l, &draft->named.title, organisation->name);
		organisation->place = keep_place(l, draft->named.name.place);
		organisation->parent = parent;
		add_organisations(l, &draft->children, index);
	}
}

static void resolve_organisations(struct loading *l)
{
	struct config *config = l->config;
	bool broken = false;
	size_t count = count_organisations(&l->draft.organisations, &broken);

	l->organisation_names = defined_create(l, count, broken);
	config->organisations = arena_zeroed(config->arena, count, sizeof(*config->organisations));
	l->organisations =
		arena_zeroed(l->reading.arena, count, sizeof(struct draft_organisation *));
	add_organisations(l, &l->draft.organisations, CONFIG_NONE);
}

static void resolve_addresses(struct loading *l, struct draft_site *draft, struct site *site)
{
	bool refused = false;

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		refused |= draft->address[f].state == VALUE_REFUSED;
		if (value_known(&draft->address[f]))
			address_parse(draft->address[f].text, f, &site->address[f]);
	}
	if (refused || site->address[FAMILY_IPV4].given || site->address[FAMILY_IPV6].given)
		return;
	diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, draft->named.section.place,
			draft->named.section.path, "has no address; write ipv4 or ipv6 or both");
	draft->named.section.broken = true;
}

static void resolve_tags(struct loading *l, const struct draft_site *draft, struct site *site)
{
	site->tags = arena_zeroed(l->config->arena, draft->tags.count, sizeof(char *));
	for (size_t i = 0; i < draft->tags.count; i++) {
		if (value_known(&draft->tags.items[i]))
			site->tags[site->tag_count++] =
				arena_text(l->config->arena, draft->tags.items[i].text);
	}
}

static void resolve_site(struct loading *l, struct draft_site *draft, struct site *site)
{
	struct section *section = &draft->named.section;

	site->title = title_of(l, &draft->named.title, site->name);
	site->place = keep_place(l, draft->named.name.place);
	site->organisation =
		resolve_reference(l, section, &draft->organisation, &l->organisation_names);
	site->tier = value_known(&draft->tier) ? (enum tier)draft->tier.choice : TIER_ACCESS;
	site->reach = value_known(&draft->reach)    ? (enum reach)draft->reach.choice
		      : site->tier == TIER_BACKBONE ? REACH_PROVINCE
						    : REACH_CITY;
	site->weight = value_known(&draft->weight) ? draft->weight.number : 1;
	site->scored_test = CONFIG_NONE;
	site->scored_agent = CONFIG_NONE;
	resolve_tags(l, draft, site);
	resolve_addresses(l, draft, site);
	resolve_own_page(l, draft, site);
}

/* Names of all tags, for the selectors to be checked against. */
static void collect_tags(struct loading *l)
{
	const struct config *config = l->config;
	size_t count = 0;

	for (size_t i = 0; i < config->site_count; i++)
		count += config->sites[i].tag_count;
	l->tag_names = defined_create(l, count, l->draft.sites.broken);
	for (size_t i = 0; i < config->site_count; i++) {
		for (size_t k = 0; k < config->sites[i].tag_count; k++)
			names_add(l->tag_names.names, config->sites[i].tags[k], 0);
		l->tag_names.broken |= l->sites[i]->tags.state == VALUE_REFUSED;
	}
}

static void resolve_sites(struct loading *l)
{
	struct config *config = l->config;
	const struct section_list *list = &l->draft.sites;

	if (list->count == 0 && !list->broken)
		diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, l->draft.section.place,
				"sites", "is missing; list sites here or in an inventory");
	l->site_names = defined_create(l, list->count, list->broken);
	config->sites = arena_zeroed(config->arena, list->count, sizeof(*config->sites));
	l->sites = arena_zeroed(l->reading.arena, list->count, sizeof(struct draft_site *));
	config->site_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct draft_site *draft = (struct draft_site *)(void *)list->items + i;
		l->sites[i] = draft;
		config->sites[i].name =
			define_name(l, &l->site_names, &draft->named.section, &draft->named.name);
		resolve_site(l, draft, &config->sites[i]);
	}
	collect_tags(l);
}

static void resolve_test_agents(struct loading *l, struct draft_test *draft,
				struct test_config *test)
{
	const struct config *config = l->config;
	bool all = draft->agents.state == VALUE_ABSENT;
	size_t count = all ? config->agent_count : draft->agents.count;

	test->agents = arena_zeroed(config->arena, count, sizeof(size_t));
	for (size_t i = 0; i < count; i++) {
		size_t agent = all ? i
				   : resolve_reference(l, &draft->section, &draft->agents.items[i],
						       &l->agent_names);
		if (agent != CONFIG_NONE)
			test->agents[test->agent_count++] = agent;
	}
}

static void resolve_trace(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	if (value_known(&draft->trace))
		test->trace_ns = draft->trace.integer;
	if (draft->trace.state == VALUE_ABSENT && value_known(&draft->trace_by))
		section_complain(&l->reading, &draft->section, &draft->trace_by,
				 "without the key trace nothing is traced; add it, such as "
				 "trace: 10m, or leave this out");
	test->trace_protocol = strcmp(test->method, "tcp") == 0 ? TRACE_BY_TCP : TRACE_BY_ICMP;
	if (!value_known(&draft->trace_by))
		return;
	test->trace_protocol = (enum trace_choice)draft->trace_by.choice;
	if (test->trace_protocol == TRACE_BY_TCP && test->port == 0 && !test_visits_own_pages(test))
		section_complain(&l->reading, &draft->section, &draft->trace_by,
				 "tcp needs the port of a test by tcp; use icmp or udp");
}

static void resolve_test(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	bool both = draft->families.state == VALUE_ABSENT;

	test->interval_ns = draft->interval.integer;
	test->dscp = (uint8_t)draft->dscp.integer;
	resolve_method(l, draft, test);
	resolve_trace(l, draft, test);
	for (enum family f = 0; f < FAMILY_COUNT; f++)
		test->family[f] = both;
	for (size_t i = 0; i < draft->families.count; i++) {
		if (value_known(&draft->families.items[i]))
			test->family[draft->families.items[i].choice] = true;
	}
	resolve_test_agents(l, draft, test);
	size_t calendar =
		resolve_reference(l, &draft->section, &draft->calendar, &l->calendar_names);
	test->calendar = calendar == CONFIG_NONE ? NULL : &l->config->calendars[calendar];
}

static void resolve_tests(struct loading *l)
{
	struct config *config = l->config;
	const struct section_list *list = &l->draft.tests;

	l->test_names = defined_create(l, list->count, list->broken);
	config->tests = arena_zeroed(config->arena, list->count, sizeof(*config->tests));
	l->tests = arena_zeroed(l->reading.arena, list->count, sizeof(struct draft_test *));
	config->test_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct draft_test *draft = (struct draft_test *)(void *)list->items + i;
		l->tests[i] = draft;
		config->tests[i].name =
			define_name(l, &l->test_names, &draft->section, &draft->name);
		config->tests[i].place = keep_place(l, draft->name.place);
		resolve_test(l, draft, &config->tests[i]);
	}
}

static void resolve_network(struct loading *l)
{
	struct config *config = l->config;
	struct draft_network *network = &l->draft.network;
	struct draft_retention *retention = &l->draft.retention;

	config->title = title_of(l, &network->title, "");
	if (!network->section.broken && config->title.zh[0] == '\0')
		diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, network->section.place,
				"network", "has no title; write zh or en or both");
	config->time_zone = arena_text(config->arena, text_or(&l->draft.time_zone, "UTC"));
	config->data = arena_text(config->arena, text_or(&l->draft.data, "/"));
	config->keep_slots_ns = retention->slots.integer;
	config->keep_hours_ns = retention->hours.integer;
	config->notice_ns = l->draft.maintenance.notice.integer;
	config->allowance_ns = l->draft.maintenance.allowance.integer;
	if (value_known(&retention->slots) && value_known(&retention->hours) &&
	    retention->hours.integer < retention->slots.integer)
		section_complain(&l->reading, &retention->section, &retention->hours,
				 "%s is shorter than retention.slots; write at least %s",
				 retention->hours.text, retention->slots.text);
}

void resolve_names(struct loading *l)
{
	resolve_network(l);
	resolve_budget(l);
	resolve_agents(l);
	resolve_organisations(l);
	resolve_sites(l);
	resolve_formerly(l);
	resolve_anchors(l);
	resolve_calendars(l);
	resolve_tests(l);
	resolve_alarms(l);
	*l->config->index = (struct config_index){
		.agents = l->agent_names.names,
		.organisations = l->organisation_names.names,
		.sites = l->site_names.names,
		.tests = l->test_names.names,
	};
}

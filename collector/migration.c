/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/migration.h"
#include "collector/base/log.h"
#include "collector/store/archive.h"
#include "collector/store/disk.h"
#include "collector/store/home.h"
#include "collector/store/series.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *migration_fate_name(enum migration_fate fate)
{
	static const char *const names[FATES] = {
		[FATE_REMOVED] = "removed",	[FATE_NEW] = "new",
		[FATE_NEW_EPOCH] = "new epoch", [FATE_GROWS] = "grows",
		[FATE_RENAMED] = "renamed",	[FATE_MOVED] = "moved",
		[FATE_AS_IS] = "as is",
	};
	return names[fate];
}

const char *migration_change_name(enum migration_change change)
{
	switch (change) {
	case CHANGE_RETENTION:
		return "retention";
	case CHANGE_SURPLUS:
		return "lower retention";
	case CHANGE_INTERVAL:
		return "interval";
	case CHANGE_PACKETS:
		return "packets";
	case CHANGE_NAME:
		return "name";
	case CHANGE_ORGANISATION:
		return "organisation";
	case CHANGE_ADDRESS:
		return "address";
	case CHANGE_DAMAGED:
		return "damaged";
	}
	return "";
}

const struct series_key *migration_key(const struct migration_row *row)
{
	return row->planned != NULL ? &row->planned->key : &row->holding->key;
}

/* --- what is asked --- */

static enum err make_plans(const struct config *config, struct plan **out)
{
	static const struct hash_key nobody = {{0}}; /* phases do not matter */
	struct plan *plans = calloc(config->agent_count + 1, sizeof(*plans));
	enum err rc = plans == NULL ? E_MEMORY : E_OK;

	for (size_t i = 0; i < config->agent_count && rc == E_OK; i++)
		rc = plan_create(config, i, &nobody, &plans[i]);
	*out = plans;
	return rc;
}

static void destroy_plans(struct plan *plans, const struct config *config)
{
	for (size_t i = 0; plans != NULL && config != NULL && i < config->agent_count; i++)
		plan_finish(&plans[i]);
	free(plans);
}

static int compare_planned(const void *a, const void *b)
{
	return plan_compare(a, b);
}

static const struct planned *find_planned(const struct config *config, const struct plan *plans,
					  const struct series_key *key)
{
	struct planned wanted = {.key = *key};
	size_t agent = config == NULL ? CONFIG_NONE : config_find_agent(config, key->agent);

	if (agent == CONFIG_NONE || plans[agent].count == 0)
		return NULL;
	return bsearch(&wanted, plans[agent].items, plans[agent].count, sizeof(wanted),
		       compare_planned);
}

/* The configuration that was in force last; what it cannot tell is left out. */
static enum err keep_earlier(void *context, const struct configuration *kept)
{
	struct migration *migration = context;
	const struct config *given = migration->config;
	const char *profile = kept->profile == NULL ? given->profile->text : kept->profile;
	struct diagnostics diagnostics = {0};

	config_destroy(migration->earlier);
	migration->earlier = config_load_kept(kept->text, profile, given->path, &diagnostics);
	if (migration->earlier == NULL)
		log_warn("migrate", "the configuration last in force cannot be read by this "
				    "version: names, organisations, addresses and packets are not "
				    "compared");
	else
		migration->earlier_at = kept->at;
	diagnostics_finish(&diagnostics);
	return E_OK;
}

static enum err read_earlier(struct migration *migration)
{
	const struct period end = {INT64_MAX - 1, INT64_MAX};
	struct archive *archive;
	enum err rc = archive_open_reading(migration->config->data, &archive);

	if (rc == E_NOT_FOUND)
		return E_OK;
	if (rc != E_OK)
		return rc;
	rc = archive_each_configuration(archive, end, keep_earlier, migration);
	archive_close(archive);
	if (rc == E_OK && migration->earlier != NULL)
		rc = make_plans(migration->earlier, &migration->earlier_plans);
	return rc;
}

/* --- what becomes of a series --- */

static struct growth no_growth(const struct holding_file *file)
{
	return (struct growth){.before = file->octets, .after = file->octets};
}

/* A file that goes on: it grows, or is made anew when it is not there or cannot be used. */
static struct growth growth_for(const struct ring_layout *layout, const struct holding_file *file,
				unsigned int *changes)
{
	struct growth growth = no_growth(file);

	if (file->state == HOLDING_GOOD) {
		growth = growth_of(layout, &file->head);
		*changes |= growth.after > growth.before ? CHANGE_RETENTION : 0;
		*changes |= growth.surplus ? CHANGE_SURPLUS : 0;
		return growth;
	}
	*changes |= file->state == HOLDING_DAMAGED ? CHANGE_DAMAGED : 0;
	growth.after += ring_file_size(layout);
	return growth;
}

static void reckon_files(const struct config *config, struct migration_row *row)
{
	const struct holding *holding = row->holding;
	nsec interval = row->planned->target.interval;
	struct ring_layout curves =
		series_curves(interval, config->keep_slots_ns, config->keep_hours_ns);
	struct ring_layout hours = series_histograms(config->keep_hours_ns);

	row->before = holding_octets(holding);
	row->hours = growth_for(&hours, &holding->hours, &row->changes);
	if (holding->interval != 0 && holding->interval != interval) {
		row->changes |= CHANGE_INTERVAL;
		row->curves = no_growth(&holding->curves);
		row->after = row->before + ring_file_size(&curves);
	} else {
		row->curves = growth_for(&curves, &holding->curves, &row->changes);
		row->after = row->before + row->curves.after - row->curves.before;
	}
	row->after += row->hours.after - row->hours.before;
}

static const struct site *site_of(const struct config *config, const struct planned *planned)
{
	return &config->sites[planned->site];
}

static void compare_with_earlier(const struct migration *migration, struct migration_row *row)
{
	const struct planned *now = row->planned;
	const struct planned *then = row->earlier;

	if (then == NULL)
		return;
	const struct site *is = site_of(migration->config, now);
	const struct site *was = site_of(migration->earlier, then);
	if (strcmp(is->name, was->name) != 0)
		row->changes |= CHANGE_NAME;
	if (strcmp(migration->config->organisations[is->organisation].name,
		   migration->earlier->organisations[was->organisation].name) != 0)
		row->changes |= CHANGE_ORGANISATION;
	if (now->target.packets != then->target.packets)
		row->changes |= CHANGE_PACKETS;
	if (endpoint_compare(&now->target.host, &then->target.host) != 0)
		row->changes |= CHANGE_ADDRESS;
}

static enum migration_fate fate_of(const struct migration_row *row)
{
	static const struct {
		unsigned int change;
		enum migration_fate fate;
	} fates[] = {{CHANGE_INTERVAL, FATE_NEW_EPOCH},
		     {CHANGE_RETENTION, FATE_GROWS},
		     {CHANGE_NAME, FATE_RENAMED},
		     {CHANGE_ORGANISATION, FATE_MOVED}};

	if (row->planned == NULL)
		return FATE_REMOVED;
	if (row->holding == NULL)
		return FATE_NEW;
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		if ((row->changes & fates[i].change) != 0)
			return fates[i].fate;
	}
	return FATE_AS_IS;
}

bool migration_grows(const struct holding_file *file, const struct growth *growth)
{
	return file->state == HOLDING_GOOD && growth->after > growth->before;
}

static void count_growth(struct migration *migration, const struct holding_file *file,
			 const struct growth *growth, uint64_t *largest)
{
	if (!migration_grows(file, growth))
		return;
	migration->growing++;
	migration->peak += growth->after - growth->before;
	*largest = growth->before > *largest ? growth->before : *largest;
}

/* Beside the old file stands the new one until it takes its place. */
static void sum_up(struct migration *migration)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < migration->count; i++) {
		struct migration_row *row = &migration->rows[i];
		struct migration_total *totals[] = {&migration->totals[row->fate], &migration->all};
		for (size_t k = 0; k < 2; k++) {
			totals[k]->series++;
			totals[k]->before += row->before;
			totals[k]->after += row->after;
		}
		if (row->holding == NULL)
			continue;
		count_growth(migration, &row->holding->curves, &row->curves, &largest);
		count_growth(migration, &row->holding->hours, &row->hours, &largest);
	}
	migration->peak += largest;
}

/* --- all series --- */

static int compare_rows(const void *a, const void *b)
{
	const struct migration_row *x = a;
	const struct migration_row *y = b;
	struct planned first = {.key = *migration_key(x)};
	struct planned second = {.key = *migration_key(y)};

	return x->fate != y->fate ? (x->fate > y->fate) - (x->fate < y->fate)
				  : plan_compare(&first, &second);
}

static struct migration_row held_row(const struct migration *migration,
				     const struct holding *holding)
{
	struct migration_row row = {
		.holding = holding,
		.planned = find_planned(migration->config, migration->plans, &holding->key),
		.earlier =
			find_planned(migration->earlier, migration->earlier_plans, &holding->key),
		.curves = no_growth(&holding->curves),
		.hours = no_growth(&holding->hours),
		.before = holding_octets(holding),
		.after = holding_octets(holding),
	};

	if (row.planned != NULL) {
		reckon_files(migration->config, &row);
		compare_with_earlier(migration, &row);
	}
	return row;
}

static struct migration_row new_row(const struct config *config, const struct planned *planned)
{
	return (struct migration_row){
		.planned = planned,
		.after = series_disk_use(planned->target.interval, config->keep_slots_ns,
					 config->keep_hours_ns),
	};
}

static void add_row(struct migration *migration, struct migration_row row)
{
	row.fate = fate_of(&row);
	migration->rows[migration->count++] = row;
}

/* By agent and series of its plan: whether something is stored of it. */
static void mark_held(const struct migration *migration, bool **held)
{
	for (size_t i = 0; i < migration->holdings.count; i++) {
		const struct series_key *key = &migration->holdings.items[i].key;
		const struct planned *planned =
			find_planned(migration->config, migration->plans, key);
		size_t agent = config_find_agent(migration->config, key->agent);
		if (planned != NULL)
			held[agent][planned - migration->plans[agent].items] = true;
	}
}

static bool knows_agent(const struct migration *migration, const char *name)
{
	for (size_t i = 0; i < migration->holdings.count; i++) {
		if (strcmp(migration->holdings.items[i].key.agent, name) == 0)
			return true;
	}
	return false;
}

/* Which agents of the configuration the directory is for. */
static void choose_agents(const struct migration *migration, size_t agent, bool *chosen)
{
	const struct config *config = migration->config;
	bool any = false;

	for (size_t i = 0; i < config->agent_count; i++) {
		chosen[i] = agent == CONFIG_NONE ? knows_agent(migration, config->agents[i].name)
						 : i == agent;
		any = any || chosen[i];
	}
	for (size_t i = 0; i < config->agent_count && !any; i++)
		chosen[i] = true;
}

static void list_rows(struct migration *migration, size_t agent, bool *const *held,
		      const bool *chosen)
{
	const struct config *config = migration->config;
	const char *only = agent == CONFIG_NONE ? NULL : config->agents[agent].name;

	for (size_t i = 0; i < migration->holdings.count; i++) {
		const struct holding *holding = &migration->holdings.items[i];
		if (only == NULL || strcmp(holding->key.agent, only) == 0)
			add_row(migration, held_row(migration, holding));
	}
	for (size_t a = 0; a < config->agent_count; a++) {
		for (size_t i = 0; chosen[a] && i < migration->plans[a].count; i++) {
			if (!held[a][i])
				add_row(migration, new_row(config, &migration->plans[a].items[i]));
		}
	}
	if (migration->count > 0)
		qsort(migration->rows, migration->count, sizeof(*migration->rows), compare_rows);
}

static enum err compare_all(struct migration *migration, size_t agent)
{
	size_t agents = migration->config->agent_count;
	size_t most = migration->holdings.count;
	bool **held = calloc(agents + 1, sizeof(*held));
	bool *chosen = calloc(agents + 1, sizeof(*chosen));
	enum err rc = held == NULL || chosen == NULL ? E_MEMORY : E_OK;

	for (size_t i = 0; rc == E_OK && i < agents; i++) {
		held[i] = calloc(migration->plans[i].count + 1, sizeof(**held));
		most += migration->plans[i].count;
		rc = held[i] == NULL ? E_MEMORY : E_OK;
	}
	migration->rows = calloc(most + 1, sizeof(*migration->rows));
	if (migration->rows == NULL)
		rc = E_MEMORY;
	if (rc == E_OK) {
		mark_held(migration, held);
		choose_agents(migration, agent, chosen);
		list_rows(migration, agent, held, chosen);
		sum_up(migration);
	}
	for (size_t i = 0; held != NULL && i < agents; i++)
		free(held[i]);
	free(held);
	free(chosen);
	return rc;
}

static enum err read_all(struct migration *migration, size_t agent)
{
	const char *data = migration->config->data;
	enum err rc = holdings_read(data, &migration->holdings);

	if (rc == E_OK)
		rc = read_earlier(migration);
	if (rc != E_OK) {
		log_error("migrate", "data directory %s: %s", data, err_text(rc));
		return rc;
	}
	rc = make_plans(migration->config, &migration->plans);
	if (rc == E_OK)
		rc = compare_all(migration, agent);
	if (rc == E_OK && migration->holdings.count > 0)
		rc = disk_room(data, &migration->room);
	if (rc != E_OK)
		log_error("migrate", "cannot be reckoned: %s", err_text(rc));
	return rc;
}

enum err migration_create(const struct config *config, size_t agent, struct migration **out)
{
	struct migration *migration = calloc(1, sizeof(*migration));

	if (migration == NULL)
		return E_MEMORY;
	migration->config = config;
	migration->earlier_at = NSEC_UNDEFINED;
	enum err rc = read_all(migration, agent);
	if (rc != E_OK) {
		migration_destroy(migration);
		return rc;
	}
	*out = migration;
	return E_OK;
}

void migration_destroy(struct migration *migration)
{
	if (migration == NULL)
		return;
	destroy_plans(migration->plans, migration->config);
	destroy_plans(migration->earlier_plans, migration->earlier);
	config_destroy(migration->earlier);
	holdings_finish(&migration->holdings);
	free(migration->rows);
	free(migration);
}

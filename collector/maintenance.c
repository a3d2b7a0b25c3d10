/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/maintenance.h"

#include "collector/base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A window is noticed within a minute, reading and a busy archive included. */
static const nsec patience = 20 * NSEC_PER_SEC;

struct keyed {
	const char *key;
	size_t site;
	struct planned_path *planned; /* NULL until it is asked for */
};

struct maintenance {
	const struct config *config;
	struct window_list windows;
	struct planned_path *anywhere; /* all windows; NULL: to be made */
	struct keyed *sites;	       /* in the order of their keys */
	size_t site_count;
	nsec due;
	bool told; /* that memory was short */
};

enum err maintenance_create(struct maintenance **out)
{
	struct maintenance *maintenance = calloc(1, sizeof(*maintenance));

	if (maintenance == NULL)
		return E_MEMORY;
	*out = maintenance;
	return E_OK;
}

/* What was made from windows and rule. */
static void forget(struct maintenance *maintenance)
{
	planned_destroy(maintenance->anywhere);
	maintenance->anywhere = NULL;
	for (size_t i = 0; i < maintenance->site_count; i++) {
		planned_destroy(maintenance->sites[i].planned);
		maintenance->sites[i].planned = NULL;
	}
}

void maintenance_destroy(struct maintenance *maintenance)
{
	if (maintenance == NULL)
		return;
	forget(maintenance);
	free(maintenance->sites);
	windows_finish(&maintenance->windows);
	free(maintenance);
}

static int compare_keys(const void *a, const void *b)
{
	const struct keyed *x = a;
	const struct keyed *y = b;

	return strcmp(x->key, y->key);
}

static void say_short(struct maintenance *maintenance)
{
	if (!maintenance->told)
		log_error("maintenance", "out of memory: slots are not flagged as planned");
	maintenance->told = true;
}

void maintenance_configure(struct maintenance *maintenance, const struct config *config)
{
	struct keyed *sites = calloc(config->site_count + 1, sizeof(*sites));

	forget(maintenance);
	free(maintenance->sites);
	maintenance->config = config;
	maintenance->sites = sites;
	maintenance->site_count = sites == NULL ? 0 : config->site_count;
	if (sites == NULL) {
		say_short(maintenance);
		return;
	}
	for (size_t i = 0; i < config->site_count; i++)
		sites[i] = (struct keyed){.key = site_key(&config->sites[i]), .site = i};
	if (config->site_count > 0)
		qsort(sites, config->site_count, sizeof(*sites), compare_keys);
}

void maintenance_take(struct maintenance *maintenance, struct window_list *list)
{
	forget(maintenance);
	windows_finish(&maintenance->windows);
	maintenance->windows = *list;
	*list = (struct window_list){0};
}

static enum err make_anywhere(struct maintenance *maintenance)
{
	const struct window_list *list = &maintenance->windows;
	struct planned_rule rule = {maintenance->config->notice_ns,
				    maintenance->config->allowance_ns};
	struct window *windows = calloc(list->count + 1, sizeof(*windows));

	if (windows == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < list->count; i++)
		windows[i] = list->items[i].window;
	enum err rc = planned_create(&rule, windows, list->count, &maintenance->anywhere);
	free(windows);
	return rc;
}

/* A site as windows ask for it; CONFIG_NONE: it has left the configuration. */
struct covered {
	const struct config *config;
	size_t site;
};

static bool is_within(const void *context, const char *organisation)
{
	const struct covered *covered = context;

	return covered->site != CONFIG_NONE &&
	       config_site_within(covered->config, covered->site, organisation);
}

static enum err make_planned(const struct covered *covered, const char *key,
			     const struct window_list *list, struct planned_path **out)
{
	struct window_place place = {key, is_within, covered};
	struct planned_rule rule = {covered->config->notice_ns, covered->config->allowance_ns};
	struct window *windows;
	size_t count;

	enum err rc = windows_over(list, &place, &windows, &count);
	if (rc != E_OK)
		return rc;
	rc = planned_create(&rule, windows, count, out);
	free(windows);
	return rc;
}

bool maintenance_covers(const struct config *config, size_t site, const struct window_entry *entry)
{
	struct covered covered = {config, site};
	struct window_place place = {site_key(&config->sites[site]), is_within, &covered};

	return window_covers(entry, &place);
}

enum err maintenance_of(const struct config *config, size_t site, const struct window_list *list,
			struct planned_path **out)
{
	struct covered covered = {config, site};

	return make_planned(&covered, site_key(&config->sites[site]), list, out);
}

/* A series ends with the site, but its last slots are still to come. */
static enum err ask_left(const struct maintenance *maintenance, const char *key, struct period slot,
			 bool *out)
{
	struct covered covered = {maintenance->config, CONFIG_NONE};
	struct planned_path *planned;

	enum err rc = make_planned(&covered, key, &maintenance->windows, &planned);
	if (rc != E_OK)
		return rc;
	*out = planned_at(planned, slot) == PLANNED_COUNTED;
	planned_destroy(planned);
	return E_OK;
}

static enum err ask(struct maintenance *maintenance, const char *key, struct period slot, bool *out)
{
	struct keyed wanted = {.key = key};
	struct keyed *keyed = bsearch(&wanted, maintenance->sites, maintenance->site_count,
				      sizeof(wanted), compare_keys);

	if (keyed == NULL)
		return ask_left(maintenance, key, slot, out);
	if (keyed->planned == NULL) {
		enum err rc = maintenance_of(maintenance->config, keyed->site,
					     &maintenance->windows, &keyed->planned);
		if (rc != E_OK)
			return rc;
	}
	*out = planned_at(keyed->planned, slot) == PLANNED_COUNTED;
	return E_OK;
}

bool maintenance_plans(struct maintenance *maintenance, const char *key, struct period slot)
{
	bool plans = false;
	enum err rc = E_OK;

	if (maintenance->windows.count == 0 || maintenance->sites == NULL)
		return false;
	if (maintenance->anywhere == NULL)
		rc = make_anywhere(maintenance);
	if (rc == E_OK && planned_at(maintenance->anywhere, slot) != PLANNED_NOT)
		rc = ask(maintenance, key, slot, &plans);
	if (rc != E_OK)
		say_short(maintenance);
	return plans;
}

bool maintenance_due(struct maintenance *maintenance, nsec now)
{
	if (now < maintenance->due)
		return false;
	maintenance->due = now + patience;
	return true;
}

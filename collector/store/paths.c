/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/paths.h"

#include "collector/store/archive_inside.h"

#include <stdlib.h>
#include <string.h>

enum statement { LAST_ROUTE, PUT_ROUTE, LAST_MTU, PUT_MTU, PUT_TRACE, EVENTS, STATEMENTS };

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS route (key TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL, hops TEXT NOT NULL, ending TEXT NOT NULL,"
	" PRIMARY KEY (key, from_at)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS path_mtu (key TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL, state TEXT NOT NULL, size INTEGER NOT NULL,"
	" lost_from INTEGER NOT NULL, told INTEGER NOT NULL, PRIMARY KEY (key, from_at)) STRICT,"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS outage_trace (key TEXT NOT NULL, slot INTEGER NOT NULL,"
	" at INTEGER NOT NULL, hops TEXT NOT NULL, ending TEXT NOT NULL,"
	" icmp_type INTEGER NOT NULL, icmp_code INTEGER NOT NULL, PRIMARY KEY (key, slot)) STRICT,"
	" WITHOUT ROWID;";

static const char *const texts[STATEMENTS] = {
	[LAST_ROUTE] = "SELECT from_at, hops, ending FROM route WHERE key = ?1"
		       " ORDER BY from_at DESC LIMIT 1",
	[PUT_ROUTE] = "INSERT INTO route (key, from_at, last_seen, hops, ending)"
		      " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
		      " last_seen = excluded.last_seen, hops = excluded.hops,"
		      " ending = excluded.ending",
	[LAST_MTU] = "SELECT from_at, state, size, lost_from, told FROM path_mtu WHERE key = ?1"
		     " ORDER BY from_at DESC LIMIT 1",
	[PUT_MTU] = "INSERT INTO path_mtu (key, from_at, last_seen, state, size, lost_from, told)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
		    " last_seen = excluded.last_seen",
	[PUT_TRACE] = "INSERT OR REPLACE INTO outage_trace"
		      " (key, slot, at, hops, ending, icmp_type, icmp_code)"
		      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[EVENTS] = "SELECT 0, seen_before, from_at, hops_before, hops FROM"
		   " (SELECT from_at, hops, lag(last_seen) OVER seen AS seen_before,"
		   " lag(hops) OVER seen AS hops_before FROM route WHERE key = ?1"
		   " WINDOW seen AS (ORDER BY from_at))"
		   " WHERE hops_before IS NOT NULL AND from_at >= ?2 AND from_at < ?3"
		   " UNION ALL SELECT 1, from_at, last_seen, CAST(size AS TEXT),"
		   " CAST(lost_from AS TEXT) FROM path_mtu"
		   " WHERE key = ?1 AND state = 'black hole' AND from_at < ?3 AND last_seen >= ?2"
		   " UNION ALL SELECT 2, slot, at, ending, hops FROM outage_trace"
		   " WHERE key = ?1 AND slot >= ?2 AND slot < ?3 ORDER BY 3, 1",
};

const struct archive_part archive_paths = {tables, texts, STATEMENTS};

static struct sql *part_of(struct archive *archive)
{
	return archive_part(archive, ARCHIVE_PATHS);
}

static enum route_end end_named(const char *name)
{
	for (enum route_end end = 0; end < ROUTE_ENDS; end++) {
		if (strcmp(route_end_name(end), name) == 0)
			return end;
	}
	return ROUTE_SILENT;
}

/* The route that was seen last, and since when; E_NOT_FOUND. */
static enum err find_last(struct sql *sql, const char *key, uint8_t family, struct route *route,
			  nsec *from)
{
	char hops[ROUTE_TEXT];
	char ending[16];

	sql_bind_text(sql, LAST_ROUTE, 1, key);
	enum err rc = sql_step(sql, LAST_ROUTE);
	if (rc == E_OK) {
		*from = sql_nsec(sql, LAST_ROUTE, 0);
		sql_text(sql, LAST_ROUTE, 1, hops, sizeof(hops));
		sql_text(sql, LAST_ROUTE, 2, ending, sizeof(ending));
	}
	sql_rewind(sql, LAST_ROUTE);
	if (rc != E_OK)
		return rc;
	rc = route_parse(hops, family, route);
	route->end = end_named(ending);
	return rc == E_SYNTAX ? E_CORRUPT : rc;
}

/* Whether it only shows less of a route that is known to reach the host. */
static bool shows_less(const struct route *route, const struct route *known)
{
	return known->end == ROUTE_REACHED && route->end != ROUTE_REACHED;
}

enum err paths_route_differs(struct archive *archive, const char *key, const struct route *route,
			     bool *differs)
{
	struct route known;
	nsec from;
	enum err rc = find_last(part_of(archive), key, route->family, &known, &from);

	if (rc != E_OK && rc != E_NOT_FOUND)
		return rc;
	*differs = rc == E_OK && !shows_less(route, &known) && !route_same(&known, route);
	return E_OK;
}

static enum err put_route(struct sql *sql, const char *key, struct period seen,
			  const struct route *route)
{
	char hops[ROUTE_TEXT];

	route_format(route, hops);
	sql_bind_text(sql, PUT_ROUTE, 1, key);
	sql_bind_nsec(sql, PUT_ROUTE, 2, seen.from);
	sql_bind_nsec(sql, PUT_ROUTE, 3, seen.until);
	sql_bind_text(sql, PUT_ROUTE, 4, hops);
	sql_bind_text(sql, PUT_ROUTE, 5, route_end_name(route->end));
	return sql_run(sql, PUT_ROUTE);
}

enum err paths_put_route(struct archive *archive, const char *key, nsec at,
			 const struct route *route)
{
	struct sql *sql = part_of(archive);
	struct route known;
	struct period seen = {at, at};
	enum err rc = find_last(sql, key, route->family, &known, &seen.from);

	if (rc != E_OK && rc != E_NOT_FOUND)
		return rc;
	if (rc == E_OK && shows_less(route, &known))
		return E_OK;
	if (rc == E_NOT_FOUND || !route_same(&known, route)) {
		seen.from = at;
		return put_route(sql, key, seen, route);
	}
	(void)route_learn(&known, route);
	known.end = route->end;
	return put_route(sql, key, seen, &known);
}

/* Since when it has been so; at if it was otherwise, or unknown. */
static enum err mtu_since(struct sql *sql, const char *key, const struct mtu_record *record,
			  nsec *since)
{
	char state[16];

	sql_bind_text(sql, LAST_MTU, 1, key);
	enum err rc = sql_step(sql, LAST_MTU);
	if (rc == E_OK) {
		sql_text(sql, LAST_MTU, 1, state, sizeof(state));
		if (strcmp(state, mtu_state_name(record->state)) == 0 &&
		    sql_nsec(sql, LAST_MTU, 2) == record->size &&
		    sql_nsec(sql, LAST_MTU, 3) == record->from &&
		    sql_nsec(sql, LAST_MTU, 4) == record->told)
			*since = sql_nsec(sql, LAST_MTU, 0);
	}
	sql_rewind(sql, LAST_MTU);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

enum err paths_put_mtu(struct archive *archive, const char *key, nsec at,
		       const struct mtu_record *record)
{
	struct sql *sql = part_of(archive);
	nsec since = at;
	enum err rc = mtu_since(sql, key, record, &since);

	if (rc != E_OK)
		return rc;
	sql_bind_text(sql, PUT_MTU, 1, key);
	sql_bind_nsec(sql, PUT_MTU, 2, since);
	sql_bind_nsec(sql, PUT_MTU, 3, at);
	sql_bind_text(sql, PUT_MTU, 4, mtu_state_name(record->state));
	sql_bind_integer(sql, PUT_MTU, 5, record->size);
	sql_bind_integer(sql, PUT_MTU, 6, record->from);
	sql_bind_integer(sql, PUT_MTU, 7, record->told);
	return sql_run(sql, PUT_MTU);
}

enum err paths_put_outage_trace(struct archive *archive, const char *key, nsec slot, nsec at,
				const struct route *route)
{
	struct sql *sql = part_of(archive);
	char hops[ROUTE_TEXT];

	route_format(route, hops);
	sql_bind_text(sql, PUT_TRACE, 1, key);
	sql_bind_nsec(sql, PUT_TRACE, 2, slot);
	sql_bind_nsec(sql, PUT_TRACE, 3, at);
	sql_bind_text(sql, PUT_TRACE, 4, hops);
	sql_bind_text(sql, PUT_TRACE, 5, route_end_name(route->end));
	sql_bind_integer(sql, PUT_TRACE, 6, route->type);
	sql_bind_integer(sql, PUT_TRACE, 7, route->code);
	return sql_run(sql, PUT_TRACE);
}

static void read_event(struct sql *sql, struct path_event *out)
{
	*out = (struct path_event){
		.kind = (enum path_event_kind)sql_nsec(sql, EVENTS, 0),
		.since = sql_nsec(sql, EVENTS, 1),
		.at = sql_nsec(sql, EVENTS, 2),
	};
	sql_text(sql, EVENTS, 3, out->before, sizeof(out->before));
	sql_text(sql, EVENTS, 4, out->after, sizeof(out->after));
}

static enum err read_events(struct sql *sql, struct path_event **list, size_t *used)
{
	enum err rc;

	while ((rc = sql_step(sql, EVENTS)) == E_OK) {
		struct path_event *longer = realloc(*list, (*used + 1) * sizeof(**list));
		if (longer == NULL)
			return E_MEMORY;
		*list = longer;
		read_event(sql, &longer[(*used)++]);
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

enum err paths_events(struct archive *archive, const char *key, struct period period,
		      struct path_event **out, size_t *count)
{
	struct sql *sql = part_of(archive);
	struct path_event *list = NULL;
	size_t used = 0;
	enum err rc = E_OK;

	if (sql != NULL) {
		sql_bind_text(sql, EVENTS, 1, key);
		sql_bind_nsec(sql, EVENTS, 2, period.from);
		sql_bind_nsec(sql, EVENTS, 3, period.until);
		rc = read_events(sql, &list, &used);
		sql_rewind(sql, EVENTS);
	}
	if (rc != E_OK) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/sightings.h"
#include "collector/store/archive_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	SAME_CERTIFICATE,
	MOVE_CERTIFICATE,
	ADD_CERTIFICATE,
	FIND_CERTIFICATES,
	SAME_END,
	MOVE_END,
	ADD_END,
	FIND_ENDS,
	STATEMENTS
};

/* Visits that came so far, their sum, the most that one took. */
#define PHASE_TYPES(phase)                                                                         \
	" " phase "_visits INTEGER NOT NULL, " phase "_ns INTEGER NOT NULL, " phase                \
	"_most_ns INTEGER NOT NULL,"
#define PHASE_COLUMNS(phase) ", " phase "_visits, " phase "_ns, " phase "_most_ns"
#define ALL_PHASES                                                                                 \
	PHASE_COLUMNS("name")                                                                      \
	PHASE_COLUMNS("connect")                                                                   \
	PHASE_COLUMNS("tls") PHASE_COLUMNS("first_byte") PHASE_COLUMNS("total")
#define PHASE_MOVED(phase, visits, sum, most)                                                      \
	", " phase "_visits = " phase "_visits + " visits ", " phase "_ns = " phase "_ns + " sum   \
	", " phase "_most_ns = max(" phase "_most_ns, " most ")"

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS certificate (key TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL, fingerprint TEXT NOT NULL, subject TEXT NOT NULL,"
	" issuer TEXT NOT NULL, names TEXT NOT NULL, tls TEXT NOT NULL, not_before INTEGER,"
	" not_after INTEGER, chain_not_after INTEGER, links INTEGER NOT NULL,"
	" verified INTEGER NOT NULL, named INTEGER NOT NULL, problem TEXT NOT NULL,"
	" PRIMARY KEY (key, from_at)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS visits (key TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL, day_end INTEGER NOT NULL, visits INTEGER NOT NULL,"
	" end TEXT NOT NULL, cause TEXT NOT NULL, status INTEGER NOT NULL, url TEXT NOT NULL,"
	" reason TEXT NOT NULL," PHASE_TYPES("name") PHASE_TYPES("connect") PHASE_TYPES("tls")
		PHASE_TYPES("first_byte")
			PHASE_TYPES("total") " PRIMARY KEY (key, from_at)) STRICT, WITHOUT ROWID";

#define NEWEST(table)                                                                              \
	"SELECT from_at FROM " table " WHERE key = ?1 AND from_at ="                               \
	" (SELECT max(from_at) FROM " table " WHERE key = ?1) AND "
#define OVERLAP " WHERE key = ?1 AND from_at < ?3 AND last_seen >= ?2 ORDER BY from_at"

static const char *const texts[STATEMENTS] = {
	[SAME_CERTIFICATE] = NEWEST("certificate") "fingerprint = ?2 AND verified = ?3"
						   " AND named = ?4 AND problem = ?5 AND tls = ?6",
	[MOVE_CERTIFICATE] =
		"UPDATE certificate SET last_seen = ?3 WHERE key = ?1 AND from_at = ?2",
	[ADD_CERTIFICATE] =
		"INSERT OR REPLACE INTO certificate (key, fingerprint, verified, named, problem,"
		" tls, from_at, last_seen, subject, issuer, names, not_before, not_after,"
		" chain_not_after, links) VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	[FIND_CERTIFICATES] =
		"SELECT from_at, last_seen, not_before, not_after, chain_not_after, links,"
		" verified, named, fingerprint, subject, issuer, names, tls, problem"
		" FROM certificate" OVERLAP,
	[SAME_END] = NEWEST("visits") "end = ?2 AND cause = ?3 AND status = ?4 AND day_end = ?5",
	[MOVE_END] = "UPDATE visits SET last_seen = ?3, visits = visits + ?4" PHASE_MOVED(
		"name", "?5", "?6", "?7") PHASE_MOVED("connect", "?8", "?9", "?10")
		PHASE_MOVED("tls", "?11", "?12", "?13")
			PHASE_MOVED("first_byte", "?14", "?15", "?16") PHASE_MOVED(
				"total", "?17", "?18", "?19") " WHERE key = ?1 AND from_at = ?2",
	[ADD_END] = "INSERT OR REPLACE INTO visits (key, end, cause, status, day_end, from_at,"
		    " last_seen, visits, url, reason" ALL_PHASES
		    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9,"
		    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
	[FIND_ENDS] = "SELECT from_at, last_seen, day_end, visits, status, end, cause, url,"
		      " reason" ALL_PHASES " FROM visits" OVERLAP,
};

const struct archive_part archive_sightings = {tables, texts, STATEMENTS};

static struct sql *part_of(struct archive *archive)
{
	return archive_part(archive, ARCHIVE_SIGHTINGS);
}

/* The newest row, if it says the same. */
static enum err find_same(struct sql *sql, size_t statement, nsec *from)
{
	enum err rc = sql_step(sql, statement);

	if (rc == E_OK)
		*from = sql_nsec(sql, statement, 0);
	sql_rewind(sql, statement);
	return rc;
}

static void bind_certificate(struct sql *sql, size_t statement,
			     const struct certificate_sighting *sighting)
{
	const struct certificate *c = &sighting->certificate;

	sql_bind_text(sql, statement, 1, sighting->key);
	sql_bind_text(sql, statement, 2, c->fingerprint);
	sql_bind_integer(sql, statement, 3, c->verified);
	sql_bind_integer(sql, statement, 4, c->named);
	sql_bind_text(sql, statement, 5, c->problem);
	sql_bind_text(sql, statement, 6, sighting->tls);
}

static enum err add_certificate(struct sql *sql, const struct certificate_sighting *sighting)
{
	const struct certificate *c = &sighting->certificate;

	bind_certificate(sql, ADD_CERTIFICATE, sighting);
	sql_bind_nsec(sql, ADD_CERTIFICATE, 7, sighting->last_seen);
	sql_bind_text(sql, ADD_CERTIFICATE, 8, c->subject);
	sql_bind_text(sql, ADD_CERTIFICATE, 9, c->issuer);
	sql_bind_text(sql, ADD_CERTIFICATE, 10, c->names);
	sql_bind_nsec(sql, ADD_CERTIFICATE, 11, c->not_before);
	sql_bind_nsec(sql, ADD_CERTIFICATE, 12, c->not_after);
	sql_bind_nsec(sql, ADD_CERTIFICATE, 13, c->chain_not_after);
	sql_bind_integer(sql, ADD_CERTIFICATE, 14, c->links);
	return sql_run(sql, ADD_CERTIFICATE);
}

enum err archive_certificate(struct archive *archive, const struct certificate_sighting *sighting)
{
	struct sql *sql = part_of(archive);
	nsec from;

	bind_certificate(sql, SAME_CERTIFICATE, sighting);
	enum err rc = find_same(sql, SAME_CERTIFICATE, &from);
	if (rc == E_NOT_FOUND)
		return add_certificate(sql, sighting);
	if (rc != E_OK)
		return rc;
	sql_bind_text(sql, MOVE_CERTIFICATE, 1, sighting->key);
	sql_bind_nsec(sql, MOVE_CERTIFICATE, 2, from);
	sql_bind_nsec(sql, MOVE_CERTIFICATE, 3, sighting->last_seen);
	return sql_run(sql, MOVE_CERTIFICATE);
}

static void bind_end(struct sql *sql, size_t statement, const struct end_sighting *sighting)
{
	const char *cause = loss_cause_name(sighting->cause);

	sql_bind_text(sql, statement, 1, sighting->key);
	sql_bind_text(sql, statement, 2, visit_end_name(sighting->end));
	sql_bind_text(sql, statement, 3, cause == NULL ? "" : cause);
	sql_bind_integer(sql, statement, 4, sighting->status);
	sql_bind_nsec(sql, statement, 5, sighting->day_end);
}

static void bind_phases(struct sql *sql, size_t statement, int first,
			const struct end_sighting *sighting)
{
	for (int i = 0; i < VISIT_PHASES; i++) {
		const struct phase_sum *phase = &sighting->phase[i];
		sql_bind_integer(sql, statement, first + 3 * i, (int64_t)phase->visits);
		sql_bind_nsec(sql, statement, first + 3 * i + 1, phase->sum);
		sql_bind_nsec(sql, statement, first + 3 * i + 2, phase->most);
	}
}

static enum err add_end(struct sql *sql, const struct end_sighting *sighting)
{
	bind_end(sql, ADD_END, sighting);
	sql_bind_nsec(sql, ADD_END, 6, sighting->last_seen);
	sql_bind_integer(sql, ADD_END, 7, (int64_t)sighting->visits);
	sql_bind_text(sql, ADD_END, 8, sighting->url);
	sql_bind_text(sql, ADD_END, 9, sighting->reason);
	bind_phases(sql, ADD_END, 10, sighting);
	return sql_run(sql, ADD_END);
}

enum err archive_end(struct archive *archive, const struct end_sighting *sighting)
{
	struct sql *sql = part_of(archive);
	nsec from;

	bind_end(sql, SAME_END, sighting);
	enum err rc = find_same(sql, SAME_END, &from);
	if (rc == E_NOT_FOUND)
		return add_end(sql, sighting);
	if (rc != E_OK)
		return rc;
	sql_bind_text(sql, MOVE_END, 1, sighting->key);
	sql_bind_nsec(sql, MOVE_END, 2, from);
	sql_bind_nsec(sql, MOVE_END, 3, sighting->last_seen);
	sql_bind_integer(sql, MOVE_END, 4, (int64_t)sighting->visits);
	bind_phases(sql, MOVE_END, 5, sighting);
	return sql_run(sql, MOVE_END);
}

static int64_t integer_at(struct sql *sql, size_t statement, int column)
{
	return sqlite3_column_int64(sql->statements[statement], column);
}

static void read_certificate(struct sql *sql, void *out)
{
	struct certificate_sighting *s = out;
	struct certificate *c = &s->certificate;

	s->from = sql_nsec(sql, FIND_CERTIFICATES, 0);
	s->last_seen = sql_nsec(sql, FIND_CERTIFICATES, 1);
	c->shown = true;
	c->not_before = sql_nsec(sql, FIND_CERTIFICATES, 2);
	c->not_after = sql_nsec(sql, FIND_CERTIFICATES, 3);
	c->chain_not_after = sql_nsec(sql, FIND_CERTIFICATES, 4);
	c->links = (uint8_t)integer_at(sql, FIND_CERTIFICATES, 5);
	c->verified = integer_at(sql, FIND_CERTIFICATES, 6) != 0;
	c->named = integer_at(sql, FIND_CERTIFICATES, 7) != 0;
	sql_text(sql, FIND_CERTIFICATES, 8, c->fingerprint, sizeof(c->fingerprint));
	sql_text(sql, FIND_CERTIFICATES, 9, c->subject, sizeof(c->subject));
	sql_text(sql, FIND_CERTIFICATES, 10, c->issuer, sizeof(c->issuer));
	sql_text(sql, FIND_CERTIFICATES, 11, c->names, sizeof(c->names));
	sql_text(sql, FIND_CERTIFICATES, 12, s->tls, sizeof(s->tls));
	sql_text(sql, FIND_CERTIFICATES, 13, c->problem, sizeof(c->problem));
}

static enum visit_end end_named(const char *name)
{
	enum visit_end end = VISIT_OPEN;

	while (end < VISIT_NOT_MADE && strcmp(visit_end_name(end), name) != 0)
		end++;
	return end;
}

static enum loss_cause cause_named(const char *name)
{
	for (enum loss_cause cause = LOSS_UNTOLD + 1; cause < LOSS_CAUSES; cause++) {
		const char *own = loss_cause_name(cause);
		if (own != NULL && strcmp(own, name) == 0)
			return cause;
	}
	return LOSS_UNTOLD;
}

static void read_end(struct sql *sql, void *out)
{
	struct end_sighting *s = out;
	char name[32];

	s->from = sql_nsec(sql, FIND_ENDS, 0);
	s->last_seen = sql_nsec(sql, FIND_ENDS, 1);
	s->day_end = sql_nsec(sql, FIND_ENDS, 2);
	s->visits = (uint64_t)integer_at(sql, FIND_ENDS, 3);
	s->status = (uint16_t)integer_at(sql, FIND_ENDS, 4);
	sql_text(sql, FIND_ENDS, 5, name, sizeof(name));
	s->end = end_named(name);
	sql_text(sql, FIND_ENDS, 6, name, sizeof(name));
	s->cause = cause_named(name);
	sql_text(sql, FIND_ENDS, 7, s->url, sizeof(s->url));
	sql_text(sql, FIND_ENDS, 8, s->reason, sizeof(s->reason));
	for (int i = 0; i < VISIT_PHASES; i++)
		s->phase[i] = (struct phase_sum){
			(uint64_t)integer_at(sql, FIND_ENDS, 9 + 3 * i),
			sql_nsec(sql, FIND_ENDS, 10 + 3 * i),
			sql_nsec(sql, FIND_ENDS, 11 + 3 * i),
		};
}

/* What is read of a kind of rows. */
struct reading {
	size_t statement;
	size_t size; /* of one */
	void (*read)(struct sql *sql, void *out);
};

static enum err gather(struct sql *sql, const struct reading *reading, char **items, size_t *count)
{
	size_t room = 0;
	enum err rc;

	while ((rc = sql_step(sql, reading->statement)) == E_OK) {
		if (*count == room) {
			room = room == 0 ? 8 : 2 * room;
			char *more = realloc(*items, room * reading->size);
			if (more == NULL)
				return E_MEMORY;
			*items = more;
		}
		char *item = *items + (*count)++ * reading->size;
		memset(item, 0, reading->size);
		reading->read(sql, item);
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

/* What is wanted of the rows of a series. */
struct wanted {
	const struct reading *reading;
	const struct series_key *key;
	struct period period;
};

/* Every row begins with its key. Nothing where an archive that is only read has no such tables. */
static enum err find(struct archive *archive, const struct wanted *wanted, void **out,
		     size_t *count)
{
	const struct reading *reading = wanted->reading;
	struct sql *sql = part_of(archive);
	char key[KEY_TEXT];
	char *items = NULL;
	enum err rc = E_OK;

	*count = 0;
	series_key_format(wanted->key, key);
	if (sql != NULL) {
		sql_bind_text(sql, reading->statement, 1, key);
		sql_bind_nsec(sql, reading->statement, 2, wanted->period.from);
		sql_bind_nsec(sql, reading->statement, 3, wanted->period.until);
		rc = gather(sql, reading, &items, count);
		sql_rewind(sql, reading->statement);
	}
	for (size_t i = 0; i < *count; i++)
		memcpy(items + i * reading->size, key, sizeof(key));
	*out = items;
	if (rc == E_OK)
		return E_OK;
	free(items);
	*out = NULL;
	*count = 0;
	return rc;
}

enum err archive_find_certificates(struct archive *archive, const struct series_key *key,
				   struct period period, struct certificate_sighting **out,
				   size_t *count)
{
	static const struct reading reading = {
		FIND_CERTIFICATES, sizeof(struct certificate_sighting), read_certificate};
	struct wanted wanted = {&reading, key, period};
	void *items;

	enum err rc = find(archive, &wanted, &items, count);
	*out = items;
	return rc;
}

enum err archive_find_ends(struct archive *archive, const struct series_key *key,
			   struct period period, struct end_sighting **out, size_t *count)
{
	static const struct reading reading = {FIND_ENDS, sizeof(struct end_sighting), read_end};
	struct wanted wanted = {&reading, key, period};
	void *items;

	enum err rc = find(archive, &wanted, &items, count);
	*out = items;
	return rc;
}

_Static_assert(offsetof(struct certificate_sighting, key) == 0, "find writes it there");
_Static_assert(offsetof(struct end_sighting, key) == 0, "find writes it there");

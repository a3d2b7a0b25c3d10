/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/lookout.h"
#include "collector/base/calendar.h"
#include "collector/base/log.h"

#include <stdlib.h>
#include <string.h>

static const nsec reminder = LOOKOUT_REMINDER_S * NSEC_PER_SEC;

/* What the visits of one series showed last. visits of the end counts those not told yet. */
struct watched {
	struct certificate_sighting certificate;
	struct end_sighting end;
	nsec certificate_told; /* NSEC_UNDEFINED: never, as the next */
	nsec end_told;
};

struct lookout {
	struct lookout_listener listener;
	struct watched **items; /* by number; NULL: no visit yet */
	size_t count;
};

enum err lookout_create(const struct lookout_listener *listener, struct lookout **out)
{
	struct lookout *lookout = calloc(1, sizeof(*lookout));

	if (lookout == NULL)
		return E_MEMORY;
	lookout->listener = *listener;
	*out = lookout;
	return E_OK;
}

void lookout_destroy(struct lookout *lookout)
{
	if (lookout == NULL)
		return;
	for (size_t i = 0; i < lookout->count; i++)
		free(lookout->items[i]);
	free(lookout->items);
	free(lookout);
}

static bool make_room(struct lookout *lookout, uint32_t number)
{
	size_t count = (size_t)number + 1;

	if (count <= lookout->count)
		return true;
	struct watched **items = realloc(lookout->items, count * sizeof(struct watched *));
	if (items == NULL)
		return false;
	while (lookout->count < count)
		items[lookout->count++] = NULL;
	lookout->items = items;
	return true;
}

/* NULL without memory. */
static struct watched *watched_of(struct lookout *lookout, uint32_t number,
				  const struct series_key *key)
{
	if (!make_room(lookout, number))
		return NULL;
	struct watched *watched = lookout->items[number];
	if (watched != NULL)
		return watched;
	watched = calloc(1, sizeof(*watched));
	if (watched == NULL)
		return NULL;
	series_key_format(key, watched->end.key);
	series_key_format(key, watched->certificate.key);
	watched->certificate_told = NSEC_UNDEFINED;
	watched->end_told = NSEC_UNDEFINED;
	lookout->items[number] = watched;
	return watched;
}

static void tell_certificate(const struct lookout *lookout, struct watched *watched)
{
	if (watched->certificate_told == watched->certificate.last_seen)
		return;
	lookout->listener.certificate(lookout->listener.context, &watched->certificate);
	watched->certificate_told = watched->certificate.last_seen;
}

static void tell_end(const struct lookout *lookout, struct watched *watched)
{
	if (watched->end.visits == 0)
		return;
	lookout->listener.end(lookout->listener.context, &watched->end);
	watched->end.visits = 0;
	memset(watched->end.phase, 0, sizeof(watched->end.phase));
	watched->end_told = watched->end.last_seen;
}

static bool same_certificate(const struct certificate_sighting *a, const struct visit *visit)
{
	const struct certificate *x = &a->certificate;
	const struct certificate *y = &visit->certificate;

	return strcmp(x->fingerprint, y->fingerprint) == 0 && x->verified == y->verified &&
	       x->named == y->named && strcmp(x->problem, y->problem) == 0 &&
	       strcmp(a->tls, visit->tls) == 0;
}

static void take_certificate(const struct lookout *lookout, struct watched *watched,
			     const struct visit *visit)
{
	struct certificate_sighting *kept = &watched->certificate;

	if (!visit->certificate.shown)
		return;
	bool same = kept->certificate.shown && same_certificate(kept, visit);
	if (!same && kept->certificate.shown)
		tell_certificate(lookout, watched);
	kept->certificate = visit->certificate;
	memcpy(kept->tls, visit->tls, sizeof(kept->tls));
	kept->last_seen = visit->began_at;
	if (!same || kept->last_seen - watched->certificate_told >= reminder)
		tell_certificate(lookout, watched);
}

static void take_end(const struct lookout *lookout, struct watched *watched,
		     const struct visit *visit)
{
	struct end_sighting *kept = &watched->end;
	bool same = watched->end_told != NSEC_UNDEFINED && kept->end == visit->end &&
		    kept->cause == visit->cause && kept->status == visit->status &&
		    visit->began_at < kept->day_end;

	if (!same) {
		tell_end(lookout, watched);
		kept->end = visit->end;
		kept->cause = visit->cause;
		kept->status = visit->status;
		memcpy(kept->url, visit->url, sizeof(kept->url));
		memcpy(kept->reason, visit->reason, sizeof(kept->reason));
		kept->day_end = calendar_next_midnight(visit->began_at);
	}
	kept->last_seen = visit->began_at;
	kept->visits++;
	for (int i = 0; i < VISIT_PHASES; i++)
		phase_sum_add(&kept->phase[i], visit->phase[i]);
	if (!same || kept->last_seen - watched->end_told >= reminder)
		tell_end(lookout, watched);
}

void lookout_take(struct lookout *lookout, uint32_t number, const struct series_key *key,
		  const struct visit *visit)
{
	struct watched *watched = watched_of(lookout, number, key);

	if (watched == NULL) {
		log_error("http", "out of memory: what a visit showed is not kept");
		return;
	}
	/* One that was never begun showed nothing, and has no time. */
	if (visit->began_at == NSEC_UNDEFINED)
		return;
	take_certificate(lookout, watched, visit);
	take_end(lookout, watched, visit);
}

void lookout_flush(struct lookout *lookout)
{
	for (size_t i = 0; i < lookout->count; i++) {
		struct watched *watched = lookout->items[i];
		if (watched == NULL)
			continue;
		if (watched->certificate.certificate.shown)
			tell_certificate(lookout, watched);
		tell_end(lookout, watched);
	}
}

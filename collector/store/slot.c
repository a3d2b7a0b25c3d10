/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/slot.h"
#include "collector/base/wire.h"

#include <string.h>

/* Octets of version 1, numbers as varints:
 *   version · start and length in seconds · expected sent lost duplicated reordered late rejected
 *   flags · sum, least, median and largest round trip as delays · how the slot's delays follow ·
 *   [slots lost · least and largest round trip, largest variation as delays] · two bit maps of
 *   the buckets in use, lowest bucket in the lowest bit · the counts of those buckets
 * A delay is 0 undefined, 1 infinite, else 2 + its zigzag code. */
enum { VERSION = 1 };

enum following {
	FOLLOWS_NOTHING, /* no delays */
	FOLLOWS_SUMMARY, /* one slot whose loss and bounds are those of the summary: buckets only */
	FOLLOWS_ALL,
};

/* Some day of the year 2242: keeps sums of instants within a nsec. */
static const uint64_t latest_start_s = UINT64_C(1) << 33;

bool slot_length_allowed(nsec length)
{
	if (length < NSEC_PER_SEC || length % NSEC_PER_SEC != 0)
		return false;
	return NSEC_PER_HOUR % length == 0 || length == 2 * NSEC_PER_HOUR ||
	       length == 4 * NSEC_PER_HOUR || length == 8 * NSEC_PER_HOUR;
}

static void write_delay(struct writer *w, nsec delay)
{
	if (delay == NSEC_UNDEFINED)
		write_varint(w, 0);
	else if (delay == NSEC_INFINITE)
		write_varint(w, 1);
	else
		write_varint(w, 2 + (((uint64_t)delay << 1) ^ (delay < 0 ? UINT64_MAX : 0)));
}

static nsec read_delay(struct reader *r)
{
	uint64_t code = read_varint(r);

	if (code < 2)
		return code == 0 ? NSEC_UNDEFINED : NSEC_INFINITE;
	code -= 2;
	return (nsec)((code >> 1) ^ ((code & 1) != 0 ? UINT64_MAX : 0));
}

static uint32_t read_count(struct reader *r)
{
	uint64_t value = read_varint(r);

	if (value > UINT32_MAX)
		r->failed = true;
	return (uint32_t)value;
}

/* The counts of a summary in the order of their octets. */
static void list_counts(struct summary *s, uint32_t *counts[8])
{
	counts[0] = &s->expected;
	counts[1] = &s->sent;
	counts[2] = &s->lost;
	counts[3] = &s->duplicated;
	counts[4] = &s->reordered;
	counts[5] = &s->late;
	counts[6] = &s->rejected;
	counts[7] = &s->flags;
}

static void write_summary(struct writer *w, const struct summary *summary)
{
	struct summary s = *summary;
	uint32_t *counts[8];

	write_varint(w, (uint64_t)(s.from / NSEC_PER_SEC));
	write_varint(w, (uint64_t)((s.until - s.from) / NSEC_PER_SEC));
	list_counts(&s, counts);
	for (size_t i = 0; i < 8; i++)
		write_varint(w, *counts[i]);
	write_delay(w, s.rtt_sum);
	write_delay(w, s.rtt_min);
	write_delay(w, s.rtt_median);
	write_delay(w, s.rtt_max);
}

static enum err read_summary(struct reader *r, struct summary *s)
{
	uint64_t start = read_varint(r);
	uint64_t length = read_varint(r);
	uint32_t *counts[8];

	if (r->failed)
		return E_SHORT;
	if (start > latest_start_s || length > 86400 ||
	    !slot_length_allowed((nsec)length * NSEC_PER_SEC) || start % length != 0)
		return E_CORRUPT;
	s->from = (nsec)start * NSEC_PER_SEC;
	s->until = (nsec)(start + length) * NSEC_PER_SEC;
	list_counts(s, counts);
	for (size_t i = 0; i < 8; i++)
		*counts[i] = read_count(r);
	s->rtt_sum = read_delay(r);
	s->rtt_min = read_delay(r);
	s->rtt_median = read_delay(r);
	s->rtt_max = read_delay(r);
	return r->failed ? E_SHORT : E_OK;
}

/* The delays' scalars as the summary alone tells them; false if it cannot. */
static bool scalars_of(const struct summary *s, struct delays *d)
{
	d->slots = 1;
	d->lost = s->lost;
	d->rtt_min = s->rtt_min;
	d->rtt_max = s->rtt_max;
	d->pdv_max = NSEC_UNDEFINED;
	if (s->rtt_min == NSEC_UNDEFINED || s->rtt_max == NSEC_UNDEFINED)
		return true;
	return !__builtin_sub_overflow(s->rtt_max, s->rtt_min, &d->pdv_max);
}

static enum following following_of(const struct slot *slot)
{
	const struct delays *d = &slot->delays;
	struct delays told;

	if (d->slots == 0)
		return FOLLOWS_NOTHING;
	if (!scalars_of(&slot->summary, &told))
		return FOLLOWS_ALL;
	bool same = d->slots == told.slots && d->lost == told.lost && d->rtt_min == told.rtt_min &&
		    d->rtt_max == told.rtt_max && d->pdv_max == told.pdv_max;
	return same ? FOLLOWS_SUMMARY : FOLLOWS_ALL;
}

static void write_map(struct writer *w, const uint32_t *counts, size_t buckets)
{
	for (size_t i = 0; i < buckets; i += 8) {
		unsigned int bits = 0;
		for (size_t b = 0; b < 8; b++)
			bits |= (counts[i + b] != 0 ? 1u : 0u) << b;
		write_u8(w, (uint8_t)bits);
	}
}

static void write_counts(struct writer *w, const uint32_t *counts, size_t buckets)
{
	for (size_t i = 0; i < buckets; i++)
		if (counts[i] != 0)
			write_varint(w, counts[i]);
}

static void read_counts(struct reader *r, const uint8_t *map, uint32_t *counts, size_t buckets)
{
	for (size_t i = 0; i < buckets && !r->failed; i++)
		counts[i] = (map[i / 8] >> i % 8 & 1) != 0 ? read_count(r) : 0;
}

static void write_delays(struct writer *w, const struct slot *slot)
{
	const struct delays *d = &slot->delays;
	enum following following = following_of(slot);

	write_u8(w, (uint8_t)following);
	if (following == FOLLOWS_NOTHING)
		return;
	if (following == FOLLOWS_ALL) {
		write_varint(w, d->slots);
		write_varint(w, d->lost);
		write_delay(w, d->rtt_min);
		write_delay(w, d->rtt_max);
		write_delay(w, d->pdv_max);
	}
	write_map(w, d->rtt, RTT_BUCKETS);
	write_map(w, d->pdv, PDV_BUCKETS);
	write_counts(w, d->rtt, RTT_BUCKETS);
	write_counts(w, d->pdv, PDV_BUCKETS);
}

static enum err read_delays(struct reader *r, const struct summary *summary, struct delays *d)
{
	uint8_t following = read_u8(r);

	*d = delays_empty();
	if (r->failed)
		return E_SHORT;
	if (following == FOLLOWS_NOTHING || following > FOLLOWS_ALL)
		return following == FOLLOWS_NOTHING ? E_OK : E_CORRUPT;
	if (following == FOLLOWS_SUMMARY) {
		if (!scalars_of(summary, d))
			return E_CORRUPT;
	} else {
		d->slots = read_count(r);
		d->lost = read_varint(r);
		d->rtt_min = read_delay(r);
		d->rtt_max = read_delay(r);
		d->pdv_max = read_delay(r);
		if (!r->failed && d->slots == 0)
			return E_CORRUPT;
	}
	const uint8_t *map = read_bytes(r, (RTT_BUCKETS + PDV_BUCKETS) / 8);
	if (map == NULL)
		return E_SHORT;
	read_counts(r, map, d->rtt, RTT_BUCKETS);
	read_counts(r, map + RTT_BUCKETS / 8, d->pdv, PDV_BUCKETS);
	return r->failed ? E_SHORT : E_OK;
}

size_t slot_encode(const struct slot *slot, uint8_t out[SLOT_OCTETS])
{
	const struct summary *s = &slot->summary;
	struct writer w = writer_over(out, SLOT_OCTETS);

	if (s->from < 0 || s->until <= s->from ||
	    (uint64_t)s->from > latest_start_s * NSEC_PER_SEC ||
	    !slot_length_allowed(s->until - s->from) || s->from % (s->until - s->from) != 0)
		return 0;
	write_u8(&w, VERSION);
	write_summary(&w, s);
	write_delays(&w, slot);
	return w.failed ? 0 : w.used;
}

enum err slot_decode(const void *octets, size_t len, struct slot *out)
{
	struct reader r = reader_over(octets, len);
	struct slot slot;

	if (read_u8(&r) != VERSION)
		return r.failed ? E_SHORT : E_MISMATCH;
	enum err rc = read_summary(&r, &slot.summary);
	if (rc == E_OK)
		rc = read_delays(&r, &slot.summary, &slot.delays);
	if (rc == E_OK && r.left != 0)
		rc = E_CORRUPT;
	if (rc == E_OK)
		*out = slot;
	return rc;
}

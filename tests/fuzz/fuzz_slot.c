/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever slot_decode takes must mean the same when encoded and decoded again. */
#include "collector/store/slot.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int same(const struct slot *a, const struct slot *b)
{
	const struct summary *s = &a->summary;
	const struct summary *t = &b->summary;
	const struct delays *d = &a->delays;
	const struct delays *e = &b->delays;

	return s->from == t->from && s->until == t->until && s->expected == t->expected &&
	       s->sent == t->sent && s->lost == t->lost && s->duplicated == t->duplicated &&
	       s->reordered == t->reordered && s->late == t->late && s->rejected == t->rejected &&
	       s->flags == t->flags && s->rtt_sum == t->rtt_sum && s->rtt_min == t->rtt_min &&
	       s->rtt_median == t->rtt_median && s->rtt_max == t->rtt_max && d->slots == e->slots &&
	       d->lost == e->lost && d->rtt_min == e->rtt_min && d->rtt_max == e->rtt_max &&
	       d->pdv_max == e->pdv_max && memcmp(d->rtt, e->rtt, sizeof(d->rtt)) == 0 &&
	       memcmp(d->pdv, e->pdv, sizeof(d->pdv)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t octets[SLOT_OCTETS];
	struct slot slot;
	struct slot again;

	if (slot_decode(data, size, &slot) != E_OK)
		return 0;
	size_t len = slot_encode(&slot, octets);
	if (len == 0 || slot_decode(octets, len, &again) != E_OK || !same(&slot, &again))
		abort();
	return 0;
}

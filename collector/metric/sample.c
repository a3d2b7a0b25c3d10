/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/sample.h"
#include "collector/metric/availability.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const uint32_t cause_flags[] = {
	[LOSS_UNTOLD] = 0,
	[LOSS_REFUSED] = SLOT_REFUSED,
	[LOSS_UNREACHABLE] = SLOT_UNREACHABLE,
	[LOSS_FILTERED] = SLOT_FILTERED,
	[LOSS_NEIGHBOUR] = SLOT_NEIGHBOUR,
	[LOSS_FAILURE] = SLOT_FAILURE,
	[LOSS_WRONG] = SLOT_WRONG,
	[LOSS_MALFORMED] = SLOT_MALFORMED,
	[LOSS_NAME] = SLOT_NAME,
	[LOSS_TLS] = SLOT_TLS,
	[LOSS_STATUS] = SLOT_STATUS,
	[LOSS_TEXT] = SLOT_TEXT,
	[LOSS_BOUNDS] = SLOT_BOUNDS,
	[LOSS_BLOCKED] = SLOT_BLOCKED,
};

static void count_outcome(struct summary *s, const struct singleton *one)
{
	if (one->outcome == OUTCOME_UNSENT) {
		s->flags |= SLOT_UNSENT | cause_flags[one->cause];
		return;
	}
	s->sent++;
	s->duplicated += one->duplicates;
	s->reordered += one->reordered;
	if (one->outcome != OUTCOME_REPLIED) {
		s->lost++;
		s->late += one->outcome == OUTCOME_LATE;
		s->rejected += one->outcome == OUTCOME_REJECTED || one->outcome == OUTCOME_FAILED;
		s->flags |= cause_flags[one->cause];
		return;
	}
	s->rtt_sum += one->round_trip;
	if (s->rtt_min == NSEC_UNDEFINED || one->round_trip < s->rtt_min)
		s->rtt_min = one->round_trip;
	if (s->rtt_max == NSEC_UNDEFINED || one->round_trip > s->rtt_max)
		s->rtt_max = one->round_trip;
	if (one->stamped_by < STAMP_CAPTURE)
		s->flags |= SLOT_USER_STAMP;
}

static struct summary count_packets(const struct sample *sample)
{
	struct summary s = summary_absent(sample->slot, 0);

	s.expected = sample->expected;
	s.flags = sample->flags;
	for (uint32_t i = 0; i < sample->expected; i++)
		count_outcome(&s, &sample->singletons[i]);
	return s;
}

struct summary sample_summary(const struct sample *sample)
{
	struct summary s = count_packets(sample);

	s.rtt_median = sample_quantile(sample, 0.5);
	return s;
}

static void count_delays(const struct sample *sample, nsec smallest, struct delays *d)
{
	for (uint32_t i = 0; i < sample->expected; i++) {
		const struct singleton *one = &sample->singletons[i];
		if (one->outcome != OUTCOME_REPLIED)
			continue;
		d->rtt[histogram_bucket_of(DELAY_RTT, one->round_trip)]++;
		d->pdv[histogram_bucket_of(DELAY_PDV, one->round_trip - smallest)]++;
	}
}

struct delays sample_delays(const struct sample *sample)
{
	struct delays d = delays_empty();
	struct summary s = count_packets(sample);

	if (!availability_judgeable(&s))
		return d;
	d.slots = 1;
	d.lost = s.lost;
	d.rtt_min = s.rtt_min;
	d.rtt_max = s.rtt_max;
	if (summary_answered(&s) == 0)
		return d;
	d.pdv_max = s.rtt_max - s.rtt_min;
	count_delays(sample, s.rtt_min, &d);
	return d;
}

static void swap(nsec *a, nsec *b)
{
	nsec kept = *a;

	*a = *b;
	*b = kept;
}

/* The element of this index as if sorted; the values change their places (Hoare, 1961). */
static nsec select_smallest(nsec *values, size_t count, size_t index)
{
	nsec *low = values;
	nsec *high = values + count - 1;
	nsec *wanted = values + index;

	while (low < high) {
		nsec pivot = low[(high - low) / 2];
		nsec *i = low;
		nsec *j = high;
		while (i <= j) {
			while (*i < pivot)
				i++;
			while (pivot < *j)
				j--;
			if (i <= j)
				swap(i++, j--);
		}
		if (wanted <= j)
			high = j;
		else if (wanted >= i)
			low = i;
		else
			break;
	}
	return *wanted;
}

nsec sample_quantile(const struct sample *sample, double p)
{
	enum { SMALL = 128 };
	nsec small[SMALL];
	nsec *delays =
		sample->expected <= SMALL ? small : calloc(sample->expected, sizeof(*delays));
	size_t answered = 0;
	size_t sent = 0;
	nsec result = NSEC_UNDEFINED;

	assert(p > 0 && p <= 1);
	if (delays == NULL)
		return NSEC_UNDEFINED;
	for (uint32_t i = 0; i < sample->expected; i++) {
		const struct singleton *one = &sample->singletons[i];
		sent += one->outcome != OUTCOME_UNSENT;
		if (one->outcome == OUTCOME_REPLIED)
			delays[answered++] = one->round_trip;
	}
	if (sent > 0) {
		size_t rank = (size_t)ceil(p * (double)sent * (1 - 1e-12));
		result = rank > answered ? NSEC_INFINITE
					 : select_smallest(delays, answered, rank - 1);
	}
	if (delays != small)
		free(delays);
	return result;
}

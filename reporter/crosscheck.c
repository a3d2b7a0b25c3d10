/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/crosscheck.h"

#include <math.h>
#include <stdbool.h>

static const nsec longest_witness = NSEC_PER_HOUR;

/* Slots of one hour on one side of the period's borders. */
struct block {
	size_t from;
	size_t until;
	struct loss_count path;
	struct loss_count witness;
	size_t counted; /* the witness's slots before this one are in its sum */
};

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

double crosscheck_probability(struct loss_count path, struct loss_count witness)
{
	uint64_t lost = path.lost + witness.lost;
	double all = log_choose((double)(path.sent + witness.sent), (double)lost);
	uint64_t least = lost > path.sent ? lost - path.sent : 0;
	double sum = 0;

	for (uint64_t k = least; k <= witness.lost; k++)
		sum += exp(log_choose((double)witness.sent, (double)k) +
			   log_choose((double)path.sent, (double)(lost - k)) - all);
	return sum < 1 ? sum : 1;
}

static void add(struct loss_count *count, const struct summary *slot)
{
	count->sent += slot->sent;
	count->lost += slot->lost;
}

static double ratio(struct loss_count count)
{
	return (double)count.lost / (double)count.sent;
}

static bool can_witness(const struct summary *slot)
{
	return availability_judgeable(slot) && slot->until - slot->from <= longest_witness;
}

/* The witness's slots over a slot: *first is moved on to the first of them, and *end is behind the
 * last. False unless they were measured all the time. */
static bool cover(const struct slot_list *witness, const struct summary *slot, size_t *first,
		  size_t *end)
{
	nsec covered = slot->from;

	while (*first < witness->count && witness->items[*first].until <= slot->from)
		++*first;
	*end = *first;
	while (*end < witness->count && witness->items[*end].from < slot->until) {
		const struct summary *over = &witness->items[(*end)++];
		if (!can_witness(over) || over->from > covered)
			return false;
		covered = over->until;
	}
	return covered >= slot->until;
}

/* What the witness says of a slot; false where it says nothing. */
static bool ask(const struct crosscheck_rule *rule, const struct slot_list *witness,
		const struct summary *slot, size_t *first, struct loss_count *over)
{
	size_t end;

	if (!availability_judgeable(slot) || rule->first_reply == NSEC_UNDEFINED ||
	    slot->from < rule->first_reply || !cover(witness, slot, first, &end))
		return false;
	*over = (struct loss_count){0, 0};
	for (size_t i = *first; i < end; i++)
		add(over, &witness->items[i]);
	return true;
}

static bool is_lossy(const struct crosscheck_rule *rule, struct loss_count own)
{
	return ratio(own) > rule->verdict.degraded_loss || ratio(own) >= rule->verdict.c1;
}

static bool confirms(const struct crosscheck_rule *rule, const struct summary *slot,
		     struct loss_count over)
{
	struct loss_count own = {slot->sent, slot->lost};

	return ratio(own) >= rule->verdict.c1 && ratio(over) >= rule->verdict.c1;
}

/* Slots of the witness over two slots count once. */
static void add_witness(struct block *block, const struct slot_list *witness,
			const struct summary *slot, size_t first)
{
	size_t i = first > block->counted ? first : block->counted;

	for (; i < witness->count && witness->items[i].from < slot->until; i++)
		add(&block->witness, &witness->items[i]);
	block->counted = i;
}

static void sum_block(const struct crosscheck_rule *rule, const struct slot_list *slots,
		      const struct slot_list *witness, struct block *block)
{
	size_t first = block->counted;
	struct loss_count over;

	for (size_t i = block->from; i < block->until; i++) {
		const struct summary *slot = &slots->items[i];
		if (!ask(rule, witness, slot, &first, &over) || confirms(rule, slot, over))
			continue;
		add(&block->path, slot);
		add_witness(block, witness, slot, first);
	}
}

static bool is_limited_hour(const struct crosscheck_rule *rule, const struct block *block)
{
	return block->witness.sent > 0 && ratio(block->witness) <= rule->verdict.degraded_loss &&
	       crosscheck_probability(block->path, block->witness) <= CROSSCHECK_LEVEL;
}

static void mark_block(const struct crosscheck_rule *rule, const struct slot_list *slots,
		       const struct slot_list *witness, const struct block *block, size_t first)
{
	struct loss_count over;

	for (size_t i = block->from; i < block->until; i++) {
		struct summary *slot = &slots->items[i];
		struct loss_count own = {slot->sent, slot->lost};
		if (ask(rule, witness, slot, &first, &over) && is_lossy(rule, own) &&
		    ratio(over) < rule->verdict.c1)
			slot->flags |= SLOT_LIMITED;
	}
}

static int side_of(struct period period, nsec t)
{
	return t < period.from ? -1 : t >= period.until;
}

static size_t end_of_block(const struct crosscheck_rule *rule, const struct slot_list *slots,
			   size_t from)
{
	nsec start = slots->items[from].from;
	nsec hour = nsec_floor(start, NSEC_PER_HOUR);
	size_t until = from;

	while (until < slots->count &&
	       nsec_floor(slots->items[until].from, NSEC_PER_HOUR) == hour &&
	       side_of(rule->period, slots->items[until].from) == side_of(rule->period, start))
		until++;
	return until;
}

void crosscheck_mark(const struct crosscheck_rule *rule, const struct slot_list *slots,
		     const struct slot_list *witness)
{
	size_t first = 0;

	for (size_t i = 0; i < slots->count;) {
		struct block block = {.from = i, .until = end_of_block(rule, slots, i)};
		while (first < witness->count &&
		       witness->items[first].until <= slots->items[i].from)
			first++;
		block.counted = first;
		sum_block(rule, slots, witness, &block);
		if (is_limited_hour(rule, &block))
			mark_block(rule, slots, witness, &block, first);
		i = block.until;
	}
}

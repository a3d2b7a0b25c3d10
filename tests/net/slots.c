/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints every slot of one series of a store as CSV, or the sums of many: what the net tests
 * compare with the truth. */
#include "collector/store/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_slots(const struct summary *slots, size_t count)
{
	puts("from,until,expected,sent,lost,late,duplicated,reordered,rejected,flags,"
	     "rtt_min,rtt_median,rtt_max,rtt_sum");
	for (size_t i = 0; i < count; i++) {
		const struct summary *s = &slots[i];
		printf("%" PRId64 ",%" PRId64 ",%u,%u,%u,%u,%u,%u,%u,%u,%" PRId64 ",%" PRId64
		       ",%" PRId64 ",%" PRId64 "\n",
		       s->from, s->until, s->expected, s->sent, s->lost, s->late, s->duplicated,
		       s->reordered, s->rejected, s->flags, s->rtt_min, s->rtt_median, s->rtt_max,
		       s->rtt_sum);
	}
}

static enum err read_series(struct view *view, const char *name, struct summary **slots,
			    size_t *count)
{
	struct series_key key;
	struct view_series series;

	enum err err = series_key_parse(name, &key);
	if (err == E_OK)
		err = view_find(view, &key, &series);
	if (err == E_OK && series.first_slot == NSEC_UNDEFINED)
		err = E_NOT_FOUND;
	if (err == E_OK)
		err = view_slots(view, &key, (struct period){series.first_slot, series.last_slot},
				 slots, count);
	return err;
}

static enum err print_series(struct view *view, const char *name)
{
	struct summary *slots = NULL;
	size_t count;

	enum err err = read_series(view, name, &slots, &count);
	if (err == E_OK)
		print_slots(slots, count);
	free(slots);
	return err;
}

static void print_sums(const char *name, const struct summary *slots, size_t count)
{
	struct summary sum = {.flags = 0};

	for (size_t i = 0; i < count; i++) {
		sum.expected += slots[i].expected;
		sum.sent += slots[i].sent;
		sum.lost += slots[i].lost;
		sum.late += slots[i].late;
		sum.duplicated += slots[i].duplicated;
		sum.reordered += slots[i].reordered;
		sum.flags |= slots[i].flags;
	}
	printf("%s,%zu,%u,%u,%u,%u,%u,%u,%u\n", name, count, sum.expected, sum.sent, sum.lost,
	       sum.late, sum.duplicated, sum.reordered, sum.flags);
}

/* Of every series named on standard input, one a line; of those without slots none. */
static enum err print_all_sums(struct view *view)
{
	char name[512];
	enum err err = E_OK;

	puts("series,slots,expected,sent,lost,late,duplicated,reordered,flags");
	while (err == E_OK && fgets(name, sizeof(name), stdin) != NULL) {
		struct summary *slots = NULL;
		size_t count;
		name[strcspn(name, "\n")] = '\0';
		err = read_series(view, name, &slots, &count);
		if (err == E_OK)
			print_sums(name, slots, count);
		else if (err == E_NOT_FOUND)
			err = E_OK;
		free(slots);
	}
	return err;
}

int main(int argc, char **argv)
{
	struct view *view;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: %s DATA [SERIES_KEY]\n", argv[0]);
		return 2;
	}
	enum err err = view_open(argv[1], &view);
	if (err == E_OK) {
		err = argc == 3 ? print_series(view, argv[2]) : print_all_sums(view);
		view_close(view);
	}
	if (err != E_OK)
		fprintf(stderr, "%s: %s\n", argv[argc - 1], err_text(err));
	return err == E_OK ? 0 : 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints every slot of one series of a store as CSV: what the net tests compare with the truth. */
#include "collector/store/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static enum err print_series(const char *data, const char *name)
{
	struct series_key key;
	struct view_series series;
	struct summary *slots = NULL;
	struct view *view;
	size_t count;

	enum err err = series_key_parse(name, &key);
	if (err != E_OK)
		return err;
	err = view_open(data, &view);
	if (err != E_OK)
		return err;
	err = view_find(view, &key, &series);
	if (err == E_OK)
		err = view_slots(view, &key, (struct period){series.first_slot, series.last_slot},
				 &slots, &count);
	if (err == E_OK)
		print_slots(slots, count);
	free(slots);
	view_close(view);
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s DATA SERIES_KEY\n", argv[0]);
		return 2;
	}
	enum err err = print_series(argv[1], argv[2]);
	if (err != E_OK)
		fprintf(stderr, "%s: %s\n", argv[2], err_text(err));
	return err == E_OK ? 0 : 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/migration.h"
#include "collector/needs.h"
#include "collector/store/series.h"
#include "config/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOP = 10, NAME = 44 };

static void print_octets(uint64_t octets)
{
	char text[OCTETS_TEXT];

	octets_format((double)octets, text);
	printf(" %9s", text);
}

/* "45d", of the rows that an archive keeps. */
static void format_kept(const struct ring_layout *layout, uint32_t archive, uint64_t rows,
			char out[DURATION_TEXT])
{
	uint64_t kept = rows - (archive == 0 ? layout->margin : 0);

	duration_format((nsec)(kept * layout->steps[archive] * layout->step) * NSEC_PER_SEC, out);
}

static void print_kept(const char *what, const struct ring_layout *layout, uint32_t archive,
		       const uint64_t rows[2])
{
	char before[DURATION_TEXT];
	char after[DURATION_TEXT];

	if (rows[0] == rows[1])
		return;
	format_kept(layout, archive, rows[0], before);
	format_kept(layout, archive, rows[1], after);
	printf("    keeps %s of %s, will keep %s\n", what, before, after);
}

static void print_growth(const struct migration_row *row)
{
	const struct holding *holding = row->holding;
	const struct ring_layout curves = series_curves(holding->interval, 0, 0);
	const struct ring_layout hours = series_histograms(0);

	if (migration_grows(&holding->curves, &row->curves)) {
		print_kept("slots", &curves, 0,
			   (uint64_t[]){holding->curves.head.rows[0], row->curves.rows[0]});
		print_kept("hourly averages", &curves, 1,
			   (uint64_t[]){holding->curves.head.rows[1], row->curves.rows[1]});
	}
	if (migration_grows(&holding->hours, &row->hours))
		print_kept("hourly histograms", &hours, 0,
			   (uint64_t[]){holding->hours.head.rows[0], row->hours.rows[0]});
}

static void print_interval(const struct migration_row *row)
{
	char before[DURATION_TEXT];
	char after[DURATION_TEXT];

	duration_format(row->holding->interval, before);
	duration_format(row->planned->target.interval, after);
	printf("    slots of %s, from now on of %s: those go to a file of their own; what there is "
	       "stays and is read with them\n",
	       before, after);
}

static const char *organisation_of(const struct config *config, const struct planned *planned)
{
	return config->organisations[config->sites[planned->site].organisation].name;
}

static void print_changed_site(const struct migration *migration, const struct migration_row *row)
{
	const struct config *now = migration->config;
	const struct config *then = migration->earlier;

	if ((row->changes & CHANGE_NAME) != 0)
		printf("    site %s is now %s, by formerly: the same series goes on\n",
		       then->sites[row->earlier->site].name, now->sites[row->planned->site].name);
	if ((row->changes & CHANGE_ORGANISATION) != 0)
		printf("    moved from %s to %s\n", organisation_of(then, row->earlier),
		       organisation_of(now, row->planned));
	if ((row->changes & CHANGE_ADDRESS) != 0) {
		enum family family = row->planned->key.family == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
		printf("    address %s, now %s\n",
		       then->sites[row->earlier->site].address[family].text,
		       now->sites[row->planned->site].address[family].text);
	}
	if ((row->changes & CHANGE_PACKETS) != 0)
		printf("    %" PRIu32 " packets a slot, now %" PRIu32
		       ": the same files go on; loss is all lost of all sent\n",
		       row->earlier->target.packets, row->planned->target.packets);
}

static void print_notes(const struct migration *migration, const struct migration_row *row)
{
	if (row->planned == NULL)
		puts("    nothing asks for it any more: its files are kept, its months stay "
		     "reportable");
	if ((row->changes & CHANGE_INTERVAL) != 0)
		print_interval(row);
	if ((row->changes & CHANGE_RETENTION) != 0)
		print_growth(row);
	if ((row->changes & CHANGE_SURPLUS) != 0)
		puts("    keeps more than retention asks for: lowering never deletes");
	print_changed_site(migration, row);
	if ((row->changes & CHANGE_DAMAGED) != 0)
		puts("    a file of it is damaged: the collector will set it aside and say so");
}

static void print_row(const struct migration *migration, const struct migration_row *row)
{
	char key[KEY_TEXT];

	series_key_format(migration_key(row), key);
	printf("  %-*s", NAME, key);
	print_octets(row->before);
	print_octets(row->after);
	putchar('\n');
	print_notes(migration, row);
}

static const char *const titles[FATES] = {
	[FATE_REMOVED] = "Removed",
	[FATE_NEW] = "New",
	[FATE_NEW_EPOCH] = "A new epoch begins",
	[FATE_GROWS] = "Files grow",
	[FATE_RENAMED] = "Renamed",
	[FATE_MOVED] = "Moved to another organisation",
	[FATE_AS_IS] = "Go on as they are",
};

/* Of what goes on as it is only that is shown of which there is something to say. */
static bool is_shown(const struct migration_row *row, enum migration_rows rows)
{
	return rows == MIGRATION_ALL || row->fate != FATE_AS_IS || row->changes != 0;
}

static void print_fate(const struct migration *migration, enum migration_fate fate,
		       enum migration_rows rows)
{
	size_t shown = 0;
	size_t left = 0;

	for (size_t i = 0; i < migration->count; i++) {
		const struct migration_row *row = &migration->rows[i];
		if (row->fate != fate || !is_shown(row, rows))
			continue;
		if (rows == MIGRATION_TOP && shown == TOP) {
			left++;
			continue;
		}
		if (shown++ == 0)
			printf("\n%-*s %9s %9s\n", NAME + 2, titles[fate], "now", "after");
		print_row(migration, row);
	}
	if (left > 0)
		printf("  and %zu more: --all shows them\n", left);
}

static void print_total(const char *name, const struct migration_total *total)
{
	printf("%-*s %8zu", NAME - 7, name, total->series);
	print_octets(total->before);
	print_octets(total->after);
	putchar('\n');
}

static void print_totals(const struct migration *migration)
{
	printf("\n%-*s %8s %9s %9s\n", NAME - 7, "Series", "", "now", "after");
	for (enum migration_fate fate = 0; fate < FATES; fate++) {
		if (migration->totals[fate].series > 0)
			print_total(migration_fate_name(fate), &migration->totals[fate]);
	}
	print_total("all", &migration->all);
}

static void print_head(const struct migration *migration)
{
	const struct config *config = migration->config;
	char at[CALENDAR_TEXT];

	printf("Migration of the data in %s to %s\n", config->data, config->path);
	if (migration->earlier == NULL) {
		puts("no earlier configuration is kept there to compare with");
		return;
	}
	calendar_format(nsec_floor(migration->earlier_at, NSEC_PER_MIN), at);
	printf("compared with the configuration in force since %s, %s\n", at, config->time_zone);
}

static void print_space(const struct migration *migration)
{
	char peak[OCTETS_TEXT];
	char room[OCTETS_TEXT];

	if (migration->growing == 0) {
		puts("\nNo file has to grow.");
		return;
	}
	octets_format((double)migration->peak, peak);
	octets_format((double)migration->room, room);
	printf("\n%zu file%s to grow; on the way this takes up to %s of disk, there are %s.\n",
	       migration->growing, migration->growing == 1 ? " has" : "s have", peak, room);
}

void migration_print(const struct migration *migration, enum migration_rows rows)
{
	print_head(migration);
	for (enum migration_fate fate = 0; fate < FATES; fate++)
		print_fate(migration, fate, rows);
	print_totals(migration);
	print_space(migration);
}

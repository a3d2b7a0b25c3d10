/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/ledger.h"

#include <inttypes.h>
#include <string.h>

enum { LOG_BUFFER = 1 << 20, ROW_MAX = 320, DIGITS_MAX = 20 };

static const char *const direction_names[DIRECTION_COUNT] = {"forward", "backward"};
static const char *const family_names[2] = {"ipv4", "ipv6"};

enum err ledger_open(const char *log, struct ledger *out)
{
	struct ledger ledger = {.log = NULL};

	if (log != NULL) {
		ledger.log = fopen(log, "we");
		if (ledger.log == NULL)
			return E_SYSTEM;
		setvbuf(ledger.log, NULL, _IOFBF, LOG_BUFFER);
		fputs("direction,family,protocol,source,destination,type,id,seq,tail,octets,"
		      "arrival,fate,exit,written\n",
		      ledger.log);
	}
	*out = ledger;
	return E_OK;
}

enum err ledger_close(struct ledger *ledger)
{
	if (ledger->log == NULL)
		return E_OK;
	int failed = ferror(ledger->log);
	failed |= fclose(ledger->log);
	ledger->log = NULL;
	return failed == 0 ? E_OK : E_SYSTEM;
}

/* Formatted by hand: at 200,000 rows a second printf alone would fill a core. */
struct row {
	char text[ROW_MAX];
	size_t used;
};

static void add_text(struct row *row, const char *text)
{
	size_t len = strlen(text);

	memcpy(row->text + row->used, text, len);
	row->used += len;
}

/* What is negative, such as NSEC_UNDEFINED, is an empty field. */
static void add_number(struct row *row, int64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	if (number < 0)
		return;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(row->text + row->used, digits + at, sizeof(digits) - at);
	row->used += sizeof(digits) - at;
}

static void add_hex(struct row *row, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		row->text[row->used++] = "0123456789abcdef"[bytes[i] >> 4];
		row->text[row->used++] = "0123456789abcdef"[bytes[i] & 15];
	}
}

static void end_field(struct row *row)
{
	row->text[row->used++] = ',';
}

static void add_packet(struct row *row, const struct peek *peek)
{
	size_t octets = peek->family == 4 ? 4 : 16;

	add_number(row, peek->protocol);
	end_field(row);
	add_hex(row, peek->source, octets);
	end_field(row);
	add_hex(row, peek->destination, octets);
	end_field(row);
	add_number(row, peek->echo ? peek->type : -1);
	end_field(row);
	add_number(row, peek->echo ? peek->id : -1);
	end_field(row);
	add_number(row, peek->echo ? peek->seq : -1);
	end_field(row);
	add_hex(row, peek->tail, peek->has_tail ? PEEK_TAIL : 0);
	end_field(row);
}

void ledger_write(struct ledger *ledger, const struct entry *entry)
{
	bool ipv6 = entry->peek->family == 6;
	struct row row = {.used = 0};

	ledger->rows[entry->direction][ipv6][entry->fate]++;
	if (ledger->log == NULL)
		return;
	add_text(&row, direction_names[entry->direction]);
	end_field(&row);
	add_text(&row, family_names[ipv6]);
	end_field(&row);
	add_packet(&row, entry->peek);
	add_number(&row, (int64_t)entry->octets);
	end_field(&row);
	add_number(&row, entry->arrival);
	end_field(&row);
	add_text(&row, fate_name(entry->fate));
	end_field(&row);
	add_number(&row, entry->writing.from);
	end_field(&row);
	add_number(&row, entry->writing.until);
	row.text[row.used++] = '\n';
	fwrite(row.text, 1, row.used, ledger->log);
}

void ledger_lateness(struct ledger *ledger, nsec late)
{
	size_t bucket = 0;

	while (bucket + 1 < LATENESS_BUCKETS && late >= INT64_C(1) << bucket)
		bucket++;
	ledger->lateness[bucket]++;
	ledger_held_up(ledger, late);
}

void ledger_held_up(struct ledger *ledger, nsec late)
{
	if (late > ledger->lateness_max)
		ledger->lateness_max = late;
}

/* The upper edge of the bucket that holds the 99th percentile. */
static nsec lateness_p99(const struct ledger *ledger)
{
	uint64_t total = 0;
	uint64_t seen = 0;

	for (size_t i = 0; i < LATENESS_BUCKETS; i++)
		total += ledger->lateness[i];
	for (size_t i = 0; i < LATENESS_BUCKETS; i++) {
		seen += ledger->lateness[i];
		if (seen * 100 >= total * 99)
			return total == 0 ? 0 : INT64_C(1) << i;
	}
	return 0;
}

void ledger_print(const struct ledger *ledger, const struct conduct *conduct, FILE *out)
{
	fprintf(out, "{\"seed\": %" PRIu64 ", \"realtime\": %s", conduct->seed,
		conduct->realtime ? "true" : "false");
	for (int d = 0; d < DIRECTION_COUNT; d++) {
		fprintf(out, ", \"%s\": {", direction_names[d]);
		for (int f = 0; f < 2; f++) {
			fprintf(out, "%s\"%s\": {", f == 0 ? "" : ", ", family_names[f]);
			for (int fate = 0; fate < FATE_COUNT; fate++)
				fprintf(out, "%s\"%s\": %" PRIu64, fate == 0 ? "" : ", ",
					fate_name((enum fate)fate), ledger->rows[d][f][fate]);
			fputc('}', out);
		}
		fputc('}', out);
	}
	fprintf(out,
		", \"unsent\": %" PRIu64 ", \"unread\": %" PRIu64 ", \"near_drops\": %" PRIu64
		", \"far_drops\": %" PRIu64 ", \"lateness_max\": %" PRId64
		", \"lateness_p99\": %" PRId64 "}\n",
		ledger->unsent, ledger->unread, conduct->near_drops, conduct->far_drops,
		ledger->lateness_max, lateness_p99(ledger));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/ledger.h"

#include <arpa/inet.h>
#include <inttypes.h>

enum { LOG_BUFFER = 1 << 20 };

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
		      "arrival,fate,exit\n",
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

static void print_tail(const struct peek *peek, FILE *out)
{
	for (size_t i = 0; peek->has_tail && i < PEEK_TAIL; i++)
		fprintf(out, "%02x", peek->tail[i]);
}

void ledger_write(struct ledger *ledger, const struct entry *entry)
{
	const struct peek *peek = entry->peek;
	int af = peek->family == 4 ? AF_INET : AF_INET6;
	char source[INET6_ADDRSTRLEN];
	char destination[INET6_ADDRSTRLEN];

	ledger->rows[entry->direction][peek->family == 6][entry->fate]++;
	if (ledger->log == NULL)
		return;
	inet_ntop(af, peek->source, source, sizeof(source));
	inet_ntop(af, peek->destination, destination, sizeof(destination));
	fprintf(ledger->log, "%s,%s,%u,%s,%s,", direction_names[entry->direction],
		family_names[peek->family == 6], peek->protocol, source, destination);
	if (peek->echo)
		fprintf(ledger->log, "%u,%u,%u,", peek->type, peek->id, peek->seq);
	else
		fputs(",,,", ledger->log);
	print_tail(peek, ledger->log);
	fprintf(ledger->log, ",%zu,%" PRId64 ",%s,", entry->octets, entry->arrival,
		fate_name(entry->fate));
	if (entry->exit != NSEC_UNDEFINED)
		fprintf(ledger->log, "%" PRId64, entry->exit);
	fputc('\n', ledger->log);
}

void ledger_lateness(struct ledger *ledger, nsec late)
{
	size_t bucket = 0;

	while (bucket + 1 < LATENESS_BUCKETS && late >= INT64_C(1) << bucket)
		bucket++;
	ledger->lateness[bucket]++;
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

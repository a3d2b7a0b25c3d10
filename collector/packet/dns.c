/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/dns.h"
#include "collector/packet/dns_records.h"

#include <string.h>

enum { HEADER = 12, QUESTION_END = 4, OPT_SIZE = 11, CLASS_IN = 1, TYPE_OPT = 41 };

enum header_flag {
	FLAG_RESPONSE = 0x8000,
	FLAG_AUTHORITATIVE = 0x0400,
	FLAG_TRUNCATED = 0x0200,
	FLAG_DESIRED = 0x0100,
	FLAG_AVAILABLE = 0x0080,
	FLAG_AUTHENTIC = 0x0020,
	OPCODE = 0x7800,
	RCODE = 0x000f,
};

static const struct {
	uint16_t number;
	const char *name;
} types[] = {{DNS_A, "A"},
	     {DNS_AAAA, "AAAA"},
	     {DNS_NS, "NS"},
	     {DNS_SOA, "SOA"},
	     {DNS_CNAME, "CNAME"}},
  rcodes[] = {{DNS_NOERROR, "NOERROR"},	  {DNS_FORMERR, "FORMERR"}, {DNS_SERVFAIL, "SERVFAIL"},
	      {DNS_NXDOMAIN, "NXDOMAIN"}, {DNS_NOTIMP, "NOTIMP"},   {DNS_REFUSED, "REFUSED"}};

const char *dns_type_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].number == type)
			return types[i].name;
	}
	return NULL;
}

uint16_t dns_type_find(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0)
			return types[i].number;
	}
	return 0;
}

const char *dns_rcode_name(uint16_t rcode)
{
	for (size_t i = 0; i < sizeof(rcodes) / sizeof(rcodes[0]); i++) {
		if (rcodes[i].number == rcode)
			return rcodes[i].name;
	}
	return NULL;
}

size_t dns_query_size(const struct dns_query *query)
{
	return HEADER + query->name.len + QUESTION_END + (query->edns == 0 ? 0 : OPT_SIZE);
}

enum err dns_write_query(struct writer *w, const struct dns_query *query)
{
	write_u16(w, query->id);
	write_u16(w, query->recursion ? FLAG_DESIRED : 0);
	write_u16(w, 1);
	write_u16(w, 0);
	write_u16(w, 0);
	write_u16(w, query->edns == 0 ? 0 : 1);
	write_bytes(w, query->name.octets, query->name.len);
	write_u16(w, query->type);
	write_u16(w, CLASS_IN);
	if (query->edns != 0) {
		/* RFC 6891, section 6.1.2: the root, the size as class, no flags, no options. */
		write_u8(w, 0);
		write_u16(w, TYPE_OPT);
		write_u16(w, query->edns);
		write_u32(w, 0);
		write_u16(w, 0);
	}
	return w->failed ? E_SHORT : E_OK;
}

struct header {
	uint16_t id;
	uint16_t flags;
	uint16_t counts[4]; /* questions, answers, authorities, additional records */
};

static struct header read_header(struct reader *r)
{
	struct header header = {.id = read_u16(r)};

	header.flags = read_u16(r);
	for (int i = 0; i < 4; i++)
		header.counts[i] = read_u16(r);
	return header;
}

/* The first name of a message has nothing before it that it could point to. */
static bool read_question(struct reader *r, struct dns_query *out)
{
	struct dns_name name;

	if (r->failed || !dns_name_take(r->at, r->left, &name))
		return false;
	read_skip(r, name.len);
	out->name = name;
	out->type = read_u16(r);
	return read_u16(r) == CLASS_IN && !r->failed;
}

static bool may_lack_question(const struct header *header)
{
	int rcode = header->flags & RCODE;

	return header->counts[0] == 0 && (rcode == DNS_FORMERR || rcode == DNS_NOTIMP);
}

bool dns_answers(const uint8_t *bytes, size_t len, const struct dns_query *query)
{
	struct reader r = reader_over(bytes, len);
	struct header header = read_header(&r);
	struct dns_query asked;

	if (r.failed || header.id != query->id || (header.flags & FLAG_RESPONSE) == 0 ||
	    (header.flags & OPCODE) != 0)
		return false;
	if (may_lack_question(&header))
		return true;
	return header.counts[0] == 1 && read_question(&r, &asked) && asked.type == query->type &&
	       dns_name_same(&asked.name, &query->name);
}

enum err dns_read_query(const uint8_t *bytes, size_t len, struct dns_query *out)
{
	struct reader r = reader_over(bytes, len);
	struct header header = read_header(&r);
	struct dns_query query = {.id = header.id, .recursion = (header.flags & FLAG_DESIRED) != 0};

	if (r.failed)
		return E_SHORT;
	if ((header.flags & FLAG_RESPONSE) != 0 || header.counts[0] != 1 ||
	    !read_question(&r, &query))
		return E_CORRUPT;
	*out = query;
	return E_OK;
}

static bool is_of(const struct dns_record *record, const struct dns_name *owner, uint16_t type)
{
	return record->value.type == type && dns_name_same(&record->owner, owner);
}

static enum err take_values(const struct dns_records *records, uint16_t type,
			    struct dns_answer *out)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct dns_record *record = &records->items[i];
		if (!is_of(record, &out->name, type))
			continue;
		if (out->count == DNS_VALUES_MAX)
			return E_FULL;
		if (!record->good)
			return E_CORRUPT;
		out->values[out->count++] = record->value;
	}
	return E_OK;
}

/* The one alias that a name may have (RFC 1034, section 3.6.2). */
static const struct dns_record *find_alias(const struct dns_records *records,
					   const struct dns_name *owner)
{
	for (size_t i = 0; i < records->count; i++) {
		if (is_of(&records->items[i], owner, DNS_CNAME))
			return &records->items[i];
	}
	return NULL;
}

static enum err follow(const struct dns_records *records, uint16_t type, struct dns_answer *out)
{
	const struct dns_record *alias;

	while (type != DNS_CNAME && (alias = find_alias(records, &out->name)) != NULL) {
		if (out->aliases++ == DNS_CHAIN_MAX)
			return E_FULL;
		if (!alias->good)
			return E_CORRUPT;
		out->name = alias->value.name;
	}
	return take_values(records, type, out);
}

/* All but the values, which are many: what is not counted is not written. */
static void begin_answer(const struct header *header, const struct dns_query *query,
			 struct dns_answer *out)
{
	out->rcode = header->flags & RCODE;
	out->authoritative = (header->flags & FLAG_AUTHORITATIVE) != 0;
	out->truncated = (header->flags & FLAG_TRUNCATED) != 0;
	out->recursion_available = (header->flags & FLAG_AVAILABLE) != 0;
	out->authentic = (header->flags & FLAG_AUTHENTIC) != 0;
	out->edns = 0;
	out->aliases = 0;
	out->count = 0;
	out->name = query->name;
}

static enum err read_records(const uint8_t *bytes, size_t len, const struct dns_query *query,
			     struct dns_answer *out)
{
	struct dns_records records;

	if (!dns_records_plain(bytes, len, &records)) {
		enum err rc = dns_records_read(bytes, len, query->type, &records);
		if (rc != E_OK)
			return rc;
	}
	out->edns = records.edns;
	out->rcode |= (uint16_t)(records.upper << 4);
	enum err rc = follow(&records, query->type, out);
	dns_records_finish(&records);
	return rc;
}

/* How long it takes to follow the pointers of compressed names is bounded by their number, which is
 * looked at first. */
enum err dns_read_answer(const uint8_t *bytes, size_t len, const struct dns_query *query,
			 struct dns_answer *out)
{
	struct reader r = reader_over(bytes, len);
	struct header header = read_header(&r);
	struct dns_answer answer;

	if (!dns_answers(bytes, len, query))
		return E_NOT_FOUND;
	begin_answer(&header, query, &answer);
	if (header.counts[1] + header.counts[2] + header.counts[3] > DNS_RECORDS_MAX)
		return E_FULL;
	if (!answer.truncated) {
		enum err rc = read_records(bytes, len, query, &answer);
		if (rc != E_OK)
			return rc;
	}
	memcpy(out, &answer,
	       offsetof(struct dns_answer, values) + answer.count * sizeof(answer.values[0]));
	return E_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/dns_records.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTS = 4, CLASS_IN = 1, TYPE_OPT = 41, SERIAL_AND_TIMES = 20 };

/* A message on the way through it. */
struct walk {
	const uint8_t *bytes;
	size_t len;
	size_t at;
};

struct head {
	struct dns_name owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl;
	size_t end; /* of the data */
};

static struct reader rest_of(const struct walk *walk)
{
	return reader_over(walk->bytes + walk->at, walk->len - walk->at);
}

static bool walk_name(struct walk *walk, struct dns_name *out)
{
	return dns_name_unpack(walk->bytes, walk->len, &walk->at, out);
}

/* So many octets more, which the caller reads. */
static bool walk_octets(struct walk *walk, size_t count, struct reader *out)
{
	*out = rest_of(walk);
	if (count > out->left)
		return false;
	walk->at += count;
	return true;
}

static bool walk_head(struct walk *walk, struct head *out)
{
	struct reader r;

	if (!walk_name(walk, &out->owner) || !walk_octets(walk, 10, &r))
		return false;
	out->type = read_u16(&r);
	out->class = read_u16(&r);
	out->ttl = read_u32(&r);
	out->end = walk->at + read_u16(&r);
	return out->end <= walk->len;
}

static bool walk_address(struct walk *walk, const struct head *head, size_t size, uint8_t *out)
{
	if (head->end - walk->at != size)
		return false;
	memcpy(out, walk->bytes + walk->at, size);
	walk->at += size;
	return true;
}

/* RFC 1035, section 3.3.13: the primary server, who answers for it, the serial, four times. */
static bool walk_soa(struct walk *walk, struct dns_value *out)
{
	struct dns_name mailbox;
	struct reader r;

	if (!walk_name(walk, &out->name) || !walk_name(walk, &mailbox) ||
	    !walk_octets(walk, SERIAL_AND_TIMES, &r))
		return false;
	out->serial = read_u32(&r);
	return true;
}

static bool walk_value(struct walk *walk, const struct head *head, struct dns_value *out)
{
	bool good;

	*out = (struct dns_value){.type = head->type, .ttl = head->ttl};
	switch (head->type) {
	case DNS_A:
		good = walk_address(walk, head, 4, out->address);
		break;
	case DNS_AAAA:
		good = walk_address(walk, head, 16, out->address);
		break;
	case DNS_NS:
	case DNS_CNAME:
		good = walk_name(walk, &out->name);
		break;
	case DNS_SOA:
		good = walk_soa(walk, out);
		break;
	default:
		good = false;
		break;
	}
	return good && walk->at == head->end;
}

static bool walk_record(struct walk *walk, const struct head *head, struct dns_record *out)
{
	out->good = true;
	out->owner = head->owner;
	return head->class == CLASS_IN && walk_value(walk, head, &out->value);
}

static bool walk_answers(struct walk *walk, uint16_t count, struct dns_records *out)
{
	struct head head;

	if (count > DNS_RECORDS_PLAIN)
		return false;
	for (uint16_t i = 0; i < count; i++) {
		if (!walk_head(walk, &head) || !walk_record(walk, &head, &out->plain[i]))
			return false;
	}
	out->count = count;
	return true;
}

/* Of the other sections nothing is kept but what EDNS says, once and without options. */
static bool walk_others(struct walk *walk, const uint16_t counts[COUNTS], struct dns_records *out)
{
	uint32_t count = (uint32_t)counts[2] + counts[3];
	struct dns_record record;
	struct head head;
	bool extended = false;

	for (uint32_t i = 0; i < count; i++) {
		if (!walk_head(walk, &head))
			return false;
		if (head.type != TYPE_OPT) {
			if (!walk_record(walk, &head, &record))
				return false;
			continue;
		}
		if (extended || i < counts[2] || head.owner.len != 1 || head.end != walk->at)
			return false;
		extended = true;
		out->edns = head.class;
		out->upper = (uint8_t)(head.ttl >> 24);
	}
	return true;
}

static bool walk_question(struct walk *walk, uint16_t count)
{
	struct dns_name name;
	struct reader r;

	return count == 0 || (count == 1 && walk_name(walk, &name) && walk_octets(walk, 4, &r));
}

bool dns_records_plain(const uint8_t *bytes, size_t len, struct dns_records *out)
{
	struct walk walk = {bytes, len, 0};
	uint16_t counts[COUNTS];
	struct reader r;

	if (!walk_octets(&walk, 12, &r))
		return false;
	read_skip(&r, 4);
	for (int i = 0; i < COUNTS; i++)
		counts[i] = read_u16(&r);
	out->edns = 0;
	out->upper = 0;
	out->items = out->plain;
	return walk_question(&walk, counts[0]) && walk_answers(&walk, counts[1], out) &&
	       walk_others(&walk, counts, out) && walk.at == len;
}

static bool take_name(const ldns_rdf *rdf, struct dns_name *out)
{
	return rdf != NULL && ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME &&
	       dns_name_take(ldns_rdf_data(rdf), ldns_rdf_size(rdf), out);
}

static bool take_address(const ldns_rdf *rdf, size_t size, uint8_t out[16])
{
	if (rdf == NULL || ldns_rdf_size(rdf) != size)
		return false;
	memcpy(out, ldns_rdf_data(rdf), size);
	return true;
}

static bool take_value(const ldns_rr *rr, struct dns_value *out)
{
	struct dns_value value = {.type = (uint16_t)ldns_rr_get_type(rr), .ttl = ldns_rr_ttl(rr)};
	const ldns_rdf *serial = ldns_rr_rdf(rr, 2);
	bool good;

	switch (value.type) {
	case DNS_A:
		good = take_address(ldns_rr_rdf(rr, 0), 4, value.address);
		break;
	case DNS_AAAA:
		good = take_address(ldns_rr_rdf(rr, 0), 16, value.address);
		break;
	case DNS_SOA:
		good = take_name(ldns_rr_rdf(rr, 0), &value.name) && serial != NULL;
		value.serial = good ? ldns_rdf2native_int32(serial) : 0;
		break;
	default:
		good = take_name(ldns_rr_rdf(rr, 0), &value.name);
		break;
	}
	*out = value;
	return good;
}

static enum err take_records(const ldns_rr_list *list, uint16_t type, struct dns_records *out)
{
	size_t count = ldns_rr_list_rr_count(list);

	out->count = 0;
	out->items = calloc(count == 0 ? 1 : count, sizeof(*out->items));
	if (out->items == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		uint16_t own = (uint16_t)ldns_rr_get_type(rr);
		struct dns_record *record = &out->items[out->count];
		if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
		    (own != type && own != DNS_CNAME) ||
		    !take_name(ldns_rr_owner(rr), &record->owner))
			continue;
		record->good = take_value(rr, &record->value);
		out->count++;
	}
	return E_OK;
}

enum err dns_records_read(const uint8_t *bytes, size_t len, uint16_t type, struct dns_records *out)
{
	ldns_pkt *packet = NULL;
	ldns_status status = ldns_wire2pkt(&packet, bytes, len);

	if (status != LDNS_STATUS_OK)
		return status == LDNS_STATUS_MEM_ERR ? E_MEMORY : E_CORRUPT;
	bool extended = ldns_pkt_edns(packet);
	enum err rc = take_records(ldns_pkt_answer(packet), type, out);
	out->edns = extended ? ldns_pkt_edns_udp_size(packet) : 0;
	out->upper = extended ? ldns_pkt_edns_extended_rcode(packet) : 0;
	ldns_pkt_free(packet);
	return rc;
}

void dns_records_finish(struct dns_records *records)
{
	if (records->items != records->plain)
		free(records->items);
}

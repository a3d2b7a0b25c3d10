/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/icmp.h"
#include "collector/packet/ip.h"

#include <stdbool.h>

enum {
	LOOPED_PADDING_MAX = 18, /* an Ethernet frame carries at least 46 octets */
	FILLER = 0xa5,
};

static uint16_t checksum(const uint8_t *bytes, size_t len)
{
	return (uint16_t)~ip_fold(ip_sum(0, bytes, len));
}

static uint8_t request_type(const struct mark_seal *seal)
{
	return seal->family == 4 ? ICMP_TYPE_ECHO_V4 : ICMP_TYPE_ECHO_V6;
}

static bool is_ours(const struct mark_seal *seal, uint16_t identifier)
{
	return (identifier & ICMP_IDENTIFIER_BLOCK) == seal->identifier;
}

/* The cookie vouches for the identifier that the packet bears. */
static struct mark_seal seal_for(const struct mark_seal *seal, uint16_t identifier)
{
	struct mark_seal own = *seal;

	own.identifier = identifier;
	return own;
}

static uint8_t turn_of(uint16_t identifier)
{
	return identifier % ICMP_IDENTIFIERS;
}

enum err icmp_write_echo(struct writer *w, const struct mark_seal *seal,
			 const struct icmp_echo *echo)
{
	uint16_t identifier = (uint16_t)(seal->identifier + echo->turn % ICMP_IDENTIFIERS);
	struct mark_seal own = seal_for(seal, identifier);
	size_t start = w->used;

	if (echo->size < MARK_SIZE)
		return E_RANGE;
	write_u8(w, request_type(seal));
	write_u8(w, 0);
	write_u16(w, 0);
	write_u16(w, identifier);
	write_u16(w, echo->sequence);
	write_fill(w, FILLER, (size_t)echo->size - MARK_SIZE);
	mark_write(w, &own, &echo->mark, echo->sequence);
	if (w->failed)
		return E_SHORT;
	if (seal->family == 4) {
		uint8_t *packet = w->start + start;
		uint16_t sum = checksum(packet, w->used - start);
		packet[2] = (uint8_t)(sum >> 8);
		packet[3] = (uint8_t)sum;
	}
	return E_OK;
}

enum err icmp_read_reply(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
			 struct icmp_echo *out)
{
	struct reader r = reader_over(bytes, len);

	if (seal->family == 4) {
		enum err rc = ip_skip_v4(&r, IP_PROTOCOL_ICMP);
		if (rc != E_OK)
			return rc;
	}
	const uint8_t *packet = r.at;
	size_t packet_len = r.left;
	uint8_t type = read_u8(&r);
	uint8_t code = read_u8(&r);
	read_skip(&r, 2);
	uint16_t identifier = read_u16(&r);
	uint16_t sequence = read_u16(&r);
	if (r.failed)
		return E_SHORT;
	if (type != (seal->family == 4 ? ICMP_TYPE_REPLY_V4 : ICMP_TYPE_REPLY_V6) || code != 0 ||
	    !is_ours(seal, identifier))
		return E_NOT_FOUND;
	if (seal->family == 4 && checksum(packet, packet_len) != 0)
		return E_CHECKSUM;
	struct mark mark;
	struct mark_seal own = seal_for(seal, identifier);
	enum err rc = mark_read(r.at, r.left, &own, sequence, &mark);
	if (rc != E_OK)
		return rc == E_CHECKSUM ? E_PERMISSION : rc;
	*out = (struct icmp_echo){mark, sequence, (uint16_t)r.left, turn_of(identifier)};
	return E_OK;
}

/* The size of our payload is not written in the packet, so the ICMP header is looked for by its
 * octets; the cookie, which covers its sequence, decides. */
static bool find_request(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
			 struct icmp_echo *out)
{
	size_t last = len - ICMP_HEADER - MARK_SIZE;

	for (size_t start = 0; start <= last; start++) {
		const uint8_t *at = bytes + start;
		uint16_t identifier = (uint16_t)(at[4] << 8 | at[5]);
		if (at[0] != request_type(seal) || at[1] != 0 || !is_ours(seal, identifier))
			continue;
		uint16_t sequence = (uint16_t)(at[6] << 8 | at[7]);
		struct mark_seal own = seal_for(seal, identifier);
		struct mark mark;
		if (mark_read(bytes, len, &own, sequence, &mark) != E_OK)
			continue;
		*out = (struct icmp_echo){mark, sequence, (uint16_t)(len - start - ICMP_HEADER),
					  turn_of(identifier)};
		return true;
	}
	return false;
}

enum err icmp_read_looped(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
			  struct icmp_echo *out)
{
	for (size_t padding = 0; padding <= LOOPED_PADDING_MAX; padding++) {
		if (len < ICMP_HEADER + MARK_SIZE)
			return E_NOT_FOUND;
		if (find_request(bytes, len, seal, out))
			return E_OK;
		if (bytes[--len] != 0)
			return E_NOT_FOUND;
	}
	return E_NOT_FOUND;
}

enum err icmp_read_quoted(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
			  uint16_t *sequence)
{
	struct reader r = reader_over(bytes, len);
	uint8_t type = read_u8(&r);
	uint8_t code = read_u8(&r);

	read_skip(&r, 2);
	uint16_t identifier = read_u16(&r);
	uint16_t number = read_u16(&r);
	if (r.failed)
		return E_SHORT;
	if (type != request_type(seal) || code != 0 || !is_ours(seal, identifier))
		return E_NOT_FOUND;
	*sequence = number;
	return E_OK;
}

enum { UNREACHABLE_V4 = 3, UNREACHABLE_V6 = 1 };

enum loss_cause icmp_cause(uint8_t family, uint8_t type, uint8_t code)
{
	static const struct {
		uint8_t family;
		uint8_t type;
		uint8_t code;
	} prohibited[] = {
		{4, UNREACHABLE_V4, 9},	 /* the network administratively */
		{4, UNREACHABLE_V4, 10}, /* the host administratively */
		{4, UNREACHABLE_V4, 13}, /* communication administratively */
		{6, UNREACHABLE_V6, 1},	 /* communication administratively */
		{6, UNREACHABLE_V6, 5},	 /* source address failed a policy */
		{6, UNREACHABLE_V6, 6},	 /* the route is there to reject */
	};

	for (size_t i = 0; i < sizeof(prohibited) / sizeof(prohibited[0]); i++) {
		if (prohibited[i].family == family && prohibited[i].type == type &&
		    prohibited[i].code == code)
			return LOSS_FILTERED;
	}
	return LOSS_UNREACHABLE;
}

bool icmp_closes_port(uint8_t family, uint8_t type, uint8_t code)
{
	enum { PORT_V4 = 3, PORT_V6 = 4 };

	return family == 4 ? type == UNREACHABLE_V4 && code == PORT_V4
			   : type == UNREACHABLE_V6 && code == PORT_V6;
}

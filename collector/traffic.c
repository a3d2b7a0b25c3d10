/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/traffic.h"

#include <stdlib.h>

/* All flows of one test whose slots have one length. They send alike in every slot, so a slot tells
 * everything. */
struct part {
	size_t test;
	bool always;	       /* whatever the test's calendar says, as traces are */
	int64_t seconds;       /* length of a slot */
	struct amount *before; /* sent in a slot before its second k, k in [0, seconds] */
	struct amount most;    /* in one second */
};

struct traffic {
	size_t series;
	struct part *parts;
	size_t count;
};

static int64_t second_of(nsec at)
{
	return nsec_floor(at, NSEC_PER_SEC) / NSEC_PER_SEC;
}

static struct amount difference(struct amount a, struct amount b)
{
	return (struct amount){a.packets - b.packets, a.octets - b.octets};
}

static void add(struct amount *sum, struct amount more)
{
	sum->packets += more.packets;
	sum->octets += more.octets;
}

static void raise_to(struct amount *most, struct amount other)
{
	if (other.packets > most->packets)
		most->packets = other.packets;
	if (other.octets > most->octets)
		most->octets = other.octets;
}

static struct part *find_part(struct traffic *traffic, const struct flow *flow)
{
	int64_t seconds = flow->stream.interval / NSEC_PER_SEC;
	bool always = flow->apart != 0;

	for (size_t i = 0; i < traffic->count; i++) {
		if (traffic->parts[i].test == flow->test && traffic->parts[i].seconds == seconds &&
		    traffic->parts[i].always == always)
			return &traffic->parts[i];
	}
	/* The room doubles: it is full whenever the count is a power of two. */
	if ((traffic->count & (traffic->count - 1)) == 0) {
		size_t room = traffic->count == 0 ? 1 : 2 * traffic->count;
		struct part *parts = realloc(traffic->parts, room * sizeof(*parts));
		if (parts == NULL)
			return NULL;
		traffic->parts = parts;
	}
	struct part part = {.test = flow->test, .always = always, .seconds = seconds};
	part.before = calloc((size_t)part.seconds + 1, sizeof(*part.before));
	if (part.before == NULL)
		return NULL;
	traffic->parts[traffic->count] = part;
	return &traffic->parts[traffic->count++];
}

static const struct spans *spans_of(const struct part *part, const struct timeline *timeline)
{
	return timeline_spans(timeline, part->always ? CONFIG_NONE : part->test);
}

/* For now before[k + 1] is what second k sees. */
static void put_slot(struct part *part, const struct flow *flow)
{
	struct amount each = {1 + flow->closing.count, flow->frames.octets + flow->closing.octets};

	for (uint32_t i = 0; i < flow->stream.packets; i++) {
		nsec at = schedule_send_time(&flow->stream, 0, flow->apart == 0 ? i : 0);
		int64_t second = second_of(at + flow->apart * (nsec)i) % part->seconds;
		add(&part->before[second + 1], each);
	}
}

static void sum_up(struct part *part)
{
	for (int64_t k = 1; k <= part->seconds; k++) {
		raise_to(&part->most, part->before[k]);
		add(&part->before[k], part->before[k - 1]);
	}
}

enum err traffic_create(const struct flow *const *flows, size_t count, struct traffic **out)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (traffic == NULL)
		return E_MEMORY;
	traffic->series = count;
	for (size_t i = 0; i < count; i++) {
		struct part *part = find_part(traffic, flows[i]);
		if (part == NULL) {
			traffic_destroy(traffic);
			return E_MEMORY;
		}
		put_slot(part, flows[i]);
	}
	for (size_t i = 0; i < traffic->count; i++)
		sum_up(&traffic->parts[i]);
	*out = traffic;
	return E_OK;
}

void traffic_destroy(struct traffic *traffic)
{
	if (traffic == NULL)
		return;
	for (size_t i = 0; i < traffic->count; i++)
		free(traffic->parts[i].before);
	free(traffic->parts);
	free(traffic);
}

/* What a part that always runs would have sent before a second since the epoch. */
static struct amount before(const struct part *part, int64_t second)
{
	int64_t slots = second / part->seconds;
	struct amount slot = part->before[part->seconds];
	struct amount sum = {(uint64_t)slots * slot.packets, (uint64_t)slots * slot.octets};

	add(&sum, part->before[second % part->seconds]);
	return sum;
}

static struct amount part_amount(const struct part *part, const struct spans *spans,
				 struct period period)
{
	struct amount sum = {0};

	for (size_t i = 0; i < spans->count; i++) {
		nsec from = spans->items[i].from > period.from ? spans->items[i].from : period.from;
		nsec until =
			spans->items[i].until < period.until ? spans->items[i].until : period.until;
		if (from < until)
			add(&sum, difference(before(part, second_of(until)),
					     before(part, second_of(from))));
	}
	return sum;
}

struct amount traffic_amount(const struct traffic *traffic, const struct timeline *timeline,
			     struct period period)
{
	struct amount sum = {0};

	for (size_t i = 0; i < traffic->count; i++)
		add(&sum, part_amount(&traffic->parts[i], spans_of(&traffic->parts[i], timeline),
				      period));
	return sum;
}

/* The instants at which a part begins or ceases to run, in order, each once. */
struct changes {
	nsec *at;
	size_t count;
};

static int compare_instants(const void *a, const void *b)
{
	nsec x = *(const nsec *)a;
	nsec y = *(const nsec *)b;

	return (x > y) - (x < y);
}

static enum err find_changes(const struct traffic *traffic, const struct timeline *timeline,
			     struct changes *out)
{
	size_t room = 0;
	size_t kept = 0;

	for (size_t i = 0; i < traffic->count; i++)
		room += 2 * spans_of(&traffic->parts[i], timeline)->count;
	out->at = calloc(room + 1, sizeof(*out->at));
	if (out->at == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < traffic->count; i++) {
		const struct spans *spans = spans_of(&traffic->parts[i], timeline);
		for (size_t k = 0; k < spans->count; k++) {
			out->at[out->count++] = spans->items[k].from;
			out->at[out->count++] = spans->items[k].until;
		}
	}
	qsort(out->at, out->count, sizeof(*out->at), compare_instants);
	for (size_t i = 0; i < out->count; i++) {
		if (kept == 0 || out->at[kept - 1] != out->at[i])
			out->at[kept++] = out->at[i];
	}
	out->count = kept;
	return E_OK;
}

static bool runs(const struct part *part, const struct timeline *timeline, nsec at)
{
	return spans_contain(spans_of(part, timeline), at);
}

static struct rate part_rate(const struct part *part)
{
	struct amount slot = part->before[part->seconds];

	return (struct rate){
		(double)slot.packets / (double)part->seconds,
		8 * (double)slot.octets / (double)part->seconds,
	};
}

static int64_t common_multiple(int64_t a, int64_t b)
{
	int64_t x = a;
	int64_t y = b;

	while (y != 0) {
		int64_t rest = x % y;
		x = y;
		y = rest;
	}
	return a / x * b;
}

/* The parts that run between two changes. */
struct piece {
	const struct part **parts;
	size_t count;
	struct period period;
	int64_t repeats; /* seconds after which everything comes again */
	struct amount bound;
	struct rate rate;
};

static void take_piece(const struct traffic *traffic, const struct timeline *timeline,
		       struct piece *piece)
{
	piece->count = 0;
	piece->repeats = 1;
	piece->bound = (struct amount){0};
	piece->rate = (struct rate){0};
	for (size_t i = 0; i < traffic->count; i++) {
		const struct part *part = &traffic->parts[i];
		if (!runs(part, timeline, piece->period.from))
			continue;
		struct rate rate = part_rate(part);
		piece->parts[piece->count++] = part;
		piece->repeats = common_multiple(piece->repeats, part->seconds);
		add(&piece->bound, part->most);
		piece->rate.packets += rate.packets;
		piece->rate.bits += rate.bits;
	}
}

static struct amount second_amount(const struct piece *piece, int64_t second)
{
	struct amount sum = {0};

	for (size_t i = 0; i < piece->count; i++) {
		const struct part *part = piece->parts[i];
		const struct amount *at = &part->before[second % part->seconds];
		add(&sum, difference(at[1], at[0]));
	}
	return sum;
}

static void find_peak(const struct piece *piece, struct demand *out)
{
	int64_t from = second_of(piece->period.from);
	int64_t until = second_of(piece->period.until);

	if (until - from > piece->repeats)
		until = from + piece->repeats;
	for (int64_t second = from; second < until; second++) {
		struct amount sum = second_amount(piece, second);
		if (sum.packets > out->peak.packets)
			out->peak_at = second * NSEC_PER_SEC;
		raise_to(&out->peak, sum);
	}
}

static void judge_piece(const struct piece *piece, struct demand *out)
{
	if (piece->rate.packets > out->busiest.packets)
		out->busiest.packets = piece->rate.packets;
	if (piece->rate.bits > out->busiest.bits) {
		out->busiest.bits = piece->rate.bits;
		out->busiest_at = piece->period.from;
	}
	/* Not every piece need be looked at: most are like one before. */
	if (piece->bound.packets > out->peak.packets || piece->bound.octets > out->peak.octets)
		find_peak(piece, out);
}

enum err traffic_demand(const struct traffic *traffic, const struct timeline *timeline,
			struct demand *out)
{
	struct demand demand = {.series = traffic->series};
	struct changes changes = {0};
	struct piece piece = {.parts = calloc(traffic->count + 1, sizeof(*piece.parts))};
	double seconds = (double)(timeline->period.until - timeline->period.from) / NSEC_PER_SEC;

	enum err rc = piece.parts == NULL ? E_MEMORY : find_changes(traffic, timeline, &changes);
	for (size_t i = 0; rc == E_OK && i + 1 < changes.count; i++) {
		piece.period = (struct period){changes.at[i], changes.at[i + 1]};
		take_piece(traffic, timeline, &piece);
		judge_piece(&piece, &demand);
	}
	free(changes.at);
	free(piece.parts);
	if (rc != E_OK)
		return rc;
	demand.sent = traffic_amount(traffic, timeline, timeline->period);
	demand.average.packets = (double)demand.sent.packets / seconds;
	demand.average.bits = 8 * (double)demand.sent.octets / seconds;
	*out = demand;
	return E_OK;
}

size_t traffic_main_test(const struct traffic *traffic, const struct timeline *timeline, nsec at)
{
	size_t test = CONFIG_NONE;
	double most = 0;

	for (size_t i = 0; i < traffic->count; i++) {
		const struct part *part = &traffic->parts[i];
		double bits = part_rate(part).bits;
		if (!runs(part, timeline, at) || bits <= most)
			continue;
		most = bits;
		test = part->test;
	}
	return test;
}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Recomputes an assessment from its packets, by the published rules and by none of netgrade's code.
Fractions where a bound decides, exact order statistics where the reporter reads histograms."""
import bisect
import datetime
import fractions
import math
import sqlite3

GOOD, DEGRADED, BAD, PLANNED, UNKNOWN, UNSCHEDULED = (
    "good", "degraded", "bad", "planned", "unknown", "unscheduled")
JUDGED = (GOOD, DEGRADED, BAD)
NO_RECORD, PLANNED_FLAG, TAINTED, ISOLATED, CLOCK_STEP, UNSCHEDULED_FLAG = 1, 2, 4, 8, 16, 128

TIERS = ("backbone", "metro", "access")
TIER_WEIGHTS = {"backbone": 40, "metro": 30, "access": 30}
WEIGHTS = {"availability": 40, "loss": 25, "delay": 20, "pdv": 15}
POINTS = (100, 90, 80, 60, 0)
AVAILABILITY = {
    "backbone": (99.99, 99.97, 99.95, 99.9, 99.0),
    "metro": (99.99, 99.95, 99.91, 99.8, 98.5),
    "access": (99.95, 99.91, 99.8, 99.5, 98.0),
}
LOSS = (0.01, 0.05, 0.1, 0.5, 3)
DELAY = {"city": (2, 5, 10, 30, 100), "province": (10, 20, 40, 100, 200)}
PDV = (2, 5, 10, 50, 100)
GRADES = ((90, "excellent"), (80, "good"), (60, "fair"), (0, "poor"))
CAP = 59.9
HOUR = 3600
DAY = 24 * HOUR
BRIDGE = 900
LONG_OUTAGE = 4 * HOUR
NOTICE = DAY
ALLOWANCE = 8 * HOUR
SCOPE_EVERYTHING, SCOPE_ORGANISATION, SCOPE_SITE = 0, 1, 2


def points_of(anchors, value):
    """Linear between the anchors, which run from the best to the worst."""
    sign = 1 if anchors[0] < anchors[-1] else -1
    if math.isinf(value):
        return 0.0
    if sign * value <= sign * anchors[0]:
        return 100.0
    for k in range(1, len(anchors)):
        if sign * value <= sign * anchors[k]:
            share = (value - anchors[k]) / (anchors[k - 1] - anchors[k])
            return POINTS[k] + (POINTS[k - 1] - POINTS[k]) * share
    return 0.0


def half_up(value, decimals):
    """The printed number, of the shortest decimal that the double stands for."""
    scaled = fractions.Fraction(repr(value)) * 10**decimals
    return math.floor(scaled + fractions.Fraction(1, 2)) / 10**decimals


def grade_of(printed):
    return next(name for bound, name in GRADES if printed >= bound)


def rank(values, lost, share):
    """Nearest rank over the answered and the lost ones; milliseconds."""
    k = math.ceil(fractions.Fraction(share).limit_denominator(1000) * (len(values) + lost))
    return values[k - 1] / 1e6 if k <= len(values) else math.inf


def edges(first, per_decade, buckets):
    """The lower edges of a histogram's buckets: powers of the ratio with six digits, in the first
    decade cut to whole nanoseconds; the last bucket has no upper edge."""
    digits = [round(10 ** (5 + i / per_decade)) for i in range(per_decade)]
    return [0] + [first * digits[i % per_decade] // 10**5 * 10 ** (i // per_decade)
                  for i in range(buckets - 1)]


RTT_EDGES = edges(100_000, 10, 48)
PDV_EDGES = edges(25_000, 5, 24)


class Curve:
    """The published in-bucket curve of bucket b, by the counts of all rows together."""

    def __init__(self, counts, bounds, b):
        self.start, self.width = bounds[b], math.inf
        self.lower = self.upper = 1
        if b + 1 < len(bounds):
            self.width = bounds[b + 1] - bounds[b]
        if counts[b] and 0 < b < len(bounds) - 2:
            dense = [n / (after - before) for n, before, after in zip(counts, bounds, bounds[1:])]
            self.lower, self.upper = (min(3, max(1 / 3, self.edge(dense, i) / dense[b]))
                                      for i in (b, b + 1))

    @staticmethod
    def edge(dense, b):
        """The density between buckets b - 1 and b; the last bucket has none."""
        turn = 1
        if 2 <= b < len(dense) - 1 and dense[b - 2] and dense[b + 1]:
            turn = (dense[b - 1] / dense[b - 2] * dense[b] / dense[b + 1]) ** 0.125
        return math.sqrt(dense[b - 1] * dense[b]) * min(1.5, max(1 / 1.5, turn))

    def whole(self, x):
        u = (x - self.start) / self.width
        v = u * (1 - u)
        return (u * u + self.lower * v) / (1 + (self.lower + self.upper - 2) * v)

    def share(self, low, high, x):
        """Of what lies between low and high, the share at or below x."""
        if self.width == math.inf:
            return (x - low) / (high - low)
        before = self.whole(low)
        return (self.whole(x) - before) / (self.whole(high) - before)


def curves_of(rows, bounds):
    counts = [sum(column) for column in zip(*(row.counts for row in rows))]
    return [Curve(counts, bounds, b) for b in range(len(bounds))]


class Row:
    """One hour's counts by bucket with its bounds; variation is the row of its delay variation, for
    a row of round trips."""

    def __init__(self, delays, bounds, variation=None):
        self.trips = variation is not None
        self.least, self.most = min(delays) if self.trips else 0, max(delays)
        self.bounds = bounds
        self.variation = variation
        self.counts = [0] * len(bounds)
        for delay in delays:
            self.counts[bisect.bisect_right(bounds, delay) - 1] += 1

    def bucket_of(self, x):
        return bisect.bisect_right(self.bounds, x) - 1

    def span(self, b):
        upper = self.bounds[b + 1] if b + 1 < len(self.bounds) else math.inf
        return max(self.bounds[b], self.least), min(upper, self.most)

    def within(self, b, x, share):
        """Packets of bucket b at or below x: those at its ends, and a share of the others."""
        low, high = self.span(b)
        count = self.counts[b]
        if not count or x < low or x >= high:
            return count if x >= high else 0
        top = int(self.bucket_of(self.most) == b)
        bottom = int(self.trips and count > top and self.bucket_of(self.least) == b)
        return bottom + (count - top - bottom) * share(low, high, x)

    def up_to(self, curves, x):
        """V: packets at or below x."""
        if x < 0:
            return 0
        b = self.bucket_of(x)
        return sum(self.counts[:b]) + self.within(b, x, curves[b].share)

    def reach(self, curves, packets):
        """Q: the smallest x at or below which so many packets lie."""
        if packets <= 0:
            return 0
        b = next(b for b in range(len(self.counts))
                 if sum(self.counts[:b + 1]) >= packets or b == len(self.counts) - 1)
        low, high = self.span(b)
        if packets - sum(self.counts[:b]) >= self.counts[b] - int(self.bucket_of(self.most) == b):
            return high
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if self.up_to(curves, middle) >= packets else (middle, high)
        return high

    def begins(self, curves, b):
        """o at the ends of the span of bucket b."""
        low, high = self.span(b)
        moved = self.most - self.least - self.variation.most
        below = sum(self.counts[:b])

        def at(bound, packets):
            return min(moved, max(0, bound - self.least - self.variation.reach(curves, packets)))

        begin = at(high, below + self.counts[b]) if high < self.most else moved
        return at(low, below) if low > self.least else begin, begin

    def shape(self, curves, b):
        """The share by the row's delay variation; None where that tells too little."""
        low, high = self.span(b)
        if low >= high:
            return None
        first, last = (bound - self.least - begin
                       for bound, begin in zip((low, high), self.begins(curves, b)))
        if len([e for e in PDV_EDGES[1:] if max(first, 0) < e < last]) < 2:
            return None
        before, until = (self.variation.up_to(curves, y) for y in (first, last))
        if until - before < 1:
            return None

        def share(low, high, x):
            y = first + (x - low) / (high - low) * (last - first)
            return (self.variation.up_to(curves, y) - before) / (until - before)

        return share


def histogram_rank(rows, lost, share, bounds):
    """The published in-bucket formula, solved by halving; milliseconds."""
    counts = [sum(column) for column in zip(*(row.counts for row in rows))]
    k = math.ceil(fractions.Fraction(share).limit_denominator(1000) * (sum(counts) + lost))
    if k > sum(counts):
        return math.inf
    b = next(i for i in range(len(counts)) if sum(counts[:i + 1]) >= k)
    bound = k - sum(counts[:b]) - 0.5
    even = Curve(counts, bounds, b).share
    shapes = [even] * len(rows)
    if rows[0].trips:
        curves = curves_of([row.variation for row in rows], PDV_EDGES)
        shapes = [row.shape(curves, b) or even for row in rows]

    def below(x):
        return sum(row.within(b, x, shape) for row, shape in zip(rows, shapes))

    low, high = bounds[b], max(row.span(b)[1] for row in rows if row.counts[b])
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (low, middle) if below(middle) >= bound else (middle, high)
    return high / 1e6


class Window:
    """Announced maintenance; seconds, cancelled None while it stands."""

    def __init__(self, start, end, entered, cancelled, scopes):
        self.start = start
        self.end = end if cancelled is None else min(end, cancelled)
        self.in_time = entered <= start - NOTICE
        self.scopes = scopes

    def covers(self, site, organisations):
        """organisations: those that the site is in, with all above."""
        return any(kind == SCOPE_EVERYTHING or kind == SCOPE_SITE and name == site
                   or kind == SCOPE_ORGANISATION and name in organisations
                   for kind, name in self.scopes)

    def overlaps(self, start, end):
        return max(start, self.start) < min(end, self.end)


def read_windows(archive):
    """Those of an archive.db."""
    base = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)
    scopes = {}
    for window, kind, name in base.execute("SELECT window, kind, name FROM maintenance_scope"):
        scopes.setdefault(window, []).append((kind, name))
    rows = base.execute("SELECT id, from_at, until_at, entered_at, at FROM maintenance"
                        " LEFT JOIN maintenance_cancel ON window = id ORDER BY id").fetchall()
    base.close()
    return [Window(start / 1e9, end / 1e9, entered / 1e9,
                   None if cancelled is None else cancelled / 1e9, scopes.get(number, []))
            for number, start, end, entered, cancelled in rows]


class Plan:
    """Which slots of a path its windows take out: counted in the score, announced in the second
    figure alone. The allowance of a month is used up in the order of time."""

    def __init__(self, windows, interval, zone):
        self.windows = windows
        self.interval = interval
        self.zone = zone
        self.months = {}

    def month(self, t):
        day = datetime.datetime.fromtimestamp(t, self.zone)
        first = day.replace(day=1, hour=0, minute=0, second=0)
        after = (first + datetime.timedelta(days=32)).replace(day=1)
        return int(first.timestamp()), int(after.timestamp())

    def counted(self, t):
        first, after = self.month(t)
        if first not in self.months:
            begin = -(-first // self.interval) * self.interval
            timely = [s for s in range(begin, after, self.interval)
                      if any(w.in_time and w.overlaps(s, s + self.interval)
                             for w in self.windows)]
            self.months[first] = set(timely[:ALLOWANCE // self.interval])
        return t in self.months[first]

    def announced(self, t):
        return any(w.overlaps(t, t + self.interval) for w in self.windows)


class Slot:
    """One slot as it was put into the store: packets are nanoseconds, None lost; unsent are left
    out."""

    def __init__(self, start, length, flags, expected, packets):
        self.start = start
        self.end = start + length
        self.flags = flags
        self.expected = expected
        self.packets = packets
        self.answered = sorted(p for p in packets if p is not None)
        self.sent = len(packets)
        self.lost = self.sent - len(self.answered)

    def median(self):
        return rank(self.answered, self.lost, 0.5)

    def sound(self):
        return (not self.flags & (NO_RECORD | TAINTED | ISOLATED | CLOCK_STEP)
                and self.sent > 0 and 2 * self.sent >= self.expected)

    def judgeable(self):
        """As its agent knew when it filled the histograms."""
        return self.sound() and not self.flags & PLANNED_FLAG


def shares_loss(sent, lost, witness_sent, witness_lost):
    """Fisher's exact test, one-sided: how probable it is that the witness has so few of the lost
    packets, or fewer, when all packets are alike."""
    together = lost + witness_lost
    ways = sum(math.comb(witness_sent, k) * math.comb(sent, together - k)
               for k in range(max(0, together - sent), witness_lost + 1))
    return fractions.Fraction(ways, math.comb(sent + witness_sent, together))


class CrossCheck:
    """The slots of a path whose loss its witness, a TCP series over the same path, does not
    confirm. borders: of the period; hours that they cut are judged apart."""

    def __init__(self, witness, interval, first_reply, borders):
        self.witness = {slot.start: slot for slot in witness}
        self.interval = interval
        self.first_reply = first_reply
        self.borders = borders

    def over(self, slot):
        """The witness's slots over one; None unless it was measured all the time."""
        first = slot.start // self.interval * self.interval
        found = [self.witness.get(t) for t in range(first, slot.end, self.interval)]
        return found if all(s is not None and s.judgeable() for s in found) else None

    @staticmethod
    def lost(slots):
        return fractions.Fraction(sum(s.lost for s in slots), sum(s.sent for s in slots))

    def limited(self, slots):
        """The starts of those that are limited."""
        hours = {}
        for slot in slots:
            if (slot.judgeable() and self.first_reply is not None
                    and slot.start >= self.first_reply and self.over(slot)):
                side = sum(slot.start >= border for border in self.borders)
                hours.setdefault((slot.start // HOUR, side), []).append(slot)
        return {start for hour in hours.values() for start in self.limited_in(hour)}

    def limited_in(self, hour):
        bad, lossy = fractions.Fraction(20, 100), fractions.Fraction(5, 100)
        rest = [s for s in hour if self.lost([s]) < bad or self.lost(self.over(s)) < bad]
        others = {other.start: other for s in rest for other in self.over(s)}.values()
        if not rest or self.lost(others) > lossy or shares_loss(
                sum(s.sent for s in rest), sum(s.lost for s in rest),
                sum(s.sent for s in others), sum(s.lost for s in others)) > 0.01:
            return []
        return [s.start for s in hour
                if self.lost([s]) > lossy and self.lost(self.over(s)) < bad]


class Path:
    """A site in one family over a period. slots: every one recorded, in order. plan: of the windows
    over it, None where none are known: the flags of the slots stand. second: of the second figure,
    which leaves out all that was announced. witness: the slots of a TCP series and their interval."""

    def __init__(self, site, slots, period, interval, plan=None, second=False, witness=None):
        self.site = site
        self.plan = plan
        self.second = second
        self.start, self.end = period
        self.interval = interval
        recorded = {slot.start: slot for slot in slots}
        self.first = min(recorded) if recorded else None
        self.first_reply = min((s.start for s in slots if s.answered), default=None)
        first = self.start - 2 * DAY
        last = self.end + 2 * HOUR
        self.all = [recorded.get(t) or Slot(t, interval, NO_RECORD, 0, [])
                    for t in range(first, last, interval)]
        self.limited = set()
        if witness:
            followed = self.end + BRIDGE + 2 * interval
            self.limited = CrossCheck(*witness, self.first_reply, period).limited(
                [slot for slot in self.all if slot.start < followed])
        self.verdicts = [self.judge(slot) for slot in self.all]
        self.inside = [(s, v) for s, v in zip(self.all, self.verdicts)
                       if self.start <= s.start < self.end]
        self.count()

    def planned(self, slot):
        if self.plan is None:
            return bool(slot.flags & PLANNED_FLAG)
        return (self.plan.announced if self.second else self.plan.counted)(slot.start)

    def judge(self, slot):
        if slot.flags & NO_RECORD and (self.first is None or slot.start < self.first):
            return UNSCHEDULED
        if self.planned(slot):
            return PLANNED
        if (not slot.sound() or self.first_reply is None or slot.start < self.first_reply
                or slot.start in self.limited):
            return UNKNOWN
        share = fractions.Fraction(slot.lost, slot.sent)
        if share >= fractions.Fraction(20, 100):
            return BAD
        slow = DELAY[self.site["reach"]][POINTS.index(60)]
        if share > fractions.Fraction(5, 100) or slot.median() > slow:
            return DEGRADED
        return GOOD

    def unknown_reason(self, slot):
        for flag, name in ((NO_RECORD, "no_record"), (TAINTED, "tainted"),
                           (ISOLATED, "isolated"), (CLOCK_STEP, "clock_step")):
            if slot.flags & flag:
                return name
        if slot.start in self.limited:
            return "limited"
        return "not_commissioned" if slot.sound() else "unsent"

    def count(self):
        self.slots = {v: 0 for v in JUDGED + (PLANNED, UNKNOWN, UNSCHEDULED)}
        self.unknown = {}
        for slot, verdict in self.inside:
            self.slots[verdict] += 1
            if verdict == UNKNOWN:
                reason = self.unknown_reason(slot)
                self.unknown[reason] = self.unknown.get(reason, 0) + 1
        judged = [s for s, v in self.inside if v in JUDGED]
        up = [s for s, v in self.inside if v in (GOOD, DEGRADED)]
        self.sent = sum(s.sent for s in judged)
        self.lost = sum(s.lost for s in judged)
        self.up_sent = sum(s.sent for s in up)
        self.up_lost = sum(s.lost for s in up)
        # Histograms hold what was flagged as judged then, without the packets lost since planned, and
        # without those that a router limits.
        self.held = [s for s, v in self.inside if s.judgeable()
                     and (v in JUDGED + (PLANNED,) or s.start in self.limited)
                     and self.first_reply is not None and s.start >= self.first_reply]
        kept = [s for s in self.held if not self.planned(s)]
        self.held_lost = sum(s.lost for s in kept if s.start not in self.limited)
        self.rtt = sorted(p for s in self.held for p in s.answered)
        self.pdv = sorted(p - s.answered[0] for s in self.held for p in s.answered)
        self.kept = len(self.rtt) - sum(len(s.answered) for s in kept)
        recorded = [s for s, _ in self.inside if not s.flags & (NO_RECORD | UNSCHEDULED_FLAG)]
        self.flagged = sum(bool(s.flags & PLANNED_FLAG) and not self.planned(s) for s in recorded)
        self.missed = sum(not s.flags & PLANNED_FLAG and self.planned(s) for s in recorded)
        self.judged_time = len(judged) * self.interval
        self.up_time = len(up) * self.interval
        self.scheduled_time = self.judged_time + self.slots[UNKNOWN] * self.interval

    def coverage(self):
        return self.judged_time / self.scheduled_time if self.scheduled_time else None

    def values(self):
        """None where nothing was judged."""
        if not self.judged_time:
            return dict.fromkeys(WEIGHTS)
        return {
            "availability": 100 * self.up_time / self.judged_time,
            "loss": 100 * self.lost / self.sent,
            "delay": self.rank(self.rtt),
            "pdv": self.rank(self.pdv),
        }

    def rank(self, delays):
        return rank(delays, self.held_lost, 0.95) if delays or self.held_lost else None

    def by_formula(self):
        """Delay and variation as the report's notes say that they are read from the hours."""
        hours = {}
        for slot in self.held:
            rtt, pdv = hours.setdefault(slot.start // HOUR, ([], []))
            rtt += slot.answered
            pdv += [p - slot.answered[0] for p in slot.answered]
        answered = [row for row in hours.values() if row[0]]
        variations = [Row(pdv, PDV_EDGES) for _, pdv in answered]
        trips = [Row(rtt, RTT_EDGES, variation)
                 for (rtt, _), variation in zip(answered, variations)]
        return {"delay": histogram_rank(trips, self.held_lost, 0.95, RTT_EDGES),
                "pdv": histogram_rank(variations, self.held_lost, 0.95, PDV_EDGES)}

    def outages(self):
        """[start, end or None, seconds in all up to the period's end, seconds in the period]"""
        found = []
        run = []

        def settle(is_open):
            length = sum(min(s.end, self.end) - s.start for s in run if s.start < self.end)
            within = sum(min(s.end, self.end) - s.start for s in run
                         if self.start <= s.start < self.end)
            if len(run) >= 2 and within > 0:
                still = is_open or run[-1].end > self.end
                found.append([run[0].start, None if still else run[-1].end, length, within])
            run.clear()

        for slot, verdict in zip(self.all, self.verdicts):
            if verdict == BAD:
                run.append(slot)
            elif run and (verdict != UNKNOWN or slot.end - run[-1].end > BRIDGE):
                settle(False)
        settle(True)
        return found

    def long_outage(self):
        return any(length > LONG_OUTAGE >= length - within
                   for _, _, length, within in self.outages())

    def score(self, values):
        """(exact, vetoed), None without score; values as the reporter measured them, because the
        points shall be those of the printed delays."""
        if self.first_reply is None or not self.judged_time:
            return None, False
        site = self.site
        anchors = {"availability": AVAILABILITY[site["tier"]], "loss": LOSS,
                   "delay": DELAY[site["reach"]], "pdv": PDV}
        weights = {name: w for name, w in WEIGHTS.items()
                   if name != "pdv" or site["packets"] > 1}
        points = {name: points_of(anchors[name], values[name]) for name in weights}
        total = sum(weights.values())
        exact = sum(weights[name] * points[name] for name in weights) / total
        self.lost_points = {n: w * (100 - points[n]) / total for n, w in weights.items()}
        if (self.coverage() < 0.8 or self.end - self.first_reply < 7 * DAY
                or len(self.rtt) + self.held_lost < 0.8 * self.sent):
            return None, False
        vetoed = (values["availability"] < anchors["availability"][-1]
                  or site["tier"] == "backbone" and self.long_outage())
        self.lost_points["veto"] = max(exact - CAP, 0) if vetoed else 0
        return (min(exact, CAP) if vetoed else exact), vetoed


def group_score(members):
    """members: (weight, exact or None). None where too little of the weight is scored."""
    whole = sum(weight for weight, _ in members)
    scored = [(weight, exact) for weight, exact in members if exact is not None]
    weight = sum(w for w, _ in scored)
    if not scored or weight < 0.8 * whole:
        return None
    return sum(w * exact for w, exact in scored) / weight


def network_score(tiers):
    """tiers: name → score or None, of those that have members."""
    present = sum(TIER_WEIGHTS[name] for name in tiers)
    scored = {name: exact for name, exact in tiers.items() if exact is not None}
    weight = sum(TIER_WEIGHTS[name] for name in scored)
    if not scored or weight < 0.8 * present:
        return None
    return sum(TIER_WEIGHTS[name] * exact for name, exact in scored.items()) / weight

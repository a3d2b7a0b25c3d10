# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of what netgrade-collector run stores equal the emulator's log, whatever the seed and the
load: loss alone and in bursts, copies, passed and late answers, forgeries, one family dark."""

import contextlib
import os
import random
import statistics
import time

import lab
import load
import scenario
import test_run
import truth

INTERVAL_S, PACKETS, SLOTS = 4, 40, 8
INTERVAL, T_MAX = INTERVAL_S * truth.NS, truth.NS
SITES = {f"site{host}": host for host in range(1, 21)}
SERIES = [(site, family) for site in SITES for family in ("ipv4", "ipv6")]
DOUBTFUL_MAX, TAINTED_MAX = 0.0001, 0.001
TAINTED = 4


def loss(draw):
    if draw.random() < 0.5:
        return f"loss={draw.uniform(0.005, 0.05):.4f}"
    return (f"loss=gilbert-elliott:{draw.uniform(0.002, 0.01):.4f}:{draw.uniform(0.1, 0.3):.3f}:"
            f"{draw.uniform(0.5, 1):.3f}")


def lane_forward(draw):
    """Some packets are so late that their answers come after T_max, whatever else befalls them."""
    return (f"delay=uniform:{draw.randint(5, 40)}ms:4ms,{loss(draw)},"
            f"reorder={draw.uniform(0.01, 0.05):.4f}:{draw.randint(1300, 1900)}ms")


def lane_backward(draw):
    """The longest way back keeps 300 ms away from T_max."""
    return (f"delay=exponential:{draw.randint(2, 40)}ms:5ms,{loss(draw)},forge=0.01,"
            f"reorder={draw.uniform(0.02, 0.08):.4f}:{draw.randint(150, 450)}ms,"
            f"duplicate={draw.uniform(0.01, 0.05):.4f}:{draw.choice((2, 90, 700, 1400))}ms,"
            f"order={draw.choice(('kept', 'free'))}")


def link_of(seed):
    """The emulator's options; one family is dark for a while."""
    draw = random.Random(seed)
    dark = time.time() + draw.uniform(8, 16)
    family = draw.choice(("ipv4", "ipv6"))
    return {"seed": seed, "forward": lane_forward(draw), "forward_ipv6": lane_forward(draw),
            "backward": lane_backward(draw), "backward_ipv6": lane_backward(draw),
            "blackout": f"@{dark:.3f}..@{dark + draw.uniform(3, 7):.3f}/forward/{family}"}


class Sums:
    """Of one run or of all."""

    def __init__(self):
        self.slots = self.tainted = self.flagged = self.doubtful = 0
        self.counts = dict.fromkeys(test_run.COUNTS, 0)
        self.shifts = []  # median round trip stored − the log's
        self.wrong = []

    def merge(self, other):
        self.slots += other.slots
        self.tainted += other.tainted
        self.flagged += other.flagged
        self.doubtful += other.doubtful
        self.shifts += other.shifts
        self.wrong += other.wrong
        for name, value in other.counts.items():
            self.counts[name] += value

    def take(self, row, true, trips, bound):
        self.slots += 1
        self.tainted += bool(row["flags"] & TAINTED)
        self.flagged += row["flags"] != 0
        self.doubtful += true.doubtful
        rank = -(-row["sent"] // 2)
        if 0 < rank <= len(trips):
            self.shifts.append(row["rtt_median"] - sorted(trips)[rank - 1])
        self.wrong += test_run.delays_wrong(row, trips, bound)
        for name in test_run.COUNTS:
            self.counts[name] += row[name]
            if not true.agrees(name, row[name]):
                self.wrong.append(f"{name}: stored {row[name]}, log {true[name]}")

    def __str__(self):
        counts = ", ".join(f"{name} {value}" for name, value in self.counts.items())
        shift = statistics.median(map(abs, self.shifts)) / 1000 if self.shifts else float("nan")
        return (f"{self.slots} slots: {counts}; doubtful {self.doubtful}, tainted {self.tainted}, "
                f"flagged {self.flagged}; median round trips differ by {shift:.1f} µs (median)")


def compare(options, results, link, bound):
    packets = truth.read_log(link.log)
    true, trips = truth.by_slot(packets, T_MAX, INTERVAL, bound), truth.round_trips(packets, T_MAX)
    sums, seen = Sums(), set()
    for site, family in SERIES:
        target = (lab.TARGET_IPV4 if family == "ipv4" else lab.TARGET_IPV6).format(SITES[site])
        for row in test_run.stored_slots(options, link, site, family):
            key = family, target, row["from"] // INTERVAL & 0xffff
            seen.add(key)
            if key in true:
                sums.take(row, true[key], trips.get(key, []), bound)
            else:
                sums.wrong.append(f"{key}: stored {row}, and nothing in the log")
    results.equal("every slot in the log is stored", sorted(set(true) - seen), [])
    return sums


def judge(results, sums):
    results.check("counts and delays equal the log's", not sums.wrong, "\n".join(sums.wrong[:20]))
    results.check("there was something of everything", all(sums.counts.values()), sums)
    results.check("doubtful packets are rare",
                  sums.doubtful <= DOUBTFUL_MAX * sums.counts["sent"], sums)
    results.check("tainted slots are rare", sums.tainted <= TAINTED_MAX * sums.slots, sums)


def run_seed(options, results, seed, loaded, slots=SLOTS):
    seconds = slots * INTERVAL_S
    held = load.Saturated(seconds + 60) if loaded else contextlib.nullcontext()
    with lab.Lab(options.emulator, **link_of(seed)) as link:
        path = test_run.write_configuration(link, SITES, PACKETS)
        with held:
            done = link.run_near(options.collector, "run", path, "--for", f"{seconds}s",
                                 timeout=seconds + 60)
        results.check("the collector ends well", done.returncode == 0, done.stderr)
        bound = scenario.check_conduct(results, link.finish())
        sums = compare(options, results, link, bound)
    results.check("as many slots as there were", sums.slots >= (slots - 1) * len(SERIES), sums)
    results.note(f"seed {seed}, {'saturated' if loaded else 'idle'}: {sums}")
    judge(results, sums)
    return sums


def every_seed(options, results):
    total = Sums()
    for seed in range(1, int(os.environ.get("SEEDS", "10")) + 1):
        for loaded in (False, True):
            total.merge(run_seed(options, results, seed, loaded))
    results.note(f"in all: {total}")


if __name__ == "__main__":
    scenario.run_main({"idle": lambda *to: run_seed(*to, seed=101, loaded=False, slots=5),
                       "saturated": lambda *to: run_seed(*to, seed=102, loaded=True, slots=5),
                       "every": every_seed})

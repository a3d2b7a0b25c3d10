# SPDX-License-Identifier: GPL-3.0-or-later
"""The highest paced rate without false loss: ours on one core with the emulator on another, fping's
and scamper's with all cores."""

import os
import re
import time
from dataclasses import dataclass

import link as links
from probers import Bench, Load
import process
import service

STEPS, STEPS_QUICK = (10_000, 20_000, 50_000, 100_000, 150_000, 200_000), (50_000,)
BARE_STEPS = (100_000,)
SERIES, INTERVAL_S, SUSTAINED_S = 10_000, 5, 60
GOAL = 100_000
FPING_GAPS_MS = (0.01, 0.001)
PEER_ROUNDS = 3
PEER_LOAD = Load(10_000, 6, 100_000)  # what fping is asked; its gap between packets bounds it
SCAMPER_RATES = (10_000, 5000, 2000)  # the first is its cap
STOP_S = 20
FULL = 0.9  # of a core
DISTURBED = 0.1  # of a core, taken by what is no part of the bench


@dataclass
class Step:
    rate: int
    reached: float  # packets a second
    planned: int
    sent: int
    lost: int
    unsent: int
    swallowed: int  # by the link
    busy: float     # the prober's share of its core
    link_busy: float
    lateness_ms: float
    other: float    # what all other processes took, in CPUs
    stolen: float   # what the host withheld, in CPUs

    @property
    def good(self):
        return self.sent == self.planned and self.unsent == 0 and self.falsely_lost == 0

    @property
    def falsely_lost(self):
        return max(0, self.lost - self.swallowed)

    def __str__(self):
        return (f"{self.rate:7,}/s: {self.sent:,} of {self.planned:,} sent, {self.unsent:,} "
                f"unsent, {self.falsely_lost:,} falsely lost, {self.swallowed:,} swallowed by the "
                f"link; prober {100 * self.busy:.0f} % of its core, link "
                f"{100 * self.link_busy:.0f} %, others {100 * self.other:.0f} %, stolen "
                f"{100 * self.stolen:.0f} %, send lateness p99 {self.lateness_ms:.1f} ms")

    def cause(self):
        """Only what was measured: a stall of a core that had room is not the prober's own limit."""
        if self.swallowed > 0:
            return "the emulator does not keep up"
        if self.busy >= FULL:
            return "the prober's core is full"
        if self.unsent > 0 or self.sent < self.planned:
            return ("the prober was held up although its core had room; not known by what "
                    f"(others {100 * self.other:.0f} %, stolen {100 * self.stolen:.0f} %)")
        return "answers were lost at the prober although its core had room; not known why"


def emulator_cpu_s(link):
    return process.cpu_s(link.process.pid) if link.process else 0


def wait_for_summary(run):
    """The numbers of the line that the collector says when it stops, before it files."""
    deadline = time.monotonic() + STOP_S
    pattern = r"(\d+) packets, (\d+) lost, (\d+) unsent, .*p99 ([\d.]+) ms"
    while time.monotonic() < deadline:
        found = re.search(pattern, run.said())
        if found:
            return [float(number) for number in found.groups()]
        time.sleep(0.1)
    raise RuntimeError(f"the collector does not stop: {run.last_words()}")


def run_step(setting, make_link, rate, slots):
    """The collector on the first core sends at a rate for so many slots."""
    plan = service.Plan(SERIES, INTERVAL_S, rate * INTERVAL_S // SERIES)
    with setting.folder() as folder, make_link() as link:
        if link.process:
            os.sched_setaffinity(link.process.pid, {setting.cpus - 1})
        run = service.Service(link, setting.collector, folder, plan)
        run.start(slots, cpus=0)
        cpu, link_cpu, sent = run.cpu_s(), emulator_cpu_s(link), run.sent()
        used, stolen = process.machine_s()
        seconds = slots * INTERVAL_S
        run.sleep_until(run.began + seconds - 0.1)
        busy = (run.cpu_s() - cpu) / seconds
        link_busy = (emulator_cpu_s(link) - link_cpu) / seconds
        reached = (run.sent() - sent) / seconds
        used_now, stolen_now = process.machine_s()
        other = max(0, (used_now - used) / seconds - busy - link_busy)
        told, lost, unsent, lateness = wait_for_summary(run)
        run.kill()
        return Step(rate, reached, SERIES * plan.packets * slots, int(told), int(lost),
                    int(unsent), link.lost(), busy, link_busy, lateness, other,
                    (stolen_now - stolen) / seconds)


def print_step(table, step, what):
    table.note(f"{what}{step}")
    if step.other > DISTURBED:
        table.note("         disturbed: something else was busy meanwhile")


def climb(table, setting, make_link, steps):
    """The highest good step; the first bad one, if any, has the cause."""
    best, bad = None, None
    for rate in steps:
        step = run_step(setting, make_link, rate, 1)
        print_step(table, step, "")
        if not step.good:
            bad = step
            break
        best = step
    return best, bad


def sustain(table, setting, make_link, rate):
    step = run_step(setting, make_link, rate, SUSTAINED_S // INTERVAL_S)
    print_step(table, step, f"for {SUSTAINED_S} s: ")
    return step


def try_peer(table, best, name, asked, outcome):
    table.note(f"{name} {asked}: {outcome.run.rate:,.0f}/s, {outcome.falsely_lost} of "
               f"{outcome.sent:,} falsely lost")
    if outcome.falsely_lost == 0:
        best[name] = max(best[name], outcome.run.rate)


def peers_ceiling(table, setting, rounds):
    """{prober: highest rate without false loss}, the best of all rounds: one that something else
    held up must not count for us."""
    bench, best = Bench(setting.emulated, setting.collector), {"fping": 0, "scamper": 0}
    for _ in range(rounds):
        for gap in FPING_GAPS_MS:
            try_peer(table, best, "fping", f"-i {gap:g}", bench.fping(PEER_LOAD, gap))
        rate = SCAMPER_RATES[0]
        try_peer(table, best, "scamper", f"-p {rate}", bench.scamper(Load(rate, 6, rate)))
    for rate in SCAMPER_RATES[1:]:
        if best["scamper"] == 0:
            try_peer(table, best, "scamper", f"-p {rate}", bench.scamper(Load(rate, 6, rate)))
    return best


def run(table, setting):
    def emulated():
        """Where the emulator itself answers: through the far kernel it bears only half as much."""
        return setting.emulated({**links.EIGHT_MS, "reflect": True})

    table.title(f"Ceiling without false loss: {SERIES:,} targets; ours on one core and stored in "
                "the spool, the emulator on another")
    steps = STEPS_QUICK if setting.quick else STEPS
    peers = peers_ceiling(table, setting, 1 if setting.quick else PEER_ROUNDS)
    best, bad = climb(table, setting, emulated, steps)
    bare, _ = climb(table, setting, links.Bare, () if setting.quick else BARE_STEPS)
    rate = min(GOAL, best.rate) if best else 0
    if rate and not setting.quick:
        sustained = sustain(table, setting, emulated, rate)
        if not sustained.good:
            bad, rate = sustained, 0
    if bad and rate < GOAL:
        table.note(f"what bounds it: {bad.cause()}")
    for name, peer in peers.items():
        table.exceed(f"probes/s without false loss{'' if setting.quick else ', for 60 s'}", rate,
                     (name, peer), "/s", GOAL)
    if best and bare:
        table.note(f"the highest step that held: {best.rate:,}/s through the emulator, "
                   f"{bare.rate:,}/s over a bare pair of devices")

# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU per probe at 10,000 a second through the emulator, beside fping and scamper."""

import statistics

from probers import Bench, Load
import service

# fping has 65,535 sequence numbers for what it sent within its last ten seconds.
ROUNDS, TARGETS, PACKETS, RATE = 3, 10_000, 6, 10_000
PLAN, QUICK_PLAN = service.Plan(10_000, 20, 20), service.Plan(1000, 10, 100)
GOAL_FPING = 1 / 5


def median_of(outcomes, key):
    return statistics.median(key(outcome) for outcome in outcomes)


def run_rounds(bench, load, rounds):
    """{prober: outcomes}, one after the other so that all meet the same moments."""
    found = {"once": [], "fping": [], "scamper": []}
    for _ in range(rounds):
        for name, outcomes in found.items():
            outcomes.append(getattr(bench, name)(load))
    return found


def print_peers(table, found, what):
    for name, outcomes in found.items():
        table.note(f"{name:8} {median_of(outcomes, lambda o: o.cpu_us):5.1f} µs a probe, "
                   f"{median_of(outcomes, lambda o: o.run.rate):,.0f} probes/s, "
                   f"{sum(o.falsely_lost for o in outcomes)} of "
                   f"{sum(o.sent for o in outcomes):,} falsely lost {what}")


def print_service(table, measured, plan):
    loop = " ".join(f"{us:.1f}" for us in measured.loop_us)
    table.note(f"run      {loop} µs a probe by slots of {plan.interval_s} s while measuring, "
               f"{measured.whole_us:.1f} with all filed; {measured.rate:,.0f} probes/s, "
               f"{measured.falsely_lost} of {measured.probes:,} falsely lost, "
               f"{measured.unsent} unsent")
    table.note(f"         start-up apart: {measured.start_up_s:.2f} s of CPU for {plan.series:,} "
               f"series")


def run(table, setting):
    load = Load(TARGETS, PACKETS, RATE)
    plan, slots = (QUICK_PLAN, 2) if setting.quick else (PLAN, 3)
    bench = Bench(setting.emulated, setting.collector)
    table.title(f"CPU per probe: {plan.series:,} targets, {RATE:,} probes/s, emulator 8 ms ± 1 ms")
    with setting.folder() as folder:
        service.make_files(setting.emulated, setting.collector, folder, plan)
        found = run_rounds(bench, load, 1)
        measured = service.measure(setting.emulated, setting.collector, folder, plan, slots)
    for name, outcomes in run_rounds(bench, load, 0 if setting.quick else ROUNDS - 1).items():
        found[name] += outcomes
    print_service(table, measured, plan)
    print_peers(table, found, "by its own count")
    us = {name: median_of(outcomes, lambda o: o.cpu_us) for name, outcomes in found.items()}
    table.compare("run: scheduled, matched, summed up, spooled and filed", measured.whole_us,
                  ("fping", us["fping"]), "µs", GOAL_FPING)
    table.compare("run: the same", measured.whole_us, ("scamper", us["scamper"]), "µs")
    table.compare("run: while measuring, filed later", statistics.median(measured.loop_us),
                  ("fping", us["fping"]), "µs")
    table.compare("once: measured and printed", us["once"], ("fping", us["fping"]), "µs")
    table.compare("once: the same", us["once"], ("scamper", us["scamper"]), "µs")

# SPDX-License-Identifier: GPL-3.0-or-later
"""test_months.py COLLECTOR REPORTER PATHS [--interval 120s] [--seed N]: months of paths of many kinds,
simulated through the store, against the truth of their packets: percentiles with lost packets as
infinite within 2 %, delay variation within 5 %, counts exactly; from the hourly rows, and from the
facts of the closed month. Prints TAP."""

import argparse
import os
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

MONTHS = ("2026-07", "2026-08")
ROUND_TRIPS = ("rtt_p50", "rtt_p95", "rtt_p99")

QUIET = "delay: {base-ms: 4, queue-ms: 0.5}"
KINDS = {
    "bursty": "delay: {base-ms: 8, queue-ms: 1.5, spread: 0.6, tail-ms: 60, tail-share: 1 %, "
              "burst: 12, burst-share: 4 %}, loss: {ratio: 0.3 %, burst: 5}",
    "steady": "delay: {base-ms: 4.95, model: uniform, queue-ms: 0.1}",
    "rerouted": "delay: {base-ms: 10.2, queue-ms: 0.4, spread: 0.4}, loss: {ratio: 0.02 %}",
    "lossy": "delay: {base-ms: 12, queue-ms: 2, spread: 0.8, tail-ms: 40, tail-share: 10 %}, "
             "loss: {ratio: 30 %}",
    "two-ways": "delay: {base-ms: 10.2, model: uniform, queue-ms: 0.1, second-ms: 2.1, "
                "second-share: 40 %}",
    "evenings": "delay: {base-ms: 5, queue-ms: 0.5, load: 60, peak: '21:00'}, "
                "loss: {ratio: 0.5 %, burst: 3, inside: 60 %}",
    "exponential": "delay: {base-ms: 3, model: exponential, queue-ms: 4}, duplicates: 0.5 %",
    "mixed": "delay: {base-ms: 10.2, model: uniform, queue-ms: 0.1}",
    "cut": QUIET, "off": QUIET, "planned": QUIET, "stepped": QUIET, "isolated": QUIET,
    "unsent": QUIET, "across": QUIET,
}
AGENTS = ("off", "stepped", "isolated", "unsent")  # paths with an agent of their own


def scenario(seed):
    """What happens besides: each to a path of its own, at odd times."""
    lines = [f"  - {{name: {name}, sites: [{name}], {kind}}}" for name, kind in KINDS.items()]
    lines.append("  - {name: route, sites: [rerouted], from: 2026-07-11T03:20, detour-ms: 5}")
    # Two modes in one bucket and hour: slots go one way or the other.
    lines += [f'  - {{name: flap, sites: [mixed], hours: "{h:02}:{m:02}-{h:02}:{m + 10:02}", '
              "detour-ms: 2.1}" for h in range(24) for m in (10, 30, 45)]
    for site, begin, end in (("cut", "2026-07-08T10:14:20", "2026-07-08T16:31"),
                             ("across", "2026-07-31T21:07:11", "2026-08-01T03:07:11"),
                             ("planned", "2026-07-20T00:10", "2026-07-20T03:20"),
                             ("planned", "2026-07-25T15:00", "2026-07-25T16:00")):
        lines.append(f"  - {{name: dark, sites: [{site}], from: {begin}, until: {end}, "
                     "outage: silent}")
    return (f"config: c.yaml\nfrom: 2026-07-01\nuntil: 2026-09-01\nseed: {seed}\nnetwork:\n"
            + "\n".join(lines) + """
agents:
  - {agents: [off], from: 2026-07-12T01:00:10, until: 2026-07-12T07:00:30, state: off}
  - {agents: [isolated], from: 2026-07-13T11:02:40, until: 2026-07-13T11:22:10, state: isolated}
  - {agents: [unsent], from: 2026-07-14T11:02:40, until: 2026-07-14T13:22:10, state: unsent}
clocks:
  - {agent: stepped, at: 2026-07-15T08:02:30, forward: 1h}
  - {agent: stepped, at: 2026-07-16T08:02:30, backward: 10m}
windows:
  - {sites: [planned], from: 2026-07-20T00:00, until: 2026-07-20T04:00, entered: 2026-07-15T09:00,
     owner: network centre, reason: upgrade}
  - {sites: [planned], from: 2026-07-25T15:00, until: 2026-07-25T16:00, entered: 2026-07-25T14:00,
     owner: network centre, reason: a late one}
""")


def configuration(interval):
    agents = "agents:\n  - {name: centre}\n" + "".join(f"  - {{name: {a}}}\n" for a in AGENTS)
    text = sim.configuration(KINDS, interval).split("tests:")[0] + agents
    text += (f"tests:\n  - {{name: main, interval: {interval}, agents: [centre], targets: "
             f"{{sites: [{', '.join(k for k in KINDS if k not in AGENTS)}]}}}}\n")
    return text + "".join(f"  - {{name: {a}, interval: {interval}, agents: [{a}], "
                          f"targets: {{sites: [{a}]}}}}\n" for a in AGENTS)


def off_by(found, true):
    """Share by which a quantile is off the truth; 0 where both are infinite."""
    if "inf" in (found["value"], true):
        return 0 if found["value"] == true else float("inf")
    return abs(found["value"] / float(true) - 1)


def compare_delays(tap, where, path, true):
    for name in ROUND_TRIPS:
        off = off_by(path[name], true[name + "_ns"])
        tap.check(f"{where} {name} within 2 % of the truth, or marked",
                  off <= 0.02 or not path[name]["exact"], f"off by {100 * off:.2f} %")
    off = off_by(path["pdv_p95"], true["pdv_p95_ns"])
    tap.check(f"{where} pdv_p95 within 5 %", off <= 0.05, f"off by {100 * off:.2f} %")


def compare_counts(tap, where, path, recount):
    tap.equal(f"{where} slots of each verdict", path["slots"], recount.slots)
    tap.equal(f"{where} packets", (path["sent"], path["lost"]), (recount.sent, recount.lost))
    tap.check(f"{where} availability", abs(path["availability"] - recount.availability()) < 1e-9,
              f"{path['availability']} and {recount.availability()}")


def compare_outages(tap, where, path, recount):
    found = [tuple(o) for o in path["outages"]]
    # An outage that is open at the end of its month has no end yet.
    true = [(a, b) for a, b in recount.outages() if b <= recount.end]
    found = [(a, b) for a, b in found if 0 < b <= recount.end]
    tap.equal(f"{where} outages", found, true)


def compare(tap, where, facts, month, truth):
    slots, months, interval = truth
    for key, path in facts.items():
        recount = sim.Recount(slots[key], interval, month)
        label = f"{where} {month} {key[0]}"
        compare_delays(tap, label, path, months[(*key, month)])
        compare_counts(tap, label, path, recount)
        compare_outages(tap, label, path, recount)
    tap.equal(f"{where} {month} paths", len(facts), len(KINDS))


def compare_archive(tap, folder, slots, interval):
    """What a collector would have recorded, beside the truth of both months."""
    archive = sqlite3.connect(os.path.join(folder, "data", "archive.db"))
    found, over = {}, sim.month_bounds(MONTHS[-1])[1]
    for path, begin, end in archive.execute("SELECT key, from_at / ?1, until_at / ?1 FROM outage "
                                            "ORDER BY from_at", (10 ** 9,)):
        found.setdefault(path.split("~")[1], []).append(
            # One that may go on has no end yet.
            (begin, end if end is not None else over))
    alarms = set(archive.execute("SELECT key, told + (cleared_at IS NULL) FROM alarm"))
    archive.close()
    true = {}
    for key, path in slots.items():
        outages = {o for month in MONTHS for o in sim.Recount(path, interval, month).outages()}
        if outages:
            true[key[0]] = sorted((a, over if over - b < interval else b) for a, b in outages)
    tap.equal("outages in the archive", found, true)
    tap.check("an alarm of each path with an outage, and of the agent cut off",
              {key.split("~")[1] for key, _ in alarms if "~icmp~" in key} == set(true)
              and "isolated~v4" in {key for key, _ in alarms}, alarms)
    tap.check("none that is still to be told", {told for _, told in alarms} == {2}, alarms)


def expect_story(tap, facts, interval):
    """What the recount cannot tell wrong together with the program: the script itself."""
    july, hour = facts["2026-07"], 3600 // interval
    cut = july[("cut", 4)]["outages"]
    begin, end = (sim.datetime.datetime(2026, 7, 8, *at, tzinfo=sim.zoneinfo.ZoneInfo(
        "Asia/Shanghai")).timestamp() for at in ((10, 14, 20), (16, 31)))
    tap.check("a cut of six hours is one outage", len(cut) == 1, cut)
    tap.check("from its first bad slot to its last",
              abs(cut[0][0] - begin) < interval and abs(cut[0][1] - end) < interval, cut)
    off = july[("off", 4)]["slots"]
    tap.check("an agent off for six hours is unknown",
              6 * hour <= off["unknown"] <= 6 * hour + 2 and off["bad"] == 0, off)
    tap.check("a window entered in time is planned, a late one is not",
              july[("planned", 4)]["slots"]["planned"] == 4 * hour
              and abs(july[("planned", 4)]["slots"]["bad"] - hour) <= 1, july[("planned", 4)])
    for name in ("isolated", "unsent", "stepped"):
        slots = july[(name, 4)]["slots"]
        tap.check(f"{name}: unknown, not bad", slots["bad"] == 0 and slots["unknown"] > 0, slots)
    across = [facts[m][("across", 4)] for m in MONTHS]
    tap.check("an outage over a month's end counts in both",
              all(len(p["outages"]) == 1 for p in across)
              and across[0]["slots"]["bad"] + across[1]["slots"]["bad"] in
              range(6 * hour - 1, 6 * hour + 2), [p["slots"] for p in across])
    tap.check("modes mixed inside one bucket are marked as not exact",
              not july[("mixed", 4)]["rtt_p95"]["exact"], july[("mixed", 4)]["rtt_p95"])
    for name in ("steady", "rerouted", "lossy", "evenings"):
        tap.check(f"{name}: nothing is marked",
                  all(july[(name, 4)][q]["exact"] for q in ROUND_TRIPS))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs=3)
    parser.add_argument("--interval", default="120s")
    parser.add_argument("--seed", default="1")
    given = parser.parse_args()
    programs = sim.Programs(*given.programs)
    interval = int(given.interval[:-1])
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="netgrade-sim-") as folder:
        config = sim.write(folder, "c.yaml", configuration(given.interval))
        sim.simulate(programs, sim.write(folder, "s.yaml", scenario(given.seed)), folder)
        truth = sim.true_slots(folder), sim.true_months(folder), interval
        facts = {}
        for month in MONTHS:
            facts[month] = sim.facts(programs, config, month, os.path.join(folder, "data"))
            compare(tap, "rows", facts[month], month, truth)
            closed = sim.close(programs, config, month, folder)
            kept = sim.facts(programs, config, month, closed)
            compare(tap, "facts.db", kept, month, truth)
            tap.equal(f"facts.db {month} percentiles and their marks", *(
                {key: [path[name] for name in (*ROUND_TRIPS, "pdv_p95")]
                 for key, path in found.items()} for found in (kept, facts[month])))
        compare_archive(tap, folder, truth[0], interval)
        expect_story(tap, facts, interval)
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated networks for tests: written, run, and counted again from the truth."""

import csv
import datetime
import json
import math
import os
import subprocess
import zoneinfo

NO_RECORD, PLANNED, TAINTED, ISOLATED, CLOCK_STEP = 1, 2, 4, 8, 16
UNSCHEDULED = 128
BAD_LOSS, DEGRADED_LOSS = 0.20, 0.05
SLOW = 30_000_000  # the median round trip beyond which a slot of a city's path is degraded
BRIDGE = 15 * 60
VERDICTS = ("good", "degraded", "bad", "planned", "unknown", "unscheduled")


class Programs:
    def __init__(self, collector, reporter, paths):
        self.collector, self.reporter, self.paths = collector, reporter, paths


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def configuration(sites, interval="300s", packets=20, zone="Asia/Shanghai", more=""):
    """A configuration of so many sites, each a path of its own in IPv4."""
    lines = "".join(f"  - {{name: {name}, organisation: org, tier: metro, ipv4: 192.0.2.{i}}}\n"
                    for i, name in enumerate(sites, 1))
    return (f"network: {{en: Simulated}}\ntime-zone: {zone}\nretention: {{slots: 95d, hours: 95d}}\n"
            f"organisations: [{{name: org}}]\nsites:\n{lines}"
            f"tests: [{{name: test, interval: {interval}, packets: {packets}}}]\n{more}")


def run(collector, scenario, folder, *options):
    """Runs a scenario into folder/data; its summary."""
    done = subprocess.run(
        [collector, "simulate", scenario, "--into", os.path.join(folder, "data"), "--json", *options],
        check=True, text=True, stdout=subprocess.PIPE, timeout=3600)
    return json.loads(done.stdout)


def simulate(programs, scenario, folder):
    """The same with the truth in folder/truth."""
    return run(programs.collector, scenario, folder, "--truth", os.path.join(folder, "truth"))


def facts(programs, config, month, where):
    """What the reporter makes of each path, by site and family."""
    done = subprocess.run([programs.paths, config, month, where], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=600)
    return {(path["site"], path["family"]): path for path in json.loads(done.stdout)}


def close(programs, config, month, folder):
    """Closes a month; the path of its facts."""
    done = subprocess.run(
        [programs.reporter, "close", "--config", config, "--data", os.path.join(folder, "data"),
         "--month", month, "--json"], check=True, text=True, stdout=subprocess.PIPE, timeout=600)
    return json.loads(done.stdout)["file"]


def true_months(folder):
    with open(os.path.join(folder, "truth", "months.csv"), encoding="utf-8") as file:
        return {(row["target"], int(row["family"]), row["month"]): row
                for row in csv.DictReader(file)}


def true_slots(folder):
    """By site and family: {start: (end, expected, sent, lost, flags, median)}, median in ns or inf."""
    found = {}
    with open(os.path.join(folder, "truth", "slots.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            median = row["rtt_median_ns"]
            found.setdefault((row["target"], int(row["family"])), {})[int(row["from"])] = (
                int(row["until"]), int(row["expected"]), int(row["sent"]), int(row["lost"]),
                int(row["flags"]), float(median) if median else math.nan)
    return found


def month_bounds(month, zone="Asia/Shanghai"):
    year, number = int(month[:4]), int(month[5:])
    local = zoneinfo.ZoneInfo(zone)
    return tuple(int(datetime.datetime(year + (number + i - 1) // 12, (number + i - 1) % 12 + 1, 1,
                                       tzinfo=local).timestamp()) for i in (0, 1))


def verdict(slot):
    _, expected, sent, lost, flags, median = slot
    if flags & UNSCHEDULED:
        return "unscheduled"
    if flags & PLANNED:
        return "planned"
    if flags & (NO_RECORD | TAINTED | ISOLATED | CLOCK_STEP) or not sent or 2 * sent < expected:
        return "unknown"
    if lost / sent >= BAD_LOSS:
        return "bad"
    return "degraded" if lost / sent > DEGRADED_LOSS or median > SLOW else "good"


class Recount:
    """A path over a month, counted slot by slot from the truth; slots of one length."""

    def __init__(self, slots, interval, month, zone="Asia/Shanghai"):
        self.start, self.end = month_bounds(month, zone)
        first = self.start - 86400  # far enough to see where an outage began
        self.slots = dict.fromkeys(VERDICTS, 0)
        self.sent = self.lost = 0
        absent = (None, 0, 0, 0, NO_RECORD, math.nan)
        self.line = [(t, verdict(slots.get(t, absent)))
                     for t in range(first, self.end + 86400, interval)]
        self.interval = interval
        for t, found in self.line:
            if not self.start <= t < self.end:
                continue
            self.slots[found] += 1
            if found in ("good", "degraded", "bad"):
                self.sent += slots[t][2]
                self.lost += slots[t][3]

    def availability(self):
        judged = sum(self.slots[v] for v in ("good", "degraded", "bad"))
        return 100 * (judged - self.slots["bad"]) / judged if judged else None

    def outages(self):
        """(start, end) of those with bad time in the month."""
        found, run = [], []

        def settle():
            if len(run) >= 2 and any(self.start <= t < self.end for t in run):
                found.append((run[0], run[-1] + self.interval))
            run.clear()

        for t, what in self.line:
            if what == "bad":
                run.append(t)
            elif run and (what != "unknown" or t - run[-1] > BRIDGE):
                settle()
        settle()
        return found

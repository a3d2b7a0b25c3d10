# SPDX-License-Identifier: GPL-3.0-or-later
"""A watch is a run of the collector in a town while something happens there: it knows the slots'
times, and afterwards reads back what was stored of each and what the reporter makes of it."""

import json
import os
import signal
import sqlite3
import time

import test_run
import town as towns
import truth

INTERVAL_S, PACKETS, T_MAX_S = 2, 20, 1
READY_S, STOP_S = 20, 60
# What happens, happens here in a slot: the slot before is settled, half of this one is sent.
MIDDLE = 0.6
FLAGS = {"no record": 1, "planned": 2, "tainted": 4, "isolated": 8, "clock step": 16, "unsent": 32,
         "user stamp": 64, "unscheduled": 128, "partial": 256, "dropped": 512, "refused": 1024,
         "unreachable": 2048, "filtered": 4096, "neighbour": 8192, "name": 1 << 14, "tls": 1 << 15,
         "status": 1 << 16, "text": 1 << 17, "bounds": 1 << 18, "blocked": 1 << 19,
         "failure": 1 << 20, "wrong": 1 << 21, "malformed": 1 << 22, "truncated": 1 << 23}
# Told of losses, and nothing against the slot.
CAUSES = sum(FLAGS[name] for name in ("refused", "unreachable", "filtered", "neighbour", "name",
                                   "tls", "status", "text", "bounds", "failure", "wrong",
                                   "malformed", "truncated"))
UNKNOWN = sum(FLAGS[name] for name in ("no record", "tainted", "isolated", "clock step"))


def against(row):
    """The flags that tell something against the slot."""
    return row["flags"] & ~CAUSES


def is_unknown(row):
    return bool(row["flags"] & UNKNOWN) or row["sent"] * 2 < row["expected"] or not row["sent"]


def is_bad(row):
    return not is_unknown(row) and row["lost"] * 5 >= row["sent"]


def describe(row):
    names = [name for name, bit in FLAGS.items() if row["flags"] & bit]
    return (f"slot {row['from'] // truth.NS}: expected {row['expected']}, sent {row['sent']}, "
            f"lost {row['lost']}, late {row['late']}, duplicated {row['duplicated']}, "
            f"rejected {row['rejected']}, flags {names or 'none'}")


def check_verdicts(results, document, stored):
    """The reporter judges the slots as they are stored."""
    for key, (count,) in test_run.table(document, "counts").items():
        expected = [sum(map(judge, stored[key])) for judge in (is_unknown, is_bad)]
        results.equal(f"{' '.join(key)}: slots judged unknown and bad",
                      [count["unknown"]["value"], count["bad"]["value"]], expected)


class Watch:
    def __init__(self, options, results, town, slots, agent="", more=""):
        """slots: that are looked at. agent: keys of the agent beside its name. more: sections of
        the configuration."""
        self.options, self.results, self.town, self.slots = options, results, town, slots
        self._configure(agent, more)
        self.log = open(town.path("collector.log"), "w+", encoding="utf-8")
        self.child = town.start(
            "agent", options.collector, "run", town.path("netgrade.yaml"), "--for",
            f"{(slots + 5) * INTERVAL_S}s", stderr=self.log)
        self._await_start()
        self.first = int(-(-(time.time() + 0.05) // INTERVAL_S) * INTERVAL_S)
        self.usage = None

    def _configure(self, agent, more):
        sites = "".join(f"  - {{name: {name}, organisation: city, tier: backbone,"
                        f" ipv4: {ipv4}, ipv6: \"{ipv6}\"}}\n"
                        for name, (ipv4, ipv6) in towns.TARGETS.items())
        text = ("network: {zh: 试验网, en: Trial network}\ntime-zone: Asia/Shanghai\n"
                f"data: {self.town.path('data')}\nretention: {{slots: 1d, hours: 1d}}\n"
                f"agents:\n  - {{name: local{agent}}}\n"
                f"organisations:\n  - {{name: city, zh: 市级, en: City}}\nsites:\n{sites}"
                f"tests:\n  - {{name: echo, interval: {INTERVAL_S}s, packets: {PACKETS},"
                f" t-max: {T_MAX_S}s}}\n{more}")
        with open(self.town.path("netgrade.yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def _await_start(self):
        deadline = time.monotonic() + READY_S
        while " series, " not in self.text():
            if self.child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the collector did not start: {self.text()}")
            time.sleep(0.02)

    def text(self):
        """What the collector has logged."""
        self.log.seek(0)
        return self.log.read()

    @staticmethod
    def now():
        return time.time()

    def wait_for(self, slots):
        """Until so many slots have passed, such as 2.6."""
        time.sleep(max(self.first + slots * INTERVAL_S - time.time(), 0))

    def finish(self):
        """Ends the collector after the last slot; returns {(site, family): rows}."""
        self.wait_for(self.slots + 0.1)
        if self.child.poll() is not None:
            raise RuntimeError(f"ended with {self.child.returncode}: {self.text()}")
        self.child.send_signal(signal.SIGTERM)
        _, status, self.usage = os.wait4(self.child.pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        self.results.equal("the collector ends well", self.child.returncode, 0)
        return {(site, family): self._stored(site, family)
                for site in towns.TARGETS for family in ("ipv4", "ipv6")}

    def _stored(self, site, family):
        rows = test_run.stored_slots(self.options, self.town, site, family)
        starts = [(self.first + i * INTERVAL_S) * truth.NS for i in range(self.slots)]
        rows = [row for row in rows if row["from"] in starts]
        self.results.equal(f"{site} {family}: slots stored", [row["from"] for row in rows], starts)
        return rows

    def report(self, stored):
        """The reporter's JSON document over the stored slots."""
        period = test_run.period_of(stored)
        out = self.town.path("report.json")
        done = test_run.reporter(self.options, self.town, "report", period, "--lang", "en",
                                 "--out", out)
        if not self.results.check("report ends well", done.returncode == 0, done.stderr):
            return None
        with open(out, encoding="utf-8") as file:
            document = json.load(file)
        check_verdicts(self.results, document, stored)
        return document

    def cut_off(self):
        """The times in which the agent was cut off, by family: {"ipv4": [(from, until)]}, s."""
        spans = {}
        archive = sqlite3.connect(self.town.path("data/archive.db"))
        for family, begin, end in archive.execute(
                "SELECT family, from_at, until_at FROM cut_off WHERE NOT open ORDER BY from_at"):
            spans.setdefault(f"ipv{family}", []).append((begin / truth.NS, end / truth.NS))
        archive.close()
        return spans

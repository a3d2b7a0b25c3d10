# SPDX-License-Identifier: GPL-3.0-or-later
"""Slots that were measured once are driven through the rules of another configuration: by the same
rules the report is the same, by another c1 it is that of measuring under it.
Usage: replaying.py COLLECTOR REPORTER. Prints TAP."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

SITES = ("cut", "lossy", "planned", "quiet")
PERIOD = ("--from", "2026-07-01", "--to", "2026-07-08")
STORY = """config: c.yaml
from: 2026-07-01
until: 2026-07-08
seed: 3
network:
  - {name: all, delay: {base-ms: 3, queue-ms: 1, tail-ms: 9, tail-share: 2 %}, loss: {ratio: 1 %}}
  - {name: dark, sites: [cut], from: 2026-07-02T10:14, until: 2026-07-02T16:31, outage: rejected}
  - {name: loss, sites: [lossy], from: 2026-07-03, until: 2026-07-04, loss: {ratio: 30 %}}
  - {name: work, sites: [planned], from: 2026-07-05T01:00, until: 2026-07-05T02:00, outage: silent}
agents:
  - {agents: [local], from: 2026-07-06T01:00:10, until: 2026-07-06T02:30:30, state: isolated}
  - {agents: [local], from: 2026-07-06T05:00:10, until: 2026-07-06T06:30:30, state: off}
windows:
  - {sites: [planned], from: 2026-07-05T01:00, until: 2026-07-05T02:00, entered: 2026-07-03T01:00,
     owner: centre, reason: work}
"""
WRONG = (
    ("more lost than sent", 3, "12", "21", "lost: is more than sent"),
    ("no count", 4, "10", "-1", "expected: is no count"),
    ("no name", 5, "2", "", "target: is no name"),
    ("a slot of seven minutes", 6, "9", "7", "until: makes no slot"),
    ("no delay", 7, "19", "1.5", "rtt_min_ns: is no delay"),
    ("buckets that do not add up", 8, "22", "3:1", "rtt_buckets: are no buckets"),
    ("a bucket that is none", 9, "23", "24:20", "pdv_buckets: are no buckets"),
)


class Case:
    def __init__(self, folder, collector, reporter):
        self.folder, self.collector, self.reporter = folder, collector, reporter

    def at(self, *names):
        return os.path.join(self.folder, *names)

    def report(self, data, config="c.yaml"):
        """All that the reporter says of it, by this configuration's rules."""
        out = self.at("report.json")
        subprocess.run([self.reporter, "report", "--config", self.at(config), "--data", data,
                        *PERIOD, "--trial", "--lang", "en", "--format", "json", "--out", out],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)
        with open(out, encoding="utf-8") as file:
            return json.loads(file.read().replace(data, "DATA"))

    def replay(self, slots, into, config="c.yaml", more=()):
        return subprocess.run(
            [self.collector, "simulate", "--replay", slots, "--config", self.at(config), "--into",
             self.at(into), *more], text=True, capture_output=True, timeout=60)


def outages(data):
    archive = sqlite3.connect(os.path.join(data, "archive.db"))
    rows = archive.execute("SELECT key, from_at, until_at, length, slots, sent, lost, rejected, "
                           "unseen FROM outage ORDER BY key, from_at").fetchall()
    archive.close()
    return rows


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return sorted(rows, key=lambda row: (row["target"], row["family"], int(row["from"])))


def counts_of(path):
    return [{k: v for k, v in row.items() if not k.endswith("buckets")} for row in rows_of(path)]


def unchanged(tap, case):
    data, truth = case.at("data"), case.at("truth", "slots.csv")
    report = case.report(data)
    done = case.replay(truth, "again", more=("--windows", data))
    tap.equal("a replay succeeds", (done.returncode, done.stderr), (0, ""))
    tap.check("by the same rules: all that the reporter says", case.report(case.at("again")) == report)
    tap.equal("and the outages recorded", outages(case.at("again")), outages(data))
    exported = case.at("exported.csv")
    subprocess.run([case.reporter, "export", "--config", case.at("c.yaml"), "--data", data, *PERIOD,
                    "--out", exported], check=True, capture_output=True, timeout=60)
    tap.check("what is exported: the counts and delays of every slot",
              counts_of(exported) == counts_of(truth))
    done = case.replay(exported, "exported", more=("--windows", data))
    tap.equal("the export is replayed", (done.returncode, done.stderr), (0, ""))
    tap.check("by the same rules: all that the reporter says, percentiles too",
              case.report(case.at("exported")) == report)
    return report


def other_c1(tap, case, report):
    """0.5 instead of 0.2: a day of 30 % loss is no outage then."""
    sim.write(case.folder, "half.yaml", sim.configuration(SITES, more="profile: half-profile.yaml\n"))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "config",
                           "profiles", "egov-extranet-default.yaml"), encoding="utf-8") as file:
        profile = file.read()
    sim.write(case.folder, "half-profile.yaml",
              profile.replace("bad-loss: {value: 0.20,", "bad-loss: {value: 0.50,"))
    subprocess.run([case.collector, "simulate", case.at("s.yaml"), "--config", case.at("half.yaml"),
                    "--into", case.at("direct")], check=True, capture_output=True, timeout=60)
    done = case.replay(case.at("truth", "slots.csv"), "half", "half.yaml",
                       ("--windows", case.at("data")))
    tap.equal("a replay by another c1 succeeds", (done.returncode, done.stderr), (0, ""))
    half = case.report(case.at("half"), "half.yaml")
    tap.check("gives what measuring under it gives", half == case.report(case.at("direct"), "half.yaml"))
    tap.check("and not what the other one gave", half != report)
    tap.equal("and its outages", outages(case.at("half")), outages(case.at("direct")))
    tap.check("which are fewer", 0 < len(outages(case.at("half"))) < len(outages(case.at("data"))))


def other_windows(tap, case):
    """Data without any window: what was planned is judged now, though its delays were not kept."""
    os.mkdir(case.at("none"))
    sim.write(case.folder, "t.yaml", STORY.split("windows:")[0].replace("07-08", "07-02").split(
        "  - {name: dark")[0])
    subprocess.run([case.collector, "simulate", case.at("t.yaml"), "--into", case.at("none")],
                   check=True, capture_output=True, timeout=60)
    done = case.replay(case.at("truth", "slots.csv"), "bare", more=("--windows", case.at("none")))
    tap.equal("a replay without the window succeeds", done.returncode, 0)
    sites = {key.split("~")[1] for key, *_ in outages(case.at("bare"))}
    tap.check("the time that was planned is an outage", "planned" in sites, sites)
    tap.check("as it was not before", "planned" not in {
        key.split("~")[1] for key, *_ in outages(case.at("data"))})


def refused(tap, case):
    with open(case.at("truth", "slots.csv"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    places = []
    for _, line, column, text, words in WRONG:
        cells = lines[line - 1].split(",")
        place = len(",".join(cells[:int(column) - 1])) + 2 if column != "1" else 1
        cells[int(column) - 1] = text
        lines[line - 1] = ",".join(cells)
        places.append(f"bad.csv:{line}:{place}: {words}")
    lines[9] += ",1"
    lines[10] = lines[1]
    done = case.replay(sim.write(case.folder, "bad.csv", "\n".join(lines) + "\n"), "bad")
    tap.equal("wrong lines: nothing is made", (done.returncode, os.path.exists(case.at("bad"))),
              (2, False))
    for (name, *_), place in zip(WRONG, places):
        tap.check(f"told with its place: {name}", place in done.stderr, done.stderr)
    tap.check("a cell too many", "bad.csv:10:1: is no slot: 23 columns" in done.stderr, done.stderr)
    tap.check("a slot out of order", "bad.csv:11:1: from: begins before" in done.stderr, done.stderr)
    done = case.replay(sim.write(case.folder, "none.csv", "a,b\n"), "bad")
    tap.check("a file of other things", done.returncode == 2 and "none.csv:1:1: these are no slots"
              in done.stderr, done.stderr)
    done = case.replay(case.at("absent.csv"), "bad")
    tap.check("no file", done.returncode == 1 and "absent.csv: " in done.stderr, done.stderr)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="netgrade-sim-") as folder:
        case = Case(folder, *sys.argv[1:])
        sim.write(folder, "c.yaml", sim.configuration(SITES))
        sim.simulate(sim.Programs(*sys.argv[1:], None), sim.write(folder, "s.yaml", STORY), folder)
        report = unchanged(tap, case)
        other_c1(tap, case, report)
        other_windows(tap, case)
        refused(tap, case)
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()

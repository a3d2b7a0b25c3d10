# SPDX-License-Identifier: GPL-3.0-or-later
"""plan_command.py COLLECTOR: the command `plan` as people and scripts use it, its figures beside
those of a reckoning of its own."""

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone

COLUMNS = 80
SHANGHAI = timezone(timedelta(hours=8))
FRAME = {4: 14 + 20 + 8 + 4, 6: 14 + 40 + 8 + 4}
ARGUMENTS = ["--from", "2026-11-23T08:00", "--for", "5h"]

HEAD = """\
network: {{zh: 试验网, en: Trial}}
data: {folder}/data
organisations:
  - name: city
    children: [{{name: east, zh: 东城区, en: East District}}, {{name: west}}]
calendars:
  - {{name: office, days: [mon, tue, wed, thu, fri], hours: ["09:00-12:00"]}}
agents:
  - {{name: centre}}
"""
TESTS = """\
tests:
  - {name: echo, interval: 60s, packets: 20}
  - {name: video, interval: 5m, packets: 50, size: 1172, dscp: 34, calendar: office,
     families: [ipv4]}
"""


class Plan:
    """Runs the command over a configuration of so many sites with both families."""

    def __init__(self, collector, folder):
        self.collector, self.folder = collector, folder

    def write(self, sites, budget=""):
        path = os.path.join(self.folder, "plan.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD.format(folder=self.folder) + budget + "sites:\n")
            for i in range(sites):
                file.write(f"  - {{name: site-{i}, organisation: {'east' if i % 4 else 'west'}, "
                           f"tier: access, ipv4: 10.1.{i // 200}.{i % 200 + 1}, "
                           f"ipv6: '2001:db8::{i + 1:x}', scored: {{test: echo}}}}\n")
            file.write(TESTS)
        return path

    def run(self, path, *arguments, command="plan"):
        return subprocess.run([self.collector, command, path, *arguments], text=True, check=False,
                              capture_output=True, timeout=60)


def iso(hour, minute=0):
    return datetime(2026, 11, 23, hour, minute, tzinfo=SHANGHAI).isoformat()


def whole(plan):
    """Five hours of ten sites: packets by hand, and the parts that add up to the whole."""
    done = plan.run(plan.write(10), *ARGUMENTS, "--json")
    told = json.loads(done.stdout)
    echo, video = 5 * 60 * 20, 3 * 12 * 50
    octets = echo * (FRAME[4] + 64 + FRAME[6] + 64) + video * (FRAME[4] + 1172)
    target = told["targets"][0]
    assert done.returncode == 0 and told["ok"] and told["excesses"] == []
    assert (told["from"], told["until"]) == (iso(8), iso(13))
    assert (target["packets"], target["octets"]) == (2 * echo + video, octets)
    assert target["mean"]["packets_per_second"] == target["packets"] / 18000
    assert target["mean"]["bits_per_second"] == target["octets"] * 8 / 18000
    assert target["busiest"]["from"] == iso(9)
    for kind in ("agents", "targets", "owners", "timeline"):
        for figure in ("packets", "octets"):
            assert sum(row[figure] for row in told[kind]) == told["total"][figure], kind
    assert [len(told[kind]) for kind in ("agents", "targets", "owners", "timeline")] == [
        1, 10, 2, 5]
    assert told["tests"] == [
        {"name": "echo", "calendar": None, "runs": [{"from": iso(8), "until": iso(13)}]},
        {"name": "video", "calendar": "office", "runs": [{"from": iso(9), "until": iso(12)}]}]
    needs = told["needs"][0]
    assert needs["series"] == 30
    assert needs["disk_after_years"][0] >= needs["curves"] + needs["histograms"] + needs["spool"]


def narrow(plan, sites):
    """Tables that fit a terminal, and every row where all are asked for."""
    path = plan.write(sites)
    lines = plan.run(path, *ARGUMENTS).stdout.splitlines()
    everything = plan.run(path, *ARGUMENTS, "--all").stdout
    assert max(map(len, lines)) <= COLUMNS, max(lines, key=len)
    assert sum(line.startswith("site-") for line in lines) == 10
    assert sites == 10 or f"and {sites - 10} more" in "\n".join(lines)
    assert sum(line.startswith("site-") for line in everything.splitlines()) == sites
    bars = [line.split()[-1] for line in lines if line.startswith("Mon ")]
    assert len(bars) == 5 and len(bars[1]) == 40 and 0 < len(bars[0]) < 40
    assert ".###." in next(line for line in lines if line.startswith("video "))


def budgets(plan):
    """What exceeds a bound is refused by all commands, in one line with its place."""
    wide = plan.write(10, "budget: {target: {packets-per-second: 1}}\n")
    assert plan.run(wide, "--check").returncode == 0
    assert plan.run(wide, "--check").stdout == ""
    path = plan.write(10, "budget: {agent: {packets-per-second: 8}, disk: 1M}\n")
    checked = plan.run(path, "--check")
    lines = checked.stdout.splitlines()
    assert checked.returncode == 1 and len(lines) == 2, checked.stdout
    assert any(line.startswith(f"{path}:9:12: budget.agent.packets-per-second: ")
               for line in lines)
    told = json.loads(plan.run(path, "--check", "--json").stdout)
    assert not told["ok"] and [e["line"] for e in told["excesses"]] == [9, 9]
    shown = plan.run(path, *ARGUMENTS)
    assert shown.returncode == 1 and shown.stderr.splitlines()[:2] == lines
    assert plan.run(path, command="check").returncode == 2
    refused = plan.run(path, "--for", "1s", command="run")
    assert refused.returncode == 2 and refused.stderr.splitlines() == lines, refused.stderr


def mistakes(plan):
    path = plan.write(1)
    for arguments, words in ((["--from", "tomorrow"], "no local time"), (["--for", "60"], "no dur"),
                             (["--for", "32d"], "31d"), (["--agent", "east"], "no agent 'east'")):
        done = plan.run(path, *arguments)
        assert done.returncode == 2 and words in done.stderr, (arguments, done.stderr)


def main(collector):
    checks = {
        "five hours are told as they are reckoned": whole,
        "ten targets fit 80 columns": lambda plan: narrow(plan, 10),
        "5,000 targets fit 80 columns": lambda plan: narrow(plan, 5000),
        "what exceeds the budget is refused": budgets,
        "mistakes are told": mistakes,
    }
    print(f"1..{len(checks)}")
    for number, (name, check) in enumerate(checks.items(), 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(Plan(collector, folder))
                print(f"ok {number} {name}")
            except AssertionError as wrong:
                line = wrong.__traceback__.tb_next
                print(f"not ok {number} {name} # {wrong} (line {line.tb_lineno})")


if __name__ == "__main__":
    main(sys.argv[1])

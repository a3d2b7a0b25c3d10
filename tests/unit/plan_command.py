# SPDX-License-Identifier: GPL-3.0-or-later
"""plan_command.py COLLECTOR: the command `plan` as people and scripts use it, its figures beside
those of a reckoning of its own."""

import json
import os
import re
import pwd
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


def windows(plan):
    """Announced maintenance is shown where it reaches into the time, and not where it does not."""
    path = plan.write(2)
    tomorrow = datetime.now(SHANGHAI) + timedelta(days=2)
    day = tomorrow.strftime("%Y-%m-%d")
    added = plan.run("add", "site:site-1", "--config", path, "--from", f"{day}T01:00", "--until",
                     f"{day}T02:30", "--owner", "Network team", "--reason", "Cut-over",
                     "--user", pwd.getpwuid(os.getuid()).pw_name, command="window")
    assert added.returncode == 0, added.stderr
    shown = plan.run(path, "--from", f"{day}T02:00", "--for", "3h").stdout
    assert f"{day} 01:00 to {day} 02:30, window 1: site:site-1" in shown, shown
    assert "Network team: Cut-over" in shown
    told = json.loads(plan.run(path, "--from", f"{day}T02:00", "--for", "3h", "--json").stdout)
    assert [(w["id"], w["scopes"]) for w in told["windows"]] == [(1, ["site:site-1"])]
    later = plan.run(path, "--from", f"{day}T02:30", "--for", "3h").stdout
    assert "maintenance" not in later


def undated(line):
    """What is exceeded from some hour on says so, unless that hour has come."""
    return re.sub(r" from [-0-9]+ [:0-9]+ on,", ",", line)


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
    assert shown.returncode == 1
    assert [undated(line) for line in shown.stderr.splitlines()[:2]] == \
        [undated(line) for line in lines]
    assert plan.run(path, command="check").returncode == 2
    refused = plan.run(path, "--for", "1s", command="run")
    assert refused.returncode == 2 and refused.stderr.splitlines() == lines, refused.stderr


ORDERS = (
    ("zh-CN", ["致：东城区网络安全负责人", "试验网", "centre：192.0.2.9、2001:db8:9::9", "12 个地址",
               "10.1.0.2", "2001:db8::2", "不涉及端口", "每 60 秒均匀发送 20 个包", "IPv4 包长 92 字节",
               "IPv6 包长 112 字节", "IPv4 包长 1200 字节", "DSCP 34",
               "周一、周二、周三、周四、周五 09:00-12:00", "每秒 5 个包", "电话：010-1234",
               "noc@example.org", "至少提前 24 小时"]),
    ("en", ["security staff of East District", "Trial", "centre: 192.0.2.9, 2001:db8:9::9",
            "(12 addresses)", "ICMP echo request (type 8;", "there are no ports",
            "20 packets every 60 s to each address", "IPv6 packets of 112 octets",
            "50 packets every 5 min to each of 6 addresses (10.1.0.2, 10.1.0.3", "DSCP 34",
            "09:00-12:00 (Asia/Shanghai time)", "5 packets/s", "Telephone: 010-1234",
            "noc@example.org", "at least 24 h"]))


def columns(line):
    return sum(2 if ord(letter) >= 0x2e80 else 1 for letter in line)


def notices(plan):
    """The six sites of an organisation and nobody else's: 6 x (2 x 20 / 60 + 50 / 300) = 5."""
    path = plan.write(8, "contact: {zh: 运维组, en: Operations, telephone: 010-1234, "
                         "email: noc@example.org}\n")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    bare = text.replace("contact:", "# ")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("{name: centre}",
                                "{name: centre, ipv4: 192.0.2.9, ipv6: '2001:db8:9::9'}"))
    for language, words in ORDERS:
        done = plan.run(path, "--notice", "east", "--lang", language)
        flat = done.stdout.replace("\n    ", "" if language == "zh-CN" else " ")
        assert done.returncode == 0 and done.stderr == "", done.stderr
        missing = [word for word in words if word not in flat]
        assert not missing, (missing, flat)
        assert max(map(columns, done.stdout.splitlines())) <= COLUMNS
        assert "10.1.0.1\n" not in flat and "site-4" not in flat
    with open(path, "w", encoding="utf-8") as file:
        file.write(bare)
    lacking = plan.run(path, "--notice", "east")
    assert lacking.returncode == 0 and "尚未登记" in lacking.stdout and "请在发出前" in lacking.stdout
    assert "agent centre has no addresses" in lacking.stderr and "contact" in lacking.stderr
    assert "did you mean east" in plan.run(path, "--notice", "easst").stderr
    over = plan.write(8, "budget: {agent: {packets-per-second: 1}}\n")
    refused = plan.run(over, "--notice", "east")
    assert refused.returncode == 1 and refused.stdout == "" and "budget" in refused.stderr


# Of each at most: 30 hops asked three times; 32 sizes tried three times.
SMALL, LARGE = 90, 96


def traces(plan):
    """Traces run around the clock, whatever the calendar of their test, and are announced."""
    path = plan.write(8, "contact: {telephone: 010-1234}\n")
    before = json.loads(plan.run(path, *ARGUMENTS, "--json").stdout)
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("families: [ipv4]", "families: [ipv4], trace: 1h, trace-by: udp")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    after = json.loads(plan.run(path, *ARGUMENTS, "--json").stdout)
    octets = SMALL * (FRAME[4] - 8 + 32) + LARGE * 1518
    for whole_, each, paths in ((after["total"], before["total"], 8),
                                (after["targets"][-1], before["targets"][-1], 1)):
        assert whole_["packets"] - each["packets"] == paths * 5 * (SMALL + LARGE), whole_
        assert whole_["octets"] - each["octets"] == paths * 5 * octets, whole_
    for need in ("series", "curves", "histograms", "memory"):
        assert after["needs"][0][need] == before["needs"][0][need], need
    for language, words in (("zh-CN", ["UDP 端口 33434", "路径 MTU", "每 60 分钟一次", "90 个小包"]),
                            ("en", ["UDP port 33434", "Path MTU", "one every 60 min", "90 small"])):
        told = plan.run(path, "--notice", "east", "--lang", language).stdout
        flat = told.replace("\n    ", "" if language == "zh-CN" else " ")
        assert all(word in flat for word in words), [w for w in words if w not in flat]
        assert max(map(columns, told.splitlines())) <= COLUMNS


VISITED = (
    ("zh-CN", ["网页 https://site-1.example/", "网页 https://site-2.example:8443/", "端口 443、8443",
               "每 5 分钟访问每个地址 1 次；各目标自己的网页（见第二节）"]),
    ("en", ["; page https://site-1.example/", "; page https://site-2.example:8443/",
            "TCP port 443, 8443", "1 visits every 5 min to each address",
            "the page of each (see section 2), of which at most 2097152 octets"]))


def visits(plan):
    """A page for each site of one test: its owner is told which, and at which ports."""
    path = plan.write(3)
    with open(path, encoding="utf-8") as file:
        lines = file.read().partition("tests:\n")[0].splitlines()
    for i, line in enumerate(lines):
        site = re.search(r"name: site-(\d)", line)
        if site:
            port = ":8443" if site.group(1) == "2" else ""
            lines[i] = line.replace("tier:", f"url: 'https://site-{site.group(1)}.example{port}/',"
                                             " tier:")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\ntests:\n  - {name: echo}\n"
                   "  - {name: pages, method: http, interval: 5m}\n")
    for language, words in VISITED:
        flat = plan.run(path, "--notice", "east", "--lang", language).stdout.replace(
            "\n    ", "" if language == "zh-CN" else " ")
        missing = [word for word in words if word not in flat]
        assert not missing and "site-0.example" not in flat, (missing, flat)
    told = json.loads(plan.run(path, *ARGUMENTS, "--json").stdout)
    assert [t["name"] for t in told["tests"]] == ["echo", "pages"]
    assert told["needs"][0]["series"] == 2 * 6


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
        "announced maintenance is shown": windows,
        "what exceeds the budget is refused": budgets,
        "security staff are told": notices,
        "traces count and are announced": traces,
        "a page for each site": visits,
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

# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated month whose interval goes 60 s, 300 s, 60 s and whose packets go from 20 to 50, then a
retention raised in its middle: the report beside the truth, before and after `migrate`, killed at
many moments, without room, beside a collector, and where nothing is to be done.
Usage: migrating.py COLLECTOR REPORTER. Prints TAP."""

import csv
import fcntl
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

KILLS = 25
MONTH = "2026-09"
HEAD = """network: {{zh: 试验网, en: Trial}}
data: {data}
time-zone: Asia/Shanghai
retention: {{slots: {slots}, hours: {hours}}}
organisations: [{{name: city, children: [{{name: east}}, {{name: west}}]}}]
sites:
  - {{name: stay, en: Stay, organisation: west, tier: access, ipv4: 192.0.2.1}}
"""
BEFORE = """  - {name: old, en: Old, organisation: east, tier: access, ipv4: 192.0.2.3}
  - {name: mover, en: Mover, organisation: east, tier: access, ipv4: 192.0.2.4}
  - {name: leaver, en: Leaver, organisation: east, tier: access, ipv4: 192.0.2.5}
"""
AFTER = """  - {name: new, formerly: old, en: New, organisation: east, tier: access, ipv4: 192.0.2.33}
  - {name: mover, en: Mover, organisation: west, tier: access, ipv4: 192.0.2.4}
  - {name: fresh, en: Fresh, organisation: west, tier: access, ipv4: 192.0.2.6}
"""
STORY = """config: minutes.yaml
from: 2026-09-01
until: 2026-09-21T10:20
seed: 5
network:
  - name: all
    delay: {base-ms: 3, queue-ms: 1}
    loss: {ratio: 0.2 %}
changes:
  - {at: 2026-09-07T10:20:30, config: five.yaml}
  - {at: 2026-09-13T23:07:10, config: minutes-again.yaml}
  - {at: 2026-09-17T04:41, config: fifty.yaml}
"""
KEPT, MORE, FEWER = ("45d", "60d"), ("60d", "200d"), ("30d", "60d")
ONE, FIVE = "interval: 60s, packets: ", "interval: 300s, packets: "


class Network:
    def __init__(self, collector, reporter, folder):
        self.collector, self.reporter, self.folder = collector, reporter, folder
        self.data = os.path.join(folder, "data")
        self.configure("minutes", KEPT, BEFORE, ONE + "20")
        self.configure("five", KEPT, BEFORE, FIVE + "20")
        self.configure("minutes-again", KEPT, BEFORE, ONE + "20")
        self.configure("fifty", KEPT, BEFORE, ONE + "50")
        self.configure("more", MORE, BEFORE, ONE + "50")
        self.configure("fewer", FEWER, BEFORE, ONE + "50")
        self.configure("sites", KEPT, AFTER, ONE + "40")
        self.configure("slower", MORE, BEFORE, FIVE + "50")
        story = sim.write(folder, "story.yaml", STORY)
        sim.run(collector, story, folder, "--truth", os.path.join(folder, "truth"))

    def configure(self, name, retention, sites, test):
        head = HEAD.format(data=self.data, slots=retention[0], hours=retention[1])
        sim.write(self.folder, name + ".yaml", f"{head}{sites}tests: [{{name: echo, {test}}}]\n")

    def words(self, name, *options):
        return [self.collector, "migrate", "--config", os.path.join(self.folder, name + ".yaml"),
                *options]

    def migrate(self, name, *options, **how):
        user = [] if "--dry-run" in options else ["--user", "root"] if os.getuid() == 0 else []
        return subprocess.run(self.words(name, *user, *options), text=True, capture_output=True,
                              check=False, timeout=120, **how)

    def told(self, name, *options):
        done = self.migrate(name, "--json", *options)
        return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr}

    def report(self):
        out = os.path.join(self.folder, "report.json")
        subprocess.run([self.reporter, "report", "--config", os.path.join(self.folder, "fifty.yaml"),
                        "--month", MONTH, "--lang", "en", "--format", "json", "--out", out],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, "rb") as file:
            return file.read()

    def files(self):
        folder = os.path.join(self.data, "series")
        return {name: os.stat(os.path.join(folder, name)).st_size for name in os.listdir(folder)}

    def fates(self, name):
        return {row["series"].split("~")[1]: ", ".join([row["fate"], *row["changes"]])
                for row in self.told(name, "--dry-run")["series"]}


def rows_of(document, key):
    """The rows of the block with this key, by site."""
    parts = [document]
    while parts:
        part = parts.pop()
        if isinstance(part, dict) and part.get("key") == key:
            return {row["site"]: row for row in part["rows"]}
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return {}


def check_truth(tap, network, report):
    """Under each configuration the network was the same."""
    packets = rows_of(json.loads(report), "packet_counts")
    delays = rows_of(json.loads(report), "ranking")
    with open(os.path.join(network.folder, "truth", "months.csv"), encoding="utf-8") as file:
        truth = [row for row in csv.DictReader(file) if row["month"] == MONTH]
    for site in ("stay", "old", "mover", "leaver"):
        own = [row for row in truth if row["target"] == site]
        sent, lost = (sum(int(row[name]) for row in own) for name in ("sent", "lost"))
        title = site.capitalize()
        tap.equal(f"{site}: packets under {len(own)} configurations",
                  tuple(packets[title][name]["value"] for name in ("sent", "lost")), (sent, lost))
        p95 = sum(float(row["rtt_p95_ns"]) * int(row["sent"]) for row in own) / sent / 1e6
        found = delays[title]["delay"]["value"]
        tap.check(f"{site}: p95 {found} beside {p95}", abs(found - p95) <= 0.02 * p95)


def check_fates(tap, network):
    before = network.files()
    for name, fate in (("fifty", "as is"), ("more", "grows, retention"),
                       ("fewer", "as is, lower retention"),
                       ("slower", "new epoch, retention, interval")):
        tap.equal(f"{name}: {fate}", set(network.fates(name).values()), {fate})
    tap.equal("sites change", network.fates("sites"), {
        "leaver": "removed", "fresh": "new", "stay": "as is, packets",
        "old": "renamed, packets, name, address", "mover": "moved, packets, organisation"})
    text = network.migrate("sites", "--dry-run").stdout
    for words in ("site old is now new", "from east to west", "192.0.2.3, now 192.0.2.33",
                  "50 packets a slot, now 40", "its files are kept", "No file has to grow"):
        tap.check(f"told: {words}", words in text, text)
    lowered = network.migrate("fewer", "--dry-run").stdout
    tap.check("told: lowering never deletes", "lowering never deletes" in lowered, lowered)
    tap.equal("a dry run changes nothing", network.files(), before)


def check_refusals(tap, network):
    before = network.files()
    sim.write(network.folder, "wrong.yaml", "network: {en: x}\ntest: []\n")
    for options in ((), ("--dry-run",)):
        done = network.migrate("wrong", *options)
        tap.check(f"a wrong configuration {options}", done.returncode == 2
                  and "wrong.yaml:2:1: test:" in done.stderr, done.stderr)
    with open(os.path.join(network.data, "store.lock"), "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate()
        lock.write("4711\n")
        lock.flush()
        done = network.migrate("more")
        tap.check("a running collector is named", done.returncode == 1
                  and "in use by process 4711" in done.stderr, done.stderr)
        tap.equal("beside it a dry run works", network.migrate("more", "--dry-run").returncode, 0)
    most = max(os.stat(os.path.join(folder, name)).st_size
               for folder, _, names in os.walk(network.data) for name in names)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most + 65536, most + 65536))
    done = network.migrate("more", preexec_fn=limit, restore_signals=False)
    tap.check("files that cannot grow are told", done.returncode == 1
              and done.stderr.count("has not grown and is as it was") >= 4, done.stderr)
    tap.check("and why they could not", "0 failed" not in done.stdout, done.stdout)
    left = {name: size for name, size in network.files().items() if before.get(name) != size}
    tap.check("none of them is half made", all(not name.startswith(".new.") for name in left), left)


# Its files on a disk of their own, which is gone with the namespace.
SMALL_DISK = """set -e
mount -t tmpfs -o size=$4,mode=0700 none "$1"
cp -a "$2/." "$1"
before=$(ls -l "$1/series" | cksum)
code=0
"$3" migrate --config "$1.yaml" --user root || code=$?
[ "$before" = "$(ls -l "$1/series" | cksum)" ] || code=99
exit $code
"""


def check_small_disk(tap, network):
    place = os.path.join(network.folder, "small")
    if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        tap.note("no mount namespace: a disk without room is not tried")
        return
    os.mkdir(place)
    small = Network.__new__(Network)
    small.__dict__.update(network.__dict__, data=place)
    small.configure("small", MORE, BEFORE, ONE + "50")
    used = sum(os.stat(os.path.join(folder, name)).st_blocks * 512
               for folder, _, names in os.walk(network.data) for name in names)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", SMALL_DISK, "sh", place, network.data, network.collector,
         str(used + (4 << 20))], text=True, capture_output=True, check=False, timeout=60)
    tap.check("without room nothing is begun", done.returncode == 1
              and "of disk are needed" in done.stderr and "grown" not in done.stdout,
              f"{done.returncode} {done.stdout} {done.stderr}")


def half_made(network):
    return [name for name in network.files() if name.startswith(".new.")]


def kill_once(network, moment):
    """Moment: seconds from the start, or, below 0, from when a file is half made. True: in time."""
    user = ["--user", "root"] if os.getuid() == 0 else []
    for name in half_made(network):
        os.unlink(os.path.join(network.data, "series", name))
    child = subprocess.Popen(network.words("more", *user), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    while moment < 0 and child.poll() is None and not half_made(network):
        time.sleep(0.001)
    time.sleep(abs(moment))
    child.kill()
    return child.wait() != 0


def kill_often(tap, network, report):
    """Over the whole time that a run takes; each file is the old or the new one."""
    chance = random.Random(7)
    told = network.told("more", "--dry-run")
    grown = told["disk"]["files_to_grow"]
    killed = left = 0
    for i in range(KILLS):
        killed += kill_once(network, chance.random() * (0.1 if i % 3 == 0 else -0.06))
        left += len(half_made(network))
        told = network.told("more", "--dry-run")
        if not tap.check("readable after a kill", "failed" not in told, told):
            return
        if told["disk"]["files_to_grow"] == 0:
            break
    tap.note(f"killed {killed} times, {left} times with a file half made; "
             f"{told['disk']['files_to_grow']} of {grown} files left to grow")
    tap.check("killed inside the work", left >= 2)
    tap.check("the report after all kills", network.report() == report)


def check_growing(tap, network, report):
    plan = network.told("more", "--dry-run")
    kill_often(tap, network, report)
    done = network.migrate("more")
    tap.check("it grows in the end", done.returncode == 0, done.stdout + done.stderr)
    files = network.files()
    tap.equal("nothing half made is left", [name for name in files if name.startswith(".")], [])
    for row in plan["series"]:
        for file in row["files"]:
            tap.equal(f"size of {file['file']}", files[file["file"]], file["octets"]["after"])
    after = network.told("more", "--dry-run")
    tap.equal("octets as foretold", after["totals"]["all"]["octets"]["before"],
              plan["totals"]["all"]["octets"]["after"])
    tap.check("the report is the same to the octet", network.report() == report)
    again = network.migrate("more")
    tap.check("run again it has nothing to do", again.returncode == 0
              and "No file has to grow" in again.stdout, again.stdout + again.stderr)


def check_nothing_stored(tap, network):
    empty = Network.__new__(Network)
    empty.__dict__.update(network.__dict__, data=os.path.join(network.folder, "nowhere"))
    empty.configure("empty", KEPT, BEFORE, ONE + "20")
    for options in ((), ("--dry-run",)):
        told = empty.told("empty", *options)
        tap.equal(f"nothing is stored yet {options}", told.get("totals", told)["new"]["series"], 4)
    tap.check("no folder is made", not os.path.exists(empty.data))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="netgrade-migrating-") as folder:
        network = Network(*map(os.path.abspath, sys.argv[1:3]), folder)
        report = network.report()
        check_truth(tap, network, report)
        check_fates(tap, network)
        check_refusals(tap, network)
        check_small_disk(tap, network)
        check_growing(tap, network, report)
        check_truth(tap, network, network.report())
        check_nothing_stored(tap, network)
    return tap.finish()


sys.exit(main())

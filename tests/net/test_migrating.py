# SPDX-License-Identifier: GPL-3.0-or-later
"""The running collector and a retention that is raised: what a reload and a start say, what migrate
refuses and does, and that slots go on in the files that have grown."""

import json
import os
import signal
import subprocess
import tempfile
import time

import scenario

CONFIG = """network: {{zh: 试验网}}
data: {folder}/data
retention: {{slots: {slots}, hours: 10d}}
organisations: [{{name: city}}]
sites: [{{name: one, organisation: city, tier: backbone, ipv4: 127.0.1.1}}]
tests: [{{name: first, interval: 1s, packets: 2, t-max: 200ms}}]
"""
SERIES = "local~one~icmp~v4~s64~d0~p0"
FEWER = "keeps fewer rows than retention asks for"
MIGRATE = "'netgrade-collector migrate'"


class Place:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.path = os.path.join(folder, "netgrade.yaml")
        self.log = os.path.join(folder, "log")
        os.chmod(folder, 0o755)

    def write(self, slots):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=self.folder, slots=slots))

    def told(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def wait_for(self, words, seconds=20):
        end = time.time() + seconds
        while time.time() < end and words not in self.told():
            time.sleep(0.05)
        return words in self.told()

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            process = subprocess.Popen([self.options.collector, "run", self.path], stderr=log)
        self.wait_for("measures 1 series")
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=30)

    def migrate(self, *options):
        return subprocess.run([self.options.collector, "migrate", self.path, *options], text=True,
                              capture_output=True, check=False, timeout=60)

    def slots(self):
        done = subprocess.run([self.options.slots, os.path.join(self.folder, "data"), SERIES],
                              text=True, capture_output=True, check=True)
        return done.stdout.splitlines()[1:]

    def size(self):
        return os.stat(os.path.join(self.folder, "data", "series", SERIES + ".rrd")).st_size


def check_reload(results, place):
    process = place.start()
    time.sleep(3)
    place.write("2d")
    process.send_signal(signal.SIGHUP)
    results.check("a reload says what a raised retention takes", place.wait_for(MIGRATE),
                  place.told())
    place.wait_for("1 series kept, 0 added, 0 ended")
    done = place.migrate()
    results.check("beside a collector nothing grows", done.returncode == 1
                  and f"in use by process {process.pid}:" in done.stderr, done.stderr)
    results.equal("a dry run does beside it", place.migrate("--dry-run").returncode, 0)
    results.equal("it ends well", place.stop(process), 0)


def check_start(results, place):
    small = place.size()
    process = place.start()
    time.sleep(3)
    results.equal("it ends well", place.stop(process), 0)
    log = place.told()
    results.check("a start goes on with the file that is there, and says so once",
                  log.count(FEWER) == 1 and MIGRATE in log, log)
    results.equal("the file is as long as before", place.size(), small)


def check_growing(results, place):
    small, before = place.size(), place.slots()
    plan = json.loads(place.migrate("--dry-run", "--json").stdout)
    done = place.migrate()
    results.check("it grows", done.returncode == 0, done.stdout + done.stderr)
    results.check("as foretold", place.size() > small
                  and place.size() == plan["series"][0]["files"][0]["octets"]["after"])
    results.check(f"{len(before)} slots read as before", len(before) >= 4
                  and place.slots() == before)
    process = place.start()
    time.sleep(3)
    results.equal("it ends well", place.stop(process), 0)
    after = place.slots()
    results.check("slots go on in it", after[:len(before)] == before
                  and len(after) >= len(before) + 2, len(after) - len(before))
    results.check("nothing is said, nothing set aside", FEWER not in place.told()
                  and "set aside" not in place.told(), place.told())


def raised(options, results):
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        place = Place(options, folder)
        place.write("1d")
        check_reload(results, place)
        check_start(results, place)
        check_growing(results, place)


scenario.run_main({"raised": raised})

# SPDX-License-Identifier: GPL-3.0-or-later
"""A window announced while the collector runs: which slots are planned."""

import csv
import datetime
import io
import os
import pwd
import signal
import subprocess
import tempfile
import time
import zoneinfo

import scenario

ZONE = "Asia/Shanghai"
PLANNED = 1 << 1
NOTICED_WITHIN = 22  # the archive is looked at every 20 s
NS = 10 ** 9

CONFIG = """network: {{zh: 试验网}}
time-zone: {zone}
data: {folder}/data
retention: {{slots: 1d, hours: 1d}}
maintenance: {{notice: 0s}}
organisations: [{{name: city}}]
sites:
  - {{name: one, organisation: city, tier: backbone, ipv4: 127.0.1.1}}
  - {{name: two, organisation: city, tier: backbone, ipv4: 127.0.1.2}}
tests: [{{name: echo, interval: 1s, packets: 2, t-max: 200ms}}]
"""


def clock(seconds):
    return datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(ZONE)).strftime(
        "%Y-%m-%dT%H:%M:%S")


class Service:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.path, self.log = (os.path.join(folder, name) for name in ("netgrade.yaml", "log"))
        os.chmod(folder, 0o755)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(zone=ZONE, folder=folder))

    def announce(self, begin, end):
        data = os.stat(os.path.join(self.folder, "data"))
        user = pwd.getpwuid(data.st_uid).pw_name
        return subprocess.run(
            [self.options.collector, "window", "add", "--config", self.path, "--user", user,
             "--from", clock(begin), "--until", clock(end), "--owner", "centre", "--reason", "work",
             "site:one"], text=True, capture_output=True, timeout=30, check=False)

    def started(self):
        for _ in range(400):
            with open(self.log, encoding="utf-8") as file:
                if "measures 2 series" in file.read():
                    return True
            time.sleep(0.05)
        return False

    def run(self):
        """Of the announcement: its window, its outcome."""
        with open(self.log, "w", encoding="utf-8") as log:
            process = subprocess.Popen([self.options.collector, "run", self.path], stderr=log)
        try:
            started = self.started()
            time.sleep(2)
            begin = int(time.time()) + NOTICED_WITHIN
            done = self.announce(begin, begin + 4)
            time.sleep(begin + 8 - time.time())
            process.send_signal(signal.SIGTERM)
            return started, (begin, begin + 4), done, process.wait(timeout=30)
        finally:
            process.kill()

    def slots(self, site):
        done = subprocess.run([self.options.slots, os.path.join(self.folder, "data"),
                               f"local~{site}~icmp~v4~s64~d0~p0"], text=True,
                              capture_output=True, check=True)
        return [(int(row["from"]) // NS, int(row["sent"]), int(row["flags"]))
                for row in csv.DictReader(io.StringIO(done.stdout))]


def announced(options, results):
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        service = Service(options, folder)
        started, window, done, code = service.run()
        results.equal("it starts, and ends well", (started, code), (True, 0))
        results.check("the window is announced beside it", done.returncode == 0, done.stderr)
        rows = service.slots("one")
        results.check("slots before, in and after the window are measured",
                      rows and rows[0][0] < window[0] and rows[-1][0] >= window[1]
                      and all(sent == 2 for _, sent, _ in rows[:-1]), rows)
        results.equal("those of the window are planned, no others",
                      [begin for begin, _, flags in rows if flags & PLANNED],
                      list(range(*window)))
        results.check("and none of the other site",
                      not any(flags & PLANNED for *_, flags in service.slots("two")))


scenario.run_main({"announced": announced})

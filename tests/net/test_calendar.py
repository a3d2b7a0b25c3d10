# SPDX-License-Identifier: GPL-3.0-or-later
"""The running collector by two calendars, one open now and one closed, which a reload exchanges."""

import csv
import datetime
import io
import os
import signal
import subprocess
import tempfile
import time
import zoneinfo

import scenario

ZONE = "Asia/Shanghai"
UNSCHEDULED = 1 << 7
NS = 10 ** 9

CONFIG = """network: {{zh: 试验网}}
time-zone: {zone}
data: {folder}/data
retention: {{slots: 1d, hours: 1d}}
organisations: [{{name: city}}]
sites:
  - {{name: one, organisation: city, tier: backbone, ipv4: 127.0.1.1}}
  - {{name: two, organisation: city, tier: backbone, ipv4: 127.0.1.2}}
calendars:
  - {{name: this-half, hours: [{this_half}]}}
  - {{name: other-half, hours: [{other_half}]}}
tests:
  - {{name: first, targets: {{sites: [one]}}, calendar: {first}, interval: 1s, packets: 2,
     t-max: 200ms}}
  - {{name: second, targets: {{sites: [two]}}, calendar: {second}, interval: 1s, packets: 2,
     t-max: 200ms}}
"""


def hours(start):
    """Twelve hours from a minute of the day on, as a calendar writes them."""
    clock = "{:02}:{:02}".format
    end = (start + 720) % 1440
    pieces = [(start, end)] if start < end else [(start, 1440), (0, end)]
    return ", ".join(f'"{clock(*divmod(low, 60))}-{clock(*divmod(high, 60))}"'
                     for low, high in pieces if low < high)


class Service:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        now = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE))
        # Six hours from any border.
        self.start = (60 * now.hour + now.minute - 360) % 1440
        self.path = os.path.join(folder, "netgrade.yaml")
        self.log = os.path.join(folder, "log")
        os.chmod(folder, 0o755)

    def write(self, first, second, zone=ZONE):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(zone=zone, folder=self.folder, this_half=hours(self.start),
                                     other_half=hours((self.start + 720) % 1440), first=first,
                                     second=second))

    def wait_for(self, words, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            with open(self.log, encoding="utf-8") as file:
                if words in file.read():
                    return True
            time.sleep(0.05)
        return False

    def run(self):
        """Reloads twice, the second time with what needs a restart; the log's last state and the
        time of the first reload."""
        self.write("this-half", "other-half")
        with open(self.log, "w", encoding="utf-8") as log:
            process = subprocess.Popen([self.options.collector, "run", self.path], stderr=log)
        try:
            return self.drive(process)
        finally:
            process.kill()

    def drive(self, process):
        told = [self.wait_for("measures 2 series")]
        time.sleep(4)
        self.write("other-half", "this-half")
        reloaded = time.time()
        process.send_signal(signal.SIGHUP)
        told.append(self.wait_for("2 series kept, 0 added, 0 ended"))
        time.sleep(4)
        self.write("this-half", "other-half", zone="Europe/Berlin")
        process.send_signal(signal.SIGHUP)
        told.append(self.wait_for("changes the time zone from Asia/Shanghai to Europe/Berlin"))
        process.send_signal(signal.SIGTERM)
        return told, reloaded, process.wait(timeout=30)

    def slots(self, site):
        done = subprocess.run([self.options.slots, os.path.join(self.folder, "data"),
                               f"local~{site}~icmp~v4~s64~d0~p0"], text=True,
                              capture_output=True, check=True)
        return [{key: int(value) for key, value in row.items()}
                for row in csv.DictReader(io.StringIO(done.stdout))]


def check_site(results, site, rows, open_first, reloaded):
    # The last slot was cut short by the stop.
    rows = rows[:-1]
    gaps = [row["from"] for before, row in zip(rows, rows[1:]) if row["from"] != before["until"]]
    states = ["measured" if (row["sent"], row["flags"]) == (2, 0)
              else "unscheduled" if (row["expected"], row["sent"], row["flags"])
              == (0, 0, UNSCHEDULED) else f"neither: {row}" for row in rows]
    order = ["measured", "unscheduled"] if open_first else ["unscheduled", "measured"]
    turns = [i for i in range(1, len(states)) if states[i] != states[i - 1]]
    results.check(f"{site}: {len(rows)} slots without a gap", len(rows) >= 6 and not gaps, gaps)
    results.check(f"{site}: first {order[0]}, then {order[1]}",
                  [states[0]] + [states[i] for i in turns] == order, states)
    late = rows[turns[0]]["from"] / NS - reloaded if turns else 0
    results.check(f"{site}: from the next slot on", -1 <= late <= 2, f"{late:.1f} s")


def reload(options, results):
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        service = Service(options, folder)
        told, reloaded, code = service.run()
        with open(service.log, encoding="utf-8") as file:
            log = file.read()
        results.equal("the log tells start, reload and refusal; it ends well", (told, code),
                      ([True] * 3, 0))
        results.check("the unscheduled are counted apart", " slots, " in log
                      and " unscheduled, " in log, log)
        for site, open_first in (("one", True), ("two", False)):
            check_site(results, site, service.slots(site), open_first, reloaded)
        results.note(log[log.rfind("stopped:"):].strip())


scenario.run_main({"reload": reload})

# SPDX-License-Identifier: GPL-3.0-or-later
"""What check and run say where the holidays of this year or the next are missing, today being
whenever the test runs. Usage: calendar_years.py COLLECTOR. Prints TAP."""
import datetime
import json
import os
import subprocess
import sys
import tempfile
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from tap import Tap  # noqa: E402

CONFIG = """network: {{zh: 试验网}}
data: {folder}/data
organisations: [{{name: city}}]
sites:
  - {{name: core, organisation: city, tier: backbone, ipv4: 127.0.0.1, scored: {{test: echo}}}}
calendars:
  - name: office
    days: working
    holidays: ./ours.yaml
tests:
  - {{name: echo, calendar: {calendar}}}
  - {{name: other, size: 100}}
"""
PLACE = "netgrade.yaml:9:15: calendars[0].holidays: the holidays of {} are not known"


def days_left(today):
    return (datetime.date(today.year + 1, 1, 1) - today).days


def write(folder, years, calendar="office"):
    path = os.path.join(folder, "netgrade.yaml")
    text = CONFIG.format(folder=folder, calendar=calendar)
    if not calendar:
        text = text.replace(", calendar: ", "")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(folder, "ours.yaml"), "w", encoding="utf-8") as file:
        file.write("years:\n" + "".join(
            f"  - {{year: {year}, source: {{title: Ours}}, holidays: [{{first: {year}-05-01}}]}}\n"
            for year in years))
    return path


def run(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)


def main():
    collector = sys.argv[1]
    results = Tap()
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai")).date()
    this, coming = today.year, today.year + 1
    soon = days_left(today) <= 60
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        path = write(folder, [this - 1, coming])
        done = run(collector, "check", path)
        results.check("check refuses a year that is missing, at its place",
                      done.returncode == 2 and PLACE.format(this) in done.stderr, done.stderr)
        told = json.loads(run(collector, "check", "--json", path).stdout)
        results.check("as JSON too", not told["ok"] and any(
            one["severity"] == "error" and one["line"] == 9 and one["column"] == 15
            and str(this) in one["message"] for one in told["diagnostics"]), told)
        done = run(collector, "run", path, "--for", "1s")
        results.check("run refuses it before it makes anything",
                      done.returncode == 2 and PLACE.format(this) in done.stderr
                      and not os.path.exists(os.path.join(folder, "data")), done.stderr)
        done = run(collector, "check", write(folder, [this, coming]))
        results.check("with both years nothing is said",
                      done.returncode == 0 and "holidays" not in done.stderr, done.stderr)
        done = run(collector, "check", write(folder, [this]))
        results.check(f"the coming year, {days_left(today)} days ahead, is "
                      + ("warned of" if soon else "not mentioned"), done.returncode == 0
                      and ("warning: " in done.stderr
                           and PLACE.format(coming) in done.stderr) == soon, done.stderr)
        done = run(collector, "check", write(folder, [this - 1], calendar=""))
        results.check("a calendar that no test runs by may lack any year",
                      done.returncode == 0 and "no test runs by this calendar" in done.stderr
                      and "holidays of" not in done.stderr, done.stderr)
        printed = run(collector, "check", "--print", write(folder, [this, coming])).stdout
        again = os.path.join(folder, "again.yaml")
        with open(again, "w", encoding="utf-8") as file:
            file.write(printed)
        os.remove(os.path.join(folder, "ours.yaml"))
        done = run(collector, "check", "--print", again)
        results.check("what is printed needs the file no more", done.returncode == 0
                      and f"- year: {coming}" in printed
                      and done.stdout == printed.replace(f"    # holidays: {folder}/./ours.yaml\n",
                                                         ""),
                      done.stderr)
    return results.finish()


sys.exit(main())

# SPDX-License-Identifier: GPL-3.0-or-later
"""Announces, lists and cancels maintenance windows with the collector's own program.
Usage: window_command.py COLLECTOR. Prints TAP."""
import datetime
import json
import os
import pwd
import sqlite3
import subprocess
import sys
import tempfile

CONFIG = """network: {{en: Test}}
data: {data}
time-zone: Asia/Shanghai
organisations:
  - name: city
    children: [{{name: east}}, {{name: west}}]
sites:
  - {{name: desk, organisation: west, tier: access, ipv4: 127.0.0.2}}
  - {{name: town-hall, formerly: [hall], organisation: east, tier: access, ipv4: 127.0.0.1}}
tests: [{{name: echo, interval: 60s}}]
"""
ZONE = datetime.timezone(datetime.timedelta(hours=8))
USER = pwd.getpwuid(os.getuid()).pw_name


class Checks:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, name, passed, note=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed:
            print("\n".join(f"# {line}" for line in str(note).splitlines()))

    def equal(self, name, found, expected):
        self.check(name, found == expected, f"found {found!r}, expected {expected!r}")


class Program:
    def __init__(self, path, folder):
        self.path = path
        self.config = os.path.join(folder, "netgrade.yaml")
        self.data = os.path.join(folder, "data")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(data=self.data))

    def run(self, command, *words):
        user = [] if command == "list" else ["--user", USER]
        return subprocess.run(
            [self.path, "window", command, "--config", self.config, *user, *words],
            text=True, capture_output=True, check=False)

    def add(self, scopes, start, end, **more):
        options = {"owner": "网络科", "reason": "割接", "from": start, "until": end, **more}
        words = [w for k, v in options.items() if v is not None for w in (f"--{k}", v)]
        return self.run("add", *scopes, *words)

    def read(self, command, *words):
        done = self.run(command, "--json", *words)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def local(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


def check_refusals(checks, program, future):
    start, end = local(future), local(future + datetime.timedelta(hours=1))
    far = future + datetime.timedelta(days=500)
    cases = (
        ("a site misspelt", ["site:town-hal"], start, end, {}, "did you mean 'town-hall'?"),
        ("an organisation misspelt", ["organisation:eats"], start, end, {}, "'east'"),
        ("a scope of no kind", ["town-hall"], start, end, {}, "site:NAME"),
        ("an end before the start", ["everything"], end, start, {}, "not after --from"),
        ("no start", ["everything"], None, end, {}, "--from"),
        ("no time", ["everything"], "tomorrow", end, {}, "2026-10-05T22:00"),
        ("a wrong year", ["everything"], local(far), local(far + datetime.timedelta(hours=1)), {},
         "check the year"),
        ("a month and more", ["everything"], start, local(future + datetime.timedelta(days=32)),
         {}, "31 days"),
        ("no owner", ["everything"], start, end, {"owner": None}, "--owner"),
        ("an empty reason", ["everything"], start, end, {"reason": ""}, "--reason"),
        ("two lines", ["everything"], start, end, {"reason": "a\nb"}, "one line"),
        ("too long", ["everything"], start, end, {"owner": "x" * 200}, "127 octets"),
        ("no scope", [], start, end, {}, "SCOPE"),
    )
    for name, scopes, begin, until, more, told in cases:
        done = program.add(scopes, begin, until, **more)
        checks.check(f"{name} is refused", done.returncode == 2 and told in done.stderr,
                     f"{done.returncode} {done.stderr}")
    checks.check("nothing was entered by them", not os.path.exists(program.data))


def check_life(checks, program, future):
    """One window from its announcement to its end."""
    hour = datetime.timedelta(hours=1)
    before = datetime.datetime.now(ZONE)
    done = program.add(["site:town-hall", "organisation:west"], local(future),
                       local(future + 6 * hour))
    checks.check("a window is told in words", done.returncode == 0 and "window 1:" in done.stdout
                 and "site:town-hall" in done.stdout and "in time" in done.stdout,
                 done.stdout + done.stderr)
    window = program.read("list")["windows"][0]
    entered = datetime.datetime.fromisoformat(window["entered"])
    checks.check("the time of entry is the program's",
                 abs((entered - before).total_seconds()) < 30, window["entered"])
    for key, value in (("scopes", ["organisation:west", "site:town-hall"]), ("owner", "网络科"),
                       ("reason", "割接"), ("entered_by", USER), ("state", "counts"),
                       ("scored_sites", 2), ("cancelled", None), ("cancelled_by", None),
                       ("from", future.isoformat())):
        checks.equal(f"its {key}", window[key], value)
    program.add(["site:town-hall"], local(future + 24 * hour), local(future + 28 * hour))
    program.add(["everything"], local(before + hour), local(before + 2 * hour))
    program.add(["everything"], local(before - 3 * hour), local(before - 2 * hour))
    windows = program.read("list")["windows"]
    same_month = (future + 28 * hour).month == future.month
    checks.equal("what exceeds the allowance is told",
                 (windows[1]["state"], windows[1]["seconds_over_allowance"]),
                 ("over allowance", 7200.0) if same_month else ("counts", 0.0))
    checks.equal("what is entered too late is told", windows[2]["state"], "late")
    checks.equal("also what was over by then", windows[3]["state"], "late")


def check_cancel(checks, program):
    done = program.run("cancel", "4")
    checks.check("what is over cannot be cancelled", done.returncode == 2 and "over" in done.stderr,
                 done.stderr)
    window = program.read("cancel", "1", "--reason", "改期")
    checks.equal("a cancellation is told", (window["state"], window["cancelled_by"],
                                            window["cancel_reason"]), ("cancelled", USER, "改期"))
    checks.equal("what was entered stays", window["reason"], "割接")
    for number, told in (("1", "already cancelled"), ("9", "no window"), ("x", "window list")):
        done = program.run("cancel", number)
        checks.check(f"cancel {number} is refused", done.returncode == 2 and told in done.stderr,
                     done.stderr)
    windows = program.read("list")["windows"]
    checks.equal("what it had used up is free again", windows[1]["state"], "counts")
    with sqlite3.connect(os.path.join(program.data, "archive.db")) as base:
        rows = base.execute("SELECT (SELECT count(*) FROM maintenance),"
                            " (SELECT count(*) FROM maintenance_cancel)").fetchone()
    checks.equal("rows were only added", rows, (4, 1))


def check_list(checks, program, future):
    month = future.strftime("%Y-%m")
    listed = program.read("list", "--month", month)["windows"]
    checks.check("a month's list has its windows", 1 in [w["window"] for w in listed], listed)
    checks.equal("another month's has none", program.read("list", "--month", "2020-02"),
                 {"windows": []})
    done = program.run("list")
    checks.check("the table has a line each",
                 done.returncode == 0 and len(done.stdout.splitlines()) == 6, done.stdout)
    done = program.run("list", "--month", "2020-13")
    checks.check("a month that is none is refused", done.returncode == 2, done.stderr)


def main():
    checks = Checks()
    future = datetime.datetime.now(ZONE).replace(second=0, microsecond=0) + datetime.timedelta(days=3)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = Program(sys.argv[1], folder)
        done = program.run("list")
        checks.check("without a data directory there is no list", done.returncode == 1
                     and program.data in done.stderr, done.stderr)
        done = program.run("cancel", "1")
        checks.check("without one nothing is cancelled, and none is made", done.returncode == 1
                     and program.data in done.stderr and not os.path.exists(program.data),
                     done.stderr)
        check_refusals(checks, program, future)
        check_life(checks, program, future)
        check_cancel(checks, program)
        check_list(checks, program, future)
    print(f"1..{checks.count}")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())

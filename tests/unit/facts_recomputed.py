# SPDX-License-Identifier: GPL-3.0-or-later
"""Closes a small month by the reporter's own program and computes the digest of the facts file again
by other code; reports it before, after, and when the series' files are gone; and misuses the command.
Usage: facts_recomputed.py FEED_STORE REPORTER. Prints TAP."""
import datetime
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ZONE = datetime.timezone(datetime.timedelta(hours=8))
START = int(datetime.datetime(2024, 10, 1, tzinfo=ZONE).timestamp())
DAY, STEP, PACKETS = 86_400, 900, 10
CONFIGURATION = """\
network: {{zh: 试验网, en: Trial}}
time-zone: Asia/Shanghai
data: {data}
organisations: [{{name: city, zh: 市级, en: City}}]
sites:
  - {{name: hall, zh: 大厅, en: Hall, organisation: city, tier: backbone, ipv4: 192.0.2.1}}
  - {{name: yard, zh: 院落, en: Yard, organisation: city, tier: metro, ipv4: 192.0.2.2}}
tests: [{{name: regular, interval: 15m, packets: {packets}}}]
"""
MONTH = ("--month", "2024-10")
DUMPED = ("closing", "configuration", "series", "hour", "stretch", "outage", "shift", "week",
          "evidence", "path_event", "certificate", "visits",
          "cut_off", "maintenance", "maintenance_scope", "revision")


def slots(site):
    chance = random.Random(site)
    for start in range(START - DAY, START + 32 * DAY, STEP):
        lost = site == "yard" and 11 * DAY <= start - START < 11 * DAY + 7200
        packets = ("-" if lost or chance.random() < 0.004
                   else str(2_000_000 + chance.randrange(9_000_000)) for _ in range(PACKETS))
        yield f"slot {start} 0 {PACKETS} {' '.join(packets)}\n"


def written(value):
    """A value as the man page says that it is dumped."""
    if value is None:
        return "\\N"
    if isinstance(value, float):
        return f"{value:.17g}"
    if isinstance(value, int):
        return str(value)
    return (value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
            .replace("\r", "\\r"))


def digest_of(path):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    dump = hashlib.sha256()
    for table in DUMPED:
        dump.update(f"table {table}\n".encode())
        keys = [row[1] for row in sorted(base.execute(f"PRAGMA table_info({table})"),
                                         key=lambda row: row[5]) if row[5]]
        for row in base.execute(f"SELECT * FROM {table} ORDER BY {', '.join(keys)}"):
            dump.update(("\t".join(map(written, row)) + "\n").encode())
    sealed = base.execute("SELECT digest FROM seal").fetchall()
    base.close()
    return dump.hexdigest(), sealed[0][0]


class Place:
    def __init__(self, folder, feed, reporter):
        self.folder, self.reporter = folder, reporter
        self.data = os.path.join(folder, "data")
        self.config = os.path.join(folder, "netgrade.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(data=self.data, packets=PACKETS))
        text = "".join(f"series local {site} 4 64 {STEP}\n{''.join(slots(site))}"
                       for site in ("hall", "yard"))
        subprocess.run([feed, self.data], input=text, text=True, check=True)

    def run(self, command, *arguments):
        return subprocess.run([self.reporter, command, "--config", self.config, *arguments],
                              capture_output=True, text=True, check=False)

    def report(self):
        """Octets of both formats in both languages."""
        octets = b""
        for language in ("zh-CN", "en"):
            out = os.path.join(self.folder, "out")
            ran = self.run("report", *MONTH, "--lang", language, "--out", out)
            assert ran.returncode == 0, ran.stderr
            for name in sorted(os.listdir(out)):
                with open(os.path.join(out, name), "rb") as file:
                    octets += file.read()
            shutil.rmtree(out)
        return octets


def differing(a, b):
    a, b = a.splitlines(), b.splitlines()
    assert len(a) == len(b)
    return [x for x, y in zip(a, b) if x != y]


def closing_and_digest(place):
    """the digest of a closed month is that of its rows, and its report stays to the byte"""
    before = place.report()
    ran = place.run("close", *MONTH, "--json")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["edition"] == 1 and said["provisional"] is False and said["series"] == 2
    computed, sealed = digest_of(said["file"])
    assert computed == sealed == said["digest"]
    after = place.report()
    named = differing(before, after)
    assert len(named) == 4, named
    assert all(b'"closing"' in line or "<dt>封存</dt>".encode() in line
               or b"<dt>Closing</dt>" in line for line in named), named
    shutil.move(os.path.join(place.data, "series"), os.path.join(place.folder, "series"))
    os.rename(os.path.join(place.data, "spool.db"), os.path.join(place.folder, "spool.db"))
    assert place.report() == after
    assert place.run("score", *MONTH).returncode == 0
    os.rename(os.path.join(place.folder, "spool.db"), os.path.join(place.data, "spool.db"))
    shutil.move(os.path.join(place.folder, "series"), os.path.join(place.data, "series"))


def changed_configuration(place):
    """a closed month is reported by the configuration that it was closed by"""
    kept = place.report()
    with open(place.config, encoding="utf-8") as file:
        text = file.read()
    with open(place.config, "w", encoding="utf-8") as file:
        file.write(text.replace("Yard", "Garden").replace("Asia/Shanghai", "UTC"))
    assert place.report() == kept
    with open(place.config, "w", encoding="utf-8") as file:
        file.write(text)


def other_editions(place):
    """another edition stands beside the first, and each can be shown"""
    first = os.path.join(place.data, "reports", "2024-10", "facts.db")
    with open(first, "rb") as file:
        octets = file.read()
    ran = place.run("close", *MONTH)
    assert ran.returncode == 1 and "closed already (edition 1)" in ran.stderr, ran.stderr
    ran = place.run("close", *MONTH, "--revise", "--reason", "to be sure")
    assert ran.returncode == 0 and "facts.2.db" in ran.stdout, ran.stderr
    assert "0 figures differ" in ran.stdout
    with open(first, "rb") as file:
        assert file.read() == octets
    for number, words in (("1", "Edition 1, closed"), ("2", "“to be sure”")):
        ran = place.run("score", *MONTH, "--lang", "en", "--json", "--edition", number)
        assert ran.returncode == 0 and words in ran.stdout, ran.stdout
    with open(os.path.join(place.data, "reports", "2024-10", "facts.2.db"), "r+b") as file:
        file.truncate(9000)
    ran = place.run("score", *MONTH)
    assert ran.returncode == 1 and "restore it from a copy" in ran.stderr, ran.stderr
    assert place.run("score", *MONTH, "--edition", "1").returncode == 0
    ran = place.run("close", *MONTH, "--revise", "--reason", "the second is damaged")
    assert ran.returncode == 0 and "figures differ" not in ran.stdout, ran.stdout
    assert "edition 2 is damaged" in ran.stdout, ran.stdout
    ran = place.run("close", *MONTH, "--revise", "--reason", "once more", "--json")
    assert json.loads(ran.stdout)["revised_figures"] == 0, ran


def wrong_usage(place):
    """wrong usage is refused in one line"""
    rows = (
        ("no month to close", ("close",), 2, "name one with --month"),
        ("no month", ("close", "--from", "2024-10-01"), 2, "--from"),
        ("a reason without a revision", ("close", *MONTH, "--reason", "x"), 2, "--revise"),
        ("a revision without a reason", ("close", *MONTH, "--revise"), 2, "--reason"),
        ("a reason that is empty", ("close", *MONTH, "--revise", "--reason", ""), 2, "one line"),
        ("a reason of two lines", ("close", *MONTH, "--revise", "--reason", "a\nb"), 2, "one line"),
        ("a reason that is no UTF-8", ("close", *MONTH, "--revise", "--reason", b"\xff"), 2, "one line"),
        ("a reason with an escape", ("close", *MONTH, "--revise", "--reason", "\x1b[31m"), 2, "one line"),
        ("a reason without end", ("close", *MONTH, "--revise", "--reason", 512 * "a"), 2, "one line"),
        ("a closed month by another file", ("score", *MONTH, "--as-given"), 2, "closed"),
        ("a future month", ("close", "--month", "2099-01"), 2, "future"),
        ("a month without data", ("close", "--month", "2023-01"), 1, "nothing was measured"),
        ("an edition of no closed month", ("score", "--month", "2024-09", "--edition", "1"), 2,
         "only closed months"),
        ("an edition that there is not", ("score", *MONTH, "--edition", "7"), 1, "facts.7.db"),
        ("an edition that is no number", ("score", *MONTH, "--edition", "last"), 2, "number"),
    )
    for name, arguments, code, words in rows:
        ran = place.run(*arguments)
        assert ran.returncode == code, (name, ran)
        assert words in ran.stderr and ran.stderr.count("\n") == 1, (name, ran.stderr)


def main():
    feed, reporter = sys.argv[1:]
    tests = (closing_and_digest, changed_configuration, other_editions, wrong_usage)
    print(f"1..{len(tests)}")
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        place = Place(folder, feed, reporter)
        for number, test in enumerate(tests, 1):
            test(place)
            print(f"ok {number} - {test.__doc__}", flush=True)


if __name__ == "__main__":
    main()

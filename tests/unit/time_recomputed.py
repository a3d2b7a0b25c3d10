# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares months, days and the slots of calendars with those of Python's zoneinfo, and with the
notices of the State Council as typed once more here. Usage: time_recomputed.py PRINT_TIME
COLLECTOR. Prints TAP."""
import datetime
import functools
import os
import subprocess
import sys
import tempfile
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from tap import Tap  # noqa: E402

FROM = 1971
DAY = datetime.timedelta(days=1)

# Zone, and the years before which periods are compared. The last four make days of their own:
# midnights left out or repeated, a day left out.
ZONES = (("Asia/Shanghai", 2051), ("Asia/Urumqi", 2051), ("Europe/Berlin", 2101),
         ("America/Sao_Paulo", 2051), ("UTC", 2101), ("America/Havana", 2031),
         ("Asia/Beirut", 2031), ("America/Asuncion", 2031), ("Pacific/Apia", 2031))

# (holidays, from and to; days worked to make up for them), year by year.
NOTICES = {
    2022: ("0101-0103 0131-0206 0403-0405 0430-0504 0603-0605 0910-0912 1001-1007",
           "0129 0130 0402 0424 0507 1008 1009"),
    2023: ("0101-0102 0121-0127 0405-0405 0429-0503 0622-0624 0929-1006",
           "0128 0129 0423 0506 0625 1007 1008"),
    2024: ("0101-0101 0210-0217 0404-0406 0501-0505 0610-0610 0915-0917 1001-1007",
           "0204 0218 0407 0428 0511 0914 0929 1012"),
    2025: ("0101-0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
           "0126 0208 0427 0928 1011"),
    2026: ("0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
           "0104 0214 0228 0509 0920 1010"),
}
# The notice for 2023 begins with this day.
NEW_YEARS_EVE = datetime.date(2022, 12, 31)

CONFIG = """network: {{zh: 试验网}}
time-zone: {zone}
organisations: [{{name: city}}]
sites: [{{name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1}}]
calendars:
{calendars}
tests:
{tests}
"""


class Calendar:
    """What a calendar of the configuration is to mean, and how it is written there."""

    def __init__(self, name, hours, days):
        self.name, self.hours, self.days = name, hours, days
        clock = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
        self.inside = [not hours or any(one[:5] <= time < one[6:] for one in hours)
                       for time in clock]

    def text(self):
        keys = [f"name: {self.name}"]
        if self.hours:
            keys.append("hours: [" + ", ".join(f'"{one}"' for one in self.hours) + "]")
        if self.days == "working":
            keys.append("days: working, holidays: china")
        elif self.days:
            keys.append("days: [" + ", ".join(self.days) + "]")
        return "  - {" + ", ".join(keys) + "}"

    def opens_on(self, day):
        """The word for the hours of a day that the calendar is about."""
        if not self.days:
            return "measured"
        if self.days != "working":
            return "measured" if day.strftime("%a").lower() in self.days else "unscheduled"
        if day.year not in NOTICES:
            return "unknown"
        return "measured" if works(day) else "unscheduled"

    @functools.lru_cache(maxsize=None)
    def words(self, day):
        """By the minute."""
        word = self.opens_on(day)
        return [word if inside else "unscheduled" for inside in self.inside]


CALENDARS = (
    Calendar("always", None, None),
    Calendar("office", ("09:00-12:00", "13:30-18:00"), "working"),
    Calendar("whole", None, "working"),
    Calendar("night", ("00:00-06:30", "22:00-24:00"), None),
    Calendar("weekend", ("01:15-03:45",), ("sat", "sun")),
    Calendar("monday", None, ("mon",)),
)
INTERVALS = (60, 300, 3600, 14400)
COARSE = INTERVALS[1:]


def works(day):
    off, worked = NOTICES[day.year]
    key = day.strftime("%m%d")
    if key in worked.split():
        return True
    if day == NEW_YEARS_EVE or any(one[:4] <= key <= one[5:] for one in off.split()):
        return False
    return day.weekday() < 5


def start_of(day, zone):
    """The first second of a local day, None where the zone leaves the day out."""
    for fold in (0, 1):
        at = int(datetime.datetime(day.year, day.month, day.day, fold=fold,
                                   tzinfo=zone).timestamp())
        if (datetime.datetime.fromtimestamp(at, zone).date() == day
                and datetime.datetime.fromtimestamp(at - 1, zone).date() < day):
            return at
    return None


def expected_periods(name, until):
    zone = zoneinfo.ZoneInfo(name)
    starts = {}
    day = datetime.date(FROM, 1, 1)
    while day <= datetime.date(until, 1, 1):
        starts[day] = start_of(day, zone)
        day += DAY
    rows = {}
    existing = sorted(day for day in starts if starts[day] is not None)
    following = dict(zip(existing, existing[1:]))
    for day in existing[:-1]:
        rows[day.isoformat()] = (starts[day], starts[following[day]])
    for year in range(FROM, until):
        for month in range(1, 13):
            first = datetime.date(year, month, 1)
            after = datetime.date(year + month // 12, month % 12 + 1, 1)
            rows[f"{year:04}-{month:02}"] = (starts[first], starts[after])
    return rows


def run(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120)


def check_periods(results, program, name, until):
    done = run(program, "periods", name, str(FROM), str(until))
    found = {}
    for line in done.stdout.splitlines():
        key, start, end = line.split()
        found[key] = (int(start), int(end))
    expected = expected_periods(name, until)
    wrong = [f"{key}: found {found.get(key)}, expected {expected.get(key)}"
             for key in sorted(found.keys() | expected.keys())
             if found.get(key) != expected.get(key)]
    lengths = sorted({(end - start) / 3600 for key, (start, end) in expected.items()
                      if len(key) == 10})
    results.check(f"{name}: {len(expected)} months and days, days of "
                  + ", ".join(f"{length:g}" for length in lengths) + " hours",
                  done.returncode == 0 and not wrong,
                  done.stderr + "\n".join(wrong[:10]))


def check_known_lengths(results, program):
    """What no implementation is needed for."""
    rows = (("Asia/Shanghai", "2024-02", 29 * 24), ("Asia/Shanghai", "2026-02", 28 * 24),
            ("Asia/Shanghai", "2100-02", 28 * 24), ("Asia/Shanghai", "2026-12", 31 * 24),
            ("Asia/Shanghai", "1986-05-04", 23), ("Asia/Shanghai", "1991-09-15", 25),
            ("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25),
            ("Europe/Berlin", "2026-10", 31 * 24 + 1), ("UTC", "2026-10-25", 24),
            ("America/Sao_Paulo", "2018-11-04", 23), ("America/Sao_Paulo", "2018-02-17", 25))
    wrong = []
    for zone, key, hours in rows:
        year = int(key[:4])
        lines = run(program, "periods", zone, str(year), str(year + 1)).stdout.splitlines()
        found = [(int(end) - int(start)) / 3600 for name, start, end in map(str.split, lines)
                 if name == key]
        if found != [hours]:
            wrong.append(f"{zone} {key}: {found} hours, not {hours}")
    results.check("leap days, year ends and changes of clocks that anybody can look up", not wrong,
                  "\n".join(wrong))


def check_mistyped(results, program, collector, folder):
    wrong = [name for name in ("Asia/Shangai", "Asia/Pekin", "CTS", "../etc/passwd", "Asia", "")
             if run(program, "periods", name, "2026", "2027").returncode == 0]
    results.check("a mistyped zone is refused", not wrong, wrong)
    path = write_config(folder, "Asia/Shangai", CALENDARS[:1])
    done = run(collector, "check", path)
    results.check("and the right one proposed, where it stands",
                  done.returncode == 2 and "zone.yaml:2:12: time-zone: " in done.stderr
                  and "did you mean Asia/Shanghai?" in done.stderr, done.stderr)


def write_config(folder, zone, calendars, intervals=COARSE):
    path = os.path.join(folder, "zone.yaml")
    # A test each, of a size of its own: their series differ.
    tests = [f"  - {{name: {one.name}-{interval}, calendar: {one.name}, interval: {interval}s, "
             f"size: {100 + 10 * number + part}}}"
             for number, one in enumerate(calendars) for part, interval in enumerate(intervals)]
    text = CONFIG.format(zone=zone, calendars="\n".join(one.text() for one in calendars),
                         tests="\n".join(tests))
    text = text.replace("ipv4: 192.0.2.1}", "ipv4: 192.0.2.1,\n  scored: {test: "
                        + f"{calendars[0].name}-{intervals[0]}" + "}}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def expected_runs(zone, year, intervals):
    """The same runs of every test, slot by slot."""
    start = start_of(datetime.date(year, 1, 1), zone)
    end = start_of(datetime.date(year + 1, 1, 1), zone)
    rows = {f"{one.name}-{interval}": [] for one in CALENDARS for interval in intervals}
    before = {}
    for at in range(-(-start // intervals[0]) * intervals[0], end, intervals[0]):
        local = datetime.datetime.fromtimestamp(at, zone)
        day, minute = local.date(), 60 * local.hour + local.minute
        words = [one.words(day)[minute] for one in CALENDARS]
        for interval in intervals:
            if at % interval or before.get(interval) == words:
                continue
            for one, word, last in zip(CALENDARS, words, before.get(interval, [None] * 99)):
                if word != last:
                    rows[f"{one.name}-{interval}"].append((at, word))
            before[interval] = words
    return rows


def check_slots(results, program, folder, zone, year, intervals=COARSE):
    path = write_config(folder, zone, CALENDARS, intervals)
    done = run(program, "slots", path, str(year))
    found = {}
    for line in done.stdout.splitlines():
        name, at, word = line.split()
        found.setdefault(name, []).append((int(at), word))
    expected = expected_runs(zoneinfo.ZoneInfo(zone), year, intervals)
    wrong = []
    for name in sorted(found.keys() | expected.keys()):
        pairs = set(found.get(name, [])) ^ set(expected.get(name, []))
        wrong += [f"{name}: {at} {word}" for at, word in sorted(pairs)[:3]]
    results.check(f"{zone} {year}: every slot of {len(CALENDARS)} calendars at "
                  f"{intervals[0]} s and more", done.returncode == 0 and not wrong,
                  done.stderr + "\n".join(wrong[:10]))


def main():
    program, collector = sys.argv[1:]
    results = Tap()
    for name, until in ZONES:
        check_periods(results, program, name, until)
    check_known_lengths(results, program)
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        check_mistyped(results, program, collector, folder)
        for year in range(2021, 2028):
            check_slots(results, program, folder, "Asia/Shanghai", year)
        check_slots(results, program, folder, "Asia/Shanghai", 2026, INTERVALS)
        check_slots(results, program, folder, "Europe/Berlin", 2026, INTERVALS)
        for zone, year in (("Asia/Urumqi", 2026), ("America/Sao_Paulo", 2018), ("UTC", 2024)):
            check_slots(results, program, folder, zone, year)
    return results.finish()


sys.exit(main())

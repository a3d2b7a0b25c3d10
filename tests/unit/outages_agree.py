# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent off for six hours, fibres cut for six hours, over a month's end and across restarts, from
samples through store and alarms to the report: what the report says, what the archive has, what was
told, and what a replay would tell, all against the script. Usage: outages_agree.py FEEDER COLLECTOR
REPORTER. Prints TAP."""
import datetime
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

ZONE = datetime.timezone(datetime.timedelta(hours=8))
MINUTE, HOUR = 60, 3600
NS = 1_000_000_000


def at(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


START, MONTH_END, END = at("2024-10-01"), at("2024-11-01"), at("2024-11-04")
CUT = at("2024-10-12T09:00"), at("2024-10-12T15:00")
OVER = at("2024-10-31T21:00"), at("2024-11-01T03:00")


class Site:
    """What happens to a site's path, and what must come of it. events: (instant, kind) beside the
    restarts; outages: (start, end, bad seconds, whether its end was not seen); told: the news."""

    def __init__(self, troubles, outages, told, off=()):
        self.troubles, self.outages, self.told, self.off = troubles, outages, told, off

    def kind(self, t):
        for begin, end, kind in self.troubles:
            if begin <= t < end:
                return kind
        return None if any(begin <= t < end for begin, end in self.off) else "good"


def cut(period, kind="cut"):
    begin, end = period
    return Site([(begin, end, kind)], [(begin, end, end - begin, False)],
                [("raised", begin + 2 * MINUTE), ("cleared", end + 2 * MINUTE)])


def interrupted(stop, again):
    """A cut of six hours with the agent off in the middle of it."""
    begin, end = CUT
    site = cut(CUT)
    site.troubles = [(begin, stop, "cut"), (stop, again, None), (again, end, "cut")]
    if again - stop > 15 * MINUTE:
        site.outages = [(begin, stop, stop - begin, True), (again, end, end - again, False)]
    else:
        site.outages = [(begin, end, end - begin - (again - stop), False)]
    return site


OFF = at("2024-10-15T02:00"), at("2024-10-15T08:00")
NOON = at("2024-10-12T12:00")
SITES = {
    "calm": Site([], [], []),
    "agent-off": Site([], [], [], off=[OFF]),
    "agent-off-over-the-end": Site([], [], [], off=[OVER]),
    "cut": cut(CUT),
    "refused": cut(CUT, "rejected"),
    "cut-over-the-end": cut(OVER),
    "off-for-ten-minutes": interrupted(NOON, NOON + 10 * MINUTE),
    "off-for-an-hour": interrupted(NOON, NOON + HOUR),
    "one-slot": Site([(NOON, NOON + MINUTE, "cut")], [], []),
}
# What the program lives through, at any of these instants, whatever happens to the paths.
LIVES = {CUT[0] + MINUTE: "restart", CUT[0] + HOUR: "die", CUT[0] + 2 * HOUR: "restart",
         NOON + 7 * MINUTE: "restart", CUT[1] + MINUTE: "die", OVER[0] + MINUTE: "die",
         MONTH_END: "restart", OVER[1] + MINUTE: "restart"}


def script():
    yield from (f"series {name}" for name in SITES)
    borders = {START, END, *LIVES}
    for site in SITES.values():
        for begin, end, *_ in [*site.troubles, *site.off]:
            borders |= {begin, end}
    borders = sorted(borders)
    for begin, end in zip(borders, borders[1:]):
        for name, site in SITES.items():
            kind = site.kind(begin)
            if kind:
                yield f"slots {name} {begin} {end} {kind}"
        if end in LIVES:
            yield LIVES[end]


def configuration(data):
    lines = ["network: {zh: 试验, en: Made}", "time-zone: Asia/Shanghai", f"data: {data}",
             "organisations: [{name: city}]", "tests: [{name: echo, interval: 60s, packets: 20}]",
             "sites:"]
    lines += [f"  - {{name: {name}, organisation: city, tier: access, ipv4: 192.0.2.{n + 1}}}"
              for n, name in enumerate(SITES)]
    return "\n".join(lines) + "\n"


class Checks:
    def __init__(self):
        self.count = 0

    def equal(self, name, found, expected):
        self.count += 1
        print("ok" if found == expected else "not ok", self.count, "-", name)
        if found != expected:
            print(f"# found {found!r}, expected {expected!r}"[:1500])


def run(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, timeout=120).stdout


def tables(document):
    """{table: {site: [row]}}"""
    found = {}
    for block in document["blocks"]:
        if block["kind"] == "table":
            table = found.setdefault(block["key"], {})
            for row in block["rows"]:
                if isinstance(row.get("site"), str):
                    table.setdefault(row["site"], []).append(row)
    return found


def printed(seconds):
    return datetime.datetime.fromtimestamp(seconds, ZONE).strftime("%Y-%m-%d %H:%M")


def length_in(period, begin, end):
    return max(0, min(end, period[1]) - max(begin, period[0]))


def expect_outages(site, period):
    """(start, end or None while open at the period's end, bad seconds in the period)."""
    rows = []
    for begin, end, bad, _ in site.outages:
        within = length_in(period, begin, end)
        if within:
            gap = end - begin - bad  # none of them is near a period's border
            rows.append((printed(begin), printed(end) if end <= period[1] else None, within - gap))
    return rows


def check_report(checks, name, site, found, period):
    label = f"{name}, {printed(period[0])[:7]}"
    slots = (period[1] - period[0]) // MINUTE
    outages = expect_outages(site, period)
    bad = sum(seconds for *_, seconds in outages) // MINUTE + (
        name == "one-slot" and length_in(period, NOON, NOON + MINUTE) > 0)
    unknown = sum(length_in(period, *off) for off in site.off) // MINUTE + sum(
        length_in(period, begin, end) for begin, end, kind in site.troubles if not kind) // MINUTE
    (count,), (row,) = found["counts"][name], found["sites"][name]
    checks.equal(f"{label}: good, bad and unknown slots",
                 [count[k]["value"] for k in ("good", "bad", "unknown")],
                 [slots - bad - unknown, bad, unknown])
    checks.equal(f"{label}: availability", round(row["availability"]["value"], 9),
                 round(100 * (1 - bad / (slots - unknown)), 9))
    checks.equal(f"{label}: coverage", round(row["coverage"]["value"], 9),
                 round(100 * (1 - unknown / slots), 9))
    if not bad:
        checks.equal(f"{label}: no point is lost", row["score"]["value"], 100)
    rows = [(r["start"], None if r["end"] == "not over" else r["end"], r["in_period"]["value"])
            for r in found.get("outages", {}).get(name, [])]
    checks.equal(f"{label}: outages in the report", rows, outages)


def check_period(checks, reporter, asked, period):
    document = json.loads(run(reporter, "score", *asked, "--json", "--lang", "en"))
    found = tables(document)
    with tempfile.TemporaryDirectory(prefix="ng-") as folder:
        out = os.path.join(folder, "report.json")
        run(reporter, "report", *asked, "--lang", "en", "--format", "json", "--out", out)
        with open(out, encoding="utf-8") as file:
            found.update(tables(json.load(file)))
    for name, site in SITES.items():
        check_report(checks, name, site, found, period)


def site_of(key):
    return key.split("~")[1]


def rows_by_site(rows):
    found = {name: [] for name in SITES}
    for key, *rest in rows:
        found[site_of(key)].append(tuple(rest))
    return found


def seconds_of(iso):
    return None if iso is None else int(datetime.datetime.fromisoformat(iso).timestamp())


def check_archive(checks, data):
    archive = sqlite3.connect(os.path.join(data, "archive.db"))
    rows = rows_by_site(archive.execute(
        "SELECT key, from_at / ?1, until_at / ?1, length / ?1, unseen FROM outage ORDER BY from_at",
        (NS,)))
    causes = rows_by_site(archive.execute("SELECT key, cause FROM outage"))
    archive.close()
    for name, site in SITES.items():
        checks.equal(f"{name}: outages in the archive", rows[name],
                     [(*outage[:3], int(outage[3])) for outage in site.outages])
        cause = "rejected" if name == "refused" else "silent"
        checks.equal(f"{name}: cause", causes[name], [(cause,)] * len(site.outages))


def check_told(checks, news):
    told = {name: [] for name in SITES}
    for line in news.splitlines():
        kind, name, when = line.split()
        told[name].append((kind, int(when)))
    for name, site in SITES.items():
        checks.equal(f"{name}: told", told[name], site.told)


def check_replay(checks, collector, config):
    period = ["--from", "2024-10-01", "--until", "2024-11-04"]
    texts = [run(collector, "alarms", config, *period, *more, "--json")
             for more in ((), ("--replay",))]
    recorded, replayed = map(json.loads, texts)
    checks.equal("a replay finds the alarms that were raised", replayed["alarms"],
                 recorded["alarms"])
    outages = [[{k: o[k] for k in ("key", "from", "until", "bad_seconds", "slots", "unseen")}
                for o in document["outages"]] for document in (replayed, recorded)]
    checks.equal("and the outages", outages[0], outages[1])
    patient = json.loads(run(collector, "alarms", config, *period, "--replay", "--raise", "100",
                             "--json"))
    raised = {site_of(a["key"]): seconds_of(a["raised_at"]) - seconds_of(a["from"])
              for a in patient["alarms"]}
    checks.equal("a higher count raises later", raised["cut"], 100 * MINUTE)
    eager = json.loads(run(collector, "alarms", config, *period, "--replay", "--raise", "1",
                           "--clear", "1", "--json"))
    checks.equal("a count of one raises for one slot too",
                 [(seconds_of(a["from"]), seconds_of(a["cleared_at"])) for a in eager["alarms"]
                  if site_of(a["key"]) == "one-slot"], [(NOON, NOON + 2 * MINUTE)])


def main():
    feeder, collector, reporter = sys.argv[1:]
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="ng-") as folder:
        data, config = os.path.join(folder, "data"), os.path.join(folder, "netgrade.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(configuration(data))
        fed = subprocess.run([feeder, data, "Asia/Shanghai"], input="\n".join(script()) + "\n",
                             check=True, text=True, stdout=subprocess.PIPE, timeout=200)
        asked = ["--config", config]
        check_period(checks, reporter, [*asked, "--month", "2024-10"], (START, MONTH_END))
        check_period(checks, reporter, [*asked, "--from", "2024-11-01", "--to", "2024-11-04",
                                        "--trial"], (MONTH_END, END))
        check_archive(checks, data)
        check_told(checks, fed.stdout)
        check_replay(checks, collector, config)
    print(f"1..{checks.count}")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes small networks with every kind of trouble, seeded; feeds their packets through the store;
and compares each figure of `score --json` and of `report` with recompute.py.
Usage: report_recomputed.py FEED_STORE REPORTER [SEED...]. Prints TAP."""
import datetime
import json
import math
import os
import random
import subprocess
import sys
import tempfile

import recompute
from recompute import BAD, DAY, HOUR, UNSCHEDULED, Path, Plan, Slot
from troubles import START, TROUBLES, ZONE, router

TESTS = {  # name: interval in seconds, packets
    "minutes": (60, 5),
    "fives": (300, 20),
    "alone": (900, 1),
}
WITNESSES = {"web": (60, 6), "web-fives": (300, 6)}  # by TCP
ORGANISATIONS = {"city": None, "north": "city", "north-hall": "north", "south": "city"}
FAMILIES = {4: "IPv4", 6: "IPv6"}
# How far a printed figure may lie from the exact one. Percentiles come from histograms; with few
# packets a slot nothing tells where in a bucket, 26 % wide, the packets of a steady path lie.
BOUNDS = {"availability": 1e-9, "loss": 1e-9, "delay": 0.05, "pdv": 0.05}
FEW_PACKETS, FEW_BOUND = 10, 0.1
OUTAGES_SHOWN = 300


def announced(rng, period, sites):
    """Windows of every kind: in time, late, after they began, beyond the allowance, over each other,
    called off before and while they last."""
    for _ in range(rng.randint(6, 10)):
        begin = period[0] + rng.randrange(0, period[1] - period[0], 60)
        end = begin + rng.choice((1700, 2 * HOUR, 5 * HOUR, 9 * HOUR))
        entered = begin - rng.choice((3 * DAY, DAY, DAY - 60, 2 * HOUR, -600))
        cancelled = rng.choice((0, 0, 0, begin - 300, begin + 1234))
        if cancelled and cancelled < entered:
            cancelled = 0
        kind, name = rng.choice([(recompute.SCOPE_ORGANISATION, o) for o in ORGANISATIONS]
                                + [(recompute.SCOPE_SITE, s["name"]) for s in sites[:5]])
        yield f"window {begin} {end} {entered} {cancelled} {kind} {name}"


def above(organisation):
    while organisation is not None:
        yield organisation
        organisation = ORGANISATIONS[organisation]


class Made:
    """The packets of one path."""

    def __init__(self, rng, period, stream, troubles, icmp=None):
        """stream: interval and packets. icmp: what this one is the TCP witness of."""
        self.rng = rng
        self.method = "tcp" if icmp else "icmp"
        self.start, self.end = period
        self.troubles = troubles
        self.chosen = icmp.chosen if icmp else {}
        self.base = rng.choice((0.4e6, 2e6, 8e6, 27e6))
        interval, packets = stream
        made = (self.slot(t, interval, packets)
                for t in range(self.start - DAY, self.end + HOUR, interval))
        self.slots = [slot for slot in made if slot]

    def choice(self, name, values):
        if name not in self.chosen:
            self.chosen[name] = self.rng.choice(values)
        return self.chosen[name]

    def slot(self, t, interval, expected):
        how = {"loss": 0.0001, "flags": 0, "base": self.base, "spread": 0.5e6, "unsent": 0}
        for trouble in self.troubles:
            change = trouble(self, t)
            if change is None:
                return None
            how.update(change)
        sent = expected - round(how["unsent"] * expected)
        lost = round(how.get("exactly", 0) * expected)
        packets = [
            None if i < lost or self.rng.random() < how["loss"]
            else int(how["base"] + self.rng.expovariate(1 / how["spread"]))
            for i in range(sent)]
        return Slot(t, interval, how["flags"], expected, packets)


class Network:
    def __init__(self, seed):
        rng = random.Random(seed)
        self.period = (START, START + rng.choice((8, 9)) * DAY)
        self.tiers = rng.choice((recompute.TIERS, recompute.TIERS, ("backbone", "access"),
                                 ("metro",)))
        self.sites = []
        self.slots = {}
        self.witnesses = {}
        for n, trouble in enumerate(rng.sample(TROUBLES, len(TROUBLES))):
            self.add_site(rng, n, trouble)
        self.windows = list(announced(rng, self.period, self.sites)) if seed % 2 == 0 else []

    def add_site(self, rng, n, trouble):
        tier = rng.choice(self.tiers)
        families = rng.choice(((4,), (6,), (4, 6), (4, 6)))
        test = rng.choice(("minutes", "fives", "fives", "fives", "alone"))
        site = {
            "name": f"site-{n}", "tier": tier, "families": families, "test": test,
            "organisation": rng.choice([o for o in ORGANISATIONS]),
            "reach": rng.choice(("city", "province")), "weight": rng.choice((0.5, 1, 2, 3.7)),
            "primary": rng.choice(families), "packets": TESTS[test][1],
            "witness": rng.choice(tuple(WITNESSES)) if trouble is router or rng.random() < 0.2
                       else None,
        }
        self.sites.append(site)
        for family in families:
            troubles = (trouble, rng.choice(TROUBLES)) if rng.random() < 0.3 else (trouble,)
            if family != site["primary"]:
                troubles = (rng.choice(TROUBLES),)
            made = Made(rng, self.period, TESTS[test], troubles)
            self.slots[site["name"], family] = made.slots
            if site["witness"]:
                self.witnesses[site["name"], family] = Made(
                    rng, self.period, WITNESSES[site["witness"]], troubles, made).slots

    def config(self, data):
        lines = ["network: {zh: 试验, en: Made}", "time-zone: Asia/Shanghai", f"data: {data}",
                 "organisations:"]
        lines += self.subtree(None, "  ")
        lines += ["tests:"]
        for name, (interval, packets) in TESTS.items():
            members = [s["name"] for s in self.sites if s["test"] == name]
            if members:
                lines.append(f"  - {{name: {name}, interval: {interval}s, packets: {packets}, "
                             f"targets: {{sites: [{', '.join(members)}]}}}}")
        for name, (interval, packets) in WITNESSES.items():
            members = [s["name"] for s in self.sites if s["witness"] == name]
            if members:
                lines.append(f"  - {{name: {name}, method: tcp, port: 443, interval: {interval}s, "
                             f"packets: {packets}, targets: {{sites: [{', '.join(members)}]}}}}")
        lines += ["sites:"]
        for n, s in enumerate(self.sites):
            addresses = {4: f"ipv4: 192.0.2.{n + 1}", 6: f"ipv6: '2001:db8::{n + 1}'"}
            lines.append(
                f"  - {{name: {s['name']}, zh: {s['name']}, en: {s['name']}, "
                f"organisation: {s['organisation']}, tier: {s['tier']}, reach: {s['reach']}, "
                f"weight: {s['weight']}, "
                f"scored: {{test: {s['test']}, family: ipv{s['primary']}}}, "
                + ", ".join(addresses[f] for f in s["families"]) + "}")
        return "\n".join(lines) + "\n"

    def subtree(self, parent, indent):
        lines = []
        for name in [o for o, above in ORGANISATIONS.items() if above == parent]:
            lines.append(f"{indent}- name: {name}")
            lines.append(f"{indent}  zh: {name}")
            lines.append(f"{indent}  en: {name}")
            below = self.subtree(name, indent + "    ")
            lines += [f"{indent}  children:"] + below if below else []
        return lines

    def feed(self):
        yield from self.windows
        for site in self.sites:
            for family in site["families"]:
                interval, _ = TESTS[site["test"]]
                yield f"series local {site['name']} {family} 64 {interval}"
                yield from map(line_of, self.slots[site["name"], family])
                if site["witness"]:
                    interval, _ = WITNESSES[site["witness"]]
                    yield f"series local {site['name']} {family} 0 {interval} tcp 443"
                    yield from map(line_of, self.witnesses[site["name"], family])


def line_of(slot):
    packets = ["-" if p is None else str(p) for p in slot.packets]
    packets += ["x"] * (slot.expected - slot.sent)
    return f"slot {slot.start} {slot.flags} {slot.expected} {' '.join(packets)}"


class Report:
    """The tables of a document by key; of equal keys the first."""

    def __init__(self, text):
        self.tables = {}
        self.figures = {}
        for block in json.loads(text)["blocks"]:
            if block["kind"] == "table":
                self.tables.setdefault(block["key"], block["rows"])
            elif block["kind"] == "figures":
                self.figures.setdefault(block["key"], block["figures"])

    def row(self, table, **keys):
        rows = [r for r in self.tables.get(table, [])
                if all(r[key] == value for key, value in keys.items())]
        return rows[0] if len(rows) == 1 else None


class Comparison:
    def __init__(self, network, windows, score, report):
        self.network = network
        self.document = score
        self.report = report
        self.faults = []
        self.paths = {}
        self.second = {}
        self.scores = {}
        self.second_scores = {}
        for site in network.sites:
            for family in site["families"]:
                interval, _ = TESTS[site["test"]]
                key = (site["name"], family)
                plan = None
                if windows is not None:
                    within = set(above(site["organisation"]))
                    plan = Plan([w for w in windows if w.covers(site["name"], within)], interval,
                                ZONE)
                witness = None
                if site["witness"]:
                    witness = network.witnesses[key], WITNESSES[site["witness"]][0]
                made = (site, network.slots[key], network.period, interval, plan)
                self.paths[key] = Path(*made, witness=witness)
                self.second[key] = Path(*made, second=True, witness=witness)

    def fault(self, where, expected, printed):
        self.faults.append(f"{where}: recomputed {expected!r}, printed {printed!r}")

    def near(self, where, expected, printed, bound=1e-9):
        """A figure; expected None is not measured."""
        value = printed["value"] if isinstance(printed, dict) else printed
        if isinstance(printed, dict) and printed.get("infinite"):
            value = math.inf
        if expected is None or value is None:
            if expected is not value:
                self.fault(where, expected, value)
        elif math.isinf(expected) or math.isinf(value):
            if expected != value:
                self.fault(where, expected, value)
        elif abs(value - expected) > bound * max(1, abs(expected)):
            self.fault(where, expected, value)

    def same(self, where, expected, printed):
        if expected != printed:
            self.fault(where, expected, printed)

    def score_printed(self, where, exact, printed):
        self.near(where, exact, printed)
        text = "–" if exact is None else f"{recompute.half_up(printed['value'], 1):.1f}"
        self.same(where + " text", text, printed["text"])

    def path(self, key):
        site, family = key
        path = self.paths[key]
        where = f"{site} {FAMILIES[family]} "
        row = self.document.row("sites", site=site, family=FAMILIES[family])
        counts = self.document.row("counts", site=site, family=FAMILIES[family])
        packets = self.document.row("packet_counts", site=site, family=FAMILIES[family])
        if row is None or counts is None or packets is None:
            return self.fault(where, "a row", None)
        values = path.values()
        printed = dict(values)
        formula = path.by_formula() if path.judged_time else {}
        for name, bound in BOUNDS.items():
            if name == "pdv" and path.site["packets"] == 1:
                continue
            if name == "delay" and path.site["packets"] < FEW_PACKETS:
                bound = FEW_BOUND
            self.near(where + name, values[name], row[name], bound)
            if name in formula:
                self.near(where + name + " by formula", formula[name], row[name], 1e-6)
            if not row[name].get("infinite") and row[name]["value"] is not None:
                printed[name] = row[name]["value"]
        coverage = path.coverage()
        self.near(where + "coverage", None if coverage is None else 100 * coverage,
                  row["coverage"])
        exact, vetoed = path.score(printed)
        self.scores[key] = (exact, vetoed)
        self.score_printed(where + "score", exact, row["score"])
        grade = "–" if exact is None else (
            "poor" if vetoed else recompute.grade_of(float(row["score"]["text"])))
        self.same(where + "grade", grade, row["grade"])
        self.same(where + "vetoed", vetoed, "Veto" in row["remarks"])
        for verdict, number in path.slots.items():
            self.near(where + verdict, number, counts[verdict])
        for name, number in (("sent", path.sent), ("lost", path.lost),
                             ("in_histogram", len(path.rtt) + path.held_lost)):
            self.near(where + name, number, packets[name])
        self.near(where + "loss_available",
                  100 * path.up_lost / path.up_sent if path.up_sent else None,
                  packets["loss_available"])
        self.near(where + "availability_floor",
                  100 * path.up_time / path.scheduled_time if path.scheduled_time else None,
                  counts["availability_floor"])

    def second_figure(self, key):
        """Its row where it differs, and its score."""
        site, family = key
        path, second = self.paths[key], self.second[key]
        where = f"{site} {FAMILIES[family]} second figure "
        row = self.document.row("figures", site=site, family=FAMILIES[family])
        differs = [v for _, v in path.inside] != [v for _, v in second.inside]
        self.same(where + "differs", differs, row is not None)
        self.second_scores[key] = self.scores[key]
        if not differs or row is None:
            return
        printed = dict(second.values())
        formula = second.by_formula() if second.judged_time else {}
        for name in ("availability", "loss"):
            self.near(where + name, printed[name], row["announced_" + name])
        for name in ("delay", "pdv"):
            cell = row["announced_" + name]
            if name in formula and second.rtt and not (name == "pdv" and path.site["packets"] == 1):
                self.near(where + name, formula[name], cell, 1e-6)
            if not cell.get("infinite") and cell["value"] is not None:
                printed[name] = cell["value"]
        self.second_scores[key] = second.score(printed)
        self.score_printed(where + "score", self.second_scores[key][0], row["announced_score"])
        for name, one in (("planned", path), ("announced_planned", second)):
            self.near(where + name, one.slots[recompute.PLANNED] * one.interval, row[name])

    def disagreement(self, key):
        """Flags of slots that are not what the windows say."""
        site, family = key
        path = self.paths[key]
        row = self.document.row("disagreements", site=site, family=FAMILIES[family])
        where = f"{site} {FAMILIES[family]} "
        self.same(where + "disagrees", path.flagged + path.missed > 0, row is not None)
        if row is not None:
            for name, number in (("flagged", path.flagged), ("missed", path.missed),
                                 ("kept", path.kept)):
                self.near(where + name, number, row[name])

    def members(self, wanted, family=None):
        """(site, key) of what enters a group; family 6 is the column of IPv6."""
        for site in self.network.sites:
            key = (site["name"], family or site["primary"])
            if wanted(site) and key in self.paths:
                yield site, key

    def group(self, wanted, family=None):
        return recompute.group_score([(site["weight"], self.scores[key][0])
                                      for site, key in self.members(wanted, family)])

    def group_row(self, where, row, wanted, exacts, barred=False):
        keys = [key for _, key in self.members(wanted)]
        judged = sum(self.paths[key].judged_time for key in keys)
        scheduled = sum(self.paths[key].scheduled_time for key in keys)
        if row is None:
            return self.same(where, [], keys)
        self.near(where + " sites", len(keys), row["sites"])
        self.near(where + " scored",
                  sum(self.scores[k][0] is not None for k in keys), row["scored_sites"])
        self.near(where + " vetoed", sum(self.scores[k][1] for k in keys), row["vetoed_sites"])
        self.near(where + " coverage", 100 * judged / scheduled if scheduled else None,
                  row["coverage"])
        self.score_printed(where + " score", exacts[0], row["score"])
        self.score_printed(where + " IPv6 score", exacts[1], row["ipv6_score"])
        grade = "–" if exacts[0] is None else recompute.grade_of(float(row["score"]["text"]))
        self.same(where + " grade", "good" if barred and grade == "excellent" else grade,
                  row["grade"])

    def groups(self):
        tiers = {None: {}, 6: {}}
        for name in recompute.TIERS:
            def wanted(site, name=name):
                return site["tier"] == name
            exacts = [self.group(wanted, family) for family in (None, 6)]
            for family, exact in zip((None, 6), exacts):
                if any(self.members(wanted, family)):
                    tiers[family][name] = exact
            self.group_row(name, self.document.row("tier_scores", tier=name.capitalize()), wanted,
                           exacts)
        for name in ORGANISATIONS:
            def below(site, name=name):
                at = site["organisation"]
                while at not in (None, name):
                    at = ORGANISATIONS[at]
                return at == name
            row = [r for r in self.document.tables["organisation_scores"]
                   if r["organisation"].strip() == name]
            self.group_row(name, row[0] if row else None, below,
                           [self.group(below, family) for family in (None, 6)])
        self.network_exact = recompute.network_score(tiers[None])
        barred = any(self.scores[key][1] and site["tier"] == "backbone"
                     for site, key in self.members(lambda site: True))
        self.group_row("network", self.document.row("tier_scores", tier="Made"),
                       lambda site: True,
                       [self.network_exact, recompute.network_score(tiers[6])], barred)
        self.near("headline", self.network_exact, self.document.figures["headline"]["score"])
        second = {tier: recompute.group_score([
            (site["weight"], self.second_scores[key][0])
            for site, key in self.members(lambda s, tier=tier: s["tier"] == tier)])
            for tier in tiers[None]}
        self.near("second headline", recompute.network_score(second),
                  self.document.figures["headline"]["announced_score"])
        self.causes(tiers[None])

    def causes(self, tiers):
        """Every lost point, by tier and indicator."""
        if self.network_exact is None:
            return
        whole = sum(recompute.TIER_WEIGHTS[t] for t, exact in tiers.items() if exact is not None)
        total = 0
        for tier, exact in tiers.items():
            keys = [] if exact is None else list(self.members(lambda s: s["tier"] == tier))
            keys = [(site, key) for site, key in keys if self.scores[key][0] is not None]
            weight = sum(site["weight"] for site, _ in keys)
            row = self.document.row("points_lost", tier=tier.capitalize())
            for name in (*recompute.WEIGHTS, "veto"):
                lost = sum(recompute.TIER_WEIGHTS[tier] / whole * site["weight"] / weight
                           * self.paths[key].lost_points.get(name, 0) for site, key in keys)
                total += lost
                self.near(f"points lost {tier} {name}", lost, row[name] if row else 0.0)
        self.near("points lost in all", 100 - self.network_exact, total)

    def outages(self):
        bounded = len(self.report.tables.get("outages", [])) == OUTAGES_SHOWN
        for (site, family), path in self.paths.items():
            keys = {"site": site, "family": FAMILIES[family]}
            where = f"{site} {FAMILIES[family]} "
            found = path.outages()
            expected = sorted((stamp(a), "not over" if b is None else stamp(b), length, within)
                              for a, b, length, within in found)
            printed = sorted((r["start"], r["end"], r["duration"]["value"], r["in_period"]["value"])
                             for r in self.report.tables.get("outages", [])
                             if all(r[key] == value for key, value in keys.items()))
            if not bounded:
                self.same(where + "outages", expected, printed)
            row = self.report.row("repair", **keys)
            if not found or row is None:
                self.same(where + "repair", not found, row is None)
                continue
            ended = [length for _, end, length, _ in found if end]
            self.near(where + "repair", sum(ended) / len(ended) if ended else None, row["mttr"])
            self.near(where + "outages", len(found), row["outages"])
        self.near("outages in all",
                  sum(len(self.paths[key].outages()) for _, key in self.members(lambda s: True)),
                  self.document.figures["headline"]["outages"])

    def accounting(self):
        keys = [key for _, key in self.members(lambda site: True)]
        names = {BAD: "Unavailable", UNSCHEDULED: "Not scheduled"}
        for verdict in self.paths[keys[0]].slots:
            self.near(f"accounting {verdict}",
                      sum(self.paths[k].slots[verdict] * self.paths[k].interval for k in keys),
                      self.report.row("accounting",
                                      verdict=names.get(verdict, verdict.capitalize()))["seconds"])
        reasons = ("no_record", "not_commissioned", "tainted", "isolated", "clock_step", "unsent",
                   "dropped", "limited")
        for name, row in zip(reasons, self.report.tables["unknown"]):
            self.near(f"unknown {name}", sum(self.paths[k].unknown.get(name, 0) for k in keys),
                      row["slots"])

    def limited(self):
        """What a router limits, by path."""
        expected = {(site, FAMILIES[family]): path.unknown.get("limited", 0) * path.interval
                    for (site, family), path in self.paths.items()
                    if path.unknown.get("limited")}
        rows = self.report.tables.get("limited", [])
        self.same("limited", sorted(expected.items()),
                  sorted(((r["site"], r["family"]), r["seconds"]["value"]) for r in rows))
        kinds = {s["name"]: s["witness"] for s in self.network.sites}
        for row in rows:
            self.same(f"{row['site']} checked by", kinds[row["site"]], row["checked_by"])

    def pools(self):
        for tier in recompute.TIERS:
            row = self.document.row("tier_quality", tier=tier.capitalize())
            for family, name in FAMILIES.items():
                paths = [path for (site, f), path in self.paths.items()
                         if f == family and path.site["tier"] == tier]
                judged = sum(p.judged_time for p in paths)
                sent = sum(p.sent for p in paths)
                if row is None:
                    continue
                self.near(f"{tier} {name} availability",
                          100 * sum(p.up_time for p in paths) / judged if judged else None,
                          row[f"availability_{name.lower()}"])
                self.near(f"{tier} {name} loss",
                          100 * sum(p.lost for p in paths) / sent if sent else None,
                          row[f"loss_{name.lower()}"])

    def run(self):
        for key in self.paths:
            self.path(key)
            self.second_figure(key)
            self.disagreement(key)
        if not self.faults:
            self.groups()
            self.outages()
            self.accounting()
            self.pools()
            self.limited()
        return self.faults


def stamp(t):
    return datetime.datetime.fromtimestamp(t, ZONE).strftime("%Y-%m-%d %H:%M")


def store_network(feeder, network, folder):
    """Puts the network into a store in the folder; what to ask the reporter for it."""
    data = os.path.join(folder, "data")
    config = os.path.join(folder, "netgrade.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(network.config(data))
    subprocess.run([feeder, data], input="\n".join(network.feed()) + "\n", text=True,
                   check=True, timeout=60)
    return ["--config", config, "--from", stamp(network.period[0])[:10],
            "--to", stamp(network.period[1])[:10]]


def run_seed(feeder, reporter, seed):
    network = Network(seed)
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        asked = store_network(feeder, network, folder) + ["--lang", "en"]
        score = subprocess.run([reporter, "score", *asked, "--json"], check=True, text=True,
                               stdout=subprocess.PIPE, timeout=60).stdout
        path = os.path.join(folder, "report.json")
        subprocess.run([reporter, "report", *asked, "--format", "json", "--out", path],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)
        archive = os.path.join(folder, "data", "archive.db")
        windows = recompute.read_windows(archive) if network.windows else None
        with open(path, encoding="utf-8") as file:
            return Comparison(network, windows, Report(score), Report(file.read())).run()


def main():
    feeder, reporter, *given = sys.argv[1:]
    seeds = [int(seed) for seed in given] or [1, 2, 3]
    print(f"1..{len(seeds)}")
    for number, seed in enumerate(seeds, 1):
        faults = run_seed(feeder, reporter, seed)
        print("not ok" if faults else "ok", number, f"network {seed}: every figure recomputed")
        for fault in faults[:40]:
            print("#", fault[:400])


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Three simulated months in whose second one site is removed, one added, one renamed and one moved:
the reports of all three beside the truth, from the store and from the closed month.
Usage: site_changes.py COLLECTOR REPORTER. Prints TAP."""
import csv
import json
import os
import subprocess
import sys
import tempfile

HEAD = """network: {zh: 试验网, en: Trial}
retention: {slots: 120d, hours: 400d}
organisations:
  - {name: city, zh: 市, en: City, children: [
      {name: east, zh: 东区, en: East}, {name: west, zh: 西区, en: West}]}
sites:
  - {name: desk, organisation: west, tier: access, ipv4: 192.0.2.9}
  - {name: stay, en: Stay, organisation: east, tier: access, ipv4: 192.0.2.1}
"""
TAIL = "tests: [{name: echo, interval: 300s, packets: 10}]\n"
BEFORE = HEAD + """\
  - {name: bad, zh: 坏, en: Bad, organisation: east, tier: access, ipv4: 192.0.2.2}
  - {name: old, zh: 旧, en: Old, organisation: east, tier: access, ipv4: 192.0.2.3}
  - {name: mover, zh: 迁, en: Mover, organisation: east, tier: access, ipv4: 192.0.2.4}
""" + TAIL
AFTER = HEAD + """\
  - {name: new, formerly: old, zh: 新, en: New, organisation: east, tier: access, ipv4: 192.0.2.3}
  - {name: mover, zh: 迁, en: Mover, organisation: west, tier: access, ipv4: 192.0.2.4}
  - {name: fresh, zh: 鲜, en: Fresh, organisation: west, tier: access, ipv4: 192.0.2.5}
""" + TAIL
STORY = """config: before.yaml
from: 2025-08-01
until: 2025-11-01
seed: 5
network:
  - name: all
    delay: {base-ms: 3, queue-ms: 1}
    loss: {ratio: 0.05 %}
  - name: badly
    sites: [bad]
    loss: {ratio: 2 %, burst: 20}
changes:
  - {at: 2025-09-15T10:02, config: after.yaml}
"""
AT = "2025-09-15 10:02"
CHANGES = {
    "en": [("Bad", "Removed", "East", "–"), ("Fresh", "Added", "–", "West"),
           ("Mover", "Moved", "East", "West"), ("New", "Renamed", "Old (old)", "New (new)")],
    "zh-CN": [("坏", "移除", "东区", "–"), ("鲜", "新增", "–", "西区"),
              ("迁", "变更所属单位", "东区", "西区"), ("新", "更名", "旧 (old)", "新 (new)")],
}


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def equal(self, name, found, expected):
        self.count += 1
        self.failed += found != expected
        print(f"{'ok' if found == expected else 'not ok'} {self.count} - {name}")
        if found != expected:
            print(f"# found {found!r}\n# expected {expected!r}")

    def near(self, name, found, expected, bound):
        self.equal(f"{name}: {found} beside {expected}",
                   abs(found - expected) <= bound * abs(expected), True)


def find(document, key):
    """The block of this key."""
    if isinstance(document, dict):
        if document.get("key") == key:
            return document
        document = list(document.values())
    for part in document if isinstance(document, list) else []:
        found = find(part, key)
        if found is not None:
            return found
    return None


def rows(document, key):
    block = find(document, key)
    return [] if block is None else block["rows"]


class Network:
    def __init__(self, collector, reporter, folder):
        self.reporter = reporter
        self.folder = folder
        for name, text in (("before.yaml", BEFORE), ("after.yaml", AFTER), ("story.yaml", STORY)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.run([collector, "simulate", "story.yaml", "--into", "data", "--truth", "truth"])
        with open(os.path.join(folder, "truth", "months.csv"), encoding="utf-8") as file:
            self.truth = {}
            for row in csv.DictReader(file):
                self.truth.setdefault((row["target"], row["month"]), []).append(row)

    def packets(self, key, month):
        """Sent and lost under every configuration of the month."""
        found = self.truth[(key, month)]
        return tuple(sum(float(row[name]) for row in found) for name in ("sent", "lost"))

    def delay(self, key, month, name):
        """Milliseconds; the network is the same under every configuration of the month."""
        found = self.truth[(key, month)]
        return sum(float(row[name]) for row in found) / len(found) / 1e6

    def run(self, words):
        subprocess.run(words, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def report(self, month, language, *words, config="after.yaml"):
        self.run([self.reporter, "report", "--config", config, "--data", "data", "--month", month,
                  "--lang", language, "--format", "json", "--out", "report.json", *words])
        with open(os.path.join(self.folder, "report.json"), encoding="utf-8") as file:
            return json.load(file)


def by_site(document, key, column="site"):
    return {row[column]: row for row in rows(document, key)}


def value(row, key):
    return row[key]["value"]


def check_changes(tap, document, language):
    tap.equal(f"{language}: what changed",
              [(row["site"], row["change"], row["before"], row["after"])
               for row in rows(document, "site_changes") if row["time"] == AT],
              CHANGES[language])
    left = rows(document, "departed")
    tap.equal(f"{language}: who left", [row["site"] for row in left], [CHANGES[language][0][0]])
    tap.equal(f"{language}: it is marked", AT in left[0]["remarks"], True)


def check_scores(tap, document):
    """All sites are of one tier and of one weight: a score is a mean."""
    figures = find(document, "headline")["figures"]
    score = {site: value(row, "score") for site, row in by_site(document, "ranking").items()}
    bad = value(rows(document, "departed")[0], "score")
    fresh = score.pop("Fresh")
    stayed = sum(score.values())
    tap.near("the score is that of the sites at the end", value(figures, "score"),
             (stayed + fresh) / 5, 1e-9)
    tap.near("the score over the sites at the start", value(figures, "score_sites_before"),
             (stayed + bad) / 5, 1e-9)
    tap.equal("dropping the bad site shows",
              value(figures, "score") - value(figures, "score_sites_before") > 10, True)


def check_truth(tap, network, document, month, names):
    """Counts exactly, delays within what histograms give; the series' key is the first name."""
    packets = by_site(document, "packet_counts")
    ranking = by_site(document, "ranking")
    for site, key in names.items():
        tap.equal(f"{month} {site}: packets",
                  (value(packets[site], "sent"), value(packets[site], "lost")),
                  network.packets(key, month))
        tap.near(f"{month} {site}: p95", value(ranking[site], "delay"),
                 network.delay(key, month, "rtt_p95_ns"), 0.02)
        tap.near(f"{month} {site}: variation", value(ranking[site], "pdv"),
                 network.delay(key, month, "pdv_p95_ns"), 0.05)


def check_departed(tap, network, document):
    sent, lost = network.packets("bad", "2025-09")
    row = rows(document, "departed")[0]
    tap.near("the removed site's loss", value(row, "loss"), 100 * lost / sent, 1e-9)
    tap.near("its p95", value(row, "delay"), network.delay("bad", "2025-09", "rtt_p95_ns"), 0.02)
    tap.equal("its time after that is not scheduled", value(row, "coverage") > 99.9, True)


def check_calm(tap, network, month, names):
    document = network.report(month, "en")
    tap.equal(f"{month}: its sites", sorted(by_site(document, "ranking")), sorted(names))
    tap.equal(f"{month}: nothing changed",
              [key for key in ("site_changes", "departed") if find(document, key)], [])
    tap.equal(f"{month}: one score",
              "score_sites_before" in find(document, "headline")["figures"], False)
    check_truth(tap, network, document, month, names)


def check_scope(tap, network):
    document = network.report("2025-09", "en", "--organisation", "east")
    left = by_site(document, "departed")
    tap.equal("who left the organisation", sorted(left), ["Bad", "Mover"])
    tap.equal("where to", left["Mover"]["remarks"], f"moved {AT} to West")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        network = Network(*map(os.path.abspath, sys.argv[1:3]), folder)
        both = {"Stay": "stay", "Mover": "mover", "desk": "desk"}
        check_calm(tap, network, "2025-08", {**both, "Bad": "bad", "Old": "old"})
        check_calm(tap, network, "2025-10", {**both, "New": "old", "Fresh": "fresh"})
        september = network.report("2025-09", "en")
        check_changes(tap, september, "en")
        check_changes(tap, network.report("2025-09", "zh-CN"), "zh-CN")
        check_scores(tap, september)
        check_departed(tap, network, september)
        check_truth(tap, network, september, "2025-09", {**both, "New": "old", "Fresh": "fresh"})
        check_scope(tap, network)
        given = network.report("2025-09", "en", "--as-given", config="before.yaml")
        tap.equal("as given: the file's sites", sorted(by_site(given, "ranking")),
                  sorted([*both, "Bad", "Old"]))
        network.run([network.reporter, "close", "--config", "after.yaml", "--data", "data",
                     "--month", "2025-09"])
        closed = network.report("2025-09", "en", config="before.yaml")
        for key in ("headline", "site_changes", "departed", "ranking", "packet_counts"):
            tap.equal(f"closed: {key}", find(closed, key), find(september, key))
    print(f"1..{tap.count}")
    return tap.failed > 0


sys.exit(main())

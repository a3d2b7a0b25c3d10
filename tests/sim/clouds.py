# SPDX-License-Identifier: GPL-3.0-or-later
"""clouds.py COLLECTOR REPORTER: a simulated month of pages, whose scores are recomputed here from
the truth by the published anchors, before and after the month is closed. Prints TAP."""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

STORY = """\
config: c.yaml
from: 2026-07-01
until: 2026-08-01
seed: 5
network:
  - {name: fibre, delay: {base-ms: 6, queue-ms: 1}}
  - {name: server, methods: [http], delay: {base-ms: 150, queue-ms: 60, spread: 0.8}}
  - {name: slow, sites: [slow, plain], methods: [http], delay: {base-ms: 700, queue-ms: 900}}
  - {name: down, sites: [down], methods: [http], from: 2026-07-10, until: "2026-07-10T03:00",
     outage: rejected}
  - {name: lossy, sites: [lossy], loss: {ratio: 7 %}}
"""
CONFIGURATION = """\
network: {en: Simulated}
time-zone: Asia/Shanghai
organisations: [{name: org}]
sites:
"""
TESTS = """\
tests:
  - {name: pings, interval: 15m, packets: 4}
  - {name: opens, method: tcp, port: 443, interval: 5m, packets: 4, targets: {sites: [well, slow,
     down, lossy]}}
  - {name: pages, method: http, interval: 5m, packets: 1}
"""
PAGES = {"well": "https", "slow": "https", "down": "https", "lossy": "https", "plain": "http",
         "alone": "https"}
# The anchors of 100, 90, 80, 60 and 0 points; a connection is judged as a delay within a city.
POINTS = (100, 90, 80, 60, 0)
AVAILABILITY = (99.99, 99.95, 99.9, 99.5, 98)
FIRST_BYTE = (200, 500, 1000, 3000, 15000)
CONNECTION = (2, 5, 10, 30, 100)
WEIGHTS = (40, 30, 20, 10)


def points(value, anchors):
    """Linear between anchors, whichever way they run."""
    if math.isinf(value):
        return 0
    sign = 1 if anchors[-1] > anchors[0] else -1
    if sign * value <= sign * anchors[0]:
        return 100
    for k in range(1, len(anchors)):
        if sign * value <= sign * anchors[k]:
            share = (anchors[k] - value) / (anchors[k] - anchors[k - 1])
            return POINTS[k] + (POINTS[k - 1] - POINTS[k]) * share
    return 0


def score(parts):
    """Of [points, or None where it is missing]."""
    weight = sum(w for w, p in zip(WEIGHTS, parts) if p is not None)
    return sum(w * p for w, p in zip(WEIGHTS, parts) if p is not None) / weight


def tables(programs, folder):
    out = os.path.join(folder, "report.json")
    subprocess.run([programs.reporter, "report", "--config", os.path.join(folder, "c.yaml"),
                    "--data", os.path.join(folder, "data"), "--month", "2026-07", "--lang", "en",
                    "--format", "json", "--out", out],
                   check=True, stdout=subprocess.DEVNULL, timeout=300)
    with open(out, encoding="utf-8") as file:
        blocks = json.load(file)["blocks"]
    return {b["key"]: b["rows"] for b in reversed(blocks) if b["kind"] == "table"}


def truth(folder, method, name):
    """What the packets of the month were: (availability by visits of a slot each, p95 in ms)."""
    with open(os.path.join(folder, "truth", "months.csv"), encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file)
                   if row["target"] == name and row["method"].split("-")[0] == method)
    sent, lost = int(row["sent"]), int(row["lost"])
    return 100 * (1 - lost / sent), float(row["rtt_p95_ns"]) / 1e6


def figure(cell):
    """What is beyond all bounds has no number."""
    return math.inf if cell["value"] is None else cell["value"]


def near(found, expected, share):
    if math.isinf(found) or math.isinf(expected):
        return found == expected
    return abs(found - expected) <= share * abs(expected) + 1e-9


def check_page(tap, folder, found, name):
    row = next(row for row in found["clouds"] if row["site"] == name)
    availability, first_byte = truth(folder, "http", name)
    opens = truth(folder, "tcp", name)[1] if name not in ("plain", "alone") else None
    measured = next(r for r in found["services"] if r["site"] == name and "http" in r["method"])
    tap.check(f"{name}: availability is the truth's",
              abs(measured["availability"]["value"] - availability) < 1e-9, measured)
    tap.check(f"{name}: first octet within 2 %",
              near(figure(measured["p95"]), first_byte, 0.02), (measured["p95"], first_byte))
    if opens is not None:
        tap.check(f"{name}: connection within 2 %",
                  near(figure(row["connection_p95"]), opens, 0.02), (row, opens))
    parts = [points(availability, AVAILABILITY),
             points(figure(measured["p95"]), FIRST_BYTE),
             None if opens is None else points(figure(row["connection_p95"]), CONNECTION),
             0 if PAGES[name] == "http" else None]
    told = [row[f"{key}_points"]["value"] for key in ("availability", "first_byte", "connection",
                                                      "certificate")]
    tap.check(f"{name}: points", all((a is None) == (b is None) and (a is None or near(a, b, 1e-9))
                                     for a, b in zip(told, parts)), (told, parts))
    tap.check(f"{name}: score", near(row["score"]["value"], score(parts), 1e-9),
              (row["score"], score(parts)))


def main():
    programs = sim.Programs(sys.argv[1], sys.argv[2], None)
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="netgrade-sim-") as folder:
        sites = "".join(f"  - {{name: {name}, organisation: org, tier: metro, reach: city, "
                        f"ipv4: 192.0.2.{i}, url: '{PAGES[name]}://{name}.example/', "
                        f"scored: {{test: pings}}}}\n" for i, name in enumerate(PAGES, 1))
        sim.write(folder, "c.yaml", CONFIGURATION + sites + TESTS)
        sim.simulate(programs, sim.write(folder, "s.yaml", STORY), folder)
        found = tables(programs, folder)
        tap.equal("pages", sorted(row["site"] for row in found["clouds"]), sorted(PAGES))
        for name in PAGES:
            check_page(tap, folder, found, name)
        tap.equal("those without every indicator stand apart",
                  {row["site"] for row in found["clouds"][-2:]} & {"alone"}, {"alone"})
        sim.close(programs, os.path.join(folder, "c.yaml"), "2026-07", folder)
        closed = tables(programs, folder)
        tap.equal("a closed month says the same",
                  [key for key in found if found[key] != closed.get(key)], [])
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()

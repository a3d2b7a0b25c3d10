# SPDX-License-Identifier: GPL-3.0-or-later
"""limited.py COLLECTOR REPORTER: a simulated month in which a router limits ICMP at some sites, at
others the network itself loses, and at one only the service fails: what TCP does not confirm costs
no point and is no outage, what it confirms does and is. Prints TAP."""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

SITES = ("calm", "throttled", "blocked", "amid", "torn", "service")
STORY = """\
config: c.yaml
from: 2026-07-01
until: 2026-08-01
seed: 9
network:
  - {name: fibre, delay: {base-ms: 2}, loss: {ratio: 0.02 %}}
  - {name: throttle, sites: [throttled], methods: [icmp], from: 2026-07-10, until: 2026-07-12,
     loss: {ratio: 35 %}}
  - {name: block, sites: [blocked], methods: [icmp], from: 2026-07-10, until: 2026-07-12,
     outage: silent}
  - {name: throttle-amid, sites: [amid], methods: [icmp], from: 2026-07-10, until: 2026-07-12,
     loss: {ratio: 35 %}}
  - {name: cut-amid, sites: [amid], from: "2026-07-11T03:00", until: "2026-07-11T03:30",
     outage: silent}
  - {name: tear, sites: [torn], from: 2026-07-10, until: 2026-07-12, loss: {ratio: 35 %}}
  - {name: service-down, sites: [service], methods: [tcp], from: 2026-07-10, until: 2026-07-12,
     outage: rejected}
"""
DAYS_2, HALF_HOUR = 2 * 86400, 1800


def configuration():
    lines = "".join(f"  - {{name: {name}, organisation: org, tier: metro, ipv4: 192.0.2.{i}, "
                    f"scored: {{test: pings}}}}\n" for i, name in enumerate(SITES, 1))
    return (f"network: {{en: Simulated}}\ntime-zone: Asia/Shanghai\n"
            f"organisations: [{{name: org}}]\nsites:\n{lines}tests:\n"
            "  - {name: pings, interval: 60s, packets: 20}\n"
            "  - {name: opens, method: tcp, port: 443, interval: 60s}\n")


def tables(programs, folder, *arguments):
    out = os.path.join(folder, "report.json")
    subprocess.run([programs.reporter, "report", "--config", os.path.join(folder, "c.yaml"),
                    "--data", os.path.join(folder, "data"), "--month", "2026-07", "--lang", "en",
                    "--format", "json", "--out", out, *arguments],
                   check=True, stdout=subprocess.DEVNULL, timeout=300)
    with open(out, encoding="utf-8") as file:
        blocks = json.load(file)["blocks"]
    return {b["key"]: b["rows"] for b in reversed(blocks) if b["kind"] == "table"}


def check_report(tap, found):
    sites = {row["site"]: row for row in found["sites"]}
    seconds = {row["site"]: row for row in found["seconds"]}
    limited = {row["site"]: row["seconds"]["value"] for row in found["limited"]}
    outages = {}
    for row in found.get("outages", []):
        outages.setdefault(row["site"], []).append(row["duration"]["value"])
    tap.equal("limited where a router limits", sorted(limited), ["amid", "blocked", "throttled"])
    tap.equal("all of the time that it blocks", limited["blocked"], DAYS_2)
    # 35 % of 20 packets leave a slot at 5 % or less in 2 of 100.
    for name, spent in (("throttled", DAYS_2), ("amid", DAYS_2 - HALF_HOUR)):
        tap.check(f"{name}: nearly all of the time that it limits",
                  0.95 * spent < limited[name] <= spent, limited[name])
    tap.equal("outages", outages.get("amid"), [HALF_HOUR])
    for name in SITES:
        row = seconds[name]
        tap.equal(f"{name}: its time is the month",
                  sum(row[v]["value"] for v in sim.VERDICTS), 31 * 86400)
        tap.equal(f"{name}: unknown is what is limited", row["unknown"]["value"],
                  limited.get(name, 0))
        if name not in ("amid", "torn"):
            tap.equal(f"{name}: no outage", outages.get(name), None)
            tap.equal(f"{name}: available", sites[name]["availability"]["value"], 100)
            tap.check(f"{name}: loss is the network's own",
                      sites[name]["loss"]["value"] < 0.1, sites[name]["loss"])
    tap.check("real loss stays charged", sites["torn"]["loss"]["value"] > 2, sites["torn"])
    tap.check("and so does its unavailable time", seconds["torn"]["bad"]["value"] > 0.9 * DAYS_2,
              seconds["torn"])
    tap.check("a real outage amid the limit stays charged",
              HALF_HOUR <= seconds["amid"]["bad"]["value"] <= HALF_HOUR + 300, seconds["amid"])
    tap.equal("scores of calm and limited are alike",
              {sites[name]["grade"] for name in ("calm", "throttled", "blocked", "service")},
              {"excellent"})
    findings = [row["finding"] for row in found["findings"]]
    tap.equal("one finding tells of it",
              sum("ICMP limited by a router (paths: 3)" in text for text in findings), 1)
    tap.check("and what to do", any("scored.test" in row["action"] for row in found["mending"]))


def main():
    programs = sim.Programs(sys.argv[1], sys.argv[2], None)
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="netgrade-sim-") as folder:
        sim.write(folder, "c.yaml", configuration())
        sim.run(programs.collector, sim.write(folder, "s.yaml", STORY), folder)
        found = tables(programs, folder)
        check_report(tap, found)
        sim.close(programs, os.path.join(folder, "c.yaml"), "2026-07", folder)
        closed = tables(programs, folder)
        same = [key for key in found if found[key] != closed.get(key)]
        tap.equal("a closed month says the same", same, [])
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()

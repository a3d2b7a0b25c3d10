# SPDX-License-Identifier: GPL-3.0-or-later
"""test_scenarios.py COLLECTOR: what is wrong with a scenario is told all at once, each with file, line
and column; the same seed makes the same packets, whatever else is simulated beside them; losses and
delays are as the scenario asks. Prints TAP."""

import csv
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

HEAD = "config: c.yaml\nfrom: 2026-07-01\nuntil: 2026-07-08\n"
WRONG = (
    ("a key that is unknown, with the one it is close to", HEAD + "network: [{name: a, dely: {}}]\n",
     "4:21", "dely: is an unknown key; did you mean delay?"),
    ("a site that is not there", HEAD + "network: [{name: a, sites: [on]}]\n",
     "4:29", 'sites: "on" is not in the configuration; did you mean one?'),
    ("a time that is none", HEAD + "network: [{name: a, from: today}]\n",
     "4:27", 'from: "today" is no local time; write one such as 2026-09-08T10:14'),
    ("a span before it begins",
     HEAD + "network: [{name: a, from: 2026-07-03, until: 2026-07-02}]\n",
     "4:46", "until: it is over before it begins; put until after from"),
    ("a span outside", HEAD + "network: [{name: a, from: 2026-08-03}]\n",
     "4:27", "from: it lies outside the scenario's own from and until"),
    ("hours that are none", HEAD + 'network: [{name: a, hours: "9-5"}]\n',
     "4:28", 'hours: "9-5" are no hours; write them such as 19:00-23:00'),
    ("nothing concerned", HEAD + "network: [{name: a, tiers: [backbone]}]\n",
     "4:11", "network[0]: concerns no series; widen what it names"),
    ("loss beyond what is lost inside",
     HEAD + "network: [{name: a, loss: {ratio: 50 %, inside: 20 %}}]\n",
     "4:35", "ratio: is more than is lost inside a bad time; raise inside"),
    ("bad times too short", HEAD + "network: [{name: a, loss: {ratio: 80 %, burst: 2}}]\n",
     "4:48", "burst: is too short for that ratio; at least 4"),
    ("an end before the beginning", HEAD.replace("07-08", "06-08") + "network: [{name: a}]\n",
     "3:8", "until: is not after from; put it later"),
    ("no configuration", HEAD.replace("c.yaml", "d.yaml") + "network: [{name: a}]\n",
     "", "d.yaml: No such file"),
    ("a clock set both ways", HEAD + "network: [{name: a}]\n"
     "clocks: [{agent: local, at: 2026-07-02, forward: 1h, backward: 1h}]\n",
     "5:50", "forward: write forward or backward, one of the two"),
    ("a window cancelled before it was entered", HEAD + "network: [{name: a}]\nwindows:\n"
     "  - {from: 2026-07-03, until: 2026-07-04, entered: 2026-07-02, cancelled: 2026-07-01,\n"
     "     owner: o, reason: r}\n",
     "6:75", "cancelled: it is cancelled before it is entered; put it later"),
)


def run(programs, folder, text, *options):
    path = sim.write(folder, "s.yaml", text)
    return subprocess.run([programs.collector, "simulate", path, *options], text=True,
                          capture_output=True, timeout=120)


def refuses(tap, programs, folder):
    for name, text, place, words in WRONG:
        done = run(programs, folder, text, "--into", os.path.join(folder, "none"))
        told = [line for line in done.stderr.splitlines()
                if words in line and f"s.yaml:{place}" in line or place == "" and words in line]
        tap.check(f"refused: {name}", done.returncode == 2 and told, done.stderr)
    text = HEAD + "network:\n" + "".join(
        f"  - {{name: a{i}, sites: [nowhere]}}\n" for i in range(20))
    done = run(programs, folder, text, "--into", os.path.join(folder, "none"))
    tap.equal("refused: all of twenty at once", done.stderr.count("nowhere"), 20)
    tap.check("nothing is made for what is refused",
              not os.path.exists(os.path.join(folder, "none")))
    full = os.path.join(folder, "full")
    os.mkdir(full)
    sim.write(full, "spool.db", "")
    done = run(programs, folder, HEAD + "network: [{name: a}]\n", "--into", full)
    tap.check("refused: a folder that is not empty",
              done.returncode == 2 and "not empty" in done.stderr, done.stderr)


def rows(folder, site):
    with open(os.path.join(folder, "truth", "slots.csv"), encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["target"] == site]


def repeats(tap, programs, folder):
    text = HEAD + ("network:\n  - {name: a, delay: {tail-ms: 9, tail-share: 2 %, burst: 4, "
                   "burst-share: 5 %}, loss: {ratio: 1 %, burst: 4}}\n")
    found = []
    for name, sites, seed in (("first", ("one", "two"), 5), ("again", ("one", "two"), 5),
                              ("more", ("one", "three", "two"), 5), ("other", ("one", "two"), 6)):
        below = os.path.join(folder, name)
        os.mkdir(below)
        sim.write(below, "c.yaml", sim.configuration(sites))
        sim.simulate(programs, sim.write(below, "s.yaml", f"seed: {seed}\n" + text), below)
        found.append(rows(below, "two"))
    tap.check("the same seed makes the same packets", found[0] == found[1])
    tap.check("whatever is simulated beside them", found[0] == found[2])
    tap.check("another seed makes others", found[0] != found[3])
    tap.check("a week is there wholly", len(found[0]) == 7 * 288, len(found[0]))


def sums(folder, site):
    slots = rows(folder, site)
    return [sum(int(row[column]) for row in slots)
            for column in ("sent", "lost", "duplicated", "late", "rejected")]


def obeys(tap, programs, folder):
    """Shares within five standard deviations of what is asked for, bursts as long as asked for."""
    kinds = {
        "even": "loss: {ratio: 3 %}, duplicates: 2 %",
        "bursts": "loss: {ratio: 3 %, burst: 30}",
        "thin": "loss: {ratio: 3 %, burst: 30, inside: 50 %}",
        "half": "loss: {ratio: 60 %, burst: 10, inside: 100 %}",
        "all": "loss: {ratio: 100 %}",
        "late": "delay: {base-ms: 1, model: exponential, queue-ms: 1500}",
        "refused": "outage: rejected",
    }
    sim.write(folder, "c.yaml", sim.configuration(kinds))
    text = HEAD + "network:\n" + "".join(
        f"  - {{name: {k}, sites: [{k}], {v}}}\n" for k, v in kinds.items())
    sim.simulate(programs, sim.write(folder, "s.yaml", text), folder)
    found = {name: sums(folder, name) for name in kinds}
    sent = 7 * 288 * 20
    for name, burst in (("even", 1), ("bursts", 60), ("thin", 60), ("half", 20)):
        share = 0.6 if name == "half" else 0.03
        bound = 5 * (share * (1 - share) * burst / sent) ** 0.5
        tap.check(f"{name}: as much loss as asked for", abs(found[name][1] / sent - share) < bound,
                  found[name][1] / sent)
    tap.equal("everything lost", found["all"][:2], [sent, sent])
    tap.equal("everything refused", found["refused"][:5], [sent, sent, 0, 0, sent])
    duplicated = found["even"][2] / (sent - found["even"][1])
    tap.check("as many duplicates", abs(duplicated - 0.02) < 5 * (0.02 / sent) ** 0.5, duplicated)
    # Beyond T_max of 3 s: exp(−2999/1500).
    late = found["late"][3] / sent
    tap.check("late beyond T_max", abs(late - 0.13543) < 5 * (0.135 / sent) ** 0.5, late)
    tap.check("late is lost", found["late"][1] == found["late"][3])
    # A slot of 20 packets without loss: 0.97 to the 20th of those that lose one by one; of bursts
    # of 30 all but a few per cent.
    for name, low, high in (("even", 0.50, 0.59), ("bursts", 0.92, 0.99)):
        spared = [row["lost"] == "0" for row in rows(folder, name)]
        share = sum(spared) / len(spared)
        tap.check(f"{name}: slots without loss", low < share < high, share)


def main():
    programs = sim.Programs(sys.argv[1], None, None)
    tap = Tap()
    for part in (refuses, repeats, obeys):
        with tempfile.TemporaryDirectory(prefix="netgrade-sim-") as folder:
            sim.write(folder, "c.yaml", sim.configuration(("one", "two")))
            part(tap, programs, folder)
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Floods of wrong answers: they taint nothing and count for nothing, unless the receive buffer
overflows; then exactly the slots with packets on their way are not judged."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import scenario
import town as towns
import truth
import watch

RATE = 10000
COUNTS = ("sent", "lost", "late", "duplicated", "reordered")
FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flood.py")


def start_flood(town, run, slots, **options):
    """Begins when so many slots have passed."""
    options["at"] = run.first + slots * watch.INTERVAL_S
    return town.start("gateway", sys.executable, "-B", FLOOD, "link0", *[
        f"--{key}={value}" for key, value in options.items()], stdout=subprocess.PIPE)


def end_flood(results, flood):
    text, _ = flood.communicate(timeout=60)
    results.equal("the flood ends well", flood.returncode, 0)
    return json.loads(text)


def is_clean(row, lost):
    return (row["flags"], row["sent"], row["lost"], row["late"], row["duplicated"],
            row["reordered"], row["rejected"]) == (0, watch.PACKETS, lost, 0, 0, 0, 0)


def wrong_answers(options, results):
    """Site three does not answer: what is wrong may not answer in its place."""
    with towns.Town() as town:
        town.shell("core", towns.silence("three"))
        run = watch.Watch(options, results, town, 5)
        flood = start_flood(town, run, 1, rate=RATE, seconds=3 * watch.INTERVAL_S)
        stored = run.finish()
        sent = end_flood(results, flood)
        results.note(f"sent {sent}; {run.text().splitlines()[-1]}")
        for (site, family), rows in stored.items():
            lost = watch.PACKETS if site == "three" else 0
            wrong = [watch.describe(row) for row in rows if not is_clean(row, lost)]
            results.check(f"{site} {family}: {lost} lost in every slot, nothing else", not wrong,
                          "\n".join(wrong))
        check_told(results, run, sent)
        check_cost(results, run, sent)


def check_told(results, run, sent):
    """The kernel itself takes away IPv6 packets with a wrong checksum."""
    reached = sum(count for name, count in sent.items() if name != "bad ipv6")
    told = int(re.search(r"(\d+) forged", run.text()).group(1))
    results.check(f"{told} wrong answers are told of {reached}", 0.99 * reached <= told <= reached)
    for name, count in sent.items():
        results.check(f"{count} {name} were sent",
                      count >= 0.95 * RATE * 3 * watch.INTERVAL_S / 2)


def check_cost(results, run, sent):
    spent = run.usage.ru_utime + run.usage.ru_stime
    each = spent / sum(sent.values())
    results.check(f"the collector spent {spent:.2f} s, {each * 1e6:.1f} µs a wrong answer",
                  each < 20e-6)


def stop_for(child, begin, end):
    """Stops a process between two instants, such as a machine that is busy elsewhere."""
    time.sleep(max(begin - time.time(), 0))
    child.send_signal(signal.SIGSTOP)
    time.sleep(max(end - time.time(), 0))
    child.send_signal(signal.SIGCONT)


def overflow(options, results):
    """Forged answers fill the buffer of a family once while the prober stands still, amid real
    loss; true answers come then too. In the middle of a slot no packet of another is on its way."""
    with towns.Town(options.emulator, forward="delay=fixed:100ms,loss=0.05", seed=33,
                    backward="delay=fixed:100ms") as town:
        run = watch.Watch(options, results, town, 7, ", receive-buffer: 65536")
        flooded = {"ipv4": 2, "ipv6": 4}
        for family, slot in flooded.items():
            flood = start_flood(town, run, slot + watch.MIDDLE, rate=50000, seconds=0.04,
                                kinds="forged", families=family[-1])
            middle = run.first + (slot + watch.MIDDLE) * watch.INTERVAL_S
            stop_for(run.child, middle - 0.02, middle + 0.16)
            results.note(f"sent {end_flood(results, flood)}")
        stored = run.finish()
        results.note(run.text().splitlines()[-1])
        run.report(stored)
        bound = scenario.check_conduct(results, town.finish())
        compare_loss(results, town, stored, bound, {
            family: (run.first + slot * watch.INTERVAL_S) * truth.NS
            for family, slot in flooded.items()})


def compare_loss(results, town, stored, bound, flooded):
    """flooded: {family: start of the slot that is tainted}. All others show the emulator's loss."""
    true = truth.by_slot(truth.read_log(town.log), watch.T_MAX_S * truth.NS,
                         watch.INTERVAL_S * truth.NS, bound)
    for (site, family), rows in stored.items():
        name, target = f"{site} {family}", towns.TARGETS[site][family == "ipv6"]
        tainted = [row["from"] for row in rows if row["flags"] & watch.FLAGS["tainted"]]
        results.equal(f"{name}: slots tainted", tainted, [flooded[family]])
        for row in rows:
            if row["from"] in tainted:
                continue
            counts = true[family, target, row["from"] // (watch.INTERVAL_S * truth.NS) & 0xffff]
            agree = all(counts.agrees(count, row[count]) for count in COUNTS)
            results.check(f"{name}: {watch.describe(row)}", agree and row["flags"] == 0,
                          {count: counts[count] for count in COUNTS})
    lost = sum(row["lost"] for rows in stored.values() for row in rows
               if not watch.is_unknown(row))
    results.check(f"{lost} packets were lost on the way", lost > 0)


if __name__ == "__main__":
    scenario.run_main({"wrong-answers": wrong_answers, "overflow": overflow})

# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator and the truth from its log, checked with a plain prober that knows neither."""

import json
import os
import signal
import subprocess
import sys
import time

import lab
import scenario
import truth

PROBER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plain_prober.py")
TARGETS = {"ipv4": lab.TARGET_IPV4.format(5), "ipv6": lab.TARGET_IPV6.format(5)}


def probe(link, count, *options):
    """{family: marks that came back, in order}"""
    children = {family: link.start_near(sys.executable, "-B", PROBER, target, "--count",
                                        str(count), *options, stdout=subprocess.PIPE)
                for family, target in TARGETS.items()}
    return {family: json.loads(child.communicate(timeout=60)[0])
            for family, child in children.items()}


def received(marks):
    """Lost, duplicated, reordered and forged as the plain prober saw them come."""
    true = [m for m in marks if int(m[16:], 16) - 0x1122334455660000 ==
            int(m[8:12], 16) * 20 + int(m[12:16], 16)]
    numbers = [int(m[8:12], 16) * 20 + int(m[12:16], 16) for m in true]
    first = list(dict.fromkeys(numbers))
    reordered = sum(any(later > number for later in first[:i]) for i, number in enumerate(first))
    return {"answered": len(first), "duplicated": len(true) - len(first),
            "reordered": reordered, "forged": len(marks) - len(true)}


def compare(results, link, count, seen, bound):
    packets = truth.read_log(link.log)
    counts = truth.by_target(packets, 10 * truth.NS, bound)
    for family, marks in seen.items():
        true, found = counts[family, TARGETS[family]], received(marks)
        results.equal(f"{family}: every probe is in the log", true["sent"], count)
        results.equal(f"{family}: answered", found["answered"], count - true["lost"])
        for name in ("duplicated", "reordered", "forged"):
            results.check(f"{family}: {name}", true.agrees(name, found[name]),
                          f"prober {found[name]}, log {true[name]}")
        every = ("lost", "duplicated", "reordered", "forged")
        results.check(f"{family}: something was lost, copied, passed and forged",
                      all(true[name] != 0 for name in every))


def everything_at_once(options, results, **answering):
    model = "delay=uniform:4ms:500us,loss=0.02"
    with lab.Lab(options.emulator, seed=3, forward=model,
                 backward=model + ",duplicate=0.05,forge=0.05,reorder=0.05:30ms",
                 **answering) as link:
        seen = probe(link, 400)
        summary = link.finish()
        bound = scenario.check_conduct(results, summary)
        compare(results, link, 400, seen, bound)


def reflected(options, results):
    """The emulator answers by itself."""
    everything_at_once(options, results, reflect=True)


def one_family_dark(options, results):
    with lab.Lab(options.emulator, forward="delay=fixed:1ms",
                 blackout="0..600/backward/ipv6") as link:
        seen = probe(link, 50)
        summary = link.finish()
        results.equal("IPv4 goes on", len(seen["ipv4"]), 50)
        results.equal("IPv6 is dark", len(seen["ipv6"]), 0)
        results.equal("dark packets are in the log as such",
                      summary["backward"]["ipv6"]["blackout"], 50)
        results.equal("and only those", summary["backward"]["ipv4"]["blackout"], 0)


def switched_by_hand(options, results):
    with lab.Lab(options.emulator, forward="delay=fixed:1ms") as link:
        before = probe(link, 20, "--wait", "0.2")
        link.process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
        during = probe(link, 20, "--wait", "0.2")
        link.process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
        after = probe(link, 20, "--wait", "0.2")
        link.finish()
        counts = [[len(seen[f]) for f in TARGETS] for seen in (before, during, after)]
        results.equal("before, during, after", counts, [[20, 20], [0, 0], [20, 20]])


if __name__ == "__main__":
    scenario.run_main({"everything-at-once": everything_at_once,
                       "reflected": reflected, "one-family-dark": one_family_dark,
                       "switched-by-hand": switched_by_hand})

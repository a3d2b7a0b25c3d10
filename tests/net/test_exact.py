# SPDX-License-Identifier: GPL-3.0-or-later
"""Each round trip that netgrade-collector once prints, against a capture on its own interface and
against the emulator's log; and that a prober which is stopped again and again sees no shift."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import lab
import load
import scenario
import test_once
import truth

SNIFFER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sniffer.py")
MODEL = {"forward": "delay=fixed:4ms,loss=0.01", "backward": "delay=uniform:4ms:1ms,loss=0.01"}
COUNT, SPACING_MS, T_MAX_S = 500, 15, 1
RUN_S = COUNT * SPACING_MS / 1000 + T_MAX_S
ROUNDS = 3
# Against the capture, which has the kernel's clock too; and against the log, which lies beyond.
CAPTURE_P99, LOG_MEDIAN = 20_000, 150_000
STOPPED_S, BETWEEN_S = 0.05, 0.25


def quantile(values, p):
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * p // 100) - 1, 0)]


def describe(name, differences):
    sizes = [abs(d) for d in differences]
    figures = ", ".join(f"{label} {value / 1000:.2f}" for label, value in (
        ("p50", quantile(sizes, 50)), ("p99", quantile(sizes, 99)), ("max", max(sizes))))
    return f"{name}: {len(sizes)} round trips, differences in µs {figures}"


def start_sniffer(link):
    child = link.start_near(sys.executable, "-B", SNIFFER, "link0", stdout=subprocess.PIPE)
    if child.stdout.readline().strip() != "ready":
        raise RuntimeError("the sniffer did not start")
    return child


def finish_sniffer(child):
    child.send_signal(signal.SIGTERM)
    return json.loads(child.communicate(timeout=30)[0])


def stop_again_and_again(child):
    """Returns how often it was stopped."""
    count, end = 0, time.monotonic() + RUN_S - T_MAX_S
    time.sleep(BETWEEN_S)
    while time.monotonic() < end:
        child.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_S)
        child.send_signal(signal.SIGCONT)
        time.sleep(BETWEEN_S)
        count += 1
    return count


def measure(options, results, during):
    """Returns the printed document, the capture, the log's packets and the bound."""
    with lab.Lab(options.emulator, seed=41, **MODEL) as link:
        sniffer = start_sniffer(link)
        child = link.start_near(
            options.collector, "once", *test_once.TARGETS, "--json", "--packets", "--count",
            str(COUNT), "--interval", f"{SPACING_MS}ms", "--t-max", f"{T_MAX_S}s",
            stdout=subprocess.PIPE)
        during(child)
        document = json.loads(child.communicate(timeout=60)[0])
        captured = finish_sniffer(sniffer)
        bound = scenario.check_conduct(results, link.finish())
        results.equal("the capture dropped nothing", captured["drops"], 0)
        return document, captured["packets"], truth.read_log(link.log), bound


def pairs(document, captured, packets):
    """(printed, captured, logged) round trip of every answered packet."""
    logged = {(target, p.index): p for (_, target, _), p in packets.items()}
    for row in document["results"]:
        for index, packet in enumerate(row["each_packet"]):
            if packet["outcome"] != "replied":
                continue
            sent, answered = captured[f"{row['address']} {index}"][:2]
            true = logged[row["address"], index]
            yield packet["round_trip_ns"], answered - sent, true.first() - true.sent_at


def compare(results, document, captured, packets, bound):
    """Returns three distributions: what was printed, what was captured, what was logged."""
    test_once.compare_counts(results, document, packets, bound)
    results.check("nothing is flagged", not any(row["flags"] for row in document["results"]))
    printed, tap, log = zip(*pairs(document, captured, packets))
    results.note(describe("against the capture", [a - b for a, b in zip(printed, tap)]))
    results.note(describe("against the log", [a - b for a, b in zip(printed, log)]))
    return printed, tap, log


def near(printed, other, p, most):
    return quantile([abs(a - b) for a, b in zip(printed, other)], p) <= most


def run(options, results, held):
    """What the prober adds is in every round, a machine that others disturb only in some."""
    with held:
        for last in [False] * (ROUNDS - 1) + [True]:
            printed, tap, log = compare(results, *measure(options, results, lambda child: None))
            if near(printed, tap, 99, CAPTURE_P99) or last:
                break
    results.check("p99 of the difference from the capture", near(printed, tap, 99, CAPTURE_P99))
    results.check("median of the difference from the log", near(printed, log, 50, LOG_MEDIAN))


def idle(options, results):
    run(options, results, contextlib.nullcontext())


def saturated(options, results):
    run(options, results, load.Saturated(ROUNDS * (RUN_S + 30)))


def stopped(options, results):
    times = []
    *found, bound = measure(options, results,
                            lambda child: times.append(stop_again_and_again(child)))
    printed, tap, log = compare(results, *found, bound)
    results.check(f"stopped {times[0]} times for {STOPPED_S * 1000:.0f} ms", times[0] >= 20)
    for p in (50, 99):
        shift = quantile(printed, p) - quantile(tap, p)
        results.check(f"no shift of p{p} against the capture", abs(shift) <= CAPTURE_P99, shift)
    # The emulator may have been late to read a packet, which its log cannot tell.
    for p, most in ((50, LOG_MEDIAN), (99, bound)):
        shift = quantile([abs(a - b) for a, b in zip(printed, log)], p)
        results.check(f"p{p} of the difference from the log", shift <= most, shift)


if __name__ == "__main__":
    scenario.run_main({"idle": idle, "saturated": saturated, "stopped": stopped})

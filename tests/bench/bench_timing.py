# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the round trips that a prober tells are from those of a capture on its interface."""

import json
import re
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

from capture import Capture, echo_round_trips, irtt_round_trips
import link as links
import process

GAP_MS, ROUNDS = 10, 5
SECONDS, SECONDS_QUICK = 4, 2
GOAL_FPING, GOAL_IRTT, GOAL_MAX_US = 1 / 4, 1 / 20, 50
END_S = 30
SERVER = "10.77.0.2"


@contextmanager
def saturated(cpus):
    """One busy process a CPU."""
    children = [process.start([sys.executable, "-c", "while True: pass"]) for _ in range(cpus)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def run_near(link, *command):
    done = link.run_near(*command, timeout=SECONDS + END_S)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-300:]}")
    return done


def netgrade(setting, link, packets):
    """One packet to each of many targets, so that every target's round trip is a packet's."""
    done = run_near(link, setting.collector, "once", "--json", "--count", "1", "--size", "64",
                    "--interval", f"{packets * GAP_MS}ms", "--t-max", "1s",
                    *links.targets(packets))
    return {(row["address"], 0): row["round_trip_ns"]["min"]
            for row in json.loads(done.stdout)["results"] if row["lost"] == 0}


def fping(_setting, link, packets):
    done = run_near(link, "fping", "-4", "-q", "-b", "64", "-i", str(GAP_MS), "-p", "1000", "-C",
                    str(packets * GAP_MS // 1000), *links.targets(1000 // GAP_MS))
    told = {}
    for line in done.stderr.splitlines():
        address, _, values = line.partition(":")
        for index, value in enumerate(values.split()):
            if value != "-":
                told[address.strip(), index] = float(value) * 1e6
    return told


def ping(_setting, link, packets):
    address = links.target(0)
    done = run_near(link, "ping", "-n", "-s", "64", "-i", str(GAP_MS / 1000), "-c", str(packets),
                    address)
    return {(address, int(seq) - 1): float(value) * 1e6
            for seq, value in re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", done.stdout)}


def irtt(_setting, link, packets):
    out = link.path("irtt.json")
    server = process.start(links.lab.inside(link.far, "irtt", "server", "-b", f"{SERVER}:2112"),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    link.children.append(server)
    time.sleep(0.3)
    run_near(link, "irtt", "client", "-q", "-i", f"{GAP_MS}ms", "-d", f"{packets * GAP_MS}ms",
             "-l", "92", "-o", out, SERVER)
    server.kill()
    server.wait()
    with open(out, encoding="utf-8") as file:
        trips = json.load(file)["round_trips"]
    return {(SERVER, trip["seqno"]): trip["delay"]["rtt"]
            for trip in trips if trip["lost"] == "false"}


PROBERS = {"netgrade": (netgrade, echo_round_trips), "fping": (fping, echo_round_trips),
           "irtt": (irtt, irtt_round_trips), "ping": (ping, echo_round_trips)}


def errors_us(setting, name, packets):
    """The absolute errors of one round, µs."""
    prober, round_trips = PROBERS[name]
    with setting.emulated(links.HALF_MS) as link:
        with Capture(link) as capture:
            told = prober(setting, link, packets)
        true = round_trips(capture.packets())
    errors = [abs(value - true[key]) / 1000 for key, value in told.items() if key in true]
    if len(errors) < packets * 0.8:
        raise RuntimeError(f"{name}: only {len(errors)} of {packets} packets can be compared")
    return errors


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(setting, packets, rounds):
    """{prober: (p50, p99, max)}, medians of the rounds; max over all."""
    errors = {name: [] for name in PROBERS}
    for _ in range(rounds):
        for name in PROBERS:
            errors[name].append(errors_us(setting, name, packets))
    return {name: (statistics.median(quantile(e, 0.5) for e in found),
                   statistics.median(quantile(e, 0.99) for e in found),
                   max(max(e) for e in found)) for name, found in errors.items()}


def print_errors(table, found, when):
    for name, (p50, p99, most) in found.items():
        table.note(f"{name:9} {when:9}  p50 {p50:7.1f}   p99 {p99:7.1f}   max {most:8.1f} µs")


def run(table, setting):
    packets = (SECONDS_QUICK if setting.quick else SECONDS) * 1000 // GAP_MS
    rounds = 1 if setting.quick else ROUNDS
    table.title(f"Timing error against a capture: {1000 // GAP_MS} packets/s, round trip 0.5 ms")
    idle = measure(setting, packets, rounds)
    print_errors(table, idle, "idle")
    with saturated(setting.cpus):
        busy = measure(setting, packets, rounds)
    print_errors(table, busy, "saturated")
    table.compare("timing error p99, idle", idle["netgrade"][1], ("fping", idle["fping"][1]), "µs",
                  GOAL_FPING)
    table.compare("timing error p99, idle", idle["netgrade"][1], ("irtt", idle["irtt"][1]), "µs",
                  GOAL_IRTT)
    table.compare("timing error p99, idle", idle["netgrade"][1], ("ping", idle["ping"][1]), "µs")
    table.compare("timing error p99, cores saturated", busy["netgrade"][1],
                  ("fping", busy["fping"][1]), "µs")
    table.compare("timing error p99, cores saturated", busy["netgrade"][1],
                  ("irtt", busy["irtt"][1]), "µs")
    table.limit("timing error max, cores saturated", busy["netgrade"][2], "µs", GOAL_MAX_US)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector once prints, against the emulator's log."""

import json
import signal
import subprocess
import time

import lab
import scenario
import truth

TARGETS = [text.format(host) for host in (7, 8) for text in (lab.TARGET_IPV4, lab.TARGET_IPV6)]
COUNTS = ("sent", "lost", "late", "duplicated", "reordered")


def measure(options, results, models, *arguments):
    """Runs once over a link; returns its JSON document, the log's packets and the bound of both."""
    with lab.Lab(options.emulator, **models) as link:
        done = link.run_near(options.collector, "once", *TARGETS, "--json", *arguments)
        summary = link.finish()
        results.equal("once ends well", (done.returncode, done.stderr), (0, ""))
        bound = scenario.check_conduct(results, summary)
        return json.loads(done.stdout), truth.read_log(link.log), bound


def compare_counts(results, document, packets, bound):
    for row in document["results"]:
        key = row["family"], row["address"]
        settled = row["until_ns"] + row["t_max_ns"] + truth.SETTLING
        mine = [p for (family, target, _), p in packets.items() if (family, target) == key]
        true = truth.count_slot(mine, row["t_max_ns"], settled, bound)
        for name in COUNTS:
            results.check(f"{row['address']}: {name}", true.agrees(name, row[name]),
                          f"printed {row[name]}, log {true[name]}")
        row["truth"], row["packets"] = true, mine


def compare_delays(results, document, bound):
    """Each statistic is that of the log, give or take the way from emulator to prober."""
    for row in document["results"]:
        trips = sorted(p.first() - p.sent_at for p in row["packets"]
                       if p.answers and p.first() - p.sent_at <= row["t_max_ns"])
        printed = row["round_trip_ns"]
        true = {"min": trips[0], "max": trips[-1], "mean": sum(trips) / len(trips)}
        rank = -(-len(row["packets"]) // 2)
        true["median"] = trips[rank - 1]
        for name, value in true.items():
            results.check(f"{row['address']}: {name} round trip",
                          abs(printed[name] - value) <= bound,
                          f"printed {printed[name]}, log {value:.0f}")
        results.equal(f"{row['address']}: stamped by", row["stamped_by"], "kernel")


def lossy(options, results):
    document, packets, bound = measure(
        options, results,
        {"forward": "delay=fixed:4ms,loss=0.02", "backward": "delay=uniform:4ms:1ms", "seed": 21},
        "--count", "300", "--interval", "10ms", "--t-max", "1s")
    addresses = [row["address"] for row in document["results"]]
    results.equal("a row for every target", addresses, TARGETS)
    compare_counts(results, document, packets, bound)
    compare_delays(results, document, bound)
    results.check("something was lost", any(row["lost"] for row in document["results"]))


def answers(options, results):
    """Late, passed, copied and forged answers, each kept apart."""
    document, packets, bound = measure(
        options, results,
        {"forward": "delay=fixed:2ms,reorder=0.05:300ms",
         "backward": "delay=fixed:2ms,reorder=0.05:45ms,duplicate=0.05,forge=0.05", "seed": 22},
        "--count", "300", "--interval", "10ms", "--t-max", "200ms")
    compare_counts(results, document, packets, bound)
    for name in ("late", "duplicated", "reordered"):
        results.check(f"there was something {name}", any(r[name] for r in document["results"]))
    forged = sum(row["truth"]["forged"] for row in document["results"])
    results.equal("forged answers", document["agent"]["forged"], forged)
    results.check("there was something forged", forged > 0)


def one_family_dark(options, results):
    document, packets, bound = measure(
        options, results, {"forward": "delay=fixed:2ms", "blackout": "0..600/ipv6"},
        "--count", "50", "--interval", "10ms", "--t-max", "300ms")
    compare_counts(results, document, packets, bound)
    for row in document["results"]:
        lost = 50 if row["family"] == "ipv6" else 0
        results.equal(f"{row['address']}: lost", row["lost"], lost)


def gilbert_elliott(options, results):
    """Bursts of loss and an MTU that swallows what is too large, over a link with a rate."""
    document, packets, bound = measure(
        options, results,
        {"forward": "loss=gilbert-elliott:0.02:0.2:0.9,rate=10000000,queue=50",
         "backward": "delay=exponential:1ms:2ms", "forward_ipv6": "mtu=1280", "seed": 23},
        "--count", "300", "--interval", "10ms", "--t-max", "500ms", "--size", "1300")
    compare_counts(results, document, packets, bound)
    for row in document["results"]:
        if row["family"] == "ipv6":
            results.equal(f"{row['address']}: all larger than the MTU are lost", row["lost"], 300)
        else:
            results.check(f"{row['address']}: bursts of loss", 5 <= row["lost"] <= 100, row["lost"])


def stopped(options, results):
    """Stopped for 50 ms again and again, the prober sees no shift: the kernel stamps both ends."""
    with lab.Lab(options.emulator, forward="delay=fixed:5ms", backward="delay=fixed:5ms") as link:
        child = link.start_near(options.collector, "once", *TARGETS, "--json", "--count", "100",
                                "--interval", "20ms", "--t-max", "1s", stdout=subprocess.PIPE)
        time.sleep(0.5)
        for _ in range(10):
            child.send_signal(signal.SIGSTOP)
            time.sleep(0.05)
            child.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        document = json.loads(child.communicate(timeout=30)[0])
        bound = scenario.check_conduct(results, link.finish())
        packets = truth.read_log(link.log)
    compare_counts(results, document, packets, bound)
    compare_delays(results, document, bound)


if __name__ == "__main__":
    scenario.run_main({"lossy": lossy, "answers": answers, "one-family-dark": one_family_dark,
                       "gilbert-elliott": gilbert_elliott, "stopped": stopped})

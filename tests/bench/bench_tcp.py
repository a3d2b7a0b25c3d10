# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU per TCP probe through the emulator, beside blackbox_exporter's tcp module."""

import os
import statistics
import subprocess
import sys
import time

from link import lab
import link as links
import process

HERE = os.path.dirname(os.path.abspath(__file__))
EXPORTER, ADDRESS, PORT = "prometheus-blackbox-exporter", "127.0.0.1:9115", 8080
MODULE = "modules: {tcp: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}}\n"
TARGETS, PACKETS, RATE = 1000, 20, 2000
ASKED, THREADS = 5, 4
ROUNDS, ROUNDS_QUICK, READY_S = 3, 1, 10
GOAL_BLACKBOX = 1 / 15


def start_acceptor(link):
    child = subprocess.Popen(lab.inside(link.far, sys.executable, "-B",
                                        os.path.join(HERE, "acceptor.py"), str(PORT)),
                             stdout=subprocess.PIPE, text=True)
    link.children.append(child)
    if child.stdout.readline().strip() != "ready":
        raise RuntimeError("the acceptor did not start")


def once(setting):
    """(µs of CPU a probe, lost)"""
    period_ms = TARGETS / RATE * 1000
    with setting.emulated() as link:
        start_acceptor(link)
        out = link.path("out")
        with open(out, "w", encoding="utf-8") as file:
            child = process.start(
                link.inside([setting.collector, "once", "--method", "tcp", "--port", str(PORT),
                             "--count", str(PACKETS), "--interval", f"{period_ms:g}ms", "--t-max",
                             "1s", *links.targets(TARGETS)]),
                stdout=file, stderr=subprocess.STDOUT)
            link.children.append(child)
            run = process.Watch("once", child, link.sent).wait(60)
        with open(out, encoding="utf-8") as file:
            rows = [line.split() for line in file if line.startswith("10.")]
        if run.code != 0 or len(rows) != TARGETS:
            raise RuntimeError(f"once ended with {run.code}")
    # Each probe is two packets from here: the SYN, and the kernel's reset.
    return run.cpu_s * 1e6 / (run.probes / 2), sum(int(row[3]) for row in rows)


def start_exporter(link, module):
    path = link.path("blackbox.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(module)
    child = link.start_near(EXPORTER, f"--config.file={path}", f"--web.listen-address={ADDRESS}",
                            "--log.level=error", stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    knock = f"import socket; socket.create_connection({tuple(ADDRESS.split(':'))})"
    deadline = time.monotonic() + READY_S
    while link.run_near(sys.executable, "-c", knock).returncode != 0:
        if time.monotonic() > deadline:
            raise RuntimeError("the exporter does not listen")
        time.sleep(0.1)
    return child


def scrape(link, module, count, targets):
    done = link.run_near(sys.executable, "-B", os.path.join(HERE, "scrape.py"), ADDRESS, module,
                         str(THREADS), str(count), *targets)
    if done.returncode != 0:
        raise RuntimeError(f"scrape.py: {done.stderr[-300:]}")
    return int(done.stdout)


def blackbox(setting):
    """(µs of CPU a probe, lost)"""
    targets = [f"{target}:{PORT}" for target in links.targets(TARGETS)]
    with setting.emulated() as link:
        start_acceptor(link)
        child = start_exporter(link, MODULE)
        scrape(link, "tcp", 1, targets[:100])
        before = process.cpu_s(child.pid)
        good = scrape(link, "tcp", ASKED, targets)
        used = process.cpu_s(child.pid) - before
    return used * 1e6 / (ASKED * TARGETS), ASKED * TARGETS - good


def compare(table, setting, measures, words):
    """measures: by name ours and the peer's, each gives µs of CPU and what was lost. Gives the
    medians."""
    found = {name: [] for name in measures}
    for _ in range(ROUNDS_QUICK if setting.quick else ROUNDS):
        for name, measure in measures.items():
            found[name].append(measure(setting))
    for name, outcomes in found.items():
        table.note(f"{name:8} " + " ".join(f"{us:.1f}" for us, _ in outcomes)
                   + f" µs {words[0]}, {sum(lost for _, lost in outcomes)} {words[1]}")
    return [statistics.median(us for us, _ in outcomes) for outcomes in found.values()]


def run(table, setting):
    table.title(f"CPU per TCP probe: {TARGETS:,} targets, emulator 8 ms ± 1 ms")
    ours, peer = compare(table, setting, {"once": once, "blackbox": blackbox},
                         ("a probe", "falsely lost"))
    table.compare("once --method tcp: measured and printed", ours, ("blackbox_exporter tcp", peer),
                  "µs", GOAL_BLACKBOX)

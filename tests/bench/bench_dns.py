# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU per DNS query over UDP through the emulator, beside blackbox_exporter's dns module, and
beside c-ares, which neither stamps nor keeps anything."""

import os
import subprocess
import time

import bench_tcp
import process
import link as links
from link import lab

NAME, PORT = "www.example.cn", 53
TARGETS, PACKETS, RATE, ASKED = 1000, 20, 2000, 5
READY_S = 10
GOAL_ARES = 1  # on a par, with kernel stamps
MODULE = f"""modules: {{dns: {{prober: dns, timeout: 5s, dns: {{query_name: {NAME}, query_type: A,
  transport_protocol: udp, preferred_ip_protocol: ip4}}}}}}
"""
UNBOUND = """server:
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  logfile: "{folder}/unbound.log"
  use-syslog: no
  do-daemonize: no
  interface: 0.0.0.0
  interface-automatic: yes
  access-control: 0.0.0.0/0 allow
  module-config: "iterator"
  minimal-responses: yes
  so-rcvbuf: 4m
  local-zone: "example.cn." static
  local-data: "www.example.cn. A 192.0.2.7"
remote-control:
  control-enable: no
"""


def serve(link):
    path = link.path("unbound.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(UNBOUND.format(folder=os.path.dirname(path)))
    link.children.append(subprocess.Popen(lab.inside(link.far, "unbound", "-d", "-c", path),
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    knock = f"import socket; socket.create_connection(('127.0.0.1', {PORT})).close()"
    deadline = time.monotonic() + READY_S
    while lab.run(*lab.inside(link.far, "python3", "-c", knock), check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise RuntimeError("unbound did not start")
        time.sleep(0.1)


def once(setting):
    """(µs of CPU a query, lost)"""
    period_ms = TARGETS / RATE * 1000
    with setting.emulated() as link:
        serve(link)
        out = link.path("out")
        with open(out, "w", encoding="utf-8") as file:
            child = process.start(
                link.inside([setting.collector, "once", "--method", "dns", "--query", NAME,
                             "--count", str(PACKETS), "--interval", f"{period_ms:g}ms", "--t-max",
                             "1s", *links.targets(TARGETS)]),
                stdout=file, stderr=subprocess.STDOUT)
            link.children.append(child)
            run = process.Watch("once", child, link.sent).wait(60)
        with open(out, encoding="utf-8") as file:
            rows = [line.split() for line in file if line.startswith("10.")]
        if run.code != 0 or len(rows) != TARGETS:
            raise RuntimeError(f"once ended with {run.code}")
    return run.cpu_s * 1e6 / run.probes, sum(int(row[3]) for row in rows)


def blackbox(setting):
    """(µs of CPU a query, lost)"""
    targets = [f"{target}:{PORT}" for target in links.targets(TARGETS)]
    with setting.emulated() as link:
        serve(link)
        child = bench_tcp.start_exporter(link, MODULE)
        bench_tcp.scrape(link, "dns", 1, targets[:100])
        before = process.cpu_s(child.pid)
        good = bench_tcp.scrape(link, "dns", ASKED, targets)
        used = process.cpu_s(child.pid) - before
    return used * 1e6 / (ASKED * TARGETS), ASKED * TARGETS - good


def ares(setting):
    """(µs of CPU a query, lost); one server, one socket."""
    program = os.path.join(setting.build, "tests/bench/bench_ares")
    with setting.emulated() as link:
        serve(link)
        done = link.run_near(program, links.targets(1)[0], NAME, str(TARGETS * PACKETS), str(RATE))
    if done.returncode != 0:
        raise RuntimeError(f"bench_ares: {done.stderr[-300:]}")
    used, lost = done.stdout.split()
    return float(used), int(lost)


def run(table, setting):
    table.title(f"CPU per DNS query: {TARGETS:,} targets, emulator 8 ms ± 1 ms")
    ours, peer, codec = bench_tcp.compare(table, setting, (once, blackbox, ares),
                                          ("a query", "falsely lost"))
    table.compare("once --method dns: measured and printed", ours, ("blackbox_exporter dns", peer),
                  "µs")
    table.compare("once --method dns: the same", ours, ("c-ares, nothing kept", codec),
                  "µs", GOAL_ARES)

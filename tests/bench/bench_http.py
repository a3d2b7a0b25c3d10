# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU per visit over HTTPS and HTTP through the emulator, beside blackbox_exporter's http module.
"""

import functools
import os
import subprocess
import time

import bench_tcp
import process
import link as links
import webserver

TARGETS, VISITS, SPACING_MS = 200, 10, 1000
POLL_S = 0.005
GOAL_BLACKBOX = 1 / 6
PORTS = {"https": webserver.RIGHT, "http": webserver.PLAIN}
MODULE = """modules: {{http: {{prober: http, timeout: 15s, http: {{preferred_ip_protocol: ip4,
  fail_if_body_not_matches_regexp: ['{text}'], tls_config: {{ca_file: '{file}',
  server_name: {name}}}}}}}}}
"""


def serve(link):
    """The same page, not packed, for both."""
    webserver.CONFIGURATION = webserver.CONFIGURATION.replace("gzip on;", "gzip off;")
    return webserver.start(link)


def start_up_s(child, sent_before):
    """CPU of a process until it sends, as the peer's is left out too."""
    used = 0
    try:
        while process.packets_sent_near(child.pid) <= sent_before:
            used = process.main_thread_cpu_s(child.pid)
            time.sleep(POLL_S)
    except OSError:
        raise RuntimeError("once ended before it sent") from None
    return used


def once(scheme, setting):
    """(µs of CPU a visit, start-up left out; visits that are not open)"""
    with setting.emulated() as link:
        authority = serve(link)
        command = [setting.collector, "once", "--method", "http", "--url",
                   f"{scheme}://{webserver.NAME}:{PORTS[scheme]}/", "--expect",
                   webserver.TEXT, "--count", str(VISITS), "--interval", f"{SPACING_MS}ms",
                   "--authorities", authority.file, *links.targets(TARGETS)]
        before = link.sent()
        with open(link.path("out"), "w+", encoding="utf-8") as out:
            child = subprocess.Popen(link.inside(command), stdout=out, stderr=subprocess.STDOUT)
            link.children.append(child)
            start_up = start_up_s(child, before)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            opened = sum(" open " in line for line in out)
        if child.returncode != 0:
            raise RuntimeError(f"once ended with {child.returncode}")
    visits = TARGETS * VISITS
    return (usage.ru_utime + usage.ru_stime - start_up) * 1e6 / visits, visits - opened


def blackbox(scheme, setting):
    """(µs of CPU a visit, visits that are not open)"""
    targets = [f"{scheme}://{target}:{PORTS[scheme]}/" for target in links.targets(TARGETS)]
    with setting.emulated() as link:
        authority = serve(link)
        child = bench_tcp.start_exporter(link, MODULE.format(
            text=webserver.TEXT, file=authority.file, name=webserver.NAME))
        bench_tcp.scrape(link, "http", 1, targets[:20])
        before = process.cpu_s(child.pid)
        good = bench_tcp.scrape(link, "http", VISITS, targets)
        used = process.cpu_s(child.pid) - before
    return used * 1e6 / (VISITS * TARGETS), VISITS * TARGETS - good


def run(table, setting):
    missing = webserver.missing()
    if missing:
        raise RuntimeError(missing)
    table.title(f"CPU per visit: {TARGETS:,} targets, a page of {len(webserver.PAGE.encode()):,} "
                "octets, emulator 8 ms ± 1 ms")
    for scheme in PORTS:
        measures = [functools.partial(measure, scheme) for measure in (once, blackbox)]
        ours, peer = bench_tcp.compare(table, setting, dict(zip(("once", "blackbox"), measures)),
                                       ("a visit", "not open"))
        table.compare(f"once --method http, {scheme}: visited and printed", ours,
                      (f"blackbox_exporter http, {scheme}", peer), "µs", GOAL_BLACKBOX)

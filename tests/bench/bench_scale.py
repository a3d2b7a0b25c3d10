# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory per series and CPU per probe at 1,000, 10,000 and 100,000 series."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import link as links
import process
import service
from setting import Setting

SIZES, SIZES_QUICK = (1000, 10_000, 100_000), (1000,)
INTERVAL_S, INTERVAL_QUICK_S, PACKETS, T_MAX_S = 60, 10, 20, 3
GOAL_BYTES = 2048
START_S = 8
LOOK_S = 0.5
WINDOW_S = 10
WAIT_S = 60
# Plans of fewer series that send as many packets a second as the largest of SIZES.
SAME_RATE = {1000: service.Plan(1000, 1, 33, T_MAX_S), 10_000: service.Plan(10_000, 6, 20, T_MAX_S)}


@dataclass
class Footprint:
    series: int
    before_kib: int  # before the first packet
    most_kib: int    # at most while two slots overlap
    peak_kib: int    # at most ever
    files: int
    loop_us: float


def observe(setting, series, began):
    """One run over the slot that begins at an instant and the beginning of the next."""
    interval_s = INTERVAL_QUICK_S if setting.quick else INTERVAL_S
    plan = service.Plan(series, interval_s, PACKETS, T_MAX_S)
    with setting.folder() as folder, links.Bare() as link:
        run = service.Service(link, setting.collector, folder, plan)
        time.sleep(max(0, began - START_S - time.time()))
        run.start_now()
        run.sleep_until(began - 0.5)
        before = process.memory_kib(run.child.pid)[0]
        cpu, sent, most = process.main_thread_cpu_s(run.child.pid), run.sent(), 0
        run.sleep_until(began + interval_s - 0.5)
        probes = run.sent() - sent
        loop_us = (process.main_thread_cpu_s(run.child.pid) - cpu) * 1e6 / probes
        while time.time() < began + interval_s + T_MAX_S + 5:
            now, peak = process.memory_kib(run.child.pid)
            most = max(most, now)
            time.sleep(LOOK_S)
        found = Footprint(series, before, most, peak, service.files_made(folder), loop_us)
        run.kill()
        return found


def observe_all(setting, sizes):
    """Each in a process and link of its own, over the same slot. 1 series: the empty program."""
    interval_s = INTERVAL_QUICK_S if setting.quick else INTERVAL_S
    began = service.boundary_after(START_S + 2, interval_s)
    children = [subprocess.Popen(
        [sys.executable, "-B", __file__, setting.build, str(int(setting.quick)), str(size),
         str(began)], stdout=subprocess.PIPE, text=True) for size in (1, *sizes)]
    try:
        texts = [child.communicate(timeout=began - time.time() + INTERVAL_S + WAIT_S)[0]
                 for child in children]
    finally:
        for child in children:
            child.terminate()
    return [Footprint(**json.loads(text)) for text in texts]


def loop_us(setting, plan):
    """CPU of the measuring loop per probe while all is steady."""
    with setting.folder() as folder, links.Bare() as link:
        run = service.Service(link, setting.collector, folder, plan)
        run.start_now()
        run.sleep_until(service.boundary_after(service.START_S, plan.interval_s) + 1)
        cpu, sent = process.main_thread_cpu_s(run.child.pid), run.sent()
        time.sleep(WINDOW_S)
        cpu = process.main_thread_cpu_s(run.child.pid) - cpu
        found = cpu * 1e6 / (run.sent() - sent)
        run.kill()
        return found


def print_memory(table, empty, footprints):
    table.title(f"Memory: {PACKETS} packets a slot, T_max {T_MAX_S} s; the empty program has "
                f"{empty.most_kib / 1024:.1f} MiB")
    for f in footprints:
        each = [(kib - empty.most_kib) * 1024 / f.series
                for kib in (f.before_kib, f.most_kib, f.peak_kib)]
        table.note(f"{f.series:,} series: {each[0]:,.0f} octets each before the first packet, "
                   f"{each[1]:,.0f} while slots overlap, {each[2]:,.0f} at the peak; "
                   f"{f.most_kib / 1024:.0f} MiB in all, {f.files} files made meanwhile")
        table.limit(f"memory per series at {f.series:,} series", each[1], "octets", GOAL_BYTES)


def print_growth(table, costs, rate):
    table.title(f"CPU of the measuring loop per probe as series grow: {rate:,.0f} probes/s, bare "
                "pair of devices")
    first = min(costs)
    for series, us in sorted(costs.items()):
        table.compare(f"{series:,} series", us, (f"{first:,} series", costs[first]), "µs")


def run(table, setting):
    sizes = SIZES_QUICK if setting.quick else SIZES
    empty, *footprints = observe_all(setting, sizes)
    print_memory(table, empty, footprints)
    costs = {series: loop_us(setting, plan) for series, plan in SAME_RATE.items()}
    if not setting.quick:
        costs[SIZES[-1]] = footprints[-1].loop_us
    print_growth(table, costs, SIZES[-1] * PACKETS / INTERVAL_S)


if __name__ == "__main__":
    build, quick, size, start = sys.argv[1:]
    print(json.dumps(asdict(observe(Setting(build, quick == "1"), int(size), float(start)))))

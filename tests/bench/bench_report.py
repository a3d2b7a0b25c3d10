# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reporter's work costs for each path as paths grow, over a made day."""

import os
import random
import statistics
import subprocess

import process

SIZES, SIZES_QUICK = (10, 100, 1000), (10, 100)
INTERVAL_S, PACKETS, DAY_S, KEEP_DAYS = 300, 20, 86_400, 2
BEGIN = 1_790_812_800  # 2026-10-01, midnight UTC
PERIOD = ("--from", "2026-10-01T00:00:00", "--to", "2026-10-02T00:00:00")
WAIT_S, ROUNDS = 300, 5


def made_day(seed):
    """The slots of a day: 30 ms and a little, one packet in fifty lost."""
    chance = random.Random(seed)

    def packet():
        return "-" if chance.random() < 0.02 else f"{30_000_000 + chance.randrange(5_000_000)}"

    return "".join(f"slot {start} 0 {PACKETS} {' '.join(packet() for _ in range(PACKETS))}\n"
                   for start in range(BEGIN, BEGIN + DAY_S, INTERVAL_S))


def feed(program, data, paths):
    days = [made_day(seed) for seed in range(10)]
    child = subprocess.Popen([program, data, str(KEEP_DAYS)], stdin=subprocess.PIPE, text=True)
    for path in range(paths):
        child.stdin.write(f"series local s{path} 4 64 {INTERVAL_S}\n{days[path % len(days)]}")
    child.stdin.close()
    if child.wait(WAIT_S) != 0:
        raise RuntimeError(f"feed_store ended with {child.returncode}")


def write_configuration(folder, paths):
    name = os.path.join(folder, f"{paths}.yaml")
    with open(name, "w", encoding="utf-8") as file:
        file.write("network: {zh: 试验网, en: Trial network}\ntime-zone: UTC\n"
                   f"data: {folder}/data\nretention: {{slots: {KEEP_DAYS}d, hours: {KEEP_DAYS}d}}\n"
                   "organisations:\n  - {name: city, zh: 市级, en: City}\nsites:\n")
        file.writelines(f"  - {{name: s{i}, en: Site {i}, organisation: city, tier: backbone, "
                        f"ipv4: 192.0.2.{i % 250 + 1}}}\n" for i in range(paths))
        file.write(f"tests:\n  - {{name: echo, interval: {INTERVAL_S}s, packets: {PACKETS}}}\n")
    return name


def report_cpu_s(setting, folder, paths):
    child = process.start(
        [setting.reporter, "report", "--trial", "--config", write_configuration(folder, paths),
         *PERIOD, "--lang", "en", "--out", os.path.join(folder, f"out{paths}")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"the reporter ended with {child.returncode}: {said[-500:]}")
    return usage.ru_utime + usage.ru_stime


def median_cpu_s(setting, folder, paths):
    return statistics.median(report_cpu_s(setting, folder, paths) for _ in range(ROUNDS))


def run(table, setting):
    sizes = SIZES_QUICK if setting.quick else SIZES
    table.title(f"CPU of a report for each path as paths grow: a day of {INTERVAL_S} s slots, "
                f"{PACKETS} packets each")
    with setting.folder() as folder:
        feed(os.path.join(setting.build, "tests", "unit", "feed_store"),
             os.path.join(folder, "data"), sizes[-1])
        one = median_cpu_s(setting, folder, 1)
        table.note(f"a report of one path: {one * 1000:.0f} ms of CPU, left out below")
        costs = {size: (median_cpu_s(setting, folder, size) - one) * 1000 / (size - 1)
                 for size in sizes}
    for size, each in costs.items():
        table.compare(f"{size:,} paths, each", each, (f"{sizes[0]} paths", costs[sizes[0]]), "ms")

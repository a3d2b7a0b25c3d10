# SPDX-License-Identifier: GPL-3.0-or-later
"""What the store costs for each slot beside two rrd_update_r, as the program bench_store says."""

import os
import re
import subprocess

GOAL = 1 / 8
WAIT_S = 240


def figures(text):
    """(naive µs, {slots gathered: µs}, {series: µs}) from its tables."""
    naive = float(re.search(r"naive: .*? ([\d.]+) us", text).group(1))
    gathered = {int(slots): float(us)
                for slots, us in re.findall(r" (\d+) gathered +([\d.]+) us", text)}
    grown = {int(series): float(us)
             for series, us in re.findall(r"^ +(\d+) +([\d.]+) ", text, re.MULTILINE)}
    return naive, gathered, grown


def run(table, setting):
    program = os.path.join(setting.build, "tests", "bench", "bench_store")
    with setting.folder() as folder:
        done = subprocess.run([program, "--folder", folder, *(["--quick"] * setting.quick)],
                              text=True, capture_output=True, timeout=WAIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"bench_store ended with {done.returncode}: {done.stderr[-500:]}")
    table.title("Store: CPU for each slot, spool commit, curves and histogram together")
    for line in done.stdout.splitlines():
        table.note(line)
    naive, gathered, grown = figures(done.stdout)
    for slots, us in gathered.items():
        table.compare(f"{slots} slots of a series filed at once", us, ("two rrd_update_r", naive),
                      "µs", GOAL if slots == 60 else None)
    for series, us in sorted(grown.items()):
        first = min(grown)
        table.compare(f"a slot at {series:,} series", us, (f"{first:,} series", grown[first]),
                      "µs")

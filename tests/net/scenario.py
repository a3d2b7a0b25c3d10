# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario shares: its command line, its skipping, and what is asked of the emulator."""

import argparse
import sys

import lab
import tap

# The emulator's own lateness is part of the truth; beyond this a run proves nothing.
LATENESS_MAX = 100_000_000
# ns: the way between the emulator, which looks at least every millisecond, and the prober's kernel.
WAY = 2_000_000


def check_conduct(results, summary):
    """The emulator's log is the truth only if the emulator itself lost nothing. Returns by how many
    nanoseconds a delay in the log may differ from the prober's: the emulator knows how long it was
    kept from writing a packet, and from looking for one to read."""
    results.note(f"emulator: real-time {summary['realtime']}, lateness p99 "
                 f"{summary['lateness_p99'] / 1000:.0f} µs, max "
                 f"{summary['lateness_max'] / 1000:.0f} µs")
    results.equal("the emulator's devices dropped nothing",
                  (summary["near_drops"], summary["far_drops"]), (0, 0))
    results.check("the emulator was in time", summary["lateness_max"] < LATENESS_MAX)
    return WAY + 2 * summary["lateness_max"]


def main(scenarios):
    """scenarios: {name: function(options, results)}"""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=sorted(scenarios))
    parser.add_argument("--emulator", required=True)
    parser.add_argument("--collector")
    parser.add_argument("--reporter")
    parser.add_argument("--slots", help="the program that prints a store's slots")
    options = parser.parse_args()
    try:
        lab.check_able()
    except lab.Unable as reason:
        tap.skip_all(reason)
        return 0
    results = tap.Tap()
    scenarios[options.scenario](options, results)
    return results.finish()


def run_main(scenarios):
    sys.exit(main(scenarios))

# SPDX-License-Identifier: GPL-3.0-or-later
"""bench.py --build FOLDER [--quick] [NAME...]: runs the benches and prints their table."""

import argparse
import os
import platform
import sys
import time
import traceback

from link import lab
from setting import Setting
from table import Table

NAMES = ("cpu", "timing", "ceiling", "scale", "store", "report", "tcp", "http", "dns")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def run_one(name, table, setting):
    try:
        __import__(f"bench_{name}").run(table, setting)
    except Exception as error:  # one that cannot run must not hide the others
        traceback.print_exc()
        table.failed(name, error)


def main():
    parser = argparse.ArgumentParser(description="Sets netgrade beside its peers.")
    parser.add_argument("name", nargs="*", choices=[[], *NAMES], help=", ".join(NAMES))
    parser.add_argument("--build", required=True, help="a release build")
    parser.add_argument("--quick", action="store_true", help="a smoke version")
    options = parser.parse_args()
    table = Table(judged=not options.quick)
    lab.check_able()
    print(f"Linux {platform.release()}, {os.cpu_count()} CPUs ({processor()})"
          f"{', quick: too short to be judged' if options.quick else ''}", flush=True)
    setting, began = Setting(os.path.abspath(options.build), options.quick), time.monotonic()
    for name in options.name or NAMES:
        run_one(name, table, setting)
        table.note(f"({name}: until {time.monotonic() - began:.0f} s)")
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())

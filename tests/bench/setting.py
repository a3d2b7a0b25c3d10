# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs are that a bench starts, and where its data may go."""

import os
import shutil
import tempfile
from contextlib import contextmanager

import link as links

DISK_LEAST = 20 << 30


class Setting:
    def __init__(self, build, quick):
        self.build, self.quick, self.cpus = build, quick, os.cpu_count()
        self.collector = os.path.join(build, "collector", "netgrade-collector")
        self.reporter = os.path.join(build, "reporter", "netgrade-reporter")
        self.emulator = os.path.join(build, "tests", "net", "emulator")

    def emulated(self, models=None):
        return links.Emulated(self.emulator, **(models or links.EIGHT_MS))

    @contextmanager
    def folder(self):
        """A folder for data, gone afterwards."""
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if free < DISK_LEAST:
            raise RuntimeError(f"{tempfile.gettempdir()} has {free >> 30} GiB free, "
                               f"{DISK_LEAST >> 30} are needed")
        with tempfile.TemporaryDirectory(prefix="ng-") as folder:
            os.chmod(folder, 0o755)  # the collector becomes another user
            yield folder

# SPDX-License-Identifier: GPL-3.0-or-later
"""Load saturates every core of this machine, as long as it is held and no longer than a bound."""

import os
import subprocess


class Saturated:
    def __init__(self, seconds):
        self.command = ["timeout", "-s", "KILL", str(seconds), "sh", "-c", "while :; do :; done"]
        self.spinners = []

    def __enter__(self):
        for _ in os.sched_getaffinity(0):
            self.spinners.append(subprocess.Popen(self.command, start_new_session=True))
        return self

    def __exit__(self, *_):
        for spinner in self.spinners:
            # The shell is in the session of its timeout, which alone would leave it behind.
            os.killpg(spinner.pid, 9)
            spinner.wait()

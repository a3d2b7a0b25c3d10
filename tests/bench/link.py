# SPDX-License-Identifier: GPL-3.0-or-later
"""Links with many targets behind them: the emulator's, and a bare pair of devices."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import lab  # noqa: E402
import process  # noqa: E402

TARGETS_MAX = 131_000
EIGHT_MS = {"forward": "delay=fixed:4ms", "backward": "delay=uniform:4ms:1ms"}
# Peers print three digits: below a millisecond these are microseconds.
HALF_MS = {"forward": "delay=fixed:200us", "backward": "delay=uniform:300us:100us"}


def target(index):
    """An address that answers at the far end of a link."""
    return f"10.{80 + index // 62500}.{index // 250 % 250}.{index % 250 + 1}"


def targets(count):
    return [target(i) for i in range(count)]


class Emulated(lab.Lab):
    """Losses as the emulator knows them; it keeps no log, which would cost it time."""

    def __init__(self, emulator, models):
        super().__init__(emulator, **models)
        self.log = "/dev/null"

    def _addresses(self):
        super()._addresses()
        add_targets(self)

    def inside(self, command):
        return lab.inside(self.near, *command)

    def sent(self):
        """Packets that left the near end since it is there."""
        return process.packets_sent(self.run_near("cat", "/proc/net/dev").stdout)

    def lost(self):
        """How many packets the link swallowed on either way; ends it."""
        summary = self.finish()
        forward, backward = summary["forward"]["ipv4"], summary["backward"]["ipv4"]
        swallowed = sum(way[fate] for way in (forward, backward)
                        for fate in way if fate not in ("delivered", "duplicate", "forged"))
        return swallowed + summary["near_drops"] + summary["far_drops"]


def add_targets(link):
    link._ip(link.near, "route", "add", "10.80.0.0/14", "dev", "link0")
    link._ip(link.far, "route", "add", "local", "10.80.0.0/14", "dev", "lo")
    os.chmod(link.folder.name, 0o755)  # the collector becomes another user

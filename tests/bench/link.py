# SPDX-License-Identifier: GPL-3.0-or-later
"""Links with many targets behind them: the emulator's, and a bare pair of devices."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import lab  # noqa: E402
import process  # noqa: E402

TARGETS = "10.80.0.0/14"
EIGHT_MS = {"forward": "delay=fixed:4ms", "backward": "delay=uniform:4ms:1ms"}
# Peers print three digits: below a millisecond these are microseconds.
HALF_MS = {"forward": "delay=fixed:200us", "backward": "delay=uniform:300us:100us"}


def target(index):
    """An address that answers at the far end of a link."""
    return f"10.{80 + index // 62500}.{index // 250 % 250}.{index % 250 + 1}"


def targets(count):
    return [target(i) for i in range(count)]


class Link(lab.Lab):
    """Without a log, which would cost the emulator time."""

    def __init__(self, emulator=None, **models):
        super().__init__(emulator, log=None, **models)

    def _addresses(self):
        super()._addresses()
        self._ip(self.near, "route", "add", *self._way(), "dev", "link0")
        self._ip(self.far, "route", "add", "local", TARGETS, "dev", "lo")
        os.chmod(self.folder.name, 0o755)  # the collector becomes another user

    def _way(self):
        return [TARGETS]

    def inside(self, command):
        return lab.inside(self.near, *command)

    def sent(self):
        """Packets that left the near end since it is there."""
        return process.packets_sent(self.run_near("cat", "/proc/net/dev").stdout)


class Emulated(Link):
    def lost(self):
        """How many packets the link swallowed on either way; ends it."""
        summary = self.finish()
        forward, backward = summary["forward"]["ipv4"], summary["backward"]["ipv4"]
        swallowed = sum(way[fate] for way in (forward, backward)
                        for fate in way if fate not in ("delivered", "duplicate", "forged"))
        return swallowed + summary["near_drops"] + summary["far_drops"]


class Bare(Link):
    """A pair of virtual Ethernet devices: the far kernel answers inside the sender's call."""

    def _join(self):
        self._ip(self.near, "link", "add", "link0", "type", "veth", "peer", "name", "link0",
                 "netns", f"{lab.NETNS}/{self.far}")
        for name in (self.near, self.far):
            self._ip(name, "link", "set", "link0", "up")

    def _way(self):
        return [TARGETS, "via", "10.77.0.2"]

    def lost(self):
        return 0  # such a link drops nothing that its sender is not told of

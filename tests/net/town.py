# SPDX-License-Identifier: GPL-3.0-or-later
"""A town is a small network of namespaces: an agent, its gateway, a router behind it, and a core in
which every target and anchor answers, by the kernel itself. Both families; gone when it is left.

agent ─link0─ gateway ─link1─ router ─link2─ core      10.78.LINK.1 and .2, fd78:0:0:LINK::1 and ::2

Core answers for 10.80.0.0/13 and fd80::/13. link1 may be the emulator's."""

import os
import subprocess
import tempfile
import time

import lab
from lab import inside, run

HOPS = ("agent", "gateway", "router", "core")
TARGETS = {"one": ("10.80.1.1", "fd80:1::1"), "two": ("10.81.1.2", "fd81:1::2"),
           "three": ("10.82.1.3", "fd82:1::3")}
ANCHORS = (("10.83.1.1", "fd83:1::1"), ("10.84.1.1", "fd84:1::1"), ("10.85.1.1", "fd85:1::1"))
EMULATED = 1
READY_S = 10


def address(link, end):
    """Of the end 1 or 2 of a link, in both families."""
    return f"10.78.{link}.{end}", f"fd78:0:0:{link}::{end}"


def silence(site):
    """The script for core that keeps a site from answering."""
    rules = (f"nft add rule inet fault in {family} daddr {target} drop"
             for family, target in zip(("ip", "ip6"), TARGETS[site]))
    return "; ".join(("nft add table inet fault", "nft add chain inet fault in"
                      " '{ type filter hook input priority 0; }'", *rules))


class Town:
    def __init__(self, emulator=None, log="link.csv", **models):
        """log and models: the emulator's for link1, as in Lab; without an emulator it is plain."""
        self.emulator, self.models = emulator, models
        self.names = {hop: f"ng-{os.getpid()}-{hop}" for hop in HOPS}
        self.folder = tempfile.TemporaryDirectory(prefix="ng-")
        self.log = self.path(log) if log else None
        self.children = []
        self.link = None

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def __enter__(self):
        lab.remove_leftovers()
        lab.close_at_any_end(self)
        os.chmod(self.folder.name, 0o755)  # the collector becomes another user
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def shell(self, hop, script):
        return run(*inside(self.names[hop], "sh", "-ec", script)).stdout

    def start(self, hop, *command, **keywords):
        child = subprocess.Popen(inside(self.names[hop], *command), text=True, **keywords)
        self.children.append(child)
        return child

    def _build(self):
        for hop in HOPS:
            run("ip", "netns", "add", self.names[hop])
            self._settings(hop)
        for link, (near, far) in enumerate(zip(HOPS, HOPS[1:])):
            self._connect(link, near, far)
        self._routes()
        self._await_addresses()

    def _settings(self, hop):
        forwarding = int(hop in HOPS[1:-1])
        self.shell(hop, "ip link set lo up; for f in ipv4/icmp_msgs_per_sec=100000"
                   " ipv4/icmp_ratelimit=0 ipv6/icmp/ratelimit=0 ipv6/conf/all/disable_ipv6=0"
                   " ipv6/conf/default/accept_dad=0 ipv6/conf/default/router_solicitations=0"
                   " ipv6/conf/default/keep_addr_on_down=1"
                   f" ipv4/ip_forward={forwarding} ipv6/conf/all/forwarding={forwarding};"
                   " do echo ${f#*=} >/proc/sys/net/${f%=*} || true; done")

    def _connect(self, link, near, far):
        device = f"link{link}"
        if self.emulator and link == EMULATED:
            self.link = lab.start_emulator(
                self.emulator, self.names[near], self.names[far], self.log,
                {"device": device, **self.models})
        else:
            self.shell(near, f"ip link add {device} type veth peer name {device}"
                       f" netns {self.names[far]}")
        for end, hop in ((1, near), (2, far)):
            ipv4, ipv6 = address(link, end)
            self.shell(hop, f"ip link set {device} up; ip address add {ipv4}/24 dev {device};"
                       f"ip address add {ipv6}/64 dev {device} nodad")

    def _routes(self):
        for link, hop in enumerate(HOPS[:-1]):
            ipv4, ipv6 = address(link, 2)
            self.shell(hop, f"ip route add default via {ipv4};"
                       f"ip -6 route add default via {ipv6} dev link{link}")
        for link, hop in ((1, "router"), (2, "core")):
            ipv4, ipv6 = address(link, 1)
            for other in range(link):
                self.shell(hop, f"ip route add 10.78.{other}.0/24 via {ipv4};"
                           f"ip -6 route add fd78:0:0:{other}::/64 via {ipv6}")
        self.shell("core", "ip route add local 10.80.0.0/13 dev lo;"
                   "ip -6 route add local fd80::/13 dev lo")

    def _await_addresses(self):
        deadline = time.monotonic() + READY_S
        for hop in HOPS:
            while "tentative" in self.shell(hop, "ip -6 address show"):
                if time.monotonic() > deadline:
                    raise RuntimeError("an IPv6 address stays tentative")
                time.sleep(0.05)

    def finish(self):
        """Ends the emulator; returns what it says that it did."""
        return lab.finish_emulator(self.link)

    def close(self):
        for child in [*self.children, self.link]:
            if child and child.poll() is None:
                child.kill()
                child.wait()
        for name in self.names.values():
            if os.path.exists(f"{lab.NETNS}/{name}"):
                run("ip", "netns", "del", name, check=False)
        self.folder.cleanup()

# SPDX-License-Identifier: GPL-3.0-or-later
"""A town with a detour: a second way from the gateway to core, by another router.

gateway ─link3─ detour ─link4─ core      10.78.LINK.1 and .2, fd78:0:0:LINK::1 and ::2"""

import ipaddress
import os

from lab import run
from town import TARGETS, Town, address


class PathTown(Town):
    def __init__(self, emulator=None, **models):
        super().__init__(emulator, **models)
        self.names["detour"] = f"ng-{os.getpid()}-detour"

    def _build(self):
        super()._build()
        run("ip", "netns", "add", self.names["detour"])
        self._settings("detour")
        self.shell("detour", "echo 1 >/proc/sys/net/ipv4/ip_forward;"
                   "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        for link, near, far in ((3, "gateway", "detour"), (4, "detour", "core")):
            self._connect(link, near, far)
        (to4, to6), (back4, back6) = address(4, 2), address(3, 1)
        self.shell("detour", f"ip route add default via {to4}; ip -6 route add default via {to6};"
                   f"ip route add 10.78.0.0/24 via {back4};"
                   f"ip -6 route add fd78::/64 via {back6}")

    def switch(self, link):
        """From now on the gateway sends by the router of this link: 1 or 3."""
        ipv4, ipv6 = address(link, 2)
        self.shell("gateway", f"ip route replace default via {ipv4};"
                   f"ip -6 route replace default via {ipv6} dev link{link}")

    def balance(self):
        """The gateway shares flows among both ways, by addresses and ports."""
        (a4, a6), (b4, b6) = address(1, 2), address(3, 2)
        self.shell("gateway", "echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy;"
                   "echo 1 >/proc/sys/net/ipv6/fib_multipath_hash_policy;"
                   f"ip route replace default nexthop via {a4} nexthop via {b4};"
                   "ip -6 route del default; ip -6 route add default"
                   f" nexthop via {a6} dev link1 nexthop via {b6} dev link3")

    def shrink(self, mtu):
        """The link between router and core carries no more than this."""
        self.shell("router", f"ip link set link2 mtu {mtu}")
        self.shell("core", f"ip link set link2 mtu {mtu}")

    def silence(self, hop, rules):
        """rules: nftables expressions of what a hop does not send."""
        lines = [f"nft add rule inet path out {rule} drop" for rule in rules]
        self.shell(hop, "; ".join(("nft add table inet path", "nft add chain inet path out"
                                   " '{ type filter hook output priority 0; }'", *lines)))


def compressed(text):
    return ipaddress.ip_address(text).compressed


def routers(detour=False):
    """{family: addresses of the hops to the target one}"""
    links = (0, 3) if detour else (0, 1)
    return {family: [compressed(address(link, 2)[i]) for link in links] + [TARGETS["one"][i]]
            for i, family in enumerate(("ipv4", "ipv6"))}

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collector makes of each fault: its own never cost the network a point, the network's do.

A fault begins in the middle of a slot and ends in the middle of a later one. Slots wholly outside
must be clean, slots wholly inside what the table says, and those on the edges free of loss where
the fault is the agent's own."""

import scenario
import test_run
import town as towns
import truth
import watch

BEGIN = 1 + watch.MIDDLE
ANCHORS = ", anchors: [{}]".format(", ".join(
    f'{{ipv4: {ipv4}, ipv6: "{ipv6}"}}' for ipv4, ipv6 in towns.ANCHORS))


class Fault:
    def __init__(self, begin, end, inside, costs=False, length=3, anchors=True):
        """begin, end: (hop, shell script) pairs. inside: (site, family), or only one of them, to
        the state of its slots; clean where nothing is said. costs: it is the network's, which pays
        for it. length: in slots."""
        self.begin, self.end, self.inside, self.costs = begin, end, inside, costs
        self.length, self.keys = length, ANCHORS if anchors else ""

    def state(self, site, family):
        for key in ((site, family), site, family):
            if key in self.inside:
                return self.inside[key]
        return "clean"


def is_clean(row):
    return (row["flags"] == 0 and row["sent"] == row["expected"] == watch.PACKETS and
            row["lost"] == row["duplicated"] == row["late"] == row["reordered"] == 0)


def is_unsent(row):
    return (watch.against(row) == watch.FLAGS["unsent"] and row["sent"] == 0 and
            row["expected"] == watch.PACKETS)


def is_dark(row):
    return watch.against(row) == 0 and row["lost"] == row["sent"] == watch.PACKETS


def is_isolated(row):
    return watch.against(row) == watch.FLAGS["isolated"]


def is_harmless(row):
    return watch.is_unknown(row) or row["lost"] == 0


STATES = {"clean": is_clean, "unsent": is_unsent, "dark": is_dark,
          "isolated": is_isolated, "harmless": is_harmless}


def place(row, window):
    """Where a slot with its T_max lies: outside of the window, inside of it or on an edge."""
    begin, end = (instant * truth.NS for instant in window)
    settled = row["until"] + watch.T_MAX_S * truth.NS
    if settled <= begin or row["from"] >= end:
        return "outside"
    return "inside" if row["from"] >= begin and settled <= end else "edge"


def expect(results, name, rows, state):
    wrong = [watch.describe(row) for row in rows if not STATES[state](row)]
    results.check(f"{name}: {len(rows)} slots, {state}", rows and not wrong,
                  "\n".join(wrong) or "there are none")


def check_slots(results, stored, window, fault):
    for (site, family), rows in stored.items():
        name = f"{site} {family}"
        parts = {where: [row for row in rows if place(row, window) == where]
                 for where in ("outside", "inside", "edge")}
        expect(results, f"{name} outside", parts["outside"], "clean")
        expect(results, f"{name} inside", parts["inside"], fault.state(site, family))
        if not fault.costs:
            expect(results, f"{name} on the edges", parts["edge"], "harmless")


def check_report(results, document, stored, fault):
    """What is not the network's costs nothing."""
    sites = test_run.table(document, "sites")
    for key, rows in stored.items():
        name, (site,) = " ".join(key), sites[key]
        unknown = sum(watch.is_unknown(row) for row in rows)
        bad = sum(watch.is_bad(row) for row in rows)
        available = 100 * (1 - bad / (len(rows) - unknown))
        found = site["availability"]["value"], site["loss"]["value"]
        if fault.costs and fault.state(*key) != "clean":
            results.check(f"{name}: availability {available:.1f}, which costs points",
                          abs(found[0] - available) < 1e-9 and site["score"]["value"] < 60, site)
        else:
            results.equal(f"{name}: availability and loss", found, (100, 0))
            results.equal(f"{name}: score", site["score"]["value"], 100)


def check_cut_off(results, run, window, fault):
    """It is kept once for the agent, within a second: that is how often anchors are asked."""
    spans = run.cut_off()
    for family in ("ipv4", "ipv6"):
        found = spans.get(family, [])
        if fault.inside.get(family) != "isolated":
            results.equal(f"{family}: the agent was cut off", found, [])
            continue
        results.check(f"{family}: the agent was cut off once", len(found) == 1 and all(
            abs(a - b) < 1.5 for a, b in zip(found[0], window)), f"{found}, not {window}")


def run_fault(options, results, fault):
    with towns.Town() as town:
        run = watch.Watch(options, results, town, fault.length + 4, fault.keys)
        run.wait_for(BEGIN)
        for hop, script in fault.begin:
            town.shell(hop, script)
        begun = run.now()
        run.wait_for(BEGIN + fault.length)
        ending = run.now()
        for hop, script in fault.end:
            town.shell(hop, script)
        stored = run.finish()
        check_slots(results, stored, (begun, ending), fault)
        check_cut_off(results, run, (begun, ending), fault)
        document = run.report(stored)
        if document:
            check_report(results, document, stored, fault)
        results.note(run.text().splitlines()[-1])


(GATEWAY_IPV4, GATEWAY_IPV6), (_, AGENT_IPV6) = towns.address(0, 2), towns.address(0, 1)
FILTER = ("nft add table inet fault; nft add chain inet fault out"
          " '{ type filter hook output priority 0; }';")
EGRESS = ("nft add table netdev fault; nft add chain netdev fault out"
          " '{ type filter hook egress device link0 priority 0; }';")
DEAF = ("nft add table netdev fault; nft add chain netdev fault in"
        " '{ type filter hook ingress device link0 priority 0; policy drop; }'")
MEND = "nft delete table %s fault"
ROUTE_IPV6 = f"ip -6 route replace default via {GATEWAY_IPV6} dev link0"
IPV6_AGAIN = f"ip address replace {AGENT_IPV6}/64 dev link0 nodad; {ROUTE_IPV6}"
ROUTES_AGAIN = f"ip route replace default via {GATEWAY_IPV4}; {ROUTE_IPV6}"

UNSENT, DARK, ISOLATED = (dict.fromkeys(("ipv4", "ipv6"), state)
                          for state in ("unsent", "dark", "isolated"))
FAULTS = {
    "none": Fault([], [], {}),
    "filter": Fault(
        [("agent", FILTER + "nft add rule inet fault out icmp type echo-request drop;"
          "nft add rule inet fault out icmpv6 type echo-request reject")],
        [("agent", MEND % "inet")], UNSENT),
    "egress-filter": Fault(
        [("agent", EGRESS + "nft add rule netdev fault out icmp type echo-request drop;"
          "nft add rule netdev fault out icmpv6 type echo-request drop")],
        [("agent", MEND % "netdev")], UNSENT),
    "blackhole": Fault(
        [("agent", "ip route add blackhole 10.80.0.0/13; ip -6 route add prohibit fd80::/13")],
        [("agent", "ip route del blackhole 10.80.0.0/13; ip -6 route del prohibit fd80::/13")],
        UNSENT),
    "carrier": Fault([("gateway", "ip link set link0 down")],
                     [("gateway", "ip link set link0 up")], UNSENT),
    "carrier-flaps": Fault(
        [("gateway", "for how in down up down up down; do ip link set link0 $how; sleep 0.1;"
          " done")],
        [("gateway", "ip link set link0 up")], UNSENT),
    "interface-down": Fault([("agent", "ip link set link0 down")],
                            [("agent", f"ip link set link0 up; {ROUTES_AGAIN}")], UNSENT),
    "ipv6-route-gone": Fault([("agent", "ip -6 route del default")], [("agent", ROUTE_IPV6)],
                             {"ipv6": "unsent"}),
    "ipv6-disabled": Fault(
        [("agent", "echo 1 >/proc/sys/net/ipv6/conf/link0/disable_ipv6")],
        [("agent", f"echo 0 >/proc/sys/net/ipv6/conf/link0/disable_ipv6; {IPV6_AGAIN}")],
        {"ipv6": "unsent"}),
    "ipv6-address-gone": Fault([("agent", "ip -6 address flush dev link0 scope global")],
                               [("agent", IPV6_AGAIN)], {"ipv6": "unsent"}),
    "dead-gateway": Fault([("gateway", DEAF)], [("gateway", MEND % "netdev")], DARK, costs=True,
                          length=7),
    "dead-gateway-without-anchors": Fault([("gateway", DEAF)], [("gateway", MEND % "netdev")], DARK,
                                          costs=True, anchors=False),
    "route-cut": Fault(
        [("router", "ip route add blackhole 10.80.0.0/13; ip -6 route add unreachable fd80::/13")],
        [("router", "ip route del blackhole 10.80.0.0/13; ip -6 route del unreachable fd80::/13")],
        ISOLATED, length=5),
    "ipv6-route-cut": Fault([("router", "ip -6 route add blackhole fd80::/13")],
                            [("router", "ip -6 route del blackhole fd80::/13")],
                            {"ipv6": "isolated"}, length=5),
    "dark-site": Fault([("core", towns.silence("two"))], [("core", MEND % "inet")],
                       {"two": "dark"}, costs=True, length=5),
}


def stick(site):
    """The script for core: the first flow to a site that is seen is dropped ever after."""
    rules = []
    for family, icmp, target in zip(("ip", "ip6"), ("icmp", "icmpv6"), towns.TARGETS[site]):
        echo = f"nft add rule inet fault in {family} daddr {target} {icmp} type echo-request"
        first = f"first_{icmp}"
        rules += [f"nft 'add set inet fault {first} {{ typeof {icmp} id; size 1;"
                  " flags dynamic; }'", f"{echo} add @{first} '{{ {icmp} id }}'",
                  f"{echo} {icmp} id @{first} drop"]
    return "; ".join(("nft add table inet fault", "nft add chain inet fault in"
                      " '{ type filter hook input priority 0; }'", *rules))


def run_stuck(options, results):
    """Three slots without any answer make the collector try another flow."""
    with towns.Town() as town:
        run = watch.Watch(options, results, town, 10)
        run.wait_for(BEGIN)
        town.shell("core", stick("two"))
        stored = run.finish()
    for (site, family), rows in stored.items():
        dark = [is_dark(row) for row in rows]
        if site != "two":
            expect(results, f"{site} {family}", rows, "clean")
            continue
        results.check(f"{site} {family}: three slots dark", sum(dark) == 3 and all(dark[2:5]), dark)
        expect(results, f"{site} {family} before", rows[:1], "clean")
        expect(results, f"{site} {family} afterwards", rows[7:], "clean")


if __name__ == "__main__":
    scenario.run_main({name: lambda options, results, fault=fault:
                       run_fault(options, results, fault) for name, fault in FAULTS.items()} |
                      {"stuck-firewall": run_stuck})

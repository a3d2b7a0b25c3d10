# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector once --trace prints of a town whose routers are known: every hop, what the
way carries, and where it ends, in both families."""

import contextlib
import ipaddress
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import lab
import scenario
import test_run
from pathtown import PathTown, compressed, routers
from town import TARGETS, address, silence

PROTOCOLS = (("icmp",), ("udp",), ("tcp", "--port", "80"))
FAMILIES = ("ipv4", "ipv6")
WAIT_S = 30
HERE = os.path.dirname(os.path.abspath(__file__))
# By protocol: where the checksum stands behind the IP header.
CHECKSUM_AT = {1: 2, 58: 2, 6: 16, 17: 6}


def trace(options, town, *arguments, targets=TARGETS["one"]):
    """{family: what was printed}"""
    done = subprocess.run(
        lab.inside(town.names["agent"], options.collector, "once", *targets, "--json", "--trace",
                   *arguments), text=True, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"once --trace {arguments}: {done.stderr}")
    return {row["family"]: row for row in json.loads(done.stdout)["traces"]}


def hops_of(row):
    return [hop["addresses"][0] if hop["addresses"] else None for hop in row["hops"]]


def check_hops(results, name, row, expected, end="reached"):
    results.equal(f"{name}: hops", hops_of(row), expected)
    results.equal(f"{name}: end", row["end"], end)


def check_delays(results, name, row):
    for hop in row["hops"]:
        delay = hop["round_trip_ns"]
        ordered = hop["answered"] == 0 or 0 < delay["min"] <= delay["mean"] <= delay["max"]
        results.check(f"{name}: delays of hop {hop['hop']}", ordered, str(delay))
        results.check(f"{name}: three are sent to hop {hop['hop']}",
                      hop["answered"] <= hop["sent"] == 3)


def protocols(options, results):
    """The same hops by every protocol."""
    with PathTown() as town:
        for protocol in PROTOCOLS:
            for family, row in trace(options, town, *protocol).items():
                name = f"{protocol[0]}, {family}"
                expected = routers()[family]
                # A closed port is told from the address of the link.
                if (protocol[0], family) == ("udp", "ipv6"):
                    expected = expected[:2] + [compressed(address(2, 2)[1])]
                check_hops(results, name, row, expected)
                check_delays(results, name, row)
                results.equal(f"{name}: path MTU", (row["path_mtu"]["state"],
                                                    row["path_mtu"]["size"]), ("found", 1500))


def limited(options, results):
    """A router that answers one packet of three shows loss of its own, and none behind it."""
    with PathTown() as town:
        limit = "limit rate over 1/hour burst 1 packets"
        town.silence("gateway", (f"icmp type time-exceeded {limit}",
                                 f"icmpv6 type time-exceeded {limit}"))
        for family, row in trace(options, town, "icmp").items():
            check_hops(results, f"limited, {family}", row, routers()[family])
            results.equal(f"limited, {family}: answered",
                          [hop["answered"] for hop in row["hops"]], [1, 3, 3])
            check_delays(results, f"limited, {family}", row)


def ends(options, results):
    """Where a way ends, and by whose word."""
    with PathTown() as town:
        ways = routers()
        town.shell("router", "nft add table inet path; nft add chain inet path pass"
                   " '{ type filter hook forward priority 0; }';"
                   " nft add rule inet path pass reject with icmpx type admin-prohibited")
        for family, row in trace(options, town, "icmp").items():
            check_hops(results, f"filtered, {family}", row, ways[family][:2] + [ways[family][1]],
                       "filtered")
            code = (3, 13) if family == "ipv4" else (1, 1)
            results.equal(f"filtered, {family}: word", (row["icmp_type"], row["icmp_code"]), code)
        town.shell("router", "nft delete table inet path; ip route del default;"
                   " ip -6 route del default")
        for family, row in trace(options, town, "udp").items():
            check_hops(results, f"unreachable, {family}", row,
                       ways[family][:2], "unreachable")
        back4, back6 = address(1, 1)
        town.shell("router", f"ip route add default via {back4};"
                   f" ip -6 route add default via {back6} dev link1")
        for family, row in trace(options, town, "icmp").items():
            results.equal(f"loop, {family}: end", row["end"], "loop")
            hops = hops_of(row)
            results.equal(f"loop, {family}: first hops", hops[:2], ways[family][:2])
            results.check(f"loop, {family}: a router comes again", len(set(hops)) < len(hops))
        town.shell("router", "ip route replace blackhole default; ip -6 route del default;"
                   " ip -6 route add blackhole default")
        for family, row in trace(options, town, "icmp").items():
            results.equal(f"silent, {family}: end", row["end"], "silent")
            results.equal(f"silent, {family}: hops", hops_of(row), ways[family][:1])


def mtu(options, results):
    """A router that tells, a router that tells too little, one that tells nothing."""
    with PathTown() as town:
        town.shrink(1400)
        for protocol in PROTOCOLS:
            for family, row in trace(options, town, *protocol).items():
                results.equal(f"told, {protocol[0]}, {family}", row["path_mtu"], {
                    "state": "found", "size": 1400, "lost_from": 1401, "told": 1400,
                    "told_by": routers()[family][1]})
        town.silence("router", ("icmp type destination-unreachable",
                                "icmpv6 type packet-too-big"))
        for family, row in trace(options, town, "icmp").items():
            results.equal(f"black hole, {family}", row["path_mtu"], {
                "state": "black hole", "size": 1400, "lost_from": 1401, "told": None,
                "told_by": None})


class Header:
    """What routers choose a way by, of a packet from its IP header on; None if it is not ours."""

    def __init__(self, octets):
        v4 = octets[0] >> 4 == 4
        self.family = "ipv4" if v4 else "ipv6"
        self.protocol = octets[9] if v4 else octets[6]
        target = octets[16:20] if v4 else octets[24:40]
        self.ours = ipaddress.ip_address(target).compressed in TARGETS["one"]
        addresses = octets[12:20] if v4 else octets[1:4] + octets[8:40]
        upper = octets[20:] if v4 else octets[40:]
        echo = self.protocol in (1, 58)
        self.key = (addresses, self.protocol, upper[:2], upper[4:6] if echo else upper[2:4])
        at = CHECKSUM_AT[self.protocol] if self.ours else 0
        self.checksum = upper[at:at + 2]


def check_constancy(results, name, packets):
    """Packets of one size have one checksum too."""
    headers = [(Header(bytes.fromhex(octets)), size) for octets, size in packets
               if octets[0] in "46"]
    for family in FAMILIES:
        mine = [(h, size) for h, size in headers if h.ours and h.family == family]
        # Of TCP, what sizes are looked for with is ICMP.
        for protocol in {h.protocol for h, _ in mine}:
            own = [(h, size) for h, size in mine if h.protocol == protocol]
            label = f"{name}, {family}, protocol {protocol}: {len(own)} packets"
            results.equal(f"{label}: flows", len({h.key for h, _ in own}), 1)
            sizes = {size for _, size in own}
            results.equal(f"{label}: checksums", len({(size, h.checksum) for h, size in own}),
                          len(sizes))
        results.check(f"{name}, {family}: {len(mine)} packets", len(mine) >= 9)


def flows(options, results):
    """Where a router shares flows among two ways, one trace sees one of them, in every packet."""
    with PathTown() as town:
        town.balance()
        for number, protocol in enumerate(PROTOCOLS * 2):
            name = f"{protocol[0]} {number}"
            sniffer = town.start("gateway", sys.executable, "-B",
                                 os.path.join(HERE, "headers.py"), "link0", stdout=subprocess.PIPE)
            sniffer.stdout.readline()
            rows = trace(options, town, *protocol)
            sniffer.send_signal(signal.SIGTERM)
            check_constancy(results, name, json.loads(sniffer.communicate(timeout=10)[0]))
            for family, row in rows.items():
                ways = [routers(detour)[family] for detour in (False, True)]
                results.check(f"{name}, {family}: one of both ways",
                              hops_of(row)[:2] in [way[:2] for way in ways], str(hops_of(row)))
                results.check(f"{name}, {family}: no hop has two addresses",
                              all(len(hop["addresses"]) == 1 for hop in row["hops"]))


INTERVAL_S, TRACE_S = 1, 5


def write_configuration(town):
    ipv4, ipv6 = TARGETS["one"]
    path = town.path("netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"network: {{en: Trial network}}\ndata: {town.path('data')}\n"
                   "retention: {slots: 1d, hours: 1d}\norganisations: [{name: city}]\n"
                   "sites:\n  - {name: one, organisation: city, tier: backbone,"
                   f" ipv4: {ipv4}, ipv6: '{ipv6}'}}\n"
                   "tests:\n  - {name: echo, method: icmp,"
                   f" interval: {INTERVAL_S}s, packets: 2, t-max: 500ms, trace: {TRACE_S}s}}\n")
    return path


class Archive:
    """The rows of archive.db, read while the collector writes."""

    def __init__(self, town):
        self.path = os.path.join(town.path("data"), "archive.db")

    def rows(self, query, *values):
        if not os.path.exists(self.path):
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            try:
                return db.execute(query, values).fetchall()
            except sqlite3.OperationalError:
                return []

    def wait_for(self, results, name, query, count):
        """The rows, once there are so many of them."""
        deadline = time.monotonic() + WAIT_S
        rows = self.rows(query)
        while len(rows) < count and time.monotonic() < deadline:
            time.sleep(0.1)
            rows = self.rows(query)
        results.equal(f"{name}: rows", len(rows), count)
        return rows


def key_of(family):
    return f"local~one~icmp~v{family[-1]}~s64~d0~p0"


def service(options, results):
    """A route that changes to one with a black hole, then an outage: what the archive has of them,
    and when."""
    with PathTown() as town:
        town.shell("detour", "ip link set link4 mtu 1400")
        town.shell("core", "ip link set link4 mtu 1400")
        town.silence("detour", ("icmp type destination-unreachable",
                                "icmpv6 type packet-too-big"))
        archive = Archive(town)
        child = town.start("agent", options.collector, "run", write_configuration(town),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        archive.wait_for(results, "MTU of the first routes", "SELECT * FROM path_mtu", 2)
        switched = time.time_ns()
        town.switch(3)
        done = time.time_ns()
        holes = archive.wait_for(results, "black holes",
                                 "SELECT key, size, lost_from FROM path_mtu"
                                 " WHERE state = 'black hole' ORDER BY key", 2)
        results.equal("black holes", holes, [(key_of(f), 1400, 1401) for f in FAMILIES])
        town.shell("core", silence("one"))
        broken = time.time_ns()
        traces = archive.wait_for(results, "traces of the outage",
                                  "SELECT key, hops, ending, at FROM outage_trace ORDER BY key", 2)
        child.send_signal(signal.SIGTERM)
        results.equal("the collector ends well", (child.wait(timeout=30)), 0)
        for family, row in zip(FAMILIES, traces):
            results.equal(f"outage, {family}", row[:3],
                          (key_of(family), " ".join(routers(True)[family][:2]), "silent"))
            results.check(f"outage, {family}: traced after it began", row[3] > broken)
        for family in FAMILIES:
            check_change(results, archive, family, (switched, done))
        check_report(options, results, town)


def check_change(results, archive, family, switched):
    """The way was switched at some time between the two."""
    rows = archive.rows("SELECT from_at, last_seen, hops, ending FROM route WHERE key = ?"
                        " ORDER BY from_at", key_of(family))
    results.equal(f"routes, {family}", [(row[2], row[3]) for row in rows],
                  [(" ".join(routers(detour)[family]), "reached") for detour in (False, True)])
    if len(rows) == 2:
        before, after = rows
        results.check(f"the change, {family}, lies between its dates",
                      before[0] <= before[1] < switched[1] and switched[0] < after[0] <= after[1],
                      str((rows, switched)))


def check_report(options, results, town):
    out = town.path("report.json")
    now = int(time.time())
    done = test_run.reporter(options, town, "report", (now - 600, now), "--lang", "en", "--out",
                             out)
    if not results.check("the report ends well", done.returncode == 0, done.stderr):
        return
    with open(out, encoding="utf-8") as file:
        rows = test_run.table(json.load(file), "paths")
    for family in FAMILIES:
        before, after = (" ".join(routers(detour)[family]) for detour in (False, True))
        found = {row["what"]: (row["before"], row["after"]) for row in rows["one", family]}
        results.equal(f"the report's paths, {family}", found, {
            "Route changed": (before, after),
            "MTU black hole": ("1400 octets get through",
                               "from 1401 octets on packets vanish untold"),
            "Outage, last hop that answered": ("–", routers(True)[family][1])})


if __name__ == "__main__":
    scenario.run_main({"protocols": protocols, "limited": limited, "ends": ends, "mtu": mtu, "flows": flows,
                       "service": service})

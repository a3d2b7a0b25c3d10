# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth of a run, from the emulator's log alone: what became of every marked probe packet.

A packet's mark is the last 16 octets of its payload: series u32, slot u16, packet u16, cookie u64.
Lost: no true answer came out within T_max. Late: one came out after it, before the slot was settled
(its end + T_max + 50 ms). Duplicated: every further true answer before that. Reordered (RFC 4737,
section 3.3): answered in time, after a packet that was sent later.

The near kernel stamps an answer while the emulator writes it, between the log's exit and written,
and the answers in the order in which they are written: so which came first, and which before a slot
was settled, is known unless that instant lies between the two. When a packet was sent is known less
well, for the emulator may be late to read it: an answer as near to T_max as that is doubtful, and
widens the range of a count."""

import csv
import functools
import ipaddress
from collections import defaultdict

NS = 1_000_000_000
SETTLING = 50_000_000  # ns: how long after its end and T_max a slot's answers still count
REQUESTS, REPLIES = {"8", "128"}, {"0", "129"}


class Packet:
    def __init__(self, row):
        self.sent_at = int(row["arrival"])
        tail = row["tail"]
        self.series, self.slot, self.index = (int(tail[0:8], 16), int(tail[8:12], 16),
                                              int(tail[12:16], 16))
        self.fate = row["fate"]
        self.answers = []  # (exit, written), in the order of time
        self.forged = 0

    def first(self):
        return self.answers[0][0] if self.answers else None


class Counts:
    """Packets of one series in one slot; each count is a range [least, most]."""

    NAMES = ("sent", "lost", "late", "duplicated", "reordered", "forged")

    def __init__(self):
        self.ranges = {name: [0, 0] for name in self.NAMES}
        self.doubtful = 0  # packets

    def add(self, name, certain=0, doubtful=0):
        self.ranges[name][0] += certain
        self.ranges[name][1] += certain + doubtful

    def merge(self, other):
        for name in self.NAMES:
            self.add(name, other.ranges[name][0],
                     other.ranges[name][1] - other.ranges[name][0])

    def agrees(self, name, value):
        least, most = self.ranges[name]
        return least <= value <= most

    def __getitem__(self, name):
        least, most = self.ranges[name]
        return least if least == most else (least, most)


@functools.lru_cache(maxsize=None)
def address(digits):
    return str(ipaddress.ip_address(bytes.fromhex(digits)))


def read_rows(path):
    """Of the packets with a mark, in the order of time."""
    with open(path, newline="", encoding="ascii") as file:
        for row in csv.DictReader(file):
            if row["tail"]:
                row["source"] = address(row["source"])
                row["destination"] = address(row["destination"])
                yield row


def read_log(path):
    """{(family, target, mark): Packet} of every echo request with a mark."""
    packets = {}
    rows = list(read_rows(path))
    for row in rows:
        key = (row["family"], row["destination"], row["tail"])
        if row["direction"] == "forward" and row["type"] in REQUESTS and key not in packets:
            packets[key] = Packet(row)
    for row in rows:
        if row["direction"] != "backward" or row["type"] not in REPLIES or not row["exit"]:
            continue
        packet = packets.get((row["family"], row["source"], row["tail"]))
        if row["fate"] == "forged":
            add_forged(packets, row)
        elif packet:
            packet.answers.append((int(row["exit"]), int(row["written"])))
    return packets


def add_forged(packets, row):
    """The log has the tail as it went out, with its last octet changed."""
    for (family, target, tail), packet in packets.items():
        if family == row["family"] and target == row["source"] and tail[:-2] == row["tail"][:-2]:
            packet.forged += 1
            return


def count_slot(packets, t_max, settled, margin):
    """Counts of the packets of one slot of one series. settled: when its answers stop counting,
    None for never. margin: how late the emulator may have been to read a packet (ns)."""
    counts = Counts()
    arrivals = []
    for packet in sorted(packets, key=lambda packet: packet.sent_at):
        counts.add("sent", 1)
        counts.add("forged", packet.forged)
        answers = [exit for exit, written in packet.answers if not settled or written < settled]
        doubtful = sum(settled is not None and exit < settled <= written
                       for exit, written in packet.answers)
        counts.add("duplicated", max(len(answers) - 1, 0), doubtful)
        first = answers[0] - packet.sent_at if answers else None
        near_bound = first is not None and abs(first - t_max) <= margin
        in_time = first is not None and first <= t_max - margin
        counts.add("lost", 0 if in_time or near_bound else 1, near_bound)
        counts.add("late", first is not None and not in_time and not near_bound,
                   near_bound or (not answers and doubtful > 0))
        counts.doubtful += near_bound or doubtful > 0
        if in_time:
            arrivals.append(answers[0])
    counts.add("reordered", passed(arrivals))
    return counts


def passed(arrivals):
    """How many came after one that was sent later."""
    earliest, count = float("inf"), 0
    for at in reversed(arrivals):
        count += at > earliest
        earliest = min(earliest, at)
    return count


def by_slot(packets, t_max, interval, margin):
    """{(family, target, slot number modulo 65,536): Counts}"""
    groups = defaultdict(list)
    for (family, target, _), packet in packets.items():
        groups[family, target, packet.slot].append(packet)
    result = {}
    for key, members in groups.items():
        number = min(p.sent_at for p in members) // interval
        settled = (number + 1) * interval + t_max + SETTLING
        result[key] = count_slot(members, t_max, settled, margin)
    return result


def round_trips(packets, t_max):
    """{(family, target, slot): round trips of the packets answered in time}"""
    trips = defaultdict(list)
    for (family, target, _), packet in packets.items():
        if packet.answers and packet.first() - packet.sent_at <= t_max:
            trips[family, target, packet.slot].append(packet.first() - packet.sent_at)
    return trips


def by_target(packets, t_max, margin):
    """{(family, target): Counts} over everything sent, without a settling of slots."""
    groups = defaultdict(list)
    for (family, target, _), packet in packets.items():
        groups[family, target].append(packet)
    return {key: count_slot(members, t_max, None, margin) for key, members in groups.items()}

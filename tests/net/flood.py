# SPDX-License-Identifier: GPL-3.0-or-later
"""Floods a prober with wrong answers to its newest echo requests, which it watches on a device.
bad: the true answer, but its checksum is wrong. forged: all is right but the last octet of the
cookie. Prints as JSON how many of which kind and family went out."""

import argparse
import collections
import json
import select
import socket
import struct
import time

from plain_prober import checksum

TICK_S, NEWEST = 0.005, 60
ETHERNET, IPV6 = 14, 40
REQUEST, REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}


def internet_header(packet, family):
    """Of the answer to a packet: its length, and its octets."""
    if family == 6:
        return IPV6, packet[:8] + packet[24:40] + packet[8:24]
    length = (packet[0] & 15) * 4
    return length, packet[:12] + packet[16:20] + packet[12:16] + packet[20:length]


def make_answers(packet, kinds):
    """{kind: the wrong answer to an echo request}, None for any other packet."""
    family = packet[0] >> 4
    if family not in REQUEST or len(packet) < IPV6 + 24:
        return None
    length, header = internet_header(packet, family)
    icmp = packet[length:]
    if packet[6 if family == 6 else 9] not in (1, 58) or icmp[0] != REQUEST[family]:
        return None
    pseudo = header[8:40] + struct.pack(">II", len(icmp), 58) if family == 6 else b""
    bodies = {"bad": icmp[4:], "forged": icmp[4:-1] + bytes([icmp[-1] ^ 1])}
    answers = {}
    for kind in kinds:
        start = struct.pack(">BBH", REPLY[family], 0, 0)
        right = checksum(pseudo + start + bodies[kind])
        sent = right ^ 0x0101 if kind == "bad" else right
        answers[kind] = header + start[:2] + struct.pack(">H", sent) + bodies[kind]
    return answers


class Flood:
    def __init__(self, device, kinds, families):
        self.watch = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.watch.bind((device, 0))
        self.watch.setblocking(False)
        self.kinds = kinds
        self.newest = {family: collections.deque(maxlen=NEWEST) for family in families}
        self.sent = {kind: dict.fromkeys(families, 0) for kind in kinds}
        self.out = {4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
                    6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)}

    def look(self, seconds):
        """Takes in the requests that come, for so long."""
        until = time.monotonic() + seconds
        while select.select([self.watch], [], [], max(until - time.monotonic(), 0))[0]:
            packet = self.watch.recv(2048)[ETHERNET:]
            answers = make_answers(packet, self.kinds)
            if answers and packet[0] >> 4 in self.newest:
                self.newest[packet[0] >> 4].append(answers)

    def send(self, family, kind, number):
        newest = self.newest[family]
        packet = newest[number % len(newest)][kind]
        host = (socket.inet_ntop(socket.AF_INET6, packet[24:40]) if family == 6 else
                socket.inet_ntop(socket.AF_INET, packet[16:20]))
        self.out[family].sendto(packet, (host, 0))
        self.sent[kind][family] += 1

    def run(self, rate, seconds):
        """rate: of each kind a second, all families together."""
        start, number = time.monotonic(), 0
        while number < rate * seconds:
            due = min((time.monotonic() - start) * rate, rate * seconds)
            while number < due:
                family = list(self.newest)[number % len(self.newest)]
                for kind in self.kinds:
                    self.send(family, kind, number // len(self.newest))
                number += 1
            self.look(TICK_S)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("device", help="on the way to the prober")
    parser.add_argument("--at", type=float, required=True, help="when to begin, since 1970")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rate", type=float, default=10000, help="of each kind, a second")
    parser.add_argument("--kinds", default="bad,forged")
    parser.add_argument("--families", default="4,6")
    options = parser.parse_args()
    families = [int(family) for family in options.families.split(",")]
    flood = Flood(options.device, options.kinds.split(","), families)
    flood.look(options.at - time.time())
    flood.run(options.rate, options.seconds)
    print(json.dumps({f"{kind} ipv{family}": count for kind, counts in flood.sent.items()
                      for family, count in counts.items()}))


if __name__ == "__main__":
    main()

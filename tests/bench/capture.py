# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures with nanosecond stamps on a prober's interface, and the round trips that they show."""

import struct
import subprocess
import time

import process

# tcpdump is handed packets by the block, so that it is not woken inside the prober's system calls.
BLOCK_S = 1.2
MAGIC_NANO = 0xa1b23c4d
ECHO_REPLY, ECHO_REQUEST = 0, 8
PROTOCOL_ICMP, PROTOCOL_UDP = 1, 17
IRTT_MAGIC, IRTT_SESSION = b"\x14\xa7\x5b", 0b101  # packets that open and close a session


class Capture:
    """tcpdump on link0 of the near end while it is entered."""

    def __init__(self, link):
        self.link, self.path, self.child = link, link.path("capture.pcap"), None

    def __enter__(self):
        self.child = process.start(self.link.inside(
            ["tcpdump", "-i", "link0", "-n", "-Z", "root", "-B", "16384", "-s", "256",
             "--time-stamp-precision=nano", "-w", self.path, "ip"]),
            stderr=subprocess.PIPE, text=True)
        self.link.children.append(self.child)
        for line in self.child.stderr:
            if "listening on" in line:
                return self
        raise RuntimeError("tcpdump does not start")

    def __exit__(self, *_):
        time.sleep(BLOCK_S)
        self.child.terminate()
        self.child.communicate(timeout=10)

    def packets(self):
        """(ns, IPv4 packet) in the order of capture."""
        with open(self.path, "rb") as file:
            data = file.read()
        magic, link_type = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
        if magic != MAGIC_NANO:
            raise RuntimeError("the capture has no nanoseconds")
        at, skip = 24, {1: 14, 12: 0, 101: 0}[link_type]
        while at + 16 <= len(data):
            seconds, nanoseconds, held = struct.unpack_from("<III", data, at)
            yield seconds * 10**9 + nanoseconds, data[at + 16 + skip:at + 16 + held]
            at += 16 + held


def dotted(octets):
    return ".".join(str(octet) for octet in octets)


def echo_round_trips(packets):
    """{(target, how manieth request to it): ns}"""
    sent, count, found = {}, {}, {}
    for instant, packet in packets:
        if packet[9] != PROTOCOL_ICMP:
            continue
        kind = packet[20]
        label = packet[24:28]  # identifier and sequence number
        if kind == ECHO_REQUEST:
            target = dotted(packet[16:20])
            index = count[target] = count.get(target, -1) + 1
            sent[target, label] = index, instant
        elif kind == ECHO_REPLY:
            target = dotted(packet[12:16])
            if (target, label) in sent:
                index, began = sent[target, label]
                found.setdefault((target, index), instant - began)
    return found


def irtt_round_trips(packets):
    """{(server, sequence number): ns}"""
    sent, found = {}, {}
    for instant, packet in packets:
        payload = packet[28:]
        if (packet[9] != PROTOCOL_UDP or payload[:3] != IRTT_MAGIC or len(payload) < 16 or
                payload[3] & IRTT_SESSION):
            continue
        number = struct.unpack_from("<I", payload, 12)[0]
        if packet[22:24] == b"\x08\x40":
            sent[dotted(packet[16:20]), number] = instant
        elif (dotted(packet[12:16]), number) in sent:
            key = dotted(packet[12:16]), number
            found.setdefault(key, instant - sent[key])
    return found

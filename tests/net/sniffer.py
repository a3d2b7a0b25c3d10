# SPDX-License-Identifier: GPL-3.0-or-later
"""A sniffer captures the marked echoes of a device and prints, as JSON at SIGTERM, when the tap
that every capture program uses saw them, in nanoseconds:
{"drops": 0, "packets": {"ADDRESS INDEX": [sent, answered…]}}"""

import argparse
import ipaddress
import json
import signal
import socket
import struct
import sys

ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS, OUTGOING = 0x0003, 263, 6, 4
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
BUFFER = 32 << 20
REQUESTS, REPLIES, MARK = {8, 128}, {0, 129}, 16


def open_tap(device):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    tap.bind((device, 0))
    return tap


def read_echo(data):
    """(type, source, destination, mark's packet number) of an echo on a device without link layer,
    or None."""
    if data[0] >> 4 == 4 and data[9] == socket.IPPROTO_ICMP:
        kind, source, destination = data[(data[0] & 15) * 4], data[12:16], data[16:20]
    elif data[0] >> 4 == 6 and data[6] == socket.IPPROTO_ICMPV6:
        kind, source, destination = data[40], data[8:24], data[24:40]
    else:
        return None
    if kind not in REQUESTS | REPLIES:
        return None
    return kind, source, destination, struct.unpack(">H", data[-10:-8])[0]


def stamp_of(ancillary):
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data)
            return seconds * 1_000_000_000 + nanoseconds
    return None


def capture(tap, packets):
    while True:
        data, ancillary, _, address = tap.recvmsg(2048, 256)
        echo, stamp = read_echo(data), stamp_of(ancillary)
        if not echo or stamp is None:
            continue
        kind, source, destination, index = echo
        leaves = address[2] == OUTGOING
        if leaves == (kind in REQUESTS):
            target = ipaddress.ip_address(destination if leaves else source)
            packets.setdefault(f"{target} {index}", []).append(stamp)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("device")
    tap = open_tap(parser.parse_args().device)
    packets = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    print("ready", flush=True)
    try:
        capture(tap, packets)
    finally:
        _, drops = struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        json.dump({"drops": drops, "packets": packets}, sys.stdout)


if __name__ == "__main__":
    main()

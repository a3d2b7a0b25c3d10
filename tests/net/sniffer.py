# SPDX-License-Identifier: GPL-3.0-or-later
"""A sniffer captures the marked echoes of a device and prints, as JSON at SIGTERM, when the tap
that every capture program uses saw them, in nanoseconds:
{"drops": 0, "packets": {"ADDRESS INDEX": [sent, answered…]}}"""

import argparse
import contextlib
import ipaddress
import json
import signal
import socket
import struct
import sys
import time

ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS, OUTGOING = 0x0003, 263, 6, 4
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
BUFFER, PAUSE_S = 32 << 20, 0.01
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


def take(tap, packets):
    data, ancillary, _, address = tap.recvmsg(2048, 256, socket.MSG_DONTWAIT)
    echo, stamp = read_echo(data), stamp_of(ancillary)
    if not echo or stamp is None:
        return
    kind, source, destination, index = echo
    leaves = address[2] == OUTGOING
    if leaves == (kind in REQUESTS):
        target = ipaddress.ip_address(destination if leaves else source)
        packets.setdefault(f"{target} {index}", []).append(stamp)


def drain(tap, packets):
    with contextlib.suppress(BlockingIOError):
        while True:
            take(tap, packets)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("device")
    tap = open_tap(parser.parse_args().device)
    packets, ended = {}, []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    print("ready", flush=True)
    # It never waits for a packet: to wake it would hold up the very sending that is measured.
    while not ended:
        drain(tap, packets)
        time.sleep(PAUSE_S)
    drain(tap, packets)
    _, drops = struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    json.dump({"drops": drops, "packets": packets}, sys.stdout)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""forger.py DEVICE: answers every IPv4 SYN that comes by with three SYN-ACKs, none of them true: of
another number, from another port, from another host. Says "ready" before and how many at its end."""

import signal
import socket
import struct
import sys

SYN, SYN_ACK = 0x02, 0x12


def fold(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(source, destination, ports, acknowledged):
    header = struct.pack(">HHIIBBHHH", *ports, 77, acknowledged, 5 << 4, SYN_ACK, 1024, 0, 0)
    pseudo = source + destination + struct.pack(">HH", socket.IPPROTO_TCP, len(header))
    return header[:16] + struct.pack(">H", fold(pseudo + header)) + header[18:]


def packet(source, destination, ports, acknowledged):
    body = segment(source, destination, ports, acknowledged)
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, socket.IPPROTO_TCP,
                       0) + source + destination + body


def forgeries(heard):
    near, far = heard[12:16], heard[16:20]
    source_port, port, number = struct.unpack(">HHI", heard[20:28])
    true = (number + 1) % 2**32
    other = far[:3] + bytes([far[3] ^ 0x80])
    yield packet(far, near, (port, source_port), (true + 1) % 2**32)
    yield packet(far, near, (port ^ 1, source_port), true)
    yield packet(other, near, (port, source_port), true)


def is_syn(heard):
    return len(heard) >= 40 and heard[0] == 0x45 and heard[9] == 6 and heard[33] == SYN


def main(device):
    count = 0
    signal.signal(signal.SIGTERM, lambda *_: (print(count, flush=True), sys.exit(0)))
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    ear.bind((device, 0x0800))
    mouth = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        heard = ear.recv(2048)
        if not is_syn(heard):
            continue
        for forged in forgeries(heard):
            mouth.sendto(forged, (socket.inet_ntoa(heard[12:16]), 0))
            count += 1


main(sys.argv[1])

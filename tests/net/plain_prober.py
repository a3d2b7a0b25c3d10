# SPDX-License-Identifier: GPL-3.0-or-later
"""A prober so plain that it can check the emulator's log: it sends marked echo requests to one
target at a fixed pace and prints, as JSON, the marks of everything that came back, in order."""

import argparse
import ipaddress
import json
import select
import socket
import struct
import sys
import time

IDENTIFIER = 0x4e47


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def echo_request(kind, number, per_slot):
    cookie = 0x1122334455660000 + number
    mark = struct.pack(">IHHQ", 7, number // per_slot, number % per_slot, cookie)
    body = struct.pack(">HH", IDENTIFIER, number & 0xffff) + bytes(24) + mark
    return struct.pack(">BBH", kind, 0, checksum(struct.pack(">BBH", kind, 0, 0) + body)) + body


def open_socket(address):
    if address.version == 4:
        return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), 8, 0
    return socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6), 128, 129


def read_answers(sock, reply, answers, until):
    while (left := until - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            return
        data = sock.recv(2048)
        icmp = data[(data[0] & 15) * 4:] if sock.family == socket.AF_INET else data
        if len(icmp) >= 24 and icmp[0] == reply and icmp[4:6] == struct.pack(">H", IDENTIFIER):
            answers.append(icmp[-16:].hex())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target", type=ipaddress.ip_address)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--gap", type=float, default=0.005, help="seconds")
    parser.add_argument("--per-slot", type=int, default=20)
    parser.add_argument("--wait", type=float, default=1.0, help="seconds, after the last one")
    options = parser.parse_args()
    sock, request, reply = open_socket(options.target)
    answers, start = [], time.monotonic()
    for number in range(options.count):
        sock.sendto(echo_request(request, number, options.per_slot), (str(options.target), 0))
        read_answers(sock, reply, answers, start + (number + 1) * options.gap)
    read_answers(sock, reply, answers, time.monotonic() + options.wait)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()

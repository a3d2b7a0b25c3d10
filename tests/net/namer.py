# SPDX-License-Identifier: GPL-3.0-or-later
"""namer.py: a name server at port 53, over IPv4 and IPv6, that knows a few names; any other does
not exist. Says "ready" before."""

import ipaddress
import socket
import struct

import lab

A, AAAA = 1, 28
WEB = {A: lab.TARGET_IPV4.format(7), AAAA: lab.TARGET_IPV6.format(7)}
NAMES = {"www.example.test": WEB, "moved.example.test": WEB, "old.example.test": {A: WEB[A]}}


def question(query):
    """(name, type, end of the question)"""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack_from(">H", query, at + 1)[0], at + 5


def answer(query):
    name, kind, end = question(query)
    known = NAMES.get(name)
    address = (known or {}).get(kind)
    rcode = 0 if known else 3
    reply = query[:2] + struct.pack(">HHHHH", 0x8580 | rcode, 1, 1 if address else 0, 0, 0)
    reply += query[12:end]
    if address:
        octets = ipaddress.ip_address(address).packed
        reply += struct.pack(">HHHIH", 0xc00c, kind, 1, 60, len(octets)) + octets
    return reply


def main():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::", 53))
        print("ready", flush=True)
        while True:
            query, peer = server.recvfrom(4096)
            server.sendto(answer(query), peer)


if __name__ == "__main__":
    main()

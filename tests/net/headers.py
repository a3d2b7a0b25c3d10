# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures what a device receives and prints, as JSON at SIGTERM, the first octets of each packet
from its IP header on, in hexadecimal."""

import argparse
import json
import signal
import socket
import sys

ETH_P_ALL, ETHERNET, OUTGOING, OCTETS = 0x0003, 14, 4, 80


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("device")
    device = parser.parse_args().device
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    tap.bind((device, 0))
    tap.settimeout(0.05)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    print("ready", flush=True)
    packets = []
    while True:
        try:
            data, address = tap.recvfrom(2048)
        except TimeoutError:
            if ended:
                break
            continue
        if address[2] != OUTGOING:
            packets.append((data[ETHERNET:ETHERNET + OCTETS].hex(), len(data) - ETHERNET))
    json.dump(packets, sys.stdout)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""listener.py PORT: listens over IPv4 and IPv6 until it is ended, and says "ready" before."""

import signal
import socket
import sys

with socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, backlog=4096,
                          dualstack_ipv6=True):
    print("ready", flush=True)
    signal.pause()

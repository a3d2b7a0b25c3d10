# SPDX-License-Identifier: GPL-3.0-or-later
"""acceptor.py PORT: accepts connections and closes them, until it is ended; says "ready" before."""

import socket
import sys

with socket.create_server(("", int(sys.argv[1])), backlog=4096) as server:
    print("ready", flush=True)
    while True:
        try:
            server.accept()[0].close()
        except ConnectionError:  # it was closed before
            pass

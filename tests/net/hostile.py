# SPDX-License-Identifier: GPL-3.0-or-later
"""hostile.py PORT: answers each path over HTTP as a server would that means harm, over IPv4 and
IPv6, until it is ended. Says "ready" before."""

import gzip
import socket
import sys
import threading
import time
import zlib

MEGABYTE = 1 << 20
OK = b"HTTP/1.1 200 OK\r\n"
PIECE = b"x" * 65536


def endless(peer):
    """A body without end, of no length that is told."""
    peer.sendall(OK + b"\r\n")
    while True:
        peer.sendall(PIECE)


def chunks(peer):
    """The same in chunks."""
    peer.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.sendall(b"10000\r\n" + PIECE + b"\r\n")


def announced(peer):
    """A body of which it is said that it is large."""
    peer.sendall(OK + b"Content-Length: 1099511627776\r\n\r\n")
    endless(peer)


def drip(peer):
    """An octet of the body now and then."""
    peer.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        peer.sendall(b"x")
        time.sleep(0.05)


def drip_headers(peer):
    """A header now and then."""
    peer.sendall(OK)
    while True:
        peer.sendall(b"X: y\r\n")
        time.sleep(0.05)


def silent(peer):
    """Nothing at all, after the request."""
    del peer
    time.sleep(60)


def header(peer):
    """One header without end."""
    peer.sendall(OK + b"X: ")
    while True:
        peer.sendall(PIECE)


def headers(peer):
    """Headers without end."""
    peer.sendall(OK)
    while True:
        peer.sendall(b"X-Header: " + b"y" * 1000 + b"\r\n")


def interim(peer):
    """Interim answers without end."""
    while True:
        peer.sendall(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 100)


def packed(data, wbits, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


def body(encoding, octets):
    return (OK + f"Content-Encoding: {encoding}\r\nContent-Length: {len(octets)}\r\n\r\n".encode()
            + octets)


def bomb(peer):
    """Little that becomes 256 MB."""
    peer.sendall(body("gzip", BOMB))


def bomb_in_bomb(peer):
    """Little that becomes less little, and then much."""
    peer.sendall(body("gzip, gzip", gzip.compress(BOMB)))


def hollow(peer):
    """What is unpacked and never gives anything."""
    peer.sendall(OK + b"Content-Encoding: deflate\r\n\r\n\x78\x9c")
    while True:
        peer.sendall(b"\x00\x00\x00\xff\xff" * 10000)


def unasked(peer):
    """An encoding that was not asked for."""
    peer.sendall(body("zstd", b"\x28\xb5\x2f\xfd" + b"\x00" * 1000))


def cut(peer):
    """Less than was told."""
    peer.sendall(OK + b"Content-Length: 1000\r\n\r\nshort")


def nonsense(peer):
    """No HTTP."""
    peer.sendall(b"\x00\x01\x02 what is this?\r\n" * 1000)


def elsewhere(peer):
    """A redirect to what is no page."""
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")


def somebody(peer):
    """A redirect with somebody's name and word."""
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://me:word@www.example.test:8090/\r\n"
                 b"Content-Length: 0\r\n\r\n")


def garbled(peer):
    """A redirect to what is no text."""
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://www.example.test:8090/cut?\xff\xfe\r\n"
                 b"Content-Length: 0\r\n\r\n")


def loop(peer):
    """A redirect to another page each time."""
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /loop?%d\r\nContent-Length: 0\r\n\r\n"
                 % time.monotonic_ns())


BOMB = packed(b"\x00" * (256 * MEGABYTE), 31)
KINDS = {function.__name__.replace("_", "-"): function for function in (
    endless, chunks, announced, drip, drip_headers, silent, header, headers, interim, bomb,
    bomb_in_bomb, hollow, unasked, cut, nonsense, elsewhere, somebody, garbled,
    loop)}


def serve(peer):
    with peer:
        try:
            path = peer.recv(65536).split(b" ")[1].decode("latin-1").strip("/").split("?")[0]
            KINDS[path](peer)
        except (OSError, IndexError, KeyError):
            pass


def main():
    with socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, backlog=128,
                              dualstack_ipv6=True) as server:
        print("ready", flush=True)
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""name_server.py ADDRESS...: a name server that says on port 53, over UDP and TCP, what the first
label of the name asked for wants: see MANNERS. Says "ready" before, and how many answers it forged
at its end."""

import selectors
import signal
import socket
import struct
import sys

PORT, OTHER_PORT, IP_FREEBIND = 53, 5353, 15
TYPE_A, TYPE_AAAA = 1, 28
RESPONSE, CUT = 0x8400, 0x0200
SERVFAIL = 2
RIGHT = {TYPE_A: socket.inet_pton(socket.AF_INET, "192.0.2.7"),
         TYPE_AAAA: socket.inet_pton(socket.AF_INET6, "2001:db8::7")}


def split(query):
    """(id, first label, type, question) of a query."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12:at + 5]
    return query[:2], labels[0], struct.unpack(">H", query[at + 1:at + 3])[0], question


def message(query, flags=0, records=b"", count=0):
    identity, _, _, question = split(query)
    return identity + struct.pack(">HHHHH", RESPONSE | flags, 1, count, 0, 0) + question + records


def record(kind, data, owner=b"\xc0\x0c"):
    return owner + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def right(query, repeated=1):
    kind = split(query)[2]
    return message(query, 0, record(kind, RIGHT[kind]) * repeated, repeated)


def other_question(query):
    return message(query[:13] + bytes([query[13] ^ 1]) + query[14:])


def chained(query):
    """Compressed names that point at each other."""
    here = 12 + len(split(query)[3])
    owner = struct.pack(">H", 0xc000 | here)
    return message(query, 0, record(TYPE_A, RIGHT[TYPE_A], owner), 1)


# What is sent over UDP: (octets, from where) each; and over TCP.
MANNERS = {
    "right": lambda q: ([(right(q), "here")], right(q)),
    "servfail": lambda q: ([(message(q, SERVFAIL), "here")], message(q, SERVFAIL)),
    "wrong": lambda q: ([(message(q, 0, record(split(q)[2], bytes(len(RIGHT[split(q)[2]]))), 1),
                          "here")], right(q)),
    "empty": lambda q: ([(message(q), "here")], message(q)),
    "shortened": lambda q: ([(right(q)[:-3], "here")], right(q)[:-3]),
    "pointing": lambda q: ([(chained(q), "here")], chained(q)),
    "promising": lambda q: ([(message(q, 0, b"", 65535), "here")], message(q, 0, b"", 65535)),
    "cut": lambda q: ([(message(q, CUT), "here")], right(q, 90)),
    "cut-ever": lambda q: ([(message(q, CUT), "here")], message(q, CUT)),
    "forged": lambda q: ([(bytes([q[0] ^ 1]) + right(q)[1:], "here"), (other_question(q), "here"),
                          (right(q), "other port"), (right(q), "other host"),
                          (right(q), "here")], right(q)),
    "dripping": lambda q: ([(message(q, CUT), "here")], None),
    "closing": lambda q: ([(message(q, CUT), "here")], b""),
}


def open_socket(address, port, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, kind)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)  # of both families
    opened.bind((address, port))
    return opened


class Server:
    def __init__(self, address):
        host = address[:-1] + "9"
        self.sockets = {"here": open_socket(address, PORT, socket.SOCK_DGRAM),
                        "other port": open_socket(address, OTHER_PORT, socket.SOCK_DGRAM),
                        "other host": open_socket(host, PORT, socket.SOCK_DGRAM)}
        self.listener = open_socket(address, PORT, socket.SOCK_STREAM)
        self.listener.listen(256)
        self.forged = 0

    def datagram(self):
        query, peer = self.sockets["here"].recvfrom(4096)
        answers = MANNERS[split(query)[1]](query)[0]
        for octets, source in answers:
            self.sockets[source].sendto(octets, peer)
        self.forged += len(answers) - 1


def stream(connection, kept):
    """Answers the one query of a connection, or keeps it waiting."""
    octets = connection.recv(4096)
    if len(octets) < 14:
        connection.close()
        return
    answer = MANNERS[split(octets[2:])[1]](octets[2:])[1]
    if answer is None:
        connection.send(b"\xff\xff\x00")  # 65,535 octets are to come
        kept.append(connection)
        return
    if answer:
        whole = struct.pack(">H", len(answer)) + answer
        connection.send(whole[:1])
        connection.send(whole[1:])
    connection.close()


def main(addresses):
    servers, kept = [Server(address) for address in addresses], []
    signal.signal(signal.SIGTERM, lambda *_: (print(sum(s.forged for s in servers), flush=True),
                                              sys.exit(0)))
    ears = selectors.DefaultSelector()
    for server in servers:
        ears.register(server.sockets["here"], selectors.EVENT_READ, server.datagram)
        ears.register(server.listener, selectors.EVENT_READ,
                      lambda server=server: stream(server.listener.accept()[0], kept))
    print("ready", flush=True)
    while True:
        for key, _ in ears.select():
            key.data()


main(sys.argv[1:])

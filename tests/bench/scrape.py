# SPDX-License-Identifier: GPL-3.0-or-later
"""scrape.py EXPORTER MODULE THREADS COUNT TARGET...: asks a blackbox_exporter for so many probes of
each target, each thread over a connection of its own; prints how many of them succeeded."""

import http.client
import sys
import threading


class Asker(threading.Thread):
    def __init__(self, exporter, module, targets, count):
        super().__init__()
        self.exporter, self.module, self.targets, self.count = exporter, module, targets, count
        self.good = 0

    def run(self):
        connection = http.client.HTTPConnection(self.exporter, timeout=30)
        for _ in range(self.count):
            for target in self.targets:
                connection.request("GET", f"/probe?module={self.module}&target={target}")
                body = connection.getresponse().read()
                self.good += b"\nprobe_success 1\n" in body
        connection.close()


def main(exporter, module, threads, count, *targets):
    askers = [Asker(exporter, module, targets[i::int(threads)], int(count))
              for i in range(int(threads))]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    print(sum(asker.good for asker in askers))


main(*sys.argv[1:])

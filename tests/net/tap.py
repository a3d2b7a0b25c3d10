# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of single checks, printed in the Test Anything Protocol."""


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, name, passed, note=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)
        if note and not passed:
            for line in str(note).splitlines():
                print(f"# {line}", flush=True)
        return passed

    def equal(self, name, found, expected):
        return self.check(name, found == expected, f"found {found}, expected {expected}")

    def note(self, text):
        print(f"# {text}", flush=True)

    def finish(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def skip_all(reason):
    print(f"1..0 # SKIP {reason}", flush=True)

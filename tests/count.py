# SPDX-License-Identifier: GPL-3.0-or-later
"""count.py FILE...: single test cases in JUnit files as "PASSED FAILED SKIPPED"; names what failed
on standard error. A file that is missing or broken is one failed case."""

import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """(name, state) of every test case."""
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            name = f"{suite.get('name')}: {case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                yield name, "failed"
            elif case.find("skipped") is not None:
                yield name, "skipped"
            else:
                yield name, "passed"
        # A program that crashed or timed out after its last case has an error of its own.
        if suite.get("errors", "0") != "0" and suite.find(".//error") is None:
            yield suite.get("name"), "failed"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sys.argv[1:]:
        try:
            found = list(cases(path))
        except (OSError, ElementTree.ParseError) as error:
            found = [(f"{path}: {error}", "failed")]
        for name, state in found:
            counts[state] += 1
            if state != "passed":
                print(f"{state}: {name}", file=sys.stderr)
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main()

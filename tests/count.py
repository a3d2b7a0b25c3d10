# SPDX-License-Identifier: GPL-3.0-or-later
"""count.py STEM...: single test cases of STEM.junit.xml as "PASSED FAILED SKIPPED"; names what failed
on standard error. A file that is missing or broken is one failed case, and so is a program that
STEM.json says ended badly though none of its cases failed: one that died between two of them."""

import json
import sys
import xml.etree.ElementTree as ElementTree

EXPLAINED, WIDTH = 12, 300  # lines of a failed check, and characters of a line


def state_of(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def bad_ends(path):
    """Names of the programs that did not end well."""
    with open(path, encoding="utf-8") as file:
        programs = [json.loads(line) for line in file]
    return [p["name"] for p in programs if p["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")]


def explain(output):
    """Prints each failed check of a program with what it said of it."""
    left = 0
    for line in output.splitlines():
        if line.startswith("not ok "):
            left = EXPLAINED
        elif not line.startswith("# "):
            left = 0
        if left > 0:
            print(line[:WIDTH], file=sys.stderr)
            left -= 1


def cases(stem):
    """(name, state) of every test case."""
    told = set()
    for suite in ElementTree.parse(stem + ".junit.xml").getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            state = state_of(case)
            if state == "failed":
                told.add(suite.get("name"))
            yield f"{suite.get('name')}: {case.get('name')}", state
        if suite.get("name") in told:
            explain(suite.findtext("system-out") or "")
    for name in bad_ends(stem + ".json"):
        # Suites of cases are named after the project too.
        if not any(suite == name or suite.endswith("." + name) for suite in told):
            yield f"{name}: the program", "failed"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for stem in sys.argv[1:]:
        try:
            found = list(cases(stem))
        except (OSError, ValueError, ElementTree.ParseError) as error:
            found = [(f"{stem}: {error}", "failed")]
        for name, state in found:
            counts[state] += 1
            if state != "passed":
                print(f"{state}: {name}", file=sys.stderr)
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main()

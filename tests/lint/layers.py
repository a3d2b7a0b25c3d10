# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports run one way: which folder may include which, as a table."""

import os
import re

# A folder's own headers are always allowed. "folder/" stands for all below it, "folder/*" for the
# files right in it. What is not listed is refused.
ALLOWED = {
    "config": [],
    "collector/base": [],
    "collector/metric": ["collector/base"],
    "collector/packet": ["collector/base", "collector/metric"],
    "collector/net": ["config/plain.h", "collector/base", "collector/metric", "collector/packet"],
    "collector/probe": ["collector/base", "collector/metric", "collector/packet", "collector/net"],
    "collector/store": ["collector/base", "collector/metric"],
    "collector/alarm": ["config", "collector/base", "collector/metric", "collector/store"],
    "collector": ["config", "collector/base", "collector/metric", "collector/packet",
                  "collector/net", "collector/probe", "collector/store", "collector/alarm"],
    "collector/simulate": ["config", "collector", "collector/base", "collector/metric",
                           "collector/store", "collector/alarm"],
    "reporter/text": ["collector/base"],
    "reporter/doc": ["config", "collector/base", "collector/metric", "collector/store",
                     "reporter", "reporter/text"],
    "reporter/out": ["config", "collector/base", "collector/metric", "reporter/doc",
                     "reporter/text"],
    "reporter/web": ["config", "collector/base", "collector/metric", "collector/store",
                     "collector/net/server.h", "reporter", "reporter/doc", "reporter/out",
                     "reporter/text"],
    "reporter": ["config", "collector/base", "collector/metric", "collector/store",
                 "collector/net/server.h", "reporter/doc", "reporter/out", "reporter/text",
                 "reporter/web"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def folder_of(path):
    return os.path.dirname(path)


def includes(tree):
    """(file, line number, included path) of every quoted include."""
    for path in tree.matching(".c", ".h"):
        for number, line in enumerate(tree.lines(path), 1):
            found = INCLUDE.match(line)
            if found:
                yield path, number, found.group(1)


def check_edge(path, included):
    folder, target = folder_of(path), folder_of(included)
    if folder.split("/")[0] == "tests" or folder == target:
        return None
    if folder not in ALLOWED:
        return f"{folder} is no layer of the table"
    if target in ALLOWED[folder] or included in ALLOWED[folder]:
        return None
    return f"{folder} must not include {target or included}"


def find_cycle(graph):
    """One cycle of a graph {node: set of nodes} as a list of nodes, or None."""
    done, trail = set(), []

    def visit(node):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        trail.append(node)
        for following in sorted(graph.get(node, ())):
            cycle = visit(following)
            if cycle:
                return cycle
        done.add(trail.pop())
        return None

    for start in sorted(graph):
        cycle = visit(start)
        if cycle:
            return cycle
    return None


def check(tree, _options):
    known, graph = set(tree.paths), {}
    for path, number, included in includes(tree):
        wrong = check_edge(path, included)
        if wrong:
            yield f"{path}:{number}: {wrong}"
        if "/" not in included:
            yield f"{path}:{number}: \"{included}\" is not a path from the top of the tree"
        elif included not in known and not included.startswith("reporter/text/"):
            yield f"{path}:{number}: {included} does not exist"
        graph.setdefault(path, set()).add(included)
    cycle = find_cycle(graph)
    if cycle:
        yield "headers in a cycle: " + " → ".join(cycle)

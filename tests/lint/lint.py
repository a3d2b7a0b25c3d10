# SPDX-License-Identifier: GPL-3.0-or-later
"""lint.py CHECK [--root DIR] [--build DIR]: prints what breaks a rule; exit code 1 if anything does,
77 (skipped) if a tool is missing, 2 on wrong usage."""

import argparse
import sys

import compilers
import layers
import texts
from tree import Tree

CHECKS = {
    "layers": layers.check,
    "headers": compilers.check_headers,
    "format": compilers.check_format,
    "sizes": texts.check_sizes,
    "licence": texts.check_licence,
    "top-level": texts.check_top_level,
    "openings": texts.check_openings,
    "words": texts.check_words,
    "time": texts.check_time,
}


def main():
    parser = argparse.ArgumentParser(description="Checks one rule of the project's style.")
    parser.add_argument("check", choices=sorted(CHECKS))
    parser.add_argument("--root", default=".", help="top of the tree")
    parser.add_argument("--build", help="a configured build folder, for include paths")
    options = parser.parse_args()
    tree = Tree(options.root)
    try:
        findings = list(CHECKS[options.check](tree, options))
    except compilers.Missing as missing:
        print(f"skipped: {missing}")
        return 77
    for finding in findings:
        print(finding)
    print(f"{options.check}: {len(tree.paths)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

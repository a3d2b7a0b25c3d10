# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the text generator on pairs of catalogues and compares its complaints.
Usage: catalogue.py GENERATOR; prints TAP."""
import os
import subprocess
import sys
import tempfile

# name, first catalogue, second catalogue, what the complaint must hold (None: accepted)
ROWS = [
    ("both alike", "a:\n  b: x {0}\n", "a:\n  b: '{0} y'\n", None),
    ("missing in the second", "a:\n  b: x\n  c: y\n", "a:\n  b: x\n", "one.yaml:3:3: a.c: missing in"),
    ("missing in the first", "a: x\n", "a: x\nbb: y\n", "two.yaml:2:1: bb: missing in"),
    ("other placeholders", "a: '{0}'\n", "a: '{0} {1}'\n", "one.yaml:1:1: a: other placeholders"),
    ("given twice", "a: x\na: y\n", "a: x\n", "one.yaml:2:1: a: given twice"),
    ("no text", "a: ''\n", "a: x\n", "one.yaml:1:1: a: no text"),
    ("a list", "a: [x]\n", "a: x\n", "one.yaml:1:1: a: a list"),
    ("a capital in the key", "Ab: x\n", "Ab: x\n", "one.yaml:1:1: Ab: not a key"),
    ("two keys for one C name", "a: {b: x}\na_b: x\n", "a: {b: x}\na_b: x\n",
     "one.yaml:2:1: a_b: same name"),
    ("an alias cycle", "a: &a {b: *a}\n", "a: {b: x}\n", "not a key"),
    ("broken YAML", "a: 'x\n", "a: x\n", "one.yaml:"),
]


def run(generator, folder, first, second):
    for name, text in (("one.yaml", first), ("two.yaml", second)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return subprocess.run(
        [os.path.abspath(generator), "text_id.h", "text_table.c", "one.yaml", "two.yaml"],
        cwd=folder, stderr=subprocess.PIPE, encoding="utf-8", timeout=20, check=False)


def main():
    print(f"1..{len(ROWS)}")
    for number, (name, first, second, complaint) in enumerate(ROWS, 1):
        with tempfile.TemporaryDirectory() as folder:
            result = run(sys.argv[1], folder, first, second)
            made = os.path.exists(os.path.join(folder, "text_id.h"))
        if complaint is None:
            good = result.returncode == 0 and made
        else:
            good = result.returncode == 1 and not made and complaint in result.stderr
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f"# exit {result.returncode}: {result.stderr}")


main()

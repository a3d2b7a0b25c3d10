# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that read files line by line: sizes, licence lines, openings of headers, words, time."""

import ast
import os
import re

FILE_LINES, FUNCTION_LINES = 600, 80
TOP_LEVEL = re.compile(r"^(collector|reporter|config|tests|meson\.build|meson\.options|README\.md"
                       r"|LICENSE|CHANGELOG\.md|\..*)$")
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
# Written in two pieces each, so that this table does not find itself.
WORDS = re.compile("|".join([
    r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bX" r"XX\b", r"\bnot imple" r"mented\b",
    r"\bstub" r"bed\b", r"/wo" r"rk/", r"/ro" r"ot/", r"/ho" r"me/[a-z]", r"\biss" r"ue #?[0-9]",
]), re.IGNORECASE)
TIME_CALLS = re.compile(r"\b(clock_gettime|gettimeofday|timespec_get|time)\s*\(\s*(CLOCK|NULL|&|0)")
SENTENCE = re.compile(r"[A-Z\"].*?\.(\s|$)", re.DOTALL)
ONLY_CLOCK = "collector/base/clock.c"


def c_functions(lines):
    """(line, length) of every function body: style puts its braces in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start - 1
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno - node.lineno


def check_sizes(tree, _options):
    for path in tree.matching(".c", ".h", ".py", ".sh"):
        lines = tree.lines(path)
        if len(lines) > FILE_LINES:
            yield f"{path}: {len(lines)} lines, more than {FILE_LINES}"
        functions = (python_functions(tree.text(path)) if path.endswith(".py")
                     else c_functions(lines))
        for start, length in functions:
            if length > FUNCTION_LINES:
                yield f"{path}:{start}: a function of {length} lines, more than {FUNCTION_LINES}"


def check_licence(tree, _options):
    for path in tree.sources():
        if not any(SPDX in line for line in tree.lines(path)[:2]):
            yield f"{path}:1: no line \"{SPDX}\""


def check_top_level(tree, _options):
    for name in sorted({path.split(os.sep)[0] for path in tree.paths}):
        if not TOP_LEVEL.match(name):
            yield f"{name}: does not belong at the top level"


def guard_of(path):
    return re.sub(r"[^A-Z0-9]", "_", os.path.basename(path).upper())


def check_openings(tree, _options):
    """Under the licence line stands a comment that begins with a sentence; then the guard."""
    guards = {}
    for path in tree.matching(".h"):
        text = tree.text(path)
        opening = re.match(r"/\*[^\n]*\*/\n/\* (.*?)\*/", text, re.DOTALL)
        if not opening or not SENTENCE.match(opening.group(1)):
            yield f"{path}:2: no sentence that says what the module keeps"
        guard = re.search(r"^#ifndef (NETGRADE_\w+)\n#define \1\n", text, re.MULTILINE)
        if not guard or not guard.group(1).endswith(guard_of(path)):
            yield f"{path}: no guard NETGRADE_…_{guard_of(path)}"
        elif guards.setdefault(guard.group(1), path) != path:
            yield f"{path}: the guard of {guards[guard.group(1)]}"


def check_words(tree, _options):
    for path in tree.paths:
        data = tree.read(path)
        if b"\0" in data or path.startswith("tests/fuzz/corpus/"):
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            found = WORDS.search(line)
            if found:
                yield f"{path}:{number}: \"{found.group(0)}\""


def check_time(tree, _options):
    for path in tree.matching(".c", ".h"):
        if path == ONLY_CLOCK:
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if TIME_CALLS.search(line):
                yield f"{path}:{number}: only {ONLY_CLOCK} asks the kernel for the time"

# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check must find its bad example and be silent about the good one. Prints TAP."""

import argparse
import os
import sys
import tempfile

import compilers
from lint import CHECKS
from tree import Tree

LICENCE = "/* SPDX-License-Identifier: GPL-3.0-or-later */\n"
SCRIPT_LICENCE = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
GUARDED = "#ifndef NETGRADE_X_H\n#define NETGRADE_X_H\n%s\n#endif\n"
HEADER = LICENCE + "/* An x keeps nothing. */\n" + GUARDED
LONG_BODY = "int f(void)\n{\n" + "\tf();\n" * 81 + "}\n"
LONG_PYTHON = "def f():\n" + "    f()\n" * 81
STYLE = "BasedOnStyle: LLVM\n"

# check, name, what the finding must contain (None: there is none), {path: text}
EXAMPLES = [
    ("layers", "a lower layer includes a higher one", "must not include collector/net",
     {"collector/base/a.c": '#include "collector/net/x.h"\n', "collector/net/x.h": ""}),
    ("layers", "config includes the collector", "must not include collector/base",
     {"config/a.c": '#include "collector/base/x.h"\n', "collector/base/x.h": ""}),
    ("layers", "the reporter includes the prober", "must not include collector/probe",
     {"reporter/a.c": '#include "collector/probe/x.h"\n', "collector/probe/x.h": ""}),
    ("layers", "a folder that nobody knows", "no layer of the table",
     {"collector/new/a.c": '#include "collector/base/x.h"\n', "collector/base/x.h": ""}),
    ("layers", "an include beside the file", "not a path from the top",
     {"config/a.c": '#include "x.h"\n', "config/x.h": ""}),
    ("layers", "a header that is not there", "does not exist",
     {"config/a.c": '#include "config/gone.h"\n'}),
    ("layers", "two headers include each other", "cycle",
     {"config/a.h": '#include "config/b.h"\n', "config/b.h": '#include "config/a.h"\n'}),
    ("layers", "allowed edges", None,
     {"collector/metric/a.c": '#include "collector/base/x.h"\n', "collector/base/x.h": "",
      "reporter/a.c": '#include "collector/net/server.h"\n', "collector/net/server.h": "",
      "tests/net/a.c": '#include "collector/net/server.h"\n'}),
    ("headers", "a header that needs another before it", "x.h: ",
     {"config/x.h": HEADER % "size_t f(void);"}),
    ("headers", "a header without guard", "x.h: ", {"config/x.h": "struct x { int y; };\n"}),
    ("headers", "a header that stands alone", None,
     {"config/x.h": HEADER % "#include <stddef.h>\nsize_t f(void);"}),
    ("format", "spaces where none belong", "x.c",
     {".clang-format": STYLE, "config/x.c": "int   x;\n"}),
    ("format", "formatted code", None, {".clang-format": STYLE, "config/x.c": "int x;\n"}),
    ("sizes", "a file too long", "601 lines", {"config/x.c": "\n" * 601}),
    ("sizes", "a C function too long", "x.c:2: a function", {"config/x.c": LONG_BODY}),
    ("sizes", "a Python function too long", "x.py:1: a function", {"tests/x.py": LONG_PYTHON}),
    ("sizes", "at the limit", None,
     {"config/x.c": "\n" * 600, "config/y.c": LONG_BODY.replace("\tf();\n", "", 1)}),
    ("licence", "a source without its line", "x.c:1", {"config/x.c": "int x;\n"}),
    ("licence", "a build file without its line", "meson.build:1", {"config/meson.build": "\n"}),
    ("licence", "licensed sources", None,
     {"config/x.c": LICENCE, "config/y.sh": "#!/bin/sh\n" + SCRIPT_LICENCE}),
    ("top-level", "a folder too many", "src: ", {"src/x.c": ""}),
    ("top-level", "what belongs there", None,
     {"config/x.c": "", "README.md": "", ".gitignore": "", "meson.build": ""}),
    ("openings", "a header that does not say what it keeps", "no sentence",
     {"config/x.h": LICENCE + GUARDED % ""}),
    ("openings", "a guard of another file", "no guard",
     {"config/y.h": HEADER % ""}),
    ("openings", "one guard for two files", "the guard of",
     {"config/x.h": HEADER % "", "collector/x.h": HEADER % ""}),
    ("openings", "a header that says it", None, {"config/x.h": HEADER % ""}),
    ("words", "unfinished work", "x.c:1", {"config/x.c": "/* TO" + "DO: finish */\n"}),
    ("words", "a path of one machine", "x.md:2", {"config/x.md": "\nsee /wo" + "rk/main\n"}),
    ("words", "plain words, and a template for mkstemp", None,
     {"config/x.c": 'char name[] = "spool.X' + 'XXXXX";\n'}),
    ("time", "the time asked elsewhere", "x.c:1",
     {"config/x.c": "clock_gettime(CLOCK_REALTIME, &t);\n"}),
    ("time", "the time asked where it may be", None,
     {"collector/base/clock.c": "clock_gettime(CLOCK_REALTIME, &t);\n"}),
]


def findings_of(check, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return list(CHECKS[check](Tree(root), argparse.Namespace(root=root, build=None)))


def judge(check, expected, files):
    """(passed, note)"""
    findings = findings_of(check, files)
    if expected is None:
        return not findings, "; ".join(findings)
    return any(expected in finding for finding in findings), "; ".join(findings) or "found nothing"


def main():
    failed = 0
    print(f"1..{len(EXAMPLES) + 1}")
    for number, (check, name, expected, files) in enumerate(EXAMPLES, 1):
        try:
            passed, note = judge(check, expected, files)
        except compilers.Missing as missing:
            print(f"ok {number} - {check}: {name} # SKIP {missing}")
            continue
        failed += not passed
        print(f"{'ok' if passed else 'not ok'} {number} - {check}: {name}")
        if not passed:
            print(f"# {note}")
    shown = {check for check, _, expected, _ in EXAMPLES if expected is not None}
    complete = shown == set(CHECKS)
    print(f"{'ok' if complete else 'not ok'} {len(EXAMPLES) + 1} - every check has a bad example")
    return 1 if failed or not complete else 0


if __name__ == "__main__":
    sys.exit(main())

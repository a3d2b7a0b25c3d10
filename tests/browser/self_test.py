# SPDX-License-Identifier: GPL-3.0-or-later
"""look.py must find what it is for, and be silent about a page that is right. Prints TAP."""

import os
import sys
import tempfile

import look

PAGE = "<!doctype html><meta charset=utf-8><body style='margin:0'>{}</body>"
EXAMPLES = [
    ("a page that is right", None,
     "<p>Text</p><svg width=200 height=50><text x=5 y=20>a</text><text x=90 y=20>b</text></svg>"),
    ("a page wider than its window", "wider", "<div style='width:3000px'>x</div>"),
    ("a word longer than its box", "overflows",
     "<div style='width:50px'>Verwaltungsverfahrensgesetz</div>"),
    ("labels over each other", "covers",
     "<svg width=200 height=50><text x=5 y=20>label</text><text x=8 y=20>label</text></svg>"),
    ("a label outside its chart", "outside",
     "<svg width=60 height=50><text x=5 y=20>a label far too long</text></svg>"),
]


def main():
    browser = look.find_browser()
    if not browser:
        print("1..0 # SKIP no Chromium")
        return 0
    failed = 0
    print(f"1..{len(EXAMPLES)}")
    for number, (name, expected, body) in enumerate(EXAMPLES, 1):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.html")
            with open(path, "w", encoding="utf-8") as file:
                file.write(PAGE.format(body))
            found = look.findings(browser, path, 900)
        passed = not found if expected is None else any(expected in line for line in found)
        failed += not passed
        print(f"{'ok' if passed else 'not ok'} {number} - {name}", flush=True)
        if not passed:
            print(f"# {found}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

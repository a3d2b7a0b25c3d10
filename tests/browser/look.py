# SPDX-License-Identifier: GPL-3.0-or-later
"""look.py REPORT.html... --out FOLDER: opens each report in Chromium at the widths of a desk screen,
a small screen and an A4 page, finds text that overflows or covers other text, and keeps screenshots
and the A4 print as PDF to be looked at. Prints TAP."""

import argparse
import html
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile

A4 = 658  # dots at 96 an inch: the page less margins of 18 mm
WIDTHS = {"screen": 1280, "small": 900, "narrow": 720, "a4": A4}
HEIGHT = 1600
LANGUAGES = ("zh-CN", "en")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Runs inside the page; its findings come back in the dumped document.
PROBE = r"""
(() => {
  const found = [];
  const say = (what, element) =>
    found.push(what + ": " + element.textContent.trim().replace(/\s+/g, " ").slice(0, 60));
  const hidden = e => getComputedStyle(e).display === "none" || !e.getClientRects().length;
  if (document.documentElement.scrollWidth > innerWidth + 1)
    found.push("the page is wider than its window by " +
               (document.documentElement.scrollWidth - innerWidth));
  for (const e of document.querySelectorAll("body *:not(svg):not(svg *)")) {
    if (hidden(e) || !e.textContent.trim()) continue;
    const style = getComputedStyle(e);
    if (style.display === "inline" || /auto|scroll/.test(style.overflowX)) continue;
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0) say("overflows its box", e);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter(t => !hidden(t) && t.textContent.trim());
    const boxes = texts.map(t => t.getBoundingClientRect());
    // A box has the whole line height of its font; the letters fill about its middle half.
    const apart = (a, b) => 0.45 * Math.min(a.height, b.height);
    boxes.forEach((a, i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 ||
          a.bottom > frame.bottom + 1) say("outside its chart", texts[i]);
      for (let k = i + 1; k < boxes.length; k++) {
        const b = boxes[k];
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > apart(a, b))
          say("covers \"" + texts[k].textContent.trim() + "\"", texts[i]);
      }
    });
  }
  const result = document.createElement("pre");
  result.id = "look-result";
  result.textContent = JSON.stringify(found);
  document.documentElement.appendChild(result);
})();
"""


def find_browser():
    for name in BROWSERS:
        for folder in os.environ.get("PATH", "").split(":"):
            if os.access(os.path.join(folder, name), os.X_OK):
                return os.path.join(folder, name)
    return None


def browse(browser, width, *arguments):
    with tempfile.TemporaryDirectory(prefix="ng-browser-") as profile:
        return subprocess.run(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={profile}",
             f"--window-size={width},{HEIGHT}", *arguments],
            text=True, capture_output=True, timeout=120, check=True)


def as_printed(page):
    """The page with its print style on the screen."""
    page = re.sub(r"@media\s+screen\b", "@media not all", page)
    return re.sub(r"@media\s+print\b", "@media all", page)


def findings(browser, report, width):
    """What the probe finds in a copy of the report that lets it run."""
    with open(report, encoding="utf-8") as file:
        page = re.sub(r"<meta[^>]+Content-Security-Policy[^>]*>", "", file.read())
    if width == A4:
        page = as_printed(page)
    page = page.replace("</body>", f"<script>{PROBE}</script></body>")
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as copy:
        copy.write(page)
        copy.flush()
        dump = browse(browser, width, "--dump-dom", f"file://{copy.name}").stdout
    result = re.search(r'<pre id="look-result">(.*?)</pre>', dump, re.DOTALL)
    return json.loads(html.unescape(result.group(1))) if result else ["the probe did not run"]


def keep_pictures(browser, report, out):
    stem = os.path.join(out, os.path.splitext(os.path.basename(report))[0])
    address = f"file://{os.path.abspath(report)}"
    for name, width in WIDTHS.items():
        browse(browser, width, f"--screenshot={stem}-{name}.png", address)
    browse(browser, WIDTHS["a4"], f"--print-to-pdf={stem}.pdf", "--no-pdf-header-footer", address)


def samples(program, folder):
    paths = [os.path.join(folder, f"sample.{language}.html") for language in LANGUAGES]
    for path in paths if program else []:
        subprocess.run([program, "html", path.split(".")[-2], path], check=True, timeout=60)
    return paths if program else []


def network_reports(programs, folder):
    """The reports that REPORTER writes, in both languages, of a made network that FEEDER stores."""
    if not programs:
        return []
    feeder, reporter = programs
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "unit"))
    made = importlib.import_module("report_recomputed")
    asked = made.store_network(feeder, made.Network(1), folder)
    reports = []
    for language in LANGUAGES:
        reports.append(os.path.join(folder, f"network.{language}.html"))
        subprocess.run([reporter, "report", *asked, "--lang", language, "--format", "html",
                        "--out", reports[-1]], check=True, stdout=subprocess.DEVNULL, timeout=60)
    return reports


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="*", metavar="REPORT")
    parser.add_argument("--sample", metavar="PROGRAM",
                        help="also the pages that PROGRAM html LANGUAGE FILE writes")
    parser.add_argument("--network", nargs=2, metavar=("FEEDER", "REPORTER"),
                        help="also the reports of a made network")
    parser.add_argument("--out", help="keep pictures in this folder")
    options = parser.parse_args()
    browser = find_browser()
    if not browser:
        print("1..0 # SKIP no Chromium")
        return 0
    count = failed = 0
    folder = tempfile.TemporaryDirectory(prefix="ng-look-")
    for report in (options.reports + samples(options.sample, folder.name) +
                   network_reports(options.network, folder.name)):
        for name, width in WIDTHS.items():
            count += 1
            found = findings(browser, report, width)
            failed += bool(found)
            print(f"{'not ok' if found else 'ok'} {count} - {os.path.basename(report)} at {width} "
                  f"({name})", flush=True)
            for line in found[:20]:
                print(f"# {line}", flush=True)
        if options.out:
            os.makedirs(options.out, exist_ok=True)
            keep_pictures(browser, report, options.out)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares every figure of an HTML report with the JSON of the same document, and checks that the
page is self-contained, that hostile names stayed text, and that its charts are well-formed XML.
Usage: html_equals_json.py HTML JSON: compares two files; html_equals_json.py --sample
RENDER_SAMPLE: the sample document in both languages. Prints TAP."""
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

VOID = {"meta", "link", "br", "hr", "img", "input"}
CHART_ELEMENTS_MOST = 400


class Page(html.parser.HTMLParser):
    """Keeps the figures by data-key, the ids, the links, and the tags that are open."""

    def __init__(self):
        super().__init__()
        self.figures = {}
        self.ids = []
        self.links = []
        self.tags = set()
        self.attributes = set()
        self.open = []
        self.faults = []
        self.key = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.add(tag)
        self.attributes.update(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if attributes.get("href"):
            self.links.append(attributes["href"])
        if "data-key" in attributes:
            self.key = attributes["data-key"]
            if self.key in self.figures:
                self.faults.append(f"{self.key} twice")
            self.figures[self.key] = ["", attributes["value"]]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]} in line {self.getpos()[0]}")
        else:
            self.open.pop()
        if tag == "data":
            self.key = None

    def handle_data(self, data):
        if self.key is not None:
            self.figures[self.key][0] += data


def figures_of(document):
    """Every figure of the JSON document by its path."""
    found = {}
    for index, block in enumerate(document["blocks"]):
        for key, value in block.get("figures", {}).items():
            if isinstance(value, dict):
                found[f"blocks[{index}].figures.{key}"] = value
        for number, row in enumerate(block.get("rows", [])):
            for key, value in row.items():
                if isinstance(value, dict):
                    found[f"blocks[{index}].rows[{number}].{key}"] = value
    return found


def same_number(printed, value):
    if value["value"] is None:
        return printed in ("inf", "-inf") if value.get("infinite") else printed in ("nan", "-nan")
    return float(printed) == value["value"]


def compare(page, document):
    figures = figures_of(document)
    faults = list(page.faults)
    if not figures:
        faults.append("no figure at all")
    for key in sorted(set(figures) ^ set(page.figures)):
        faults.append(f"{key} is only in one of them")
    for key in set(figures) & set(page.figures):
        text, number = page.figures[key]
        if text != figures[key]["text"]:
            faults.append(f"{key}: {text!r} and {figures[key]['text']!r}")
        if not same_number(number, figures[key]):
            faults.append(f"{key}: {number} and {figures[key]['value']}")
    return faults


def check_page(page, text):
    faults = [f"<{tag}> left open" for tag in page.open]
    faults += [f"<{tag}>" for tag in page.tags & {"script", "link", "img", "iframe", "object"}]
    faults += [f"attribute {name}" for name in page.attributes if name.startswith("on")]
    faults += [f"id {name} twice" for name in set(page.ids) if page.ids.count(name) > 1]
    faults += [f"link to {link}" for link in page.links
               if not link.startswith("#") or link[1:] not in page.ids]
    style = text[text.index("<style>"):text.index("</style>")]
    faults += [f"style holds {word}" for word in ("url(", "@import", "http") if word in style]
    return faults


def check_charts(text):
    charts = re.findall(r"<svg.*?</svg>", text, re.S)
    faults = [] if charts else ["no chart"]
    for chart in charts:
        root = xml.etree.ElementTree.fromstring(chart)
        space = "{http://www.w3.org/2000/svg}"
        title = root.findtext(space + "title")
        width, height = (float(x) for x in root.get("viewBox").split()[2:])
        if root.get("role") != "img" or not title or not root.findtext(space + "desc"):
            faults.append(f"{title}: no role, title or description")
        count = sum(1 for _ in root.iter())
        if count > CHART_ELEMENTS_MOST:
            faults.append(f"{title}: {count} elements")
        for path in root.iter(space + "path"):
            if path.get("d", "").count("L") > 3000:
                faults.append(f"{title}: a path of {path.get('d').count('L')} points")
        for label in root.iter(space + "text"):
            x, y = float(label.get("x")), float(label.get("y"))
            if not (0 <= x <= width and 0 <= y <= height):
                faults.append(f"{title}: {label.text} at {x}, {y}")
    return faults


def report(number, name, faults):
    print(f"{'not ok' if faults else 'ok'} {number} - {name}")
    for fault in faults[:20]:
        print(f"# {fault}")


def check_pair(html_path, json_path, first, name):
    with open(html_path, encoding="utf-8") as file:
        text = file.read()
    with open(json_path, encoding="utf-8") as file:
        document = json.load(file)
    page = Page()
    page.feed(text)
    page.close()
    report(first, f"{name}: HTML and JSON print the same figures", compare(page, document))
    report(first + 1, f"{name}: the page is self-contained", check_page(page, text))
    report(first + 2, f"{name}: charts are well-formed and bounded", check_charts(text))


def main():
    if sys.argv[1] != "--sample":
        print("1..3")
        check_pair(sys.argv[1], sys.argv[2], 1, os.path.basename(sys.argv[1]))
        return
    print("1..6")
    with tempfile.TemporaryDirectory() as folder:
        for index, language in enumerate(("zh-CN", "en")):
            paths = [os.path.join(folder, f"{language}.{form}") for form in ("html", "json")]
            for form, path in zip(("html", "json"), paths):
                subprocess.run([sys.argv[2], form, language, path], check=True, timeout=60)
            check_pair(*paths, index * 3 + 1, language)


main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks the configurations that netgrade ships in 200 ways, and in 200 more what they name: each
time the checker must refuse it and say where, and never crash. Usage: config_malformed.py COLLECTOR
SOURCE [SEED]. Prints TAP."""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from tap import Tap  # noqa: E402

WANTED = 200
# What a mutation leaves right is passed over; more than this many tries is a fault of the mutator.
TRIES_MOST = 20 * WANTED

JUNK = ["", "~", "[]", "{}", "[1, 2]", "{a: b}", "-1", "99999999999999999999", "1e999", "nan",
        "0x10", "true", "*none", "&a", "!!binary x", "!<", "| ", "\"", "'", "%", "@", "`", "\t",
        "\x00", "\x07", "\x85", "\ufeff", "\u2028", "\ud7ff", "../../../../etc", "/dev/zero",
        "a" * 5000, "9" * 400, "12:99-13:00", "2026-02-30", "0s", "60", "300ms", "東", "???"]



def lines_of(text):
    return text.splitlines(keepends=True)


def telling(lines):
    """The indices of the lines that say something."""
    return [i for i, line in enumerate(lines)
            if line.strip() and not line.lstrip().startswith("#")]


def pick(chance, lines):
    return chance.choice(telling(lines))


def delete_line(chance, text):
    lines = lines_of(text)
    del lines[pick(chance, lines)]
    return "".join(lines)


def repeat_line(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    lines.insert(chance.choice((index, pick(chance, lines))), lines[index])
    return "".join(lines)


def swap_lines(chance, text):
    lines = lines_of(text)
    one, other = pick(chance, lines), pick(chance, lines)
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def cut_off(chance, text):
    return text[:chance.randrange(len(text))]


def drop_piece(chance, text):
    start = chance.randrange(len(text))
    return text[:start] + text[start + chance.randrange(1, 200):]


def indent_line(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    lines[index] = chance.choice((" ", "   ", "\t", "        ")) + lines[index]
    return "".join(lines)


def outdent_line(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    lines[index] = lines[index][chance.randrange(1, 4):]
    return "".join(lines)


def replace_value(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    key, colon, _ = lines[index].partition(":")
    lines[index] = f"{key}{colon} {chance.choice(JUNK)}\n"
    return "".join(lines)


def misspell_key(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    key, colon, rest = lines[index].partition(":")
    if len(key.strip()) > 2:
        at = chance.randrange(len(key) - len(key.lstrip()), len(key))
        key = key[:at] + chance.choice("abcxyz-_") + key[at + 1:]
    lines[index] = key + colon + rest
    return "".join(lines)


def insert_junk(chance, text):
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(JUNK + list("{}[]:,#&*!|>'\"%@`-")) + text[at:]


def nest_deep(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    depth = chance.choice((8, 40, 2000))
    key, colon, _ = lines[index].partition(":")
    lines[index] = f"{key}{colon} {'[' * depth}{']' * depth}\n"
    return "".join(lines)


def alias_itself(chance, text):
    lines = lines_of(text)
    index = pick(chance, lines)
    key, colon, _ = lines[index].partition(":")
    lines[index] = f"{key}{colon} &loop [*loop]\n"
    return "".join(lines)


MUTATIONS = (delete_line, repeat_line, swap_lines, cut_off, drop_piece, indent_line, outdent_line,
             replace_value, misspell_key, insert_junk, nest_deep, alias_itself)


def break_octets(chance, octets):
    """Some mutants are damaged as octets, so that they are no text any more."""
    if chance.random() < 0.85:
        return octets
    octets = bytearray(octets)
    for _ in range(chance.randrange(1, 4)):
        octets[chance.randrange(len(octets))] = chance.randrange(256)
    return bytes(octets)


def mutate(chance, text):
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if not telling(lines_of(text)):
            break
        text = chance.choice(MUTATIONS)(chance, text)
    return break_octets(chance, text.encode("utf-8", "surrogatepass") or b"\n")


class Subject:
    """A file to be broken, in a folder where the rest of the configuration is whole."""

    def __init__(self, source, folder, name, wrapper=None):
        self.name = os.path.basename(name)
        self.folder = os.path.join(folder, self.name + ".d")
        shutil.copytree(os.path.join(source, "config", "examples"), self.folder)
        with open(os.path.join(source, name), encoding="utf-8") as file:
            self.text = file.read()
        self.path = os.path.join(self.folder, self.name)
        self.config = self.path
        if wrapper is not None:
            self.config = os.path.join(self.folder, "wrapper.yaml")
            with open(self.config, "w", encoding="utf-8") as file:
                file.write(wrapper.replace("FILE", "./" + self.name))

    def write(self, octets):
        with open(self.path, "wb") as file:
            file.write(octets)


WRAPPER = """network: {zh: 试验网}
organisations: [{name: city}]
sites: [{name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1}]
"""
BY_CALENDAR = WRAPPER + """calendars: [{name: office, days: working, holidays: [china, FILE]}]
tests: [{name: echo, calendar: office}]
"""
BY_PROFILE = WRAPPER + "profile: FILE\ntests: [{name: echo}]\n"


def faults_of(diagnostic):
    """What a message lacks."""
    path = diagnostic["file"]
    built_in = path.startswith("china-")
    if not diagnostic["message"].strip():
        return ["says nothing"]
    if diagnostic["line"] < 1 or diagnostic["column"] < 1:
        return [f"no place: {diagnostic}"]
    if not built_in and not os.path.exists(path):
        return [f"no such file: {path}"]
    with open(os.devnull if built_in else path, "rb") as file:
        lines = file.read().decode("utf-8", "replace").split("\n")
    # A lone carriage return begins a line too.
    most = len(lines) + sum(line.count("\r") for line in lines) + 1
    if not built_in and diagnostic["line"] > most:
        return [f"line {diagnostic['line']} of {len(lines)}: {diagnostic}"]
    return []


def judge(collector, subject):
    """(whether it was refused, what is wrong with how)."""
    told = subprocess.run([collector, "check", "--json", subject.config], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    if told.returncode not in (0, 2):
        return True, [f"exit code {told.returncode}",
                      told.stderr.decode("utf-8", "replace")[-1500:]]
    if told.returncode == 0:
        return False, []
    try:
        document = json.loads(told.stdout)
    except ValueError as wrong:
        return True, [f"no JSON: {wrong}: {told.stdout[-300:]}"]
    errors = [one for one in document["diagnostics"] if one["severity"] == "error"]
    faults = [] if errors and not document["ok"] else ["refused without an error"]
    for one in document["diagnostics"]:
        faults += faults_of(one)
    return True, faults


def faults_of_text(collector, subject):
    """The same as text for people."""
    plain = subprocess.run([collector, "check", subject.config], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=60).stderr.decode("utf-8", "replace")
    told = [line for line in plain.splitlines() if not line.startswith("warning: ")]
    return [line for line in told if not re.match(r"\S+:[1-9][0-9]*:[1-9][0-9]*: .", line)]


def run(results, collector, subjects, name, chance):
    """Breaks the subjects in turn until enough were refused."""
    refused, faults, tries = 0, [], 0
    while refused < WANTED and tries < TRIES_MOST:
        subject = subjects[tries % len(subjects)]
        tries += 1
        octets = mutate(chance, subject.text)
        subject.write(octets)
        was_refused, wrong = judge(collector, subject)
        refused += was_refused
        if was_refused and refused % 10 == 0:
            wrong += faults_of_text(collector, subject)
        if wrong:
            faults.append(f"{subject.name}, try {tries}: {wrong[:3]}")
            kept = os.path.join(tempfile.gettempdir(), f"netgrade-malformed-{tries}")
            with open(kept, "wb") as file:
                file.write(octets)
            faults.append(f"kept as {kept}")
    for subject in subjects:
        subject.write(subject.text.encode())
    results.check(f"{name}: {refused} malformed ones refused, each error with its place",
                  refused == WANTED and not faults, "\n".join(faults[:12]))
    results.note(f"{tries} mutants, {tries - refused} of them still right")


def is_configuration(path):
    with open(path, encoding="utf-8") as file:
        return "\norganisations:" in file.read()


def main():
    collector, source = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    results = Tap()
    chance = random.Random(seed)
    results.note(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="netgrade-test-") as folder:
        shipped = [Subject(source, folder, os.path.relpath(path, source))
                   for path in sorted(glob.glob(os.path.join(source, "config/examples/*.yaml")))
                   if is_configuration(path)]
        whole = [one.name for one in shipped
                 if (one.write(one.text.encode()) or judge(collector, one)) != (False, [])]
        results.equal("whole they are right", whole, [])
        run(results, collector, shipped, "configurations", chance)
        named = [Subject(source, folder, os.path.relpath(path, source), BY_CALENDAR)
                 for path in sorted(glob.glob(os.path.join(source, "config/holidays/*.yaml")))]
        named += [Subject(source, folder, os.path.relpath(path, source), BY_PROFILE)
                  for path in sorted(glob.glob(os.path.join(source, "config/profiles/*.yaml")))]
        run(results, collector, named, "holidays and profiles", chance)
    return results.finish()


sys.exit(main())

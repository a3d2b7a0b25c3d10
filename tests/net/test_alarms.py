# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the collector tells of a real outage, by a command and by HTTP, and what its archive keeps;
beside the slots as they are stored and the report's outages."""

import json
import os
import signal
import sqlite3
import sys
import time

import lab
import scenario
import test_faults
import test_run
import town as towns
import truth
import watch

INTERVAL_S = 2
PORT = 8642
SECRET = "path-nobody-should-see"
# The first POST of all is refused for now, and comes again.
SERVER = f"""
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        Handler.count += 1
        status = 503 if Handler.count == 1 else 204
        with open(sys.argv[1], "ab") as file:
            file.write(f"{{status}} {{self.path}} {{kind}} ".encode() + body + b"\\n")
        self.send_response(status)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", {PORT}), Handler)
print("ready", flush=True)
server.serve_forever()
"""
COMMAND = """#!/bin/sh
folder=$1
document=$(cat)
printf '%s %s %s %s\\n' "$NETGRADE_EVENT" "$NETGRADE_COUNT" "$NETGRADE_AGENT" "$document" \\
	>>"$folder/commands"
echo "told $NETGRADE_EVENT"
"""


class Desk:
    """Who is told: a command and a server, in the agent's namespace."""

    def __init__(self, place, start):
        self.folder = place("told")
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o777)  # the collector has become another user
        self.command = place("command")
        with open(self.command, "w", encoding="utf-8") as file:
            file.write(COMMAND)
        os.chmod(self.command, 0o755)
        server = start(sys.executable, "-c", SERVER, self.path("posts"), stdout=-1)
        if server.stdout.readline().strip() != "ready":
            raise RuntimeError("the server did not start")

    def path(self, name):
        return os.path.join(self.folder, name)

    def settings(self):
        return (f"alarms:\n  gather: 3s\n  command: [{self.command}, {self.folder}]\n"
                f"  post: http://me:{SECRET}@127.0.0.1:{PORT}/{SECRET}?key={SECRET}\n")

    def _lines(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        return text[:text.rfind("\n") + 1].splitlines()  # the last may be half written

    def commands(self):
        """(event, count, agent, document) of each run."""
        split = [line.split(" ", 3) for line in self._lines("commands")]
        return [(event, int(count), agent, json.loads(text)) for event, count, agent, text in split]

    def posts(self):
        """(status, path, document) of each, whatever was answered."""
        split = [line.split(" ", 3) for line in self._lines("posts")]
        return [(int(status), path, json.loads(text)) for status, path, kind, text in split
                if kind == "application/json"]

    def await_commands(self, count, seconds):
        deadline = time.monotonic() + seconds
        while len(self.commands()) < count and time.monotonic() < deadline:
            time.sleep(0.1)


def archive_rows(place, query):
    archive = sqlite3.connect(place("data/archive.db"))
    rows = archive.execute(query).fetchall()
    archive.close()
    return rows


def key_of(row_key):
    _, site, _, family, *_ = row_key.split("~")
    return site, "ip" + family


def start_collector(options, link, log):
    child = link.start_near(options.collector, "run", link.path("netgrade.yaml"), stderr=log)
    return child


def stop_collector(results, child):
    child.send_signal(signal.SIGTERM)
    results.equal("the collector ends well", child.wait(timeout=60), 0)


def outage_runs(rows):
    """Outages of rows with gaps of up to a quarter of an hour: (start, end), seconds."""
    found, run, slots = [], None, 0
    for row in [*rows, None]:
        if row and watch.is_unknown(row):
            continue
        if row and test_run.is_bad(row):
            run = (run[0] if run else row["from"] // truth.NS, row["until"] // truth.NS)
            slots += 1
            continue
        if run and slots >= 2:
            found.append(run)
        run, slots = None, 0
    return found


def configure(link, desk):
    path = test_run.write_configuration(link)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text.replace(f"interval: {test_run.INTERVAL_S}s", f"interval: {INTERVAL_S}s")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + desk.settings())


def cause_of(item):
    """A packet sent just before the light comes back may still arrive."""
    return "silent" if item["lost"] == item["sent"] else "lossy"


def check_told(results, desk, sites):
    """One message that all are out, one that all are back, by both ways."""
    told = [(event, count, agent) for event, count, agent, _ in desk.commands()]
    expected = [("raised", sites, "local"), ("cleared", sites, "local")]
    results.equal("commands run", told, expected)
    posts = desk.posts()
    results.equal("answers to the POSTs", [status for status, *_ in posts], [503, 204, 204])
    results.equal("where they went", {path for _, path, _ in posts}, {f"/{SECRET}?key={SECRET}"})
    documents = [document for *_, document in desk.commands()]
    accepted = [document for status, _, document in posts if status == 204]
    results.equal("a POST says what the command is told", accepted, documents)
    results.check("a refused one is sent again as it was", posts and posts[0][2] == accepted[0])
    for document in documents:
        results.equal(f"{document['event']}: items", sorted({(i["site"], i["family"])
                                                          for i in document["items"]}),
                      sorted((s, f) for s in test_run.SITES for f in ("ipv4", "ipv6")))
        results.check(f"{document['event']}: causes",
                      all(i["cause"] == cause_of(i) and 0 < i["sent"] <= i["lost"] + 1
                          for i in document["items"]), document)
    return documents


def iso(seconds):
    return test_run.local_time(seconds) + "+08:00"


def check_agreement(results, link, stored, documents, report):
    """Archive, messages and report tell the same outages as the stored slots."""
    rows = {}
    for key, begin, end, cause in archive_rows(
            link.path, "SELECT key, from_at, until_at, cause FROM outage ORDER BY from_at"):
        rows.setdefault(key_of(key), []).append((begin // truth.NS, end // truth.NS))
        site, family = key_of(key)
        results.equal(f"{key}: cause", cause, next(
            cause_of(item) for item in documents[-1]["items"]
            if (item["site"], item["family"]) == (site, family)))
    printed = test_run.table(report, "outages")
    for key, slots in stored.items():
        name, expected = " ".join(key), outage_runs(slots)
        results.equal(f"{name}: outages in the archive", rows.get(key, []), expected)
        results.equal(f"{name}: outages in the report",
                      [(row["start"], row["end"]) for row in printed.get(key, [])],
                      [tuple(map(test_run.printed_time, run)) for run in expected])
        for document in documents:
            item = next(i for i in document["items"] if (i["site"], i["family"]) == key)
            begin, end = expected[0]
            results.equal(f"{name}: when, in the message {document['event']}",
                          (item["from"], item["until"]),
                          (iso(begin), iso(end) if document["event"] == "cleared" else None))
    told = archive_rows(link.path, "SELECT told, cleared_at IS NULL FROM alarm")
    results.equal("alarms kept, told and cleared", told, [(2, 0)] * len(stored))


def read_report(options, results, link, stored):
    out = link.path("report.json")
    done = test_run.reporter(options, link, "report", test_run.period_of(stored), "--lang", "en",
                             "--out", out)
    results.check("report ends well", done.returncode == 0, done.stderr)
    with open(out, encoding="utf-8") as file:
        return json.load(file)


def outage(options, results):
    """Every path dark for ten slots; the collector is stopped and started in the middle."""
    dark = test_run.next_boundary(INTERVAL_S, 12)
    until = dark + 10 * INTERVAL_S
    with lab.Lab(options.emulator, seed=40, forward="delay=fixed:3ms",
                 blackout=f"@{dark}..@{until}/forward") as link:
        desk = Desk(link.path, link.start_near)
        configure(link, desk)
        with open(link.path("log"), "w+", encoding="utf-8") as log:
            child = start_collector(options, link, log)
            desk.await_commands(1, dark - time.time() + 6 * INTERVAL_S)
            results.equal("told while it is dark", len(desk.commands()), 1)
            results.check("in time", time.time() < until - 2 * INTERVAL_S)
            stop_collector(results, child)
            child = start_collector(options, link, log)
            desk.await_commands(2, until - time.time() + 30)
            time.sleep(2 * INTERVAL_S)  # nothing more must come
            stop_collector(results, child)
            log.seek(0)
            text = log.read()
        scenario.check_conduct(results, link.finish())
        results.check("no part of the URL but its host is logged",
                      SECRET not in text and f"POST to http://127.0.0.1:{PORT} " in text, text)
        results.check("what the command printed is logged", "told raised" in text, text)
        stored = {(site, family): test_run.stored_slots(options, link, site, family)
                  for site in test_run.SITES for family in ("ipv4", "ipv6")}
        documents = check_told(results, desk, len(stored))
        check_agreement(results, link, stored, documents,
                        read_report(options, results, link, stored))


def cut_off(options, results):
    """The agent cut off behind its gateway: one message for it in both families, and none of the
    sites."""
    fault = test_faults.FAULTS["route-cut"]
    with towns.Town() as town:
        desk = Desk(town.path, lambda *command, **keys: town.start("agent", *command, **keys))
        run = watch.Watch(options, results, town, 14, fault.keys, desk.settings())
        run.wait_for(test_faults.BEGIN)
        for hop, script in fault.begin:
            town.shell(hop, script)
        run.wait_for(test_faults.BEGIN + 5)
        for hop, script in fault.end:
            town.shell(hop, script)
        run.finish()
        told = [(event, count) for event, count, *_ in desk.commands()]
        results.equal("commands run", told, [("raised", 2), ("cleared", 2)])
        items = [item for *_, document in desk.commands() for item in document["items"]]
        results.equal("what they are about",
                      sorted((i["kind"], i["agent"], i["family"]) for i in items[:2]),
                      [("agent", "local", "ipv4"), ("agent", "local", "ipv6")])
        results.equal("outages of paths in the archive",
                      archive_rows(town.path, "SELECT count(*) FROM outage"), [(0,)])
        spans = run.cut_off()
        for item in items[2:]:
            (begin, end), = spans[item["family"]]
            results.equal(f"{item['family']}: when", (item["from"], item["until"]),
                          (iso(int(begin)), iso(int(end))))


if __name__ == "__main__":
    scenario.run_main({"outage": outage, "cut-off": cut_off})

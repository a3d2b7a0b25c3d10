# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector once --method tcp prints, against the emulator's log: a service that
listens, and every way in which none answers."""

import csv
import io
import json
import os
import signal
import subprocess
import sys

import lab
import scenario
import test_once
import test_run
import truth
import watch

HERE = os.path.dirname(os.path.abspath(__file__))
TCP, SYN, SYN_ACK, RESET = "6", 0x02, 0x12, 0x14
OPEN, CLOSED, FILTERED, SILENT, UNREACHABLE = 8080, 8081, 8082, 8083, 8084
RULES = "; ".join((
    "nft add table inet service", "nft add chain inet service in"
    " '{ type filter hook input priority 0; }'",
    f"nft add rule inet service in tcp dport {FILTERED} reject with icmpx type admin-prohibited",
    f"nft add rule inet service in tcp dport {SILENT} drop",
    f"nft add rule inet service in tcp dport {UNREACHABLE} reject with icmpx type"
    " host-unreachable"))


class Connection:
    """What truth.count_slot asks of a packet."""

    def __init__(self, row):
        self.sent_at = int(row["arrival"])
        self.answers, self.resets = [], 0
        self.forged = 0

    def first(self):
        return self.answers[0][0] if self.answers else None


def header(row):
    """(source port, destination port, number, acknowledged, flags)"""
    octets = bytes.fromhex(row["tail"])
    whole = [int.from_bytes(octets[at:at + size], "big")
             for at, size in ((0, 2), (2, 2), (4, 4), (8, 4))]
    return (*whole, octets[13])


def read_log(path):
    """{(family, target, (source port, number, port)): Connection} of every SYN."""
    connections = {}
    for row in truth.read_rows(path):
        if row["protocol"] != TCP:
            continue
        source, port, number, acknowledged, flags = header(row)
        if row["direction"] == "forward" and flags == SYN:
            connections[row["family"], row["destination"],
                        (source, number, port)] = Connection(row)
        if row["direction"] != "backward" or not row["exit"]:
            continue
        asked = port, (acknowledged - 1) % 2**32, source
        connection = connections.get((row["family"], row["source"], asked))
        if connection and flags == SYN_ACK:
            connection.answers.append((int(row["exit"]), int(row["written"])))
        elif connection and flags == RESET:
            connection.resets += 1
    return connections


def start(link, script, *arguments):
    child = subprocess.Popen(lab.inside(link.far, sys.executable, "-B",
                                        os.path.join(HERE, script), *map(str, arguments)),
                             stdout=subprocess.PIPE, text=True)
    link.children.append(child)
    if child.stdout.readline().strip() != "ready":
        raise RuntimeError(f"{script} did not start")
    return child


def once(port, *arguments):
    return ["once", *test_once.TARGETS, "--method", "tcp", "--port", str(port), "--json",
            "--packets", *arguments]


def finish(results, link, done):
    """Returns the printed document, the log's connections and the bound of both."""
    results.equal("once ends well", (done.returncode, done.stderr), (0, ""))
    bound = scenario.check_conduct(results, link.finish())
    return json.loads(done.stdout), read_log(link.log), bound


def healthy(options, results):
    """A listener behind a link that loses: each packet is one SYN, and nothing hides its loss."""
    with lab.Lab(options.emulator, forward="delay=fixed:4ms,loss=0.02",
                 backward="delay=uniform:4ms:1ms,loss=0.02", seed=51) as link:
        start(link, "listener.py", OPEN)
        done = link.run_near(options.collector,
                             *once(OPEN, "--count", "300", "--interval", "12ms", "--t-max",
                                   "500ms"))
        document, connections, bound = finish(results, link, done)
    addresses = [row["address"] for row in document["results"]]
    results.equal("a row for every target", addresses, test_once.TARGETS)
    test_once.compare_counts(results, document, connections, bound)
    test_once.compare_delays(results, document, bound)
    for row in document["results"]:
        results.check(f"{row['address']}: something was lost", row["lost"] > 0)
        results.equal(f"{row['address']}: nothing was told of it", row["flags"], [])
        asked = {number for (_, target, number) in connections if target == row["address"]}
        results.equal(f"{row['address']}: every SYN is another", len(asked), 300)
        results.equal(f"{row['address']}: source ports", len({port for port, *_ in asked}), 256)
    results.equal("nothing was forged or damaged",
                  (document["agent"]["forged"], document["agent"]["bad_checksum"]), (0, 0))


def causes_of(row):
    return {packet.get("cause") for packet in row["each_packet"]}


def none_answers(options, results):
    """Refused, filtered, unreachable and timed out, each told apart."""
    kinds = ((CLOSED, "rejected", "refused"), (FILTERED, "rejected", "filtered"),
             (UNREACHABLE, "rejected", "unreachable"), (SILENT, "lost", None))
    for port, outcome, cause in kinds:
        with lab.Lab(options.emulator, forward="delay=fixed:2ms",
                     backward="delay=fixed:2ms") as link:
            lab.run(*lab.inside(link.far, "sh", "-c", RULES))
            done = link.run_near(options.collector,
                                 *once(port, "--count", "30", "--interval", "20ms", "--t-max",
                                       "300ms"))
            document, connections, bound = finish(results, link, done)
        results.equal(f"{cause}: every SYN is in the log", len(connections), 120)
        test_once.compare_counts(results, document, connections, bound)
        for row in document["results"]:
            name = f"{cause}: {row['address']}"
            results.equal(f"{name}: lost, rejected", (row["lost"], row["rejected"]),
                          (30, 30 if outcome == "rejected" else 0))
            results.equal(f"{name}: outcomes", {p["outcome"] for p in row["each_packet"]},
                          {outcome})
            results.equal(f"{name}: causes", causes_of(row), {cause})
            results.equal(f"{name}: flags", row["flags"], [cause] if cause else [])
        resets = sum(c.resets for c in connections.values())
        results.equal(f"{cause}: resets in the log", resets, 120 if cause == "refused" else 0)


def stopped(options, results):
    """The listener ends in mid run: answered until then, refused from then on, as the log has it."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        listener = start(link, "listener.py", OPEN)
        child = link.start_near(options.collector,
                                *once(OPEN, "--count", "200", "--interval", "10ms", "--t-max",
                                      "300ms"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            listener.send_signal(signal.SIGKILL)
        out, error = child.communicate(timeout=30)
        done = subprocess.CompletedProcess(child.args, child.returncode, out, error)
        document, connections, bound = finish(results, link, done)
    test_once.compare_counts(results, document, connections, bound)
    for row in document["results"]:
        mine = sorted((c for (_, target, _), c in connections.items() if target == row["address"]),
                      key=lambda connection: connection.sent_at)
        logged = ["replied" if c.answers else "rejected" for c in mine]
        printed = [packet["outcome"] for packet in row["each_packet"]]
        results.equal(f"{row['address']}: each packet is as the log has it", printed, logged)
        results.check(f"{row['address']}: both happened", {"replied", "rejected"} == set(printed))
        results.equal(f"{row['address']}: flags", row["flags"], ["refused"])


def forged(options, results):
    """Answers with another number, from another port or host count as nothing but forged."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        start(link, "listener.py", OPEN)
        forger = start(link, "forger.py", "link0")
        done = link.run_near(options.collector,
                             *once(OPEN, "--count", "100", "--interval", "10ms", "--t-max",
                                   "500ms"))
        forger.send_signal(signal.SIGTERM)
        made = int(forger.communicate(timeout=10)[0])
        document, connections, bound = finish(results, link, done)
    test_once.compare_counts(results, document, connections, bound)
    results.equal("forgeries", made, 600)
    results.equal("all of them are counted", document["agent"]["forged"], made)
    for row in document["results"]:
        results.equal(f"{row['address']}: lost, duplicated", (row["lost"], row["duplicated"]),
                      (0, 0))


INTERVAL_S, PACKETS, SLOTS = 2, 4, 6
SITES = {"one": (7, OPEN), "two": (8, CLOSED)}


def write(link, text):
    """The configuration's path; the collector, which becomes another user, may read it."""
    path = link.path("netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(link.folder.name, 0o755)
    return path


def write_configuration(link):
    sites = "".join(
        f"  - {{name: {name}, organisation: city, tier: backbone, scored: {{test: to-{name}}},"
        f" ipv4: {lab.TARGET_IPV4.format(host)}, ipv6: '{lab.TARGET_IPV6.format(host)}'}}\n"
        for name, (host, _) in SITES.items())
    tests = "".join(
        f"  - {{name: to-{name}, method: tcp, port: {port}, targets: {{sites: [{name}]}},"
        f" interval: {INTERVAL_S}s, packets: {PACKETS}, t-max: 1s}}\n"
        for name, (_, port) in SITES.items())
    return write(link, f"network: {{en: Trial network}}\ndata: {link.path('data')}\n"
                       f"retention: {{slots: 1d, hours: 1d}}\norganisations: [{{name: city}}]\n"
                       f"sites:\n{sites}tests:\n{tests}")


def stored_slots(options, link, site, family, port):
    return slots_of(options, link, f"local~{site}~tcp~v{family[-1]}~s0~d0~p{port}")


def slots_of(options, link, key):
    done = subprocess.run([options.slots, link.path("data"), key], text=True, capture_output=True,
                          check=True)
    return [{k: int(v) for k, v in row.items()} for row in csv.DictReader(io.StringIO(done.stdout))]


def check_stored(results, name, rows, refused):
    whole = [row for row in rows if row["sent"] == PACKETS]
    lost = PACKETS if refused else 0
    results.check(f"{name}: {len(whole)} whole slots", len(whole) >= SLOTS - 2)
    for row in whole:
        found = row["expected"], row["lost"], row["rejected"], row["flags"]
        expected = PACKETS, lost, lost, watch.FLAGS["refused"] if refused else 0
        results.equal(f"{name}: slot {row['from'] // truth.NS}", found, expected)


def service(options, results):
    """What is stored and scored: a service that listens, and one that does not."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        start(link, "listener.py", OPEN)
        path = write_configuration(link)
        done = link.run_near(options.collector, "run", path, "--for", f"{SLOTS * INTERVAL_S}s")
        results.check("the collector ends well", done.returncode == 0, done.stderr)
        scenario.check_conduct(results, link.finish())
        asked = {}
        for family, target, _ in read_log(link.log):
            asked[family, target] = asked.get((family, target), 0) + 1
        for site, (host, port) in SITES.items():
            for family, text in (("ipv4", lab.TARGET_IPV4), ("ipv6", lab.TARGET_IPV6)):
                rows = stored_slots(options, link, site, family, port)
                check_stored(results, f"{site} {family}", rows, port == CLOSED)
                results.equal(f"{site} {family}: every SYN is counted",
                              sum(row["sent"] for row in rows),
                              asked[family, text.format(host)])
        check_scores(options, results, link)


def check_scores(options, results, link):
    rows = stored_slots(options, link, "one", "ipv4", OPEN)
    out = link.path("report.json")
    done = test_run.reporter(options, link, "report", test_run.period_of({"one": rows}), "--lang",
                             "en", "--out", out)
    if not results.check("the report ends well", done.returncode == 0, done.stderr):
        return
    with open(out, encoding="utf-8") as file:
        sites = test_run.table(json.load(file), "sites")
    for family in ("ipv4", "ipv6"):
        loss = [sites[site, family][0]["loss"]["value"] for site in SITES]
        # What was never answered is not in service yet.
        results.equal(f"{family}: loss of both", loss, [0, None])


if __name__ == "__main__":
    scenario.run_main({"healthy": healthy, "none-answers": none_answers, "stopped": stopped,
                       "forged": forged, "service": service})

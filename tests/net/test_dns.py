# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector once --method dns prints, against the emulator's log: a real name server
over UDP and TCP, one that fails in every way, none at all; and what is stored of a service."""

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import lab
import scenario
import tap
import test_once
import test_run
import test_tcp
import truth
import watch

UDP, TCP, PORT = "17", "6", 53
PUSH = 0x18  # a TCP segment with data
TARGETS = test_once.TARGETS[:2]  # one address of each family
READY_S = 10

UNBOUND = """server:
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  logfile: "{folder}/unbound.log"
  use-syslog: no
  do-daemonize: no
  ip-freebind: yes
  {interfaces}
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  module-config: "iterator"
  incoming-num-tcp: 200
  max-udp-size: 512
  minimal-responses: yes
  local-zone: "example.cn." static
  local-zone: "closed.cn." refuse
  local-data: "example.cn. NS ns.example.cn."
  local-data: "example.cn. SOA ns.example.cn. host.example.cn. 2026112301 1 2 3 4"
  local-data: "www.example.cn. A 192.0.2.7"
  local-data: "www.example.cn. AAAA 2001:db8::7"
  {many}
remote-control:
  control-enable: no
"""


def answers_at(link, address):
    """Whether somebody listens to TCP there; asked from the far side, so it is in no log."""
    code = (f"import socket; socket.create_connection(({address!r}, {PORT}), 1).close()")
    done = lab.run(*lab.inside(link.far, "python3", "-c", code), check=False)
    return done.returncode == 0


def start_unbound(link):
    os.chmod(link.folder.name, 0o755)
    path = link.path("unbound.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(UNBOUND.format(
            folder=link.folder.name,
            interfaces="\n  ".join(f"interface: {address}" for address in TARGETS),
            many="\n  ".join(f'local-data: "many.example.cn. A 198.51.100.{i}"'
                             for i in range(1, 61))))
    child = subprocess.Popen(lab.inside(link.far, "unbound", "-d", "-c", path),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    link.children.append(child)
    deadline = time.monotonic() + READY_S
    while not all(answers_at(link, address) for address in TARGETS):
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("unbound did not start")
        time.sleep(0.05)


def once(query, *arguments, count=50, spacing="10ms", t_max="500ms"):
    return ["once", *TARGETS, "--method", "dns", "--query", query, "--json", "--packets",
            "--count", str(count), "--interval", spacing, "--t-max", t_max, *arguments]


def words(row):
    """(source port, destination port, DNS id) of a datagram; of a segment (source port,
    destination port, flags)."""
    octets = bytes.fromhex(row["tail"])
    source, port = (int.from_bytes(octets[at:at + 2], "big") for at in (0, 2))
    last = int.from_bytes(octets[8:10], "big") if row["protocol"] == UDP else octets[13]
    return source, port, last


def read_log(path, protocol, seen=None):
    """{(family, target, what tells a query from others): Connection} of every query that was sent
    this way. seen: counts the rows of each protocol."""
    queries = {}
    for row in truth.read_rows(path):
        if row["protocol"] != protocol:
            continue
        source, port, last = words(row)
        if protocol == TCP and last != PUSH:
            continue
        if row["direction"] == "forward":
            mark = source, last
            queries.setdefault((row["family"], row["destination"], mark), test_tcp.Connection(row))
        elif row["exit"] and port is not None:
            query = queries.get((row["family"], row["source"], (port, last)))
            if query and source == PORT:
                query.answers.append((int(row["exit"]), int(row["written"])))
    return queries


def finish(results, link, done, protocol):
    results.equal("once ends well", (done.returncode, done.stderr), (0, ""))
    bound = scenario.check_conduct(results, link.finish())
    return json.loads(done.stdout), read_log(link.log, protocol), bound


def healthy(options, results):
    """A real server over UDP, behind a link that loses."""
    with lab.Lab(options.emulator, forward="delay=fixed:4ms,loss=0.02",
                 backward="delay=uniform:4ms:1ms,loss=0.02", seed=71) as link:
        start_unbound(link)
        done = link.run_near(options.collector, *once("www.example.cn", count=300, spacing="8ms"))
        document, queries, bound = finish(results, link, done, UDP)
    test_once.compare_counts(results, document, queries, bound)
    test_once.compare_delays(results, document, bound)
    for row in document["results"]:
        results.check(f"{row['address']}: something was lost", row["lost"] > 0)
        results.check(f"{row['address']}: nothing was told of it", set(row["flags"]) <= {"unsent"})
        mine = [mark for (_, target, mark) in queries if target == row["address"]]
        results.equal(f"{row['address']}: every query is another", len(set(mine)), row["sent"])
        results.check(f"{row['address']}: they come from many ports",
                      len({port for port, _ in mine}) > 100)
    results.equal("nothing was forged or damaged",
                  (document["agent"]["forged"], document["agent"]["bad_checksum"]), (0, 0))


def stream(options, results):
    """The same server over TCP: the round trip is that of the segments with query and answer."""
    with lab.Lab(options.emulator, forward="delay=fixed:4ms", backward="delay=fixed:5ms") as link:
        start_unbound(link)
        done = link.run_near(options.collector,
                             *once("www.example.cn", "--record", "AAAA", "--expect", "2001:db8::7",
                                   "--transport", "tcp", count=100))
        document, queries, bound = finish(results, link, done, TCP)
    results.equal("a query for each packet", len(queries),
                  sum(row["sent"] for row in document["results"]))
    test_once.compare_delays(results, {"results": [with_packets(row, queries)
                                                   for row in document["results"]]}, bound)
    for row in document["results"]:
        results.equal(f"{row['address']}: lost", row["lost"], 0)


def with_packets(row, queries):
    row["packets"] = [query for (_, target, _), query in queries.items()
                      if target == row["address"]]
    return row


# What unbound says to a question: (name, record, expect) and (outcome, cause, flags).
SAID = (
    (("www.example.cn", "A", "192.0.2.7"), ("replied", None, [])),
    (("example.cn", "NS", "ns.example.cn"), ("replied", None, [])),
    (("example.cn", "SOA", "NS.example.cn."), ("replied", None, [])),
    (("www.example.cn", "A", "192.0.2.8"), ("failed", "wrong", ["wrong"])),
    (("none.example.cn", "A", ""), ("failed", "failure", ["failure"])),
    (("ns.closed.cn", "AAAA", ""), ("failed", "failure", ["failure"])),
    (("www.example.cn", "NS", ""), ("failed", "wrong", ["wrong"])),
    (("many.example.cn", "A", ""), ("replied", None, ["truncated"])),
)


def check_told(results, name, document, expected):
    outcome, cause, flags = expected
    for row in document["results"]:
        title = f"{name}: {row['address']}"
        lost = 0 if outcome == "replied" else row["sent"]
        rejected = row["sent"] if outcome in ("rejected", "failed") else 0
        results.equal(f"{title}: lost, rejected", (row["lost"], row["rejected"]), (lost, rejected))
        # A packet that this machine was too busy to send in time says nothing.
        results.equal(f"{title}: outcomes and causes",
                      {(p["outcome"], p.get("cause")) for p in row["each_packet"]}
                      - {("unsent", None)}, {(outcome, cause)})
        results.equal(f"{title}: flags", [flag for flag in row["flags"] if flag != "unsent"],
                      flags)


def run_once(options, results, link, name, arguments):
    done = link.run_near(options.collector, *arguments)
    if not results.check(f"{name}: once ends well", (done.returncode, done.stderr) == (0, ""),
                         done.stderr):
        return {"results": [], "agent": {}}
    return json.loads(done.stdout)


def said(options, results):
    """Right, failed, wrong and cut answers of a real server."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        start_unbound(link)
        for (query, record, expect), expected in SAID:
            name = f"{query} {record} {expect}"
            extra = ["--record", record] + (["--expect", expect] if expect else [])
            check_told(results, name,
                       run_once(options, results, link, name, once(query, *extra, count=10)),
                       expected)
        scenario.check_conduct(results, link.finish())


# What the hostile server does, and what is made of it: (outcome, cause, flags).
HOSTILE = {
    "right": ("replied", None, []),
    "servfail": ("failed", "failure", ["failure"]),
    "wrong": ("failed", "wrong", ["wrong"]),
    "empty": ("failed", "wrong", ["wrong"]),
    "shortened": ("failed", "malformed", ["malformed"]),
    "pointing": ("failed", "malformed", ["malformed"]),
    "promising": ("failed", "malformed", ["malformed"]),
    "cut": ("replied", None, ["truncated"]),
    "cut-ever": ("failed", "malformed", ["malformed", "truncated"]),
    "forged": ("replied", None, []),
    "closing": ("rejected", "refused", ["refused", "truncated"]),
    "dripping": ("lost", None, []),
}


def hostile(options, results):
    """Each manner of a hostile server, over UDP; what it forged counts as nothing but forged."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        server, made = test_tcp.start(link, "name_server.py", *TARGETS), 0
        for manner, expected in HOSTILE.items():
            document = run_once(options, results, link, manner,
                                once(f"{manner}.example.cn", "--expect", "192.0.2.7", count=10,
                                     t_max="600ms"))
            check_told(results, manner, document, expected)
            forged = 4 * sum(row["sent"] for row in document["results"])
            forged = forged if manner == "forged" else 0
            results.equal(f"{manner}: forged", document["agent"].get("forged"), forged)
            made += forged
        server.send_signal(signal.SIGTERM)
        results.equal("forgeries made", int(server.communicate(timeout=10)[0]), made)
        results.check("there were some", made > 0)
        scenario.check_conduct(results, link.finish())


def none_answers(options, results):
    """No server at the port; administratively prohibited; unreachable; dropped."""
    rules = (("", "refused"), ("reject with icmpx type admin-prohibited", "filtered"),
             ("reject with icmpx type host-unreachable", "unreachable"), ("drop", None))
    for rule, cause in rules:
        with lab.Lab(options.emulator, forward="delay=fixed:2ms",
                     backward="delay=fixed:2ms") as link:
            if rule:
                lab.run(*lab.inside(link.far, "sh", "-c", test_tcp.RULES.split("; nft add rule")[0]
                                    + f"; nft add rule inet service in udp dport 53 {rule}"))
            document, queries, bound = finish(
                results, link, link.run_near(options.collector,
                                             *once("www.example.cn", count=20, t_max="300ms")),
                UDP)
        name = rule or "nobody at the port"
        results.equal(f"{name}: every query is in the log", len(queries),
                      sum(row["sent"] for row in document["results"]))
        test_once.compare_counts(results, document, queries, bound)
        check_told(results, name, document, ("rejected", cause, [cause]) if cause
                   else ("lost", None, []))


def refused_streams(options, results):
    """Nobody accepts connections at the port: refused, told at once."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        done = link.run_near(options.collector, *once("www.example.cn", "--transport", "tcp",
                                                      count=20, t_max="300ms"))
        document, queries, _ = finish(results, link, done, TCP)
    results.equal("no query was sent", len(queries), 0)
    check_told(results, "tcp", document, ("rejected", "refused", ["refused"]))


INTERVAL_S, PACKETS, SLOTS = 2, 4, 4
ASKED = {"up": ("right.example.cn", 0), "down": ("servfail.example.cn", watch.FLAGS["failure"])}


def write_configuration(link):
    ipv4, ipv6 = TARGETS
    tests = "".join(
        f"  - {{name: {name}, method: dns, query: {query}, interval: {INTERVAL_S}s,"
        f" packets: {PACKETS}, t-max: 1s}}\n" for name, (query, _) in ASKED.items())
    path = link.path("netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            f"network: {{en: Trial network}}\ndata: {link.path('data')}\n"
            f"retention: {{slots: 1d, hours: 1d}}\norganisations: [{{name: city}}]\n"
            f"sites:\n  - {{name: one, organisation: city, tier: backbone, ipv4: {ipv4},"
            f" ipv6: '{ipv6}', scored: {{test: echo}}}}\n"
            f"tests:\n  - {{name: echo, interval: {INTERVAL_S}s, packets: {PACKETS}, t-max: 1s}}\n"
            f"{tests}")
    os.chmod(link.folder.name, 0o755)  # the collector becomes another user
    return path


def stored_slots(options, link, query, family):
    subject = hashlib.sha256(f"{query}\0A\0udp\0".encode()).hexdigest()[:16]
    key = f"local~one~dns-{subject}~v{family[-1]}~s0~d0~p{PORT}"
    done = subprocess.run([options.slots, link.path("data"), key], text=True, capture_output=True,
                          check=True)
    return [{k: int(v) for k, v in row.items()} for row in csv.DictReader(io.StringIO(done.stdout))]


def service(options, results):
    """What is stored of two questions to one server, one of which fails: the network loses nothing
    by it."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        test_tcp.start(link, "name_server.py", *TARGETS)
        path = write_configuration(link)
        done = link.run_near(options.collector, "run", path, "--for", f"{SLOTS * INTERVAL_S}s")
        results.check("the collector ends well", done.returncode == 0, done.stderr)
        scenario.check_conduct(results, link.finish())
        for name, (query, flags) in ASKED.items():
            for family in ("ipv4", "ipv6"):
                rows = stored_slots(options, link, query, family)
                check_stored(results, f"{name} {family}", rows, flags)
        check_report(options, results, link, rows)


def check_stored(results, name, rows, flags):
    whole = [row for row in rows if row["sent"] == PACKETS]
    lost = PACKETS if flags else 0
    results.check(f"{name}: {len(whole)} whole slots", len(whole) >= SLOTS - 2)
    for row in whole:
        found = row["expected"], row["lost"], row["rejected"], row["flags"]
        results.equal(f"{name}: slot {row['from'] // truth.NS}", found,
                      (PACKETS, lost, lost, flags))


def check_report(options, results, link, rows):
    out = link.path("report.json")
    done = test_run.reporter(options, link, "report", test_run.period_of({"one": rows}), "--lang",
                             "en", "--out", out)
    if not results.check("the report ends well", done.returncode == 0, done.stderr):
        return
    with open(out, encoding="utf-8") as file:
        document = json.load(file)
    sites = test_run.table(document, "sites")
    for family in ("ipv4", "ipv6"):
        results.equal(f"{family}: the network lost nothing",
                      sites["one", family][0]["loss"]["value"], 0)


def main(scenarios):
    if shutil.which("unbound") is None:
        tap.skip_all("unbound is not installed")
        return
    scenario.run_main(scenarios)


if __name__ == "__main__":
    main({"healthy": healthy, "stream": stream, "said": said, "hostile": hostile,
          "none-answers": none_answers, "refused-streams": refused_streams, "service": service})

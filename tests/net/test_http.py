# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector once --method http prints of visits to a real web server, against the
emulator's log: pages that open, every way in which none does, and servers that mean harm."""

import concurrent.futures
import contextlib
import csv
import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time

import lab
import scenario
import tap
import test_scale
import truth
import watch
import webserver
from test_tcp import SYN, SYN_ACK, TCP, header, start

TARGETS = [lab.TARGET_IPV4.format(7), lab.TARGET_IPV6.format(7)]
FILTERED, SILENT, CLOSED = 8082, 8083, 8081
RULES = "; ".join((
    "nft add table inet service", "nft add chain inet service in"
    " '{ type filter hook input priority 0; }'",
    f"nft add rule inet service in tcp dport {FILTERED} reject with icmpx type admin-prohibited",
    f"nft add rule inet service in tcp dport {SILENT} drop"))
DELAY = 4_000_000  # ns, each way


def url(port, path="/", name=webserver.NAME):
    return f"http{'' if port < webserver.RIGHT else 's'}://{name}:{port}{path}"


def once(options, link, page, *arguments, targets=TARGETS):
    """Runs once and returns (its exit code, its standard error, its document, its peak memory)."""
    command = [options.collector, "once", *targets, "--method", "http", "--url", page, "--json",
               "--packets", *arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, \
            tempfile.TemporaryFile("w+", encoding="utf-8") as error:
        child = subprocess.Popen(lab.inside(link.near, *command), stdout=out, stderr=error)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        text = out.read()
        return child.returncode, error.read(), json.loads(text) if text else None, usage.ru_maxrss


# How often a visit is made again that this machine itself was too busy for: it says so.
TRIES = 5


def was_late(document):
    """Of a visit that this machine spoilt it says so, or does not tell it at all."""
    return any(row["unsent"] > sum(visit["end"] == "not-assessable" for visit in row["visits"])
               for row in document["results"])


def connections(path):
    """{(family, target, port): [(sent, answered)]} of every first SYN and its first SYN-ACK."""
    found = {}
    for row in truth.read_rows(path):
        if row["protocol"] != TCP:
            continue
        source, port, number, acknowledged, flags = header(row)
        if row["direction"] == "forward" and flags & 0x3f == SYN:
            key = row["family"], row["destination"], port, source, number
            found.setdefault(key, [int(row["arrival"]), None])
        elif row["direction"] == "backward" and row["exit"] and flags & 0x3f == SYN_ACK:
            key = row["family"], row["source"], source, port, (acknowledged - 1) % 2**32
            if key in found and found[key][1] is None:
                found[key][1] = int(row["exit"])
    grouped = {}
    for (family, target, port, *_), times in found.items():
        grouped.setdefault((family, target, port), []).append(times)
    return grouped


def check_phases(results, name, visit, answered, bound):
    """answered: the connection's times in the log."""
    phases = visit["phases_ns"]
    true = answered[1] - answered[0]
    results.check(f"{name}: the kernel's round trip of the SYN is that of the log",
                  visit["syn_round_trip_ns"] is not None and
                  abs(visit["syn_round_trip_ns"] - true) <= bound,
                  f"{visit['syn_round_trip_ns']} and {true}")
    results.check(f"{name}: the connection takes at least that",
                  phases["connect"] + 1_000_000 >= visit["syn_round_trip_ns"],
                  f"{phases['connect']} and {visit['syn_round_trip_ns']}")
    results.check(f"{name}: TLS 1.3 takes a round trip at least", phases["tls"] >= 2 * DELAY)
    results.check(f"{name}: the first octet comes after three round trips at least",
                  phases["first-byte"] >= 6 * DELAY, str(phases))
    results.check(f"{name}: the phases follow each other",
                  phases["connect"] + phases["tls"] <= phases["first-byte"] <= phases["total"],
                  str(phases))


def check_certificate(results, name, visit, port):
    certificate = visit["certificate"]
    expected = {webserver.RIGHT: (True, True, ""),
                webserver.MISNAMED: (True, False, ""),
                webserver.EXPIRED: (False, True, "certificate has expired"),
                webserver.UNKNOWN: (False, True, "unable to get local issuer certificate")}[port]
    results.equal(f"{name}: verified, named, problem",
                  (certificate["verified"], certificate["named"], certificate["problem"]), expected)
    results.check(f"{name}: its issuer", certificate["issuer"].startswith("O=Trial authority"))
    days = certificate["days_left"]
    results.check(f"{name}: {days} days left", days < -300 if port == webserver.EXPIRED else
                  19 <= days <= 20)
    whose = "www.another.test" if port == webserver.MISNAMED else webserver.NAME
    results.equal(f"{name}: subject and names", (certificate["subject"], certificate["names"]),
                  (f"CN={whose}", whose))


def fingerprint(link, label):
    text = lab.run("openssl", "x509", "-in", link.path(f"{label}.crt"), "-noout", "-fingerprint",
                   "-sha256").stdout
    return text.split("=")[1].strip().replace(":", "").lower()


def healthy(options, results):
    """Each visit is one connection, opens, and takes the time that the link makes it take."""
    visits = 15
    with lab.Lab(options.emulator, forward=f"delay=fixed:{DELAY // 1_000_000}ms",
                 backward=f"delay=fixed:{DELAY // 1_000_000}ms") as link:
        authority = webserver.start(link)
        code, error, document, _ = once(
            options, link, url(webserver.RIGHT), "--expect", webserver.TEXT, "--count",
            str(visits), "--interval", "150ms", "--authorities", authority.file)
        results.equal("once ends well", (code, error), (0, ""))
        bound = scenario.check_conduct(results, link.finish())
        made, served = connections(link.log), webserver.visited(link)
        true_fingerprint = fingerprint(link, "right")
    results.equal("pages that the server gave", [row[2] for row in served], [200] * 2 * visits)
    results.check("it was told who visits",
                  all(row[3].startswith("netgrade-collector/") for row in served))
    for row in document["results"]:
        name = row["address"]
        mine = sorted(made[row["family"], name, webserver.RIGHT])
        results.equal(f"{name}: sent, lost, unsent", (row["sent"], row["lost"], row["unsent"]),
                      (visits, 0, 0))
        results.equal(f"{name}: connections in the log", len(mine), visits)
        results.equal(f"{name}: ends", {v["end"] for v in row["visits"]}, {"open"})
        pages = {(v["status"], v["octets"], v["tls"], v["redirects"]) for v in row["visits"]}
        results.equal(f"{name}: pages", pages,
                      {(200, len(webserver.PAGE.encode()), "TLSv1.3", 0)})
        # Of two visits one may end before the other, but they begin in order.
        order = sorted(row["visits"], key=lambda visit: visit["began_at_ns"])
        for number, (visit, times) in enumerate(zip(order, mine)):
            check_phases(results, f"{name}: visit {number}", visit, times, bound)
        check_certificate(results, name, row["visits"][0], webserver.RIGHT)
        results.equal(f"{name}: fingerprint", row["visits"][0]["certificate"]["sha256"],
                      true_fingerprint)
        first = min(v["phases_ns"]["first-byte"] for v in row["visits"])
        results.equal(f"{name}: the least round trip is the first octet's",
                      row["round_trip_ns"]["min"], first)


class Fault:
    def __init__(self, name, page, end, cause, status=0, redirects=0):
        self.name, self.page, self.end, self.cause = name, page, end, cause
        self.status, self.redirects = status, redirects


SHORT = ("--t-max", "1500ms")
FAULTS = (
    Fault("refused", url(CLOSED), "failed", "refused", 0),
    Fault("filtered", url(FILTERED), "failed", "filtered", 0),
    Fault("timed out", url(SILENT), "timed-out", None, 0),
    Fault("an error of the server", url(webserver.PLAIN, "/error"), "failed", "status", 500),
    Fault("no such page", url(webserver.PLAIN, "/none"), "failed", "status", 404),
    Fault("another text", url(webserver.PLAIN, "/other.html"), "failed", "text", 200),
    Fault("a certificate for another name", url(webserver.MISNAMED), "failed", "tls", 0),
    Fault("an expired certificate", url(webserver.EXPIRED), "failed", "tls", 0),
    Fault("an authority that nobody believes", url(webserver.UNKNOWN), "failed", "tls", 0),
    Fault("TLS to a port without", url(webserver.PLAIN).replace("http:", "https:"), "failed",
          "tls", 0),
    Fault("redirected once", url(webserver.PLAIN, "/hop"), "open", None, 200, redirects=1),
    Fault("redirected without end", url(webserver.PLAIN, "/loop"), "failed", "bounds", 302,
          redirects=5),
    Fault("a page for robots", url(webserver.PLAIN, "/robots"), "not-assessable", "blocked", 405),
)


def port_of(fault):
    return int(fault.page.split(":")[2].split("/")[0])


def check_fault(results, fault, row):
    name = f"{fault.name}: {row['address']}"
    visits = row["visits"]
    results.equal(f"{name}: visits", len(visits), 2)
    found = {(v["end"], v.get("cause"), v["status"]) for v in visits}
    results.equal(f"{name}: ends, causes, status", found,
                  {(fault.end, fault.cause, fault.status)})
    open_, unsent = fault.end == "open", fault.end == "not-assessable"
    results.equal(f"{name}: sent, lost, unsent", (row["sent"], row["lost"], row["unsent"]),
                  (0, 0, 2) if unsent else (2, 0 if open_ else 2, 0))
    told = {"blocked": ["unsent", "blocked"]}.get(fault.cause, [fault.cause])
    results.equal(f"{name}: flags", row["flags"],
                  ["user-stamp"] if open_ else told if fault.cause else [])
    results.equal(f"{name}: redirects", {v["redirects"] for v in visits}, {fault.redirects})
    if port_of(fault) in (webserver.MISNAMED, webserver.EXPIRED, webserver.UNKNOWN):
        check_certificate(results, name, visits[0], port_of(fault))


def failing(options, results):
    """Each fault is told apart from the others, in both families."""
    expected = {}
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        lab.run(*lab.inside(link.far, "sh", "-c", RULES))
        authority = webserver.start(link)
        for fault in FAULTS:
            for _ in range(TRIES):
                code, error, document, _ = once(
                    options, link, fault.page, "--expect", webserver.TEXT, "--count", "2",
                    "--interval", "120ms", "--authorities", authority.file, *SHORT)
                for row in document["results"]:
                    key = row["family"], row["address"], port_of(fault)
                    expected[key] = expected.get(key, 0) + 2 * (1 + fault.redirects)
                if not was_late(document):
                    break
            results.equal(f"{fault.name}: once ends well", (code, error), (0, ""))
            for row in document["results"]:
                check_fault(results, fault, row)
        scenario.check_conduct(results, link.finish())
        made = {key: len(all_) for key, all_ in connections(link.log).items()}
    results.equal("connections in the log", made, expected)


def other_family(options, results):
    """Led to an address of IPv6, a visit over IPv4 fails: there is no way around."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        webserver.start(link)
        code, error, document, _ = once(options, link, url(webserver.PLAIN, "/to-ipv6"), "--count",
                                        "2", "--interval", "120ms", *SHORT)
        results.equal("once ends well", (code, error), (0, ""))
        scenario.check_conduct(results, link.finish())
        made = connections(link.log)
    ends = {row["family"]: {(v["end"], v.get("cause"), v["redirects"]) for v in row["visits"]}
            for row in document["results"]}
    results.equal("ends", ends, {"ipv4": {("failed", "name", 0)}, "ipv6": {("open", None, 1)}})
    counts = {family: len(all_) for (family, *_), all_ in made.items()}
    results.equal("connections in the log", counts, {"ipv4": 2, "ipv6": 4})


# What a server that means harm does, and what is said of it.
HARM = {
    "endless": ("failed", "bounds"), "chunks": ("failed", "bounds"),
    "announced": ("failed", "bounds"), "drip": ("timed-out", None),
    "drip-headers": ("timed-out", None), "silent": ("timed-out", None),
    "header": ("failed", "bounds"), "headers": ("failed", "bounds"),
    "interim": ("failed", "bounds"), "bomb": ("failed", "bounds"),
    "bomb-in-bomb": ("failed", "bounds"), "hollow": ("failed", "bounds"),
    "unasked": ("failed", "bounds"), "cut": ("failed", "status"), "nonsense": ("failed", "status"),
    "elsewhere": ("failed", "bounds"), "somebody": ("failed", "bounds"),
    "loop": ("failed", "bounds"), "garbled": ("failed", "status"),
}
HOSTILE, DEADLINE_S = 8090, 1
# kB of peak memory, beside what the same program takes for a page that opens. A page's bound is
# 2 MB and its kept beginning 32 kB; of 256 MB, or of what never ends, nothing else may stay.
MEMORY_MORE = 8192


def meet(options, link, kind):
    """What once says of such a server, and how long it took (s)."""
    for _ in range(TRIES):
        began = time.monotonic()
        found = once(options, link, f"http://{webserver.NAME}:{HOSTILE}/{kind}", "--count", "1",
                     "--t-max", f"{DEADLINE_S}s")
        took = time.monotonic() - began
        if not was_late(found[2]):
            break
    return *found, took


def check_harm(results, kind, met, least):
    code, error, document, memory, took = met
    results.equal(f"{kind}: once ends well", (code, error), (0, ""))
    results.check(f"{kind}: {took:.1f} s are bounded", took < DEADLINE_S + 10)
    results.check(f"{kind}: {memory} kB are bounded", memory < least + MEMORY_MORE,
                  f"{least} kB for a page that opens")
    for row in document["results"]:
        name = f"{kind}: {row['address']}"
        found = {(v["end"], v.get("cause")) for v in row["visits"]}
        results.equal(f"{name}: ends, causes", found, {HARM[kind]})
        results.check(f"{name}: it says why", all(v["reason"] for v in row["visits"]))
        total = max(v["phases_ns"]["total"] for v in row["visits"])
        if kind == "drip":
            counted = [v["octets"] for v in row["visits"]]
            results.check(f"{name}: octets that came are counted", min(counted) > 1, str(counted))
        results.check(f"{name}: about within its deadline", total < (DEADLINE_S + 5) * truth.NS,
                      str(total))


def hostile(options, results):
    """Whatever a server sends, a visit is bounded in time and memory, and says what it met."""
    with lab.Lab(options.emulator, log=None) as link:
        start(link, "hostile.py", HOSTILE)
        webserver.start(link)
        *_, least = once(options, link, url(webserver.PLAIN), "--count", "2", "--interval", "120ms")
        with concurrent.futures.ThreadPoolExecutor(4) as several:
            all_ = several.map(lambda kind: meet(options, link, kind), HARM)
            for kind, met in zip(HARM, all_):
                check_harm(results, kind, met, least)


ELSEWHERE = [lab.TARGET_IPV4.format(9), lab.TARGET_IPV6.format(9)]
BOTH = ("ipv4", "ipv6")
# name, page, what comes of it in each family
NAMED = (
    ("a name", url(webserver.PLAIN), dict.fromkeys(BOTH, ("open", None, 0))),
    ("a name without IPv6", url(webserver.PLAIN, name="old.example.test"),
     {"ipv4": ("open", None, 0), "ipv6": ("failed", "name", 0)}),
    ("no such name", url(webserver.PLAIN, name="nobody.example.test"),
     dict.fromkeys(BOTH, ("failed", "name", 0))),
    ("redirected to a name", url(webserver.PLAIN, "/to-name"),
     dict.fromkeys(BOTH, ("open", None, 1))),
    ("redirected to no such name", url(webserver.PLAIN, "/to-nobody"),
     dict.fromkeys(BOTH, ("failed", "name", 1))),
)


def named(options, results):
    """The name in the URL is looked up, in the family of the target alone."""
    with lab.Lab(options.emulator, forward="delay=fixed:4ms", backward="delay=fixed:4ms") as link:
        webserver.start(link)
        start(link, "namer.py")
        for name, page, expected in NAMED:
            code, error, document, _ = once(
                options, link, page, "--count", "2", "--interval", "120ms", "--by-name",
                "--name-server", "fd77::2", *SHORT, targets=ELSEWHERE)
            results.equal(f"{name}: once ends well", (code, error), (0, ""))
            for row in document["results"]:
                found = {(v["end"], v.get("cause"), v["redirects"]) for v in row["visits"]}
                results.equal(f"{name}: {row['family']}: ends", found, {expected[row["family"]]})
                results.check(f"{name}: {row['family']}: looking it up takes a round trip at least",
                              all(v["phases_ns"]["name"] >= 2 * DELAY for v in row["visits"]))
        scenario.check_conduct(results, link.finish())
        targets = {target for (_, target, _) in connections(link.log)}
    results.equal("where connections went", targets, set(TARGETS))


INTERVAL_S, SLOTS = 2, 3


def write_configuration(link, authority, contact="noc@example.test"):
    rest = f"interval: {INTERVAL_S}s, t-max: 1s"
    tests = (f"  - {{name: home, method: http, {rest}}}\n"
             f"  - {{name: alias, method: http, url: '{url(webserver.MISNAMED)}',"
             f" expect: {webserver.TEXT}, {rest}}}\n")
    path = link.path("netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"network: {{en: Trial network}}\ndata: {link.path('data')}\n"
                   f"contact: {{email: {contact}}}\n"
                   f"retention: {{slots: 1d, hours: 1d}}\norganisations: [{{name: city}}]\n"
                   f"agents: [{{name: local, authorities: {authority.file}}}]\n"
                   f"sites:\n  - {{name: portal, organisation: city, tier: metro,"
                   f" ipv4: {TARGETS[0]}, ipv6: '{TARGETS[1]}', url: '{url(webserver.RIGHT)}',"
                   f" expect: {webserver.TEXT}}}\ntests:\n{tests}")
    return path


def stored_slots(options, link, family, port):
    subject = hashlib.sha256(url(port).encode() + b"\0").hexdigest()[:16]
    key = f"local~portal~http-{subject}~v{family[-1]}~s0~d0~p{port}"
    done = subprocess.run([options.slots, link.path("data"), key], text=True, capture_output=True,
                          check=True)
    rows = csv.DictReader(io.StringIO(done.stdout))
    return key, [{k: int(v) for k, v in row.items()} for row in rows]


def archived(link, table, columns, key):
    with contextlib.closing(sqlite3.connect(link.path("data/archive.db"))) as archive:
        return archive.execute(f"SELECT {columns} FROM {table} WHERE key = ? ORDER BY from_at",
                               (key,)).fetchall()


def visit_by_hand(options, results, link, path, authority):
    """One visit over each family to the page that the site has in the configuration."""
    done = link.run_near(options.collector, "once", "portal", "--config", path, "--method", "http",
                         "--count", "1", "--interval", "100ms", "--json", "--authorities",
                         authority.file)
    results.check("once ends well", done.returncode == 0, done.stderr)
    rows = json.loads(done.stdout)["results"]
    results.equal("once: ports and pages of the site",
                  [(row["port"], v["url"], v["end"]) for row in rows for v in row["visits"]],
                  [(webserver.RIGHT, url(webserver.RIGHT), "open")] * len(TARGETS))


def service(options, results):
    """What is stored of the site's own page, and of one whose certificate has another name."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        authority = webserver.start(link)
        path = write_configuration(link, authority)
        done = link.run_near(options.collector, "run", path, "--for", f"{SLOTS * INTERVAL_S}s")
        results.check("the collector ends well", done.returncode == 0, done.stderr)
        visit_by_hand(options, results, link, path, authority)
        scenario.check_conduct(results, link.finish())
        made = {key: len(all_) for key, all_ in connections(link.log).items()}
        results.check("the server was told whom to turn to",
                      all("noc@example.test" in row[3] for row in webserver.visited(link)))
        for family, target in zip(BOTH, TARGETS):
            for port, label in ((webserver.RIGHT, "right"), (webserver.MISNAMED, "misnamed")):
                name, wrong = f"{family} {label}", port == webserver.MISNAMED
                key, rows = stored_slots(options, link, family, port)
                whole = [row for row in rows if row["sent"]]
                results.equal(f"{name}: every visit is stored", len(whole),
                              made[family, target, port] - int(not wrong))
                flag = watch.FLAGS["tls"] if wrong else watch.FLAGS["user stamp"]
                results.equal(f"{name}: lost, flags", {(r["lost"], r["flags"]) for r in whole},
                              {(int(wrong), flag)})
                results.equal(f"{name}: the certificate is a row",
                              archived(link, "certificate", "fingerprint, verified, named", key),
                              [(fingerprint(link, label), 1, int(not wrong))])
                results.equal(f"{name}: how visits ended is a row",
                              archived(link, "visits", "visits, end, cause", key),
                              [(len(whole), "failed" if wrong else "open", "tls" if wrong else "")])


def await_pages(link, count):
    """Returns when the server has given so many, or too much time has passed."""
    deadline = time.monotonic() + 30
    while len(webserver.visited(link)) < count and time.monotonic() < deadline:
        time.sleep(0.1)


def renewed(options, results):
    """A reload has the next visits believe another authority and name another contact."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        authority = webserver.start(link)
        stranger = webserver.Authority(link.folder.name, "nobody")
        path = write_configuration(link, stranger, "old@example.test")
        with open(link.path("collector.log"), "w+", encoding="utf-8") as log:
            child = link.start_near(options.collector, "run", path, "--for", "90s", stderr=log)
            test_scale.await_start(log, child)
            time.sleep(2.5 * INTERVAL_S)
            before = len(webserver.visited(link))
            write_configuration(link, authority, "new@example.test")
            child.send_signal(signal.SIGHUP)
            await_pages(link, 2 * len(TARGETS))
            child.send_signal(signal.SIGTERM)
            code = child.wait(30)
            log.seek(0)
            text = log.read()
        results.check("the collector ends well", code == 0, text)
        results.check("the configuration is taken over", "2 series kept" in text or
                      "4 series kept" in text, text)
        scenario.check_conduct(results, link.finish())
        agents = {row[3] for row in webserver.visited(link)}
        results.equal("no page was asked for of a stranger", before, 0)
        results.check("the server was told the new contact alone", len(agents) == 1 and
                      all("new@example.test" in agent for agent in agents), agents)
        for family in BOTH:
            _, rows = stored_slots(options, link, family, webserver.RIGHT)
            lost = [row["lost"] for row in rows if row["sent"]]
            results.check(f"{family}: lost before, open afterwards",
                          lost[0] == 1 and lost[-1] == 0 and lost == sorted(lost, reverse=True),
                          lost)
            flags = {row["flags"] & watch.FLAGS["tls"] for row in rows if row["lost"]}
            results.equal(f"{family}: by TLS", flags, {watch.FLAGS["tls"]})


def main():
    missing = webserver.missing()
    if missing:
        tap.skip_all(missing)
        return
    scenario.run_main({"healthy": healthy, "failing": failing, "other-family": other_family,
                       "hostile": hostile, "named": named, "service": service, "renewed": renewed})


if __name__ == "__main__":
    main()

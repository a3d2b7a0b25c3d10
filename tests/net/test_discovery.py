# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector once --inventory finds out and proposes, against the emulator's log."""

import json
import subprocess

import lab
import scenario
import test_tcp
import truth

RATE = 50
KINDS = (("icmp", None), ("tcp", 443), ("tcp", 80))
# host: what answers there over (IPv4, IPv6), "" for nothing; ! refuses
TOWN = {
    "all": (31, "icmp 443 80", "icmp 443 80"),
    "only-443": (32, "443", "443"),
    "only-80": (33, "80 !443", "80"),
    "only-ipv6": (34, "", "icmp"),
    "nothing": (35, "", ""),
    "refused": (36, "!443 !80", "!443 !80"),
    "common": (37, "icmp 443", "443 80"),
    "apart": (38, "icmp", "80"),
    "lone": (39, "icmp 80", None),
}
PROPOSED = {
    "all": ("icmp", "icmp"), "only-443": ("tcp-443", "tcp-443"), "only-80": ("tcp-80", "tcp-80"),
    "only-ipv6": (None, "icmp-ipv6"), "nothing": (None, None), "refused": (None, None),
    "common": ("tcp-443", "tcp-443"), "apart": ("icmp-ipv4", "tcp-80-ipv6"),
    "lone": ("icmp", None),
}


# site: its own page, and the test that is proposed to visit it over (IPv4, IPv6)
PAGES = {
    "all": ("https://all.example.test/", "page", "page"),
    "only-80": ("https://only-80.example.test/", None, None),
    "common": ("http://common.example.test/", None, "page-ipv6"),
    "lone": ("http://lone.example.test/a", "page", None),
}


def addresses(name):
    host, *answers = TOWN[name]
    return [(family, text.format(host), given.split()) for family, text, given in
            zip(("ipv4", "ipv6"), (lab.TARGET_IPV4, lab.TARGET_IPV6), answers)
            if given is not None]


def rules():
    """What the far kernel answers, as one text of nftables."""
    lines = []
    for name in TOWN:
        for family, address, answers in addresses(name):
            head = f"{'ip' if family == 'ipv4' else 'ip6'} daddr {address}"
            echo = "icmp type echo-request" if family == "ipv4" else "icmpv6 type echo-request"
            if "icmp" not in answers:
                lines.append(f"{head} {echo} drop")
            for port in ("443", "80"):
                if f"!{port}" in answers:
                    lines.append(f"{head} tcp dport {port} reject with tcp reset")
                elif port not in answers:
                    lines.append(f"{head} tcp dport {port} drop")
    return ("table inet town { chain in { type filter hook input priority 0;\n"
            + "\n".join(lines) + "\n}\n}\n")


def write_inventory(link):
    path = link.path("sites.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("name,zh,organisation,tier,ipv4,ipv6,scored.test,url\n")
        for name in TOWN:
            given = {family: address for family, address, _ in addresses(name)}
            file.write(f"{name},站点 {name},{'east' if name == 'lone' else 'city'},access,"
                       f"{given['ipv4']},{given.get('ipv6', '')},another,"
                       f"{PAGES.get(name, [''])[0]}\n")
    return path


def populate(link):
    for port in (443, 80):
        test_tcp.start(link, "listener.py", port)
    subprocess.run(lab.inside(link.far, "nft", "-f", "-"), input=rules(), text=True, check=True)


def discover(options, link, *arguments):
    return link.run_near(options.collector, "once", "--inventory", write_inventory(link),
                         "--t-max", "500ms", *arguments)


def logged(link):
    """{(family, address, method, port): [whether a packet was answered, …]}"""
    found = {}
    for (family, target, _), packet in truth.read_log(link.log).items():
        found.setdefault((family, target, "icmp", None), []).append(packet)
    for (family, target, asked), connection in test_tcp.read_log(link.log).items():
        found.setdefault((family, target, "tcp", asked[2]), []).append(connection)
    return {key: [p.first() is not None for p in sorted(packets, key=lambda p: p.sent_at)]
            for key, packets in found.items()}


def check_rate(results, link):
    times = sorted([p.sent_at for p in truth.read_log(link.log).values()]
                   + [c.sent_at for c in test_tcp.read_log(link.log).values()])
    slack = RATE // 4  # a packet leaves 250 ms late at most, else it is not sent
    most = max(sum(start <= at < start + truth.NS for at in times) for start in times)
    results.check("never more packets a second than allowed", most <= RATE + slack, most)


def check_trials(results, link, document):
    """Each count and outcome is that of the log."""
    found = logged(link)
    for site in document["sites"]:
        for row in site["addresses"]:
            for tried, kind in zip(row["tried"], KINDS):
                mine = found.pop((row["family"], row["address"], *kind), [])
                name = f"{site['site']} {row['family']} {kind}"
                results.equal(f"{name}: packets", tried["packets"], len(mine))
                results.equal(f"{name}: answered", tried["outcome"] == "answered", any(mine))
                results.check(f"{name}: nothing after an answer", not any(mine[:-1]), mine)
                results.equal(f"{name}: a round trip if answered",
                              tried["round_trip_ns"] is not None, any(mine))
    results.equal("nothing was sent to others", found, {})


def check_outcomes(results, document):
    for site in document["sites"]:
        for row, (family, _, answers) in zip(site["addresses"], addresses(site["site"])):
            for tried, (_, port) in zip(row["tried"], KINDS):
                kind = "icmp" if port is None else str(port)
                outcome = ("answered" if kind in answers
                           else "refused" if f"!{kind}" in answers else "silent")
                name = f"{site['site']} {family} {kind}"
                results.equal(f"{name}: outcome", tried["outcome"], outcome)
                # A machine kept waiting leaves packets unsent; the log has counted those sent.
                most = 3 if outcome == "silent" else 1
                results.check(f"{name}: packets", 1 <= tried["packets"] <= most, tried)
            proposed = PROPOSED[site["site"]][family == "ipv6"]
            results.equal(f"{site['site']} {family}: test", row["test"], proposed)
            visited = PAGES.get(site["site"], (None,) * 3)[1 + (family == "ipv6")]
            results.equal(f"{site['site']} {family}: visits", row["visits"], visited)
    tries = [tried["packets"] for site in document["sites"] for row in site["addresses"]
             for tried in row["tried"]]
    results.check("what is silent is tried again", max(tries) == 3, tries)


def check_configuration(options, results, link, text):
    path = link.path("proposed.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = link.run_near(options.collector, "check", path)
    results.equal("check accepts the proposal", (done.returncode, done.stderr), (0, ""))
    targets = {}
    for name, ways in PROPOSED.items():
        for way in ways:
            targets[way] = targets.get(way, set()) | {name}
    for name, (_, *tests) in PAGES.items():
        for test in tests:
            targets[test] = targets.get(test, set()) | {name}
    found, test, listing = {}, None, False
    for line in text.splitlines():
        if line.startswith("  - name: "):
            test = line.split()[-1]
        elif line.startswith("        - ") and test:
            found.setdefault(test, set()).add(line.split()[-1])
    targets.pop(None)
    results.equal("the tests and their targets", found, targets)
    silent = [line for line in text.splitlines() if line.startswith("#   ")]
    expected = ["only-ipv6 ipv4", "nothing ipv4", "nothing ipv6", "refused ipv4", "refused ipv6",
                f"only-80 {PAGES['only-80'][0]}"]
    results.equal("what is not measured or visited is a comment",
                  [" ".join(line.split()[1:3]) for line in silent], expected)
    results.check("with what was told", "TCP 443 refused" in silent[-2], silent[-2])


def town(options, results):
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        populate(link)
        done = discover(options, link, "--json")
        results.equal("it ends well", done.returncode, 0)
        errors = done.stderr.splitlines()
        results.equal("a line for each silent address", len(errors), 5)
        results.check("with its place", "sites.csv:5:1: nothing answered: only-ipv6 ipv4 "
                      in errors[0], errors[0])
        document = json.loads(done.stdout)
        scenario.check_conduct(results, link.finish())
        check_trials(results, link, document)
        check_outcomes(results, document)
        check_rate(results, link)


def configuration(options, results):
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        populate(link)
        done = discover(options, link, "--rate", "200")
        results.equal("it ends well", done.returncode, 0)
        results.equal("a line for each silent address", len(done.stderr.splitlines()), 5)
        check_configuration(options, results, link, done.stdout)


def lossy(options, results):
    """Of a link that loses a third, the counts and outcomes are still those of the log."""
    with lab.Lab(options.emulator, forward="delay=fixed:2ms,loss=0.3", backward="delay=fixed:2ms",
                 seed=61) as link:
        populate(link)
        done = discover(options, link, "--rate", "100", "--json")
        results.equal("it ends well", done.returncode, 0)
        scenario.check_conduct(results, link.finish())
        document = json.loads(done.stdout)
        check_trials(results, link, document)
        again = [tried for site in document["sites"] for row in site["addresses"]
                 for tried in row["tried"]
                 if tried["packets"] > 1 and tried["outcome"] == "answered"]
        results.check("something was answered when tried again", again)


if __name__ == "__main__":
    scenario.run_main({"town": town, "configuration": configuration, "lossy": lossy})

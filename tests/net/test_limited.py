# SPDX-License-Identifier: GPL-3.0-or-later
"""A router that limits ICMP echo to a rate, one that loses a share of everything, and a service that
is down: what the report makes of each, with TCP beside ICMP."""

import json
import subprocess

import lab
import scenario
import test_run
import test_tcp

INTERVAL_S, SLOTS = 2, 6
PACKETS = {"icmp": 20, "tcp": 6}
HOSTS = {"limited": 7, "torn": 8, "closed": 9}
RULES = """table inet router {{
chain in {{ type filter hook prerouting priority 0;
ip daddr {limited4} icmp type echo-request limit rate over 2/second burst 2 packets drop
ip6 daddr {limited6} icmpv6 type echo-request limit rate over 2/second burst 2 packets drop
ip daddr {torn4} numgen random mod 100 < 60 drop
ip6 daddr {torn6} numgen random mod 100 < 60 drop
ip daddr {closed4} tcp dport {port} reject with tcp reset
ip6 daddr {closed6} tcp dport {port} reject with tcp reset
}}
}}
"""


def limit(link):
    """The far namespace is the router that all hosts lie behind."""
    names = {name + family: text.format(host) for name, host in HOSTS.items()
             for family, text in (("4", lab.TARGET_IPV4), ("6", lab.TARGET_IPV6))}
    subprocess.run(lab.inside(link.far, "nft", "-f", "-"), text=True, check=True,
                   input=RULES.format(port=test_tcp.OPEN, **names))


def configuration(link):
    sites = "".join(
        f"  - {{name: {name}, organisation: city, tier: backbone, scored: {{test: pings}},"
        f" ipv4: {lab.TARGET_IPV4.format(host)}, ipv6: '{lab.TARGET_IPV6.format(host)}'}}\n"
        for name, host in HOSTS.items())
    return (f"network: {{en: Trial network}}\ndata: {link.path('data')}\n"
            f"retention: {{slots: 1d, hours: 1d}}\norganisations: [{{name: city}}]\n"
            f"sites:\n{sites}tests:\n"
            f"  - {{name: pings, interval: {INTERVAL_S}s, packets: {PACKETS['icmp']}, t-max: 1s}}\n"
            f"  - {{name: opens, method: tcp, port: {test_tcp.OPEN}, interval: {INTERVAL_S}s,"
            f" packets: {PACKETS['tcp']}, t-max: 1s}}\n")


def check_report(results, found, whole):
    """whole: slots that were measured from beginning to end."""
    limited = {(row["site"], row["family"]): row["slots"]["value"] for row in found["limited"]}
    for family in ("IPv4", "IPv6"):
        seconds = {row["site"]: row for row in found["seconds"] if row["family"] == family}
        slots = limited.get(("limited", family), 0)
        # A machine that is kept waiting may leave a slot of TCP unmeasured.
        results.check(f"{family}: {slots} of {whole} slots are limited",
                      whole - 2 <= slots <= whole + 1, limited)
        results.equal(f"{family}: nothing else is", sorted(site for site, f in limited
                                                           if f == family), ["limited"])
        results.check(f"{family}: what both lose stays charged",
                      seconds["torn"]["bad"]["value"] >= (whole - 2) * INTERVAL_S,
                      seconds["torn"])
        results.equal(f"{family}: a service that is down is none of the network's",
                      seconds["closed"]["bad"]["value"], 0)
        outages = [row["site"] for row in found.get("outages", []) if row["family"] == family]
        results.check(f"{family}: outages where both lose alone",
                      "torn" in outages and "closed" not in outages and "limited" not in outages,
                      outages)
    results.check("a finding tells of it", any("ICMP limited by a router" in row["finding"]
                                               for row in found["findings"]), found["findings"])


def limiter(options, results):
    with lab.Lab(options.emulator, forward="delay=fixed:2ms", backward="delay=fixed:2ms") as link:
        test_tcp.start(link, "listener.py", test_tcp.OPEN)
        limit(link)
        path = test_tcp.write(link, configuration(link))
        done = link.run_near(options.collector, "run", path, "--for", f"{SLOTS * INTERVAL_S}s")
        results.check("the collector ends well", done.returncode == 0, done.stderr)
        scenario.check_conduct(results, link.finish())
        rows = test_tcp.slots_of(options, link, "local~limited~icmp~v4~s64~d0~p0")
        whole = sum(row["sent"] == PACKETS["icmp"] for row in rows)
        out = link.path("report.json")
        done = test_run.reporter(options, link, "report", test_run.period_of({"limited": rows}),
                                 "--lang", "en", "--out", out)
        if not results.check("the report ends well", done.returncode == 0, done.stderr):
            return
        with open(out, encoding="utf-8") as file:
            blocks = json.load(file)["blocks"]
        check_report(results, {b["key"]: b["rows"] for b in reversed(blocks)
                               if b["kind"] == "table"}, whole)


if __name__ == "__main__":
    scenario.run_main({"limiter": limiter})

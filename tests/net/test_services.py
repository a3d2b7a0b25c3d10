# SPDX-License-Identifier: GPL-3.0-or-later
"""One agent and many sites in both families, each with a website of its own, each measured by ICMP,
TCP, DNS and HTTPS: what is stored is what the emulator's log and the servers' own logs say.

The far kernel answers for every address (AnyIP); nginx with TLS and unbound listen at all of them.
The link is the emulator's: it gives every packet the same delay, so that things overlap as they do
in a network, and its log is the truth of each packet. A few thousand packets a second are a third of
what it carries in the proof of scale."""

import collections
import contextlib
import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import time

import lab
import scenario
import tap
import test_run
import test_scale
import watch
import webserver

METHODS = ("icmp", "tcp", "dns", "http")
PACKETS, T_MAX_S = 4, 2
NAME_PORT, PLAIN_PORT, TLS_PORT = 53, 80, 443
QUERY = "www.example.test"
DELAY = {"forward": "delay=fixed:4ms", "backward": "delay=fixed:4ms"}
LINE = "<p>what this office does for whom, and when</p>\n"
USER_STAMP, UNSENT = watch.FLAGS["user stamp"], watch.FLAGS["unsent"]

# interval: of slots; seconds: measured; lead: for the collector to start.
Size = collections.namedtuple("Size", "sites interval visit_interval visit_t_max seconds lead")

NGINX = """
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 16384;
pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
http {{
  log_format seen '$server_addr $server_port $status $host';
  access_log {folder}/access.log seen; default_type text/html; charset utf-8;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 80 backlog=4096; listen [::]:80 ipv6only=on backlog=4096;
    listen 443 ssl backlog=4096; listen [::]:443 ssl ipv6only=on backlog=4096;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    root {folder}/pages; ssi on;
  }}
}}
"""
UNBOUND = """server:
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  logfile: "{folder}/unbound.log"
  use-syslog: no
  do-daemonize: no
  interface: 0.0.0.0
  interface: ::0
  interface-automatic: yes
  ip-freebind: yes
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  module-config: "iterator"
  so-rcvbuf: 4m
  local-zone: "example.test." static
  local-data: "{query}. A 192.0.2.7"
remote-control:
  control-enable: no
"""


def host(site):
    return f"s{site}.example.test"


def addresses(site):
    return f"10.80.{site // 200}.{site % 200 + 1}", f"fd80::{site:x}"


def series(site):
    """{(method, address): the key of its series}"""
    question = b"".join(part + b"\0" for part in (QUERY.encode(), b"A", b"udp"))
    page = f"https://{host(site)}/".encode() + b"\0"
    words = {"icmp": ("icmp", 64, 0), "tcp": ("tcp", 0, PLAIN_PORT),
             "dns": (f"dns-{hashlib.sha256(question).hexdigest()[:16]}", 0, NAME_PORT),
             "http": (f"http-{hashlib.sha256(page).hexdigest()[:16]}", 0, TLS_PORT)}
    return {(method, address): f"local~s{site}~{word}~{family}~s{size}~d0~p{port}"
            for method, (word, size, port) in words.items()
            for family, address in zip(("v4", "v6"), addresses(site))}


def write_configuration(link, size, authority):
    with open(link.path("sites.csv"), "w", encoding="utf-8") as file:
        file.write("name,en,organisation,tier,ipv4,ipv6,url,expect,scored.test\n")
        for i in range(1, size.sites + 1):
            file.write(f"s{i},Site {i},city,access,{','.join(addresses(i))},https://{host(i)}/,"
                       f"<title>{host(i)}</title>,echo\n")
    rest = f"interval: {size.interval}s, packets: {PACKETS}, t-max: {T_MAX_S}s"
    path = link.path("netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("network: {en: Trial network}\ntime-zone: UTC\ncontact: {email: noc@example.test}\n"
                   f"data: {link.path('data')}\nretention: {{slots: 1d, hours: 1d}}\n"
                   f"agents: [{{name: local, authorities: {authority.file}}}]\n"
                   "organisations: [{name: city}]\ninventory: sites.csv\ntests:\n"
                   f"  - {{name: echo, {rest}}}\n"
                   f"  - {{name: port, method: tcp, port: {PLAIN_PORT}, {rest}}}\n"
                   f"  - {{name: names, method: dns, query: {QUERY}, expect: 192.0.2.7, {rest}}}\n"
                   f"  - {{name: pages, method: http, interval: {size.visit_interval}s,"
                   f" t-max: {size.visit_t_max}s}}\n")
    return path


def serve(link, *command):
    link.children.append(subprocess.Popen(lab.inside(link.far, *command),
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def start_servers(link):
    """Both listen at every address of the far side; returns who signs the certificates."""
    folder = link.folder.name
    os.chmod(folder, 0o755)  # the collector becomes another user
    authority = webserver.Authority(folder)
    certificate, key = authority.issue("all", "*.example.test")
    os.mkdir(link.path("pages"))
    os.chmod(link.path("pages"), 0o755)
    texts = {"pages/index.html": "<html><title><!--#echo var=\"host\" --></title>\n"
                                 + 500 * LINE + "</html>\n",
             "nginx.conf": NGINX.format(folder=folder, certificate=certificate, key=key),
             "unbound.conf": UNBOUND.format(folder=folder, query=QUERY)}
    for name, text in texts.items():
        with open(link.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(link.path(name), 0o644)
    serve(link, "nginx", "-c", link.path("nginx.conf"), "-e", link.path("error.log"))
    serve(link, "unbound", "-d", "-c", link.path("unbound.conf"))
    for port in (NAME_PORT, PLAIN_PORT, TLS_PORT):
        webserver.wait_for(link.far, port)
    return authority


def route(link):
    for family, prefix in (("-4", "10.80.0.0/16"), ("-6", "fd80::/16")):
        lab.run(*lab.inside(link.near, "ip", family, "route", "add", prefix, "dev", "link0"))
        lab.run(*lab.inside(link.far, "ip", family, "route", "add", "local", prefix, "dev", "lo"))


def silent(site):
    """In a dark town every tenth site answers nothing."""
    return site % 10 == 3


def refuses(site):
    """Every tenth has no web server."""
    return site % 10 == 7


def darken(link, sites):
    """What the far kernel does for those sites, as one text of nftables."""
    lines = []
    for place, family in ((0, "ip"), (1, "ip6")):
        for which, rule in ((silent, "drop"),
                            (refuses, f"tcp dport {TLS_PORT} reject with tcp reset")):
            chosen = ", ".join(addresses(i)[place] for i in range(1, sites + 1) if which(i))
            lines.append(f"{family} daddr {{ {chosen} }} {rule}")
    text = ("table inet town { chain in { type filter hook input priority 0;\n"
            + "\n".join(lines) + "\n}\n}\n")
    subprocess.run(lab.inside(link.far, "nft", "-f", "-"), input=text, text=True, check=True)


def wire_packets(link):
    """That the near interface has sent and received so far."""
    told = lab.run(*lab.inside(link.near, "ip", "-s", "-j", "link", "show", "dev", "link0")).stdout
    counts = json.loads(told)[0]["stats64"]
    return counts["tx"]["packets"], counts["rx"]["packets"]


class Threads(test_scale.Process):
    """What the visits cost too, which have a thread of their own: (time, CPU seconds)."""

    def __init__(self, child):
        super().__init__(child)
        self.visits = []

    def sample(self):
        super().sample()
        folder = f"/proc/{self.child.pid}/task"
        for task in os.listdir(folder):
            with contextlib.suppress(OSError), open(f"{folder}/{task}/stat",
                                                    encoding="utf-8") as file:
                text = file.read()
                if "(visits)" in text:
                    self.visits.append((time.time(), test_scale.cpu_of(text)))

    def visiting(self, begin, end):
        """CPU seconds of that time."""
        inside = [cpu for at, cpu in self.visits if begin <= at <= end]
        return inside[-1] - inside[0] if inside else 0


def run_collector(options, results, link, size, path):
    """Returns what it cost, and the first and last second of its slots."""
    first = test_run.next_boundary(size.visit_interval, size.lead)
    time.sleep(max(0, first - size.lead - time.time()))
    with open(link.path("collector.log"), "w+", encoding="utf-8") as log:
        child = link.start_near(options.collector, "run", path, "--for",
                                f"{size.lead + size.seconds + 1}s", stderr=log)
        test_scale.await_start(log, child)
        process = Threads(child)
        process.sample()
        before, began = wire_packets(link), time.monotonic()
        code = process.wait(size.lead + size.seconds + test_scale.STOP_S)
        after, took = wire_packets(link), size.seconds
        log.seek(0)
        text = log.read()
    results.check("the collector ends well", code == 0, text)
    for line in text.splitlines():
        results.note(line.partition(" ")[2] if line[:1].isdigit() else line)
    rates = [(b - a) / took for a, b in zip(before, after)]
    results.note(f"on the wire {rates[0]:.0f} packets/s sent and {rates[1]:.0f} received, over "
                 f"{took} s ({time.monotonic() - began:.0f} s with start and end)")
    return process, first, first + size.seconds


# --- the truth ---

class Truth:
    """Of one series: how many were sent, answered in time, and so near T_max that it is not
    certain."""

    __slots__ = ("sent", "in_time", "doubtful")

    def __init__(self):
        self.sent = self.in_time = self.doubtful = 0


def hex_of(address):
    return (bytes(map(int, address.split("."))) if "." in address
            else bytes.fromhex(f"fd80{0:024x}{int(address.rpartition(':')[2], 16):04x}")).hex()


def question_of(row):
    """(method, its own mark) of a row that asks; None for others."""
    protocol, kind, tail = row["protocol"], row["type"], row["tail"]
    if kind in ("8", "128"):
        return "icmp", tail
    if protocol == "17" and tail[4:8] == f"{NAME_PORT:04x}":
        return "dns", tail[0:4] + tail[16:20]
    if protocol == "6" and int(tail[26:28], 16) & 0x3f == 0x02:
        method = {f"{PLAIN_PORT:04x}": "tcp", f"{TLS_PORT:04x}": "http"}.get(tail[4:8])
        return method and (method, tail[0:4] + tail[8:16])
    return None


def answer_of(row):
    protocol, kind, tail = row["protocol"], row["type"], row["tail"]
    if kind in ("0", "129"):
        return "icmp", tail
    if protocol == "17" and tail[0:4] == f"{NAME_PORT:04x}":
        return "dns", tail[4:8] + tail[16:20]
    if protocol == "6" and int(tail[26:28], 16) & 0x3f == 0x12:
        method = {f"{PLAIN_PORT:04x}": "tcp", f"{TLS_PORT:04x}": "http"}.get(tail[0:4])
        number = (int(tail[16:24], 16) - 1) % 2**32
        return method and (method, f"{tail[4:8]}{number:08x}")
    return None


def read_log(path, sites, bound):
    """{(method, address): Truth}; of http, connections. bound: ns by which a time may be off."""
    known = {hex_of(a): a for i in range(1, sites + 1) for a in addresses(i)}
    found, open_ones = collections.defaultdict(Truth), {}
    with open(path, newline="", encoding="ascii") as file:
        for row in csv.DictReader(file):
            forward = row["direction"] == "forward"
            address = known.get(row["destination" if forward else "source"])
            told = address and row["tail"] and (question_of if forward else answer_of)(row)
            if not told:
                continue
            method, key = told[0], (address, *told)
            if forward and key not in open_ones:
                open_ones[key] = int(row["arrival"])
                found[method, address].sent += 1
            elif not forward and row["exit"] and key in open_ones:
                late = int(row["exit"]) - open_ones.pop(key) - T_MAX_S * 1_000_000_000
                found[method, address].in_time += late < -bound
                found[method, address].doubtful += abs(late) <= bound
    return found


def served(link):
    """{address: pages that nginx gave over TLS}"""
    found = collections.Counter()
    with open(link.path("access.log"), encoding="ascii") as file:
        for line in file:
            address, port, status, _ = line.split()
            found[address] += port == str(TLS_PORT) and status == "200"
    return found


# --- what is stored ---

def stored_sums(options, link, sites):
    """{(method, address): the sums of a series, as numbers}"""
    keys = {place: key for site in range(1, sites + 1) for place, key in series(site).items()}
    done = subprocess.run([options.slots, link.path("data")], text=True, capture_output=True,
                          input="\n".join(keys.values()) + "\n", check=False)
    rows = {row.pop("series"): {name: int(value) for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(done.stdout))}
    return {place: rows[key] for place, key in keys.items() if key in rows}


def archived_visits(link):
    """[(end, cause, one of the reasons, how many)]"""
    with contextlib.closing(sqlite3.connect(link.path("data/archive.db"))) as archive:
        return archive.execute("SELECT end, cause, MIN(reason), SUM(visits) FROM visits GROUP BY 1, 2"
                               " ORDER BY 4 DESC").fetchall()


def total(sums, method, name):
    return sum(row[name] for place, row in sums.items() if place[0] == method)


def check_packets(results, sums, found):
    """Of each series of single packets, the counts are those of the log."""
    faults = collections.defaultdict(list)
    for place, row in sums.items():
        true = found[place]
        if place[0] == "http":
            continue
        if row["sent"] != true.sent:
            faults["sent"].append((place, row["sent"], true.sent))
        least = true.sent - true.in_time - true.doubtful
        if not least <= row["lost"] <= least + true.doubtful:
            faults["lost"].append((place, row["lost"], least))
    for name in ("sent", "lost"):
        results.check(f"icmp, tcp, dns: {name} of every series is that of the log",
                      not faults[name], faults[name][:10])


def check_visits(results, sums, found, pages, bright):
    """A page that was given is not lost, and one that was not is no visit that opened. bright:
    addresses of sites that give one."""
    wrong, unvisited = [], []
    for place, row in sums.items():
        if place[0] != "http":
            continue
        made, given, unsent = found[place].sent, pages[place[1]], row["expected"] - row["sent"]
        if not (row["sent"] <= made <= row["sent"] + unsent and row["lost"] <= made - given and
                row["sent"] - row["lost"] <= given):
            wrong.append((place[1], row, made, given))
        if not given and not unsent and place[1] in bright:
            unvisited.append(place[1])
    results.check("http: the counts of every series are those of the log and the server",
                  not wrong, wrong[:10])
    results.equal("every page was visited", unvisited, [])


def check_flags(results, sums):
    """A slot that lacks packets which this machine did not send says so; nothing else is flagged."""
    strange = []
    for (method, address), row in sums.items():
        usual = USER_STAMP if method == "http" else 0
        due = UNSENT if row["expected"] > row["sent"] else 0
        if row["lost"] == 0 and row["flags"] & ~usual != due:
            strange.append((method, address, row))
    results.check("no slot is flagged without cause", not strange, strange[:10])


def tell(results, sums, size):
    for method in METHODS:
        told = {name: total(sums, method, name) for name in
                ("slots", "expected", "sent", "lost", "late", "duplicated", "reordered")}
        flagged = sum(row["flags"] & ~(USER_STAMP if place[0] == "http" else 0) != 0
                      for place, row in sums.items() if place[0] == method)
        results.note(f"{method}: {sum(place[0] == method for place in sums)} series, "
                     + ", ".join(f"{told[name]} {name}" for name in told)
                     + f"; {flagged} series with a flagged slot")
    results.note(f"{len(sums)} series of {size.sites} sites")


def tell_cost(results, process, sums, period):
    sent = sum(row["sent"] for row in sums.values())
    cpu, resident = process.cpu(), [s[2] for s in process.samples]
    share, _ = process.between(*period)
    visits, length = process.visiting(*period), period[1] - period[0]
    made = max(1, total(sums, "http", "sent"))
    results.note(f"CPU while measuring {100 * share:.1f} % of a core: "
                 f"{1e3 * visits / made:.2f} ms for each of {made} visits, "
                 f"{1e6 * (share * length - visits) / (sent - made):.1f} µs for each of "
                 f"{sent - made} packets")
    results.note(f"CPU {cpu:.1f} s from start to end, files made and all slots filed")
    results.note(f"resident {resident[0] / 1024:.0f} MiB at start, at most "
                 f"{process.usage.ru_maxrss / 1024:.0f} MiB, "
                 f"{process.usage.ru_maxrss / len(sums):.2f} KiB a series")


def measure(options, results, size, dark=()):
    """dark: kinds of sites that give no page."""
    with lab.Lab(options.emulator, **DELAY, **{"for": 86400}) as link:
        route(link)
        if dark:
            darken(link, size.sites)
        path = write_configuration(link, size, start_servers(link))
        process, *period = run_collector(options, results, link, size, path)
        bound = scenario.check_conduct(results, link.finish())
        found = read_log(link.log, size.sites, bound)
        sums = stored_sums(options, link, size.sites)
        results.equal("every series that sent is stored", [p for p in found if p not in sums], [])
        # A machine that is busy at the wrong instant has no slot of a visit due at its very end;
        # of several slots it has one.
        missing = 2 * len(METHODS) * size.sites - len(sums)
        results.check("all series are stored", missing <= (size.seconds < 60), missing)
        tell(results, sums, size)
        for end, cause, reason, count in archived_visits(link):
            results.note(f"visits: {count} {end} {cause or ''} {reason or ''}".rstrip())
        bright = {a for i in range(1, size.sites + 1) if not any(kind(i) for kind in dark)
                  for a in addresses(i)}
        check_packets(results, sums, found)
        check_visits(results, sums, found, served(link), bright)
        results.note("lost of sites that give a page: "
                     f"{sum(row['lost'] for place, row in sums.items() if place[1] in bright)}")
        check_flags(results, sums)
        tell_cost(results, process, sums, period)


def few(options, results):
    """However late it starts, there is time for a whole slot of each series."""
    measure(options, results, Size(60, 5, 5, 4, 7, 3))


def services(options, results):
    minutes = int(os.environ.get("MINUTES", "10"))
    sites = int(os.environ.get("SITES", "3000"))
    size = Size(sites, 60, min(300, 60 * minutes), 15, 60 * minutes, 20)
    measure(options, results, size)


def dark(options, results):
    """Some sites answer nothing, some refuse: visits wait for them, packets are lost, evidence of
    many outages is kept at once."""
    sites = int(os.environ.get("SITES", "3000"))
    size = Size(sites, 60, 120, 15, 120, 20)
    measure(options, results, size, (silent, refuses))


def main():
    missing = webserver.missing() or (not shutil.which("unbound") and "no unbound")
    if missing:
        tap.skip_all(missing)
        return
    scenario.run_main({"few": few, "services": services, "dark": dark})


if __name__ == "__main__":
    main()

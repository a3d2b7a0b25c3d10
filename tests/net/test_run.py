# SPDX-License-Identifier: GPL-3.0-or-later
"""What netgrade-collector run stores and netgrade-reporter reports, against the emulator's log."""

import csv
import io
import json
import os
import subprocess
import time

import lab
import scenario
import truth

INTERVAL_S, PACKETS = 4, 20
INTERVAL, T_MAX = INTERVAL_S * truth.NS, truth.NS
SITES = {"one": 1, "two": 2, "three": 3}
COUNTS = ("sent", "lost", "late", "duplicated", "reordered")


def write_configuration(link, hosts=None, packets=PACKETS):
    """Sites with both families; returns the file's path."""
    data = link.path("data")
    sites = "".join(
        f"  - {{name: {name}, organisation: city, tier: backbone,"
        f" ipv4: {lab.TARGET_IPV4.format(host)}, ipv6: \"{lab.TARGET_IPV6.format(host)}\"}}\n"
        for name, host in (hosts or SITES).items())
    text = (f"network: {{zh: 试验网, en: Trial network}}\n"
            f"time-zone: Asia/Shanghai\ndata: {data}\nretention: {{slots: 1d, hours: 1d}}\n"
            f"organisations:\n  - {{name: city, zh: 市级, en: City}}\nsites:\n{sites}"
            f"tests:\n  - {{name: echo, interval: {INTERVAL_S}s, packets: {packets}, t-max: 1s}}\n")
    path = link.path("netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(link.folder.name, 0o755)  # the collector becomes another user
    return path


def next_boundary(interval_s, seconds_from_now):
    """A start of a slot at least so far ahead, seconds since 1970."""
    return -(-(time.time() + seconds_from_now) // interval_s) * interval_s


def slot_boundary(seconds_from_now):
    return next_boundary(INTERVAL_S, seconds_from_now)


def stored_slots(options, link, site, family):
    key = f"local~{site}~icmp~v{family[-1]}~s64~d0~p0"
    done = subprocess.run([options.slots, link.path("data"), key], text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{key}: {done.stderr}")
    return [{k: int(v) for k, v in row.items()} for row in csv.DictReader(io.StringIO(done.stdout))]


def address_of(site, family):
    return (lab.TARGET_IPV4 if family == "ipv4" else lab.TARGET_IPV6).format(SITES[site])


def run_collector(options, results, link, seconds):
    done = link.run_near(options.collector, "run", write_configuration(link), "--for",
                         f"{seconds}s", timeout=seconds + 60)
    results.check("the collector ends well", done.returncode == 0, done.stderr)
    return done.stderr


def delays_wrong(row, trips, bound):
    """What a slot's delays have against the log's; within the way between emulator and prober."""
    if not trips:
        return []
    wrong = [f"slot {row['from'] // truth.NS} {name}: stored {row[name]}, log {value}"
             for name, value in (("rtt_min", min(trips)), ("rtt_max", max(trips)))
             if abs(row[name] - value) > bound]
    mean, true = row["rtt_sum"] / (row["sent"] - row["lost"]), sum(trips) / len(trips)
    if abs(mean - true) > bound:
        wrong.append(f"slot {row['from'] // truth.NS} mean: stored {mean}, log {true}")
    return wrong


def compare_slots(options, results, link, least, bound):
    """Every stored slot equals the log's; returns {(site, family): slots}."""
    packets = truth.read_log(link.log)
    true = truth.by_slot(packets, T_MAX, INTERVAL, bound)
    trips = truth.round_trips(packets, T_MAX)
    stored, seen = {}, set()
    for site in SITES:
        for family in ("ipv4", "ipv6"):
            rows = stored[site, family] = stored_slots(options, link, site, family)
            results.check(f"{site} {family}: {len(rows)} slots are stored", len(rows) >= least)
            wrong = []
            for row in rows:
                key = family, address_of(site, family), row["from"] // INTERVAL & 0xffff
                seen.add(key)
                for name in COUNTS:
                    if key not in true or not true[key].agrees(name, row[name]):
                        wrong.append(f"slot {row['from'] // truth.NS} {name}: stored {row[name]}, "
                                     f"log {true[key][name] if key in true else 'none'}")
                wrong += delays_wrong(row, trips.get(key, []), bound)
            results.check(f"{site} {family}: counts and delays of every slot", not wrong,
                          "\n".join(wrong))
            results.check(f"{site} {family}: no slot is flagged",
                          all(row["flags"] == 0 for row in rows), [r["flags"] for r in rows])
    results.equal("every slot in the log is stored", sorted(set(true) - seen), [])
    return stored


def local_time(seconds):
    """As the reporter takes it, in the configured zone, which has no daylight saving."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds + 8 * 3600))


def reporter(options, link, command, period, *arguments):
    return subprocess.run(
        [options.reporter, command, "--trial", "--config", link.path("netgrade.yaml"), "--from",
         local_time(period[0]), "--to", local_time(period[1]), *arguments],
        text=True, capture_output=True, timeout=60, check=False)


def period_of(stored):
    rows = next(iter(stored.values()))
    return rows[0]["from"] // truth.NS, rows[-1]["until"] // truth.NS


MODEL = {"forward": "delay=fixed:4ms,loss=0.02", "backward": "delay=uniform:4ms:1ms"}


def await_long_hour(seconds):
    """Of an hour that is over, a part of its delays cannot be told apart any more."""
    left = 3600 - time.time() % 3600
    time.sleep(left + 1 if left < seconds else 0)


def outage(options, results):
    """Thirty slots, five of them dark."""
    await_long_hour(33 * INTERVAL_S)
    dark = slot_boundary(12 * INTERVAL_S)
    with lab.Lab(options.emulator, seed=30, blackout=f"@{dark}..@{dark + 5 * INTERVAL_S}/forward",
                 **MODEL) as link:
        run_collector(options, results, link, 31 * INTERVAL_S + 2)
        bound = scenario.check_conduct(results, link.finish())
        stored = compare_slots(options, results, link, 30, bound)
        check_report(options, results, link, stored, (dark, dark + 5 * INTERVAL_S), bound)


def answers(options, results):
    """Late, passed, copied and forged answers, stored as such."""
    copies = "duplicate=0.05:3ms,forge=0.05"
    with lab.Lab(options.emulator, seed=31, forward="delay=fixed:2ms,reorder=0.05:1300ms",
                 backward=f"delay=fixed:2ms,reorder=0.1:450ms,{copies}") as link:
        log = run_collector(options, results, link, 6 * INTERVAL_S)
        bound = scenario.check_conduct(results, link.finish())
        stored = compare_slots(options, results, link, 5, bound)
        forged = sum(p.forged for p in truth.read_log(link.log).values())
        results.check(f"{forged} forged answers are told", f" {forged} forged" in log, log)
        for name in ("late", "duplicated", "reordered"):
            results.check(f"there was something {name}",
                          any(row[name] for rows in stored.values() for row in rows))


def one_family_dark(options, results):
    with lab.Lab(options.emulator, forward="delay=fixed:2ms",
                 blackout=f"@{slot_boundary(3 * INTERVAL_S)}..@8000000000/backward/ipv6") as link:
        run_collector(options, results, link, 6 * INTERVAL_S)
        bound = scenario.check_conduct(results, link.finish())
        stored = compare_slots(options, results, link, 5, bound)
        for (site, family), rows in stored.items():
            lost = sum(row["lost"] for row in rows)
            results.check(f"{site} {family}: lost {lost}",
                          lost == 0 if family == "ipv4" else lost >= PACKETS)


def table(document, key):
    """{(site, family): row} of a table of the report."""
    rows = {}
    for block in document["blocks"]:
        if block["kind"] == "table" and block["key"] == key:
            for row in block["rows"]:
                rows.setdefault((row["site"], row["family"].lower()), []).append(row)
    return rows


def is_bad(row):
    return row["lost"] * 5 >= row["sent"]


def outages_of(rows):
    """(start, end) of every run of two or more bad slots, seconds since 1970."""
    found, run = [], []
    for row in [*rows, None]:
        if row and is_bad(row):
            run.append(row)
            continue
        if len(run) >= 2:
            found.append((run[0]["from"] // truth.NS, run[-1]["until"] // truth.NS))
        run = []
    return found


def printed_time(seconds):
    return local_time(seconds).replace("T", " ").removesuffix(":00")


def compare_figures(results, document, stored):
    packets, sites = table(document, "packet_counts"), table(document, "sites")
    for key, rows in stored.items():
        name = " ".join(key)
        (count,), (site,) = packets[key], sites[key]
        sent, lost = sum(r["sent"] for r in rows), sum(r["lost"] for r in rows)
        for column in ("sent", "lost", "duplicated", "reordered", "late"):
            results.equal(f"{name}: {column} in the report", count[column]["value"],
                          sum(row[column] for row in rows))
        results.equal(f"{name}: every packet is in the histogram", count["in_histogram"]["value"],
                      sent)
        available = 100 * sum(not is_bad(row) for row in rows) / len(rows)
        for column, value in (("loss", 100 * lost / sent), ("availability", available)):
            results.check(f"{name}: {column} in the report",
                          abs(site[column]["value"] - value) < 1e-9,
                          f"{site[column]['value']}, stored {value}")
        beyond = lost * 20 > sent  # more than 5 % lost: the 95th percentile is infinite
        results.equal(f"{name}: whether the 95th percentile is infinite",
                      site["delay"].get("infinite", False), beyond)


def compare_percentile(results, document, link, period, bound):
    """The 95th percentile of the round trip, which histograms place within a bucket's spread."""
    trips = {}
    for (family, target, _), packet in truth.read_log(link.log).items():
        if period[0] <= packet.sent_at / truth.NS < period[1]:
            trip = packet.first() - packet.sent_at if packet.answers else float("inf")
            trips.setdefault((family, target), []).append(trip / 1e6)
    for (site, family), (row,) in table(document, "sites").items():
        sample = sorted(trips[family, address_of(site, family)])
        true, printed = sample[-(-len(sample) * 95 // 100) - 1], row["delay"]["value"]
        results.check(f"{site} {family}: 95th percentile",
                      abs(printed - true) < 0.05 * true + bound / 1e6,
                      f"printed {printed} ms, log {true} ms")


def check_report(options, results, link, stored, dark, bound):
    """The report's figures are those of the stored slots, and the outage stands where it was."""
    period = period_of(stored)
    out = link.path("report.json")
    report = reporter(options, link, "report", period, "--lang", "en", "--out", out)
    if not results.check("report ends well", report.returncode == 0, report.stderr):
        return
    with open(out, encoding="utf-8") as file:
        document = json.load(file)
    compare_figures(results, document, stored)
    outages = table(document, "outages")
    for key, rows in stored.items():
        expected = [(printed_time(a), printed_time(b)) for a, b in outages_of(rows)]
        found = [(row["start"], row["end"]) for row in outages.get(key, [])]
        results.equal(f"{' '.join(key)}: outages in the report", found, expected)
        # A neighbouring slot that chance made bad would belong to the outage.
        results.check(f"{' '.join(key)}: one of them is the dark time",
                      any(a <= dark[0] and b >= dark[1] and b - a <= dark[1] - dark[0] + INTERVAL_S
                          for a, b in outages_of(rows)), outages_of(rows))
    score = reporter(options, link, "score", (period[0], dark[0]), "--json", "--lang", "en")
    if results.check("score ends well", score.returncode == 0, score.stderr):
        compare_percentile(results, json.loads(score.stdout), link, (period[0], dark[0]), bound)


if __name__ == "__main__":
    scenario.run_main({"outage": outage, "answers": answers, "one-family-dark": one_family_dark})

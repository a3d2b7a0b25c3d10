# SPDX-License-Identifier: GPL-3.0-or-later
"""One agent, 10,000 targets in both families behind one next hop, 20 packets a minute to each of
20,000 series: everything is stored and nothing lost. Then fping beside it as far as it can go."""

import csv
import io
import os
import re
import subprocess
import time

import scenario
import test_run
import town as towns

TARGETS, INTERVAL_S, PACKETS, T_MAX_S = 10_000, 60, 20, 1
SERIES = 2 * TARGETS
RATE = SERIES * PACKETS / INTERVAL_S
DELAY = {"forward": "delay=fixed:4ms", "backward": "delay=fixed:4ms"}
START_S, STOP_S, SAMPLE_S = 300, 900, 1
DISK_MIN = 10 << 30
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FPING_SENDS_S = 60


def target(index):
    """Both addresses, in the ranges for which the town's core answers."""
    return f"10.{80 + index // 65536}.{index // 256 % 256}.{index % 256}", f"fd80:{index:x}::1"


def series():
    return [f"local~s{i}~icmp~{family}~s64~d0~p0" for i in range(1, TARGETS + 1)
            for family in ("v4", "v6")]


def write_configuration(folder):
    with open(os.path.join(folder, "sites.csv"), "w", encoding="utf-8") as file:
        file.write("name,en,organisation,tier,ipv4,ipv6\n")
        for i in range(1, TARGETS + 1):
            file.write(f"s{i},Site {i},city,backbone,{','.join(target(i))}\n")
    path = os.path.join(folder, "netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("network: {zh: 试验网, en: Trial network}\ntime-zone: UTC\n"
                   f"data: {folder}/data\nretention: {{slots: 1d, hours: 1d}}\n"
                   "organisations:\n  - {name: city, zh: 市级, en: City}\ninventory: sites.csv\n"
                   f"tests:\n  - {{name: echo, interval: {INTERVAL_S}s, packets: {PACKETS},"
                   f" t-max: {T_MAX_S}s}}\n")
    return path


def cpu_of(stat):
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


class Process:
    """What a child costs, sampled while it runs: (time, CPU seconds, resident KiB)."""

    def __init__(self, child):
        self.child, self.samples, self.usage = child, [], None

    def sample(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="utf-8") as file:
            cpu = cpu_of(file.read())
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as file:
            resident = re.search(r"VmRSS:\s+(\d+)", file.read())
        self.samples.append((time.time(), cpu, int(resident.group(1)) if resident else 0))

    def wait(self, timeout):
        """Until it ends; returns its exit code."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            pid, status, self.usage = os.wait4(self.child.pid, os.WNOHANG)
            if pid:
                self.child.returncode = os.waitstatus_to_exitcode(status)
                return self.child.returncode
            self.sample()
            time.sleep(SAMPLE_S)
        raise RuntimeError(f"process {self.child.pid} does not end")

    def cpu(self):
        return self.usage.ru_utime + self.usage.ru_stime

    def between(self, begin, end):
        """(share of a core, median resident KiB) of that time."""
        inside = [s for s in self.samples if begin <= s[0] <= end]
        if len(inside) < 2:
            return float("nan"), 0
        (t0, cpu0, _), (t1, cpu1, _) = inside[0], inside[-1]
        return (cpu1 - cpu0) / (t1 - t0), sorted(s[2] for s in inside)[len(inside) // 2]


def await_start(log, child):
    """Returns when the collector has said what it measures."""
    deadline = time.monotonic() + START_S
    while True:
        log.seek(0)
        if " series, " in log.read():
            return
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the collector did not start")
        time.sleep(0.05)


def stored_sums(options, town):
    done = subprocess.run([options.slots, town.path("data")], input="\n".join(series()) + "\n",
                          text=True, capture_output=True, check=True)
    sums = {"series": 0}
    for row in csv.DictReader(io.StringIO(done.stdout)):
        sums["series"] += 1
        for name, value in row.items():
            if name == "flags":
                sums["flagged"] = sums.get("flagged", 0) + (int(value) != 0)
            elif name != "series":
                sums[name] = sums.get(name, 0) + int(value)
    return sums


def run_collector(options, results, town, minutes):
    """Returns its cost, and the first and last second of its slots."""
    path = write_configuration(town.folder.name)
    with open(town.path("collector.log"), "w+", encoding="utf-8") as log:
        # So that the first slot begins soon after the start, and whole.
        first = test_run.next_boundary(INTERVAL_S, 20)
        time.sleep(first - 20 - time.time())
        began = time.monotonic()
        child = town.start("agent", options.collector, "run", path, "--for",
                           f"{20 + minutes * INTERVAL_S + 2}s", stderr=log)
        await_start(log, child)
        results.note(f"ready to measure {SERIES} series {time.monotonic() - began:.1f} s after "
                     "its start")
        process = Process(child)
        code = process.wait(20 + minutes * INTERVAL_S + STOP_S)
        log.seek(0)
        text = log.read()
    results.check("the collector ends well", code == 0, text)
    for line in text.splitlines():
        results.note(line.partition(" ")[2] if line[:1].isdigit() else line)
    return process, first, first + minutes * INTERVAL_S


def tell_cost(results, process, sums, period):
    share, resident = process.between(period[0] + 1, period[1])
    results.note(f"CPU per probe {1e6 * process.cpu() / sums['sent']:.2f} µs from start to end, "
                 f"all threads, files made and all slots filed; while measuring "
                 f"{1e6 * share / RATE:.2f} µs, {100 * share:.1f} % of a core")
    results.note(f"resident while measuring {resident / 1024:.0f} MiB, at most "
                 f"{process.usage.ru_maxrss / 1024:.0f} MiB; "
                 f"{1024 * resident / SERIES / 1000:.2f} kB a series")


def disk_used(folder):
    """Octets that the files below it take."""
    return 512 * sum(os.stat(os.path.join(where, name)).st_blocks
                     for where, _, names in os.walk(folder) for name in names)


def swallowed(summary):
    """Packets of echoes that the emulator or its devices kept."""
    kept = sum(way[fate] for direction in ("forward", "backward")
               for way in summary[direction].values() for fate in way if fate != "delivered")
    return kept + summary["near_drops"] + summary["far_drops"]


def check_stored(results, sums, minutes):
    expected = {"series": SERIES, "slots": SERIES * minutes,
                "expected": SERIES * minutes * PACKETS, "sent": SERIES * minutes * PACKETS,
                "lost": 0, "late": 0, "duplicated": 0, "reordered": 0, "flagged": 0}
    for name, value in expected.items():
        results.equal(f"stored: {name}", sums[name], value)


def store_everything(options, results, minutes):
    with towns.Town(options.emulator, log=None, **DELAY, **{"for": 86400}) as town:
        free = os.statvfs(town.folder.name)
        if not results.check("there is room on the disk",
                             free.f_bavail * free.f_frsize > DISK_MIN):
            return
        process, *period = run_collector(options, results, town, minutes)
        summary = town.finish()
        scenario.check_conduct(results, summary)
        results.equal("the emulator lost nothing", swallowed(summary), 0)
        sums = stored_sums(options, town)
        results.note(f"stored: {sums}")
        check_stored(results, sums, minutes)
        tell_cost(results, process, sums, period)
        results.note(f"on disk {disk_used(town.path('data')) / (1 << 30):.1f} GiB")


def run_fping(results, town, families, packets, seconds=FPING_SENDS_S):
    """So many packets a minute to each target; what it says of every target is added up."""
    hosts = [address for i in range(1, TARGETS + 1)
             for family, address in zip(("ipv4", "ipv6"), target(i)) if family in families]
    path = town.path("hosts")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(hosts) + "\n")
    period_ms = 1000 * INTERVAL_S // packets
    name = f"fping, {' and '.join(families)}, {1000 * len(hosts) / period_ms:.0f} probes/s asked"
    with open(town.path("fping.log"), "w+", encoding="utf-8") as log:
        process = Process(town.start(
            "agent", "fping", "-q", "-c", str(seconds * 1000 // period_ms), "-p", str(period_ms),
            "-i", f"{period_ms / len(hosts):.3f}", "-t", str(1000 * T_MAX_S), "-f", path,
            stdout=subprocess.DEVNULL, stderr=log))
        code = process.wait(seconds + 120)
        log.seek(0)
        text = log.read()
    told = re.findall(r"xmt/rcv/%loss = (\d+)/(\d+)/", text)
    sent, received = (sum(int(pair[i]) for pair in told) for i in (0, 1))
    if sent:
        length = process.samples[-1][0] - process.samples[0][0]
        results.note(f"{name}: {sent} sent in {length:.0f} s, {sent - received} lost, "
                     f"CPU per probe {1e6 * process.cpu() / sent:.2f} µs, ended with {code}")
    else:
        results.note(f"{name}: ended with {code}: {' '.join(text.strip().splitlines()[-1:])}")


def compare_fping(options, results):
    """For who reads it: nothing here is passed or failed."""
    with towns.Town(options.emulator, log=None, **DELAY, **{"for": 3600}) as town:
        for families, packets in ((("ipv4",), PACKETS), (("ipv6",), PACKETS),
                                  (("ipv4", "ipv6"), PACKETS), (("ipv4", "ipv6"), 2 * PACKETS)):
            run_fping(results, town, families, packets)
        results.note(f"lost by the emulator: {swallowed(town.finish())}")


def scale(options, results):
    store_everything(options, results, int(os.environ.get("MINUTES", "10")))
    compare_fping(options, results)


if __name__ == "__main__":
    scenario.run_main({"scale": scale})

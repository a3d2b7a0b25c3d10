# SPDX-License-Identifier: GPL-3.0-or-later
"""The probers that are compared: how each is started for the same work, and what it then says was
lost. A load is so many packets to each of many targets at a rate."""

import json
import os
import re
import subprocess
from dataclasses import dataclass

import link as links
import process

PAYLOAD = 64
END_S = 60


@dataclass
class Load:
    targets: int
    packets: int  # to each target
    rate: float   # packets a second in all

    @property
    def period_s(self):
        """Between two packets to a target."""
        return self.targets / self.rate

    @property
    def seconds(self):
        return self.targets * self.packets / self.rate


def target_file(link, load):
    path = link.path("targets")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{address}\n" for address in links.targets(load.targets))
    return path


def fping_command(link, load, gap_ms):
    return ["fping", "-4", "-q", "-b", str(PAYLOAD), "-i", f"{gap_ms:g}", "-p",
            f"{load.period_s * 1000:g}", "-c", str(load.packets), "-f", target_file(link, load)]


def fping_counts(text):
    """(sent, lost) as it says itself."""
    rows = re.findall(r"xmt/rcv/%loss = (\d+)/(\d+)/", text)
    sent = sum(int(row[0]) for row in rows)
    return sent, sent - sum(int(row[1]) for row in rows)


def scamper_command(link, load):
    ping = (f"ping -c {load.packets} -i {max(load.period_s, 1):g} -s {PAYLOAD + 20}")
    return ["scamper", "-p", f"{load.rate:g}", "-O", "warts", "-o", link.path("warts"), "-c", ping,
            "-f", target_file(link, load)]


def scamper_counts(link):
    done = subprocess.run(["sc_warts2json", link.path("warts")], text=True, capture_output=True,
                          check=True)
    rows = [row for row in map(json.loads, done.stdout.splitlines()) if row["type"] == "ping"]
    sent = sum(row["ping_sent"] for row in rows)
    return sent, sent - sum(row["statistics"]["replies"] for row in rows)


def once_command(collector, load, *arguments):
    return [collector, "once", "--size", str(PAYLOAD), "--count", str(load.packets),
            "--interval", f"{load.period_s * 1000:g}ms", "--t-max", "1s", *arguments,
            *links.targets(load.targets)]


def once_counts(text, load):
    """(sent, lost) of its table; what it could not send is lost here."""
    rows = re.findall(r"^\S+ +IPv4 +(\d+) +(\d+) ", text, re.MULTILINE)
    sent = sum(int(row[0]) for row in rows)
    unsent = load.targets * load.packets - sent
    return sent, sum(int(row[1]) for row in rows) + unsent


@dataclass
class Outcome:
    run: process.Run
    sent: int
    lost: int     # as the prober says
    swallowed: int  # by the link

    @property
    def falsely_lost(self):
        return max(0, self.lost - self.swallowed)

    @property
    def cpu_us(self):
        return self.run.cpu_s * 1e6 / self.run.probes


class Bench:
    """Starts probers on fresh links of one kind."""

    def __init__(self, make_link, collector, cpus=None):
        self.make_link, self.collector, self.cpus = make_link, collector, cpus

    def _run(self, link, command, load, out):
        with open(out, "w", encoding="utf-8") as file:
            child = process.start(link.inside(process.pinned(command, self.cpus)), stdout=file,
                                  stderr=subprocess.STDOUT)
            link.children.append(child)
            watch = process.Watch(os.path.basename(command[0]), child, link.sent)
            run = watch.wait(load.seconds * 4 + END_S)
        if run.code not in (0, 1):  # fping's 1: some target did not answer
            with open(out, encoding="utf-8") as file:
                raise RuntimeError(f"{command[0]} ended with {run.code}: {file.read()[-500:]}")
        return run

    def fping(self, load, gap_ms=None):
        with self.make_link() as link:
            out = link.path("out")
            run = self._run(link, fping_command(link, load, gap_ms or 0.01), load, out)
            with open(out, encoding="utf-8") as file:
                sent, lost = fping_counts(file.read())
            return Outcome(run, sent, lost, link.lost())

    def scamper(self, load):
        with self.make_link() as link:
            run = self._run(link, scamper_command(link, load), load, link.path("out"))
            sent, lost = scamper_counts(link)
            return Outcome(run, sent, lost, link.lost())

    def once(self, load):
        with self.make_link() as link:
            out = link.path("out")
            run = self._run(link, once_command(self.collector, load), load, out)
            with open(out, encoding="utf-8") as file:
                sent, lost = once_counts(file.read(), load)
            return Outcome(run, sent, lost, link.lost())


def exists(program):
    return any(os.access(os.path.join(folder, program), os.X_OK)
               for folder in os.environ["PATH"].split(os.pathsep))

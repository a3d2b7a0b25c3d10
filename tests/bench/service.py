# SPDX-License-Identifier: GPL-3.0-or-later
"""netgrade-collector run, measuring many targets and storing what it finds."""

import os
import re
import time
from dataclasses import dataclass

import link as links
import process

START_S = 3   # for 10,000 series; less than an interval, or a slot would fit before the first
SETTLE_S = 2  # T_max and what follows it


@dataclass
class Plan:
    series: int
    interval_s: int
    packets: int
    t_max_s: int = 1

    @property
    def rate(self):
        return self.series * self.packets / self.interval_s


def write_configuration(folder, plan):
    """Rows of slots are kept for a day, so that the files stay small; returns the path."""
    with open(os.path.join(folder, "sites.csv"), "w", encoding="utf-8") as file:
        file.write("name,en,organisation,tier,ipv4\n")
        file.writelines(f"s{i},Site {i},city,backbone,{links.target(i)}\n"
                        for i in range(plan.series))
    path = os.path.join(folder, "netgrade.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "network: {zh: 试验网, en: Trial network}\n"
            f"time-zone: UTC\ndata: {folder}/data\nretention: {{slots: 1d, hours: 1d}}\n"
            "organisations:\n  - {name: city, zh: 市级, en: City}\ninventory: sites.csv\n"
            f"tests:\n  - {{name: echo, interval: {plan.interval_s}s, packets: {plan.packets},"
            f" t-max: {plan.t_max_s}s}}\n")
    return path


def files_made(folder):
    path = os.path.join(folder, "data", "series")
    return len(os.listdir(path)) if os.path.isdir(path) else 0


def boundary_after(seconds, interval_s):
    """The first start of a slot at least so far ahead, seconds since 1970."""
    return -(-(time.time() + seconds) // interval_s) * interval_s


@dataclass
class Measured:
    probes: int
    loop_us: list      # CPU per probe of each slot's length while measuring
    whole_us: float    # the same from the first slot to the end, all stored
    start_up_s: float  # CPU
    falsely_lost: int
    unsent: int
    rate: float


class Service:
    """One run of the collector on a link, for a number of slots."""

    def __init__(self, link, collector, folder, plan):
        self.link, self.folder, self.plan = link, folder, plan
        self.command = [collector, "run", write_configuration(folder, plan)]
        self.log = os.path.join(folder, "log")
        self.child = None

    def start(self, slots, cpus=None, start_s=START_S):
        """Returns when its first slot begins."""
        self.began = boundary_after(start_s, self.plan.interval_s)
        time.sleep(self.began - start_s - time.time())
        self.start_now("--for", f"{start_s + slots * self.plan.interval_s + 1}s", cpus=cpus)
        self.sleep_until(self.began - 0.1)

    def start_now(self, *arguments, cpus=None):
        command = process.pinned([*self.command, *arguments], cpus)
        with open(self.log, "w", encoding="utf-8") as file:
            self.child = process.start(self.link.inside(command), stderr=file)
        self.link.children.append(self.child)

    def kill(self):
        """Ends it without filing what it holds."""
        self.child.kill()
        self.child.wait()

    def sleep_until(self, instant):
        """It must have started by then, and must still run."""
        time.sleep(max(0, instant - time.time()))
        if " measures " not in self.said():
            raise RuntimeError(f"the collector did not start in time: {self.last_words()}")
        if self.child.poll() is not None:
            raise RuntimeError(f"the collector ended with {self.child.returncode}: {self.last_words()}")

    def cpu_s(self):
        return process.cpu_s(self.child.pid)

    def sent(self):
        return process.packets_sent_near(self.child.pid)

    def said(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def last_words(self):
        return self.said()[-500:]

    def windows(self, slots):
        """CPU µs per probe of each slot's length."""
        found, cpu, sent = [], self.cpu_s(), self.sent()
        for slot in range(1, slots + 1):
            self.sleep_until(self.began + slot * self.plan.interval_s)
            cpu_now, sent_now = self.cpu_s(), self.sent()
            found.append((cpu_now - cpu) * 1e6 / (sent_now - sent))
            cpu, sent = cpu_now, sent_now
        return found

    def wait(self, timeout_s):
        """Its CPU time when everything is stored."""
        deadline = time.monotonic() + timeout_s
        while True:
            pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
            if pid:
                self.child.returncode = os.waitstatus_to_exitcode(status)
                return usage.ru_utime + usage.ru_stime
            if time.monotonic() > deadline:
                raise RuntimeError("the collector does not end")
            time.sleep(0.05)

    def counts(self):
        """(sent, lost, unsent) as it says itself."""
        found = re.search(r"(\d+) packets, (\d+) lost, (\d+) unsent", self.said())
        if found is None or self.child.returncode != 0:
            raise RuntimeError(f"the collector ended with {self.child.returncode}: {self.last_words()}")
        return tuple(int(number) for number in found.groups())


def measure(make_link, collector, folder, plan, slots):
    """A run of so many slots with its cost, the files being there already."""
    with make_link() as link:
        service = Service(link, collector, folder, plan)
        service.start(slots)
        start_up, sent_before = service.cpu_s(), service.sent()
        loop_us = service.windows(slots)
        whole = service.wait(SETTLE_S + plan.t_max_s + 120) - start_up
        probes = link.sent() - sent_before
        _, lost, unsent = service.counts()
        return Measured(probes, loop_us, whole * 1e6 / probes, start_up,
                        max(0, lost - link.lost()), unsent,
                        probes / (slots * plan.interval_s))


def make_files(make_link, collector, folder, plan):
    """Lets the collector make the files of all series, which is its start-up's work."""
    with make_link() as link:
        service = Service(link, collector, folder, plan)
        service.start(1)
        return service.wait(plan.interval_s + 300)

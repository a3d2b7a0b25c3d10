# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process costs, as the kernel counts it."""

import os
import subprocess
import time
from dataclasses import dataclass

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
POLL_S = 0.2


def cpu_s(pid):
    """User and system time of a running process with all the threads that it ever had."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def machine_s():
    """(busy, stolen): time that all CPUs of this machine were used, and that its host withheld."""
    with open("/proc/stat", encoding="utf-8") as file:
        fields = [int(field) for field in file.readline().split()[1:]]
    user, nice, system, _, _, interrupt, soft, stolen = fields[:8]
    return (user + nice + system + interrupt + soft) * TICK_S, stolen * TICK_S


def memory_kib(pid):
    """(resident now, resident at most)"""
    found = {}
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                found[name] = int(value.split()[0])
    return found["VmRSS"], found["VmHWM"]


def packets_sent(table, device="link0"):
    """By a device, of the text of a namespace's net/dev; 0 before it is there."""
    for line in table.splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == device:
            return int(counters.split()[9])
    return 0


def packets_sent_near(pid):
    """In the namespace of a process."""
    with open(f"/proc/{pid}/net/dev", encoding="utf-8") as file:
        return packets_sent(file.read())


def pinned(command, cpus):
    """The command line on these CPUs only; None is all."""
    return command if cpus is None else ["taskset", "-c", str(cpus), *command]


@dataclass
class Run:
    """A process from its first packets to its end, its start-up left out."""
    code: int
    cpu_s: float
    probes: int
    rate: float  # packets a second over its middle
    busy: float  # its share of one CPU over the same time


class Watch:
    """Follows a process that sends, until it ends. Reading begins when it has sent a packet."""

    def __init__(self, name, child, total):
        """total(): how many packets were sent, asked when it has ended."""
        self.name, self.child, self.total, self.samples = name, child, total, []

    def _sample(self):
        pid = self.child.pid
        return time.monotonic(), packets_sent_near(pid), cpu_s(pid)

    def wait(self, timeout_s):
        deadline = time.monotonic() + timeout_s
        while True:
            pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not end")
            try:
                self.samples.append(self._sample())
            except (OSError, ValueError):
                pass  # it is ending
            time.sleep(POLL_S)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        return self._result(usage.ru_utime + usage.ru_stime)

    def _result(self, cpu_total):
        total = self.total()
        moving = [s for s in self.samples if 0 < s[1] < total]
        if len(moving) < 2:
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}, sent {total} "
                               "packets, too few to judge")
        (t0, sent0, cpu0), (t1, sent1, cpu1) = moving[0], moving[-1]
        return Run(self.child.returncode, cpu_total - cpu0, total - sent0,
                   (sent1 - sent0) / (t1 - t0), (cpu1 - cpu0) / (t1 - t0))


def start(command, **keywords):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **keywords)


def main_thread_cpu_s(pid):
    """Of the thread that a process began with, in which the collector measures."""
    with open(f"/proc/{pid}/task/{pid}/schedstat", encoding="utf-8") as file:
        return int(file.read().split()[0]) / 1e9

# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab is two network namespaces joined by the link emulator, gone again when it is left.

near (the prober)  10.77.0.1, fd77::1  ── link0 ══ emulator ══ link0 ──  far: every address of
10.77.1.0/24 and fd77:1::/64 answers, by the far kernel itself."""

import atexit
import json
import os
import re
import signal
import subprocess
import tempfile
import time

NETNS = "/run/netns"
TARGET_IPV4, TARGET_IPV6 = "10.77.1.{}", "fd77:1::{:x}"
READY_S, STOP_S = 10, 10


class Unable(Exception):
    """This machine cannot hold a lab: no root, no namespaces or no TUN devices."""


def run(*command, check=True):
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result


def inside(namespace, *command):
    """The command line that runs in a namespace. (ip -n and ip netns exec want to mount, which a
    plain changed root refuses.)"""
    return ["nsenter", f"--net={NETNS}/{namespace}", "--", *command]


def make_tun_node():
    if os.path.exists("/dev/net/tun"):
        return
    try:
        os.makedirs("/dev/net", exist_ok=True)
        os.mknod("/dev/net/tun", 0o600 | 0o020000, os.makedev(10, 200))
    except OSError as error:
        raise Unable(f"no /dev/net/tun: {error.strerror}") from error


def remove_leftovers():
    """Namespaces of labs whose process is gone."""
    for name in os.listdir(NETNS) if os.path.isdir(NETNS) else []:
        owner = re.fullmatch(r"ng-(\d+)-(near|far|agent|gateway|router|core|detour)", name)
        if owner and not os.path.exists(f"/proc/{owner.group(1)}"):
            run("ip", "netns", "del", name, check=False)


def check_able():
    if os.geteuid() != 0:
        raise Unable("not root")
    make_tun_node()
    try:
        with open("/dev/net/tun", "rb"):
            pass
    except OSError as error:
        raise Unable(f"/dev/net/tun: {error.strerror}") from error
    name = f"ng-{os.getpid()}-far"
    made = run("ip", "netns", "add", name, check=False)
    if made.returncode != 0:
        raise Unable(f"no network namespaces: {made.stderr.strip()}")
    entered = run(*inside(name, "true"), check=False)
    run("ip", "netns", "del", name, check=False)
    if entered.returncode != 0:
        raise Unable(f"namespaces cannot be entered: {entered.stderr.strip()}")


def close_at_any_end(what):
    """However this process ends, unless it is killed."""
    atexit.register(what.close)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(what.close() or 1))


def start_emulator(program, near, far, log, options):
    """Returns it when its devices are up in both namespaces. log: a file, or None for sums only."""
    arguments = [f"--{key.replace('_', '-')}" + ("" if value is True else f"={value}")
                 for key, value in options.items()]
    process = subprocess.Popen(
        [program, "run", "--near", near, "--far", far, *(["--log", log] if log else []),
         *arguments], stdout=subprocess.PIPE, text=True)
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError("the emulator did not start")
    return process


def finish_emulator(process):
    """Returns what it says that it did."""
    process.send_signal(signal.SIGTERM)
    text, _ = process.communicate(timeout=STOP_S)
    if process.returncode != 0:
        raise RuntimeError(f"the emulator ended with {process.returncode}")
    return json.loads(text)


class Lab:
    def __init__(self, emulator, log="link.csv", **models):
        """log: None for none, when millions of packets would fill it. models: the emulator's
        options with _ in place of -, such as forward="loss=0.02" or reflect=True."""
        self.emulator = emulator
        self.models = models
        self.near, self.far = f"ng-{os.getpid()}-near", f"ng-{os.getpid()}-far"
        self.folder = tempfile.TemporaryDirectory(prefix="ng-")
        self.log = self.path(log) if log else None
        self.process = None
        self.summary = None
        self.children = []

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def __enter__(self):
        remove_leftovers()
        close_at_any_end(self)
        try:
            for name in (self.near, self.far):
                run("ip", "netns", "add", name)
                self._settings(name)
            self._join()
            self._addresses()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _ip(self, name, *arguments):
        return run(*inside(name, "ip", *arguments))

    def _settings(self, name):
        self._ip(name, "link", "set", "lo", "up")
        text = ("for f in ipv4/icmp_msgs_per_sec=100000 ipv4/icmp_ratelimit=0 "
                "ipv6/icmp/ratelimit=0 ipv6/conf/all/disable_ipv6=0 "
                "ipv6/conf/default/accept_dad=0 ipv6/conf/default/router_solicitations=0; do "
                "echo ${f#*=} >/proc/sys/net/${f%=*} || true; done")
        run(*inside(name, "sh", "-c", text))

    def _join(self):
        self.process = start_emulator(self.emulator, self.near, self.far, self.log, self.models)

    def _addresses(self):
        for name, ipv4, ipv6 in ((self.near, "10.77.0.1", "fd77::1"),
                                 (self.far, "10.77.0.2", "fd77::2")):
            self._ip(name, "address", "add", f"{ipv4}/24", "dev", "link0")
            self._ip(name, "address", "add", f"{ipv6}/64", "dev", "link0", "nodad")
        self._ip(self.near, "route", "add", "10.77.1.0/24", "dev", "link0")
        self._ip(self.near, "-6", "route", "add", "fd77:1::/64", "dev", "link0")
        self._ip(self.far, "route", "add", "local", "10.77.1.0/24", "dev", "lo")
        self._ip(self.far, "-6", "route", "add", "local", "fd77:1::/64", "dev", "lo")
        deadline = time.monotonic() + READY_S
        while "tentative" in self._ip(self.near, "-6", "address", "show").stdout:
            if time.monotonic() > deadline:
                raise RuntimeError("an IPv6 address stays tentative")
            time.sleep(0.05)

    def run_near(self, *command, timeout=60):
        """Runs a command to its end in the near namespace."""
        return subprocess.run(inside(self.near, *command), text=True, capture_output=True,
                              timeout=timeout, check=False)

    def start_near(self, *command, **keywords):
        child = subprocess.Popen(inside(self.near, *command), text=True, **keywords)
        self.children.append(child)
        return child

    def finish(self):
        """Ends the emulator; returns what it says that it did."""
        self.summary = finish_emulator(self.process)
        return self.summary

    def close(self):
        for child in [*self.children, self.process]:
            if child and child.poll() is None:
                child.kill()
                child.wait()
        for name in (self.near, self.far):
            if os.path.exists(f"{NETNS}/{name}"):
                run("ip", "netns", "del", name, check=False)
        self.folder.cleanup()

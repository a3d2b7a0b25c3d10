# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that need a tool: headers that stand alone, and the format of the code."""

import json
import os
import shlex
import shutil
import subprocess

WARNINGS = ["-std=gnu17", "-D_GNU_SOURCE", "-DNETGRADE_VERSION=\"0\"", "-Wall", "-Wextra",
            "-Werror", "-Wundef", "-Wstrict-prototypes"]


class Missing(Exception):
    """A tool that the check needs is not on this machine."""


def include_flags(build):
    """The include paths of all commands of a build folder, in the order of their first use."""
    flags = []
    path = os.path.join(build, "compile_commands.json")
    if not os.path.exists(path):
        raise Missing(f"no {path}")
    with open(path, encoding="utf-8") as file:
        commands = json.load(file)
    for command in commands:
        for word in shlex.split(command["command"]):
            if word.startswith("-I") and word not in flags:
                flags.append(word)
    return flags


def compile_header(compiler, flags, header, folder):
    """What the compiler says of a file that only includes the header, twice."""
    text = f'#include "{header}"\n#include "{header}"\n'
    run = subprocess.run([compiler, *WARNINGS, *flags, "-fsyntax-only", "-x", "c", "-"],
                         input=text, cwd=folder, text=True, capture_output=True, check=False)
    return [] if run.returncode == 0 else run.stderr.splitlines()[:3]


def check_headers(tree, options):
    compilers = [c for c in ("gcc", "clang") if shutil.which(c)]
    if not compilers:
        raise Missing("neither gcc nor clang")
    flags, folder = [f"-I{os.path.abspath(tree.root)}"], tree.root
    if options.build:
        flags, folder = flags + include_flags(options.build), options.build
    for header in tree.matching(".h"):
        for compiler in compilers:
            for line in compile_header(compiler, flags, header, folder):
                yield f"{header}: {compiler}: {line}"


def check_format(tree, _options):
    if not shutil.which("clang-format"):
        raise Missing("no clang-format")
    paths = tree.matching(".c", ".h")
    run = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths],
                         cwd=tree.root, text=True, capture_output=True, check=False)
    if run.returncode != 0:
        for line in run.stderr.splitlines():
            if "error:" in line:
                yield line

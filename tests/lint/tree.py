# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as the checks see it: its files without what a build or an editor leaves behind."""

import os
import re

IGNORED_FOLDERS = re.compile(r"^(\.git|build.*|__pycache__|node_modules)$")
SOURCE = re.compile(r"(\.(c|h|py|sh|js|css|mustache)|^meson\.build|^meson\.options)$")


class Tree:
    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(f for f in folders if not IGNORED_FOLDERS.match(f))
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.root)
                if not name.endswith((".pyc", ".swp", "~")):
                    yield path

    def matching(self, *suffixes):
        return [path for path in self.paths if path.endswith(suffixes)]

    def sources(self):
        return [p for p in self.paths if SOURCE.search(os.path.basename(p)) or p == ".ci/run"]

    def read(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return file.read()

    def text(self, path):
        return self.read(path).decode("utf-8", "replace")

    def lines(self, path):
        return self.text(path).splitlines()

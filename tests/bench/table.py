# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's results: rows that set a figure of ours beside a peer's, as a ratio with its goal."""

import sys

WIDTHS = (58, 12, 26, 8, 9)
HEAD = ("what", "ours", "peer", "ratio", "goal", "")


def figure(value, unit):
    """Three significant digits, thousands apart."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


class Table:
    """judged: whether goals are held against the figures; what is too short proves nothing."""

    def __init__(self, judged=True, out=sys.stdout):
        self.judged, self.out = judged, out
        self.reached = self.missed = self.unable = 0

    def _line(self, cells):
        text = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS))
        print(f"{text}  {cells[-1]}".rstrip(), file=self.out, flush=True)

    def title(self, text):
        print(f"\n{text}", file=self.out, flush=True)
        self._line(HEAD)

    def note(self, text):
        print(f"  {text}", file=self.out, flush=True)

    def _verdict(self, goal, good):
        if goal is None or not self.judged:
            return ""
        self.reached += good
        self.missed += not good
        return "reached" if good else "not reached"

    def compare(self, what, ours, peer, unit, goal=None):
        """ours and the peer's (name, value) in a unit; goal: the greatest good ratio."""
        name, value = peer
        ratio = ours / value if value else float("inf")
        self._line((what, figure(ours, unit), f"{name} {figure(value, unit)}", f"{ratio:.3f}",
                    "" if goal is None else f"≤ {goal:.3f}",
                    self._verdict(goal, goal is not None and ratio <= goal)))

    def exceed(self, what, ours, peer, unit, goal):
        """Where more is better; goal: the least good figure of ours."""
        name, value = peer
        self._line((what, figure(ours, unit), f"{name} {figure(value, unit)}",
                    f"{ours / value:.1f}" if value else "", f"≥ {goal:,.0f}",
                    self._verdict(goal, ours >= goal)))

    def limit(self, what, ours, unit, goal=None):
        """A figure of ours alone with the greatest good one."""
        self._line((what, figure(ours, unit), "", "",
                    "" if goal is None else f"≤ {figure(goal, '')}",
                    self._verdict(goal, goal is not None and ours <= goal)))

    def failed(self, name, reason):
        self.unable += 1
        print(f"{name} could not run: {reason}", file=self.out, flush=True)

    def finish(self):
        print(f"\n{self.reached} goals reached, {self.missed} not reached, "
              f"{self.unable} benches could not run", file=self.out, flush=True)
        return 1 if self.unable else 0

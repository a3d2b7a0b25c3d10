# SPDX-License-Identifier: GPL-3.0-or-later
"""What each trouble does to a slot that begins at t; state is the path's own."""
import datetime

from recompute import CLOCK_STEP, DAY, HOUR, ISOLATED, PLANNED_FLAG, TAINTED

ZONE = datetime.timezone(datetime.timedelta(hours=8))
START = int(datetime.datetime(2024, 10, 3, tzinfo=ZONE).timestamp())


def calm(path, t):
    return {}


def lossy(path, t):
    return {"loss": path.choice("loss", (0.0002, 0.004, 0.03, 0.07))}


def slow(path, t):
    return {"base": 45e6 if t % DAY > 15 * HOUR else 3e6, "spread": 4e6}


def outages(path, t):
    """Bad runs with unknown gaps of 10, 15 and 20 minutes, and a lone bad slot."""
    minute = (t - START) % DAY // 60
    if minute in range(125, 130) or minute in range(300, 320) or minute in range(600, 660):
        return {"loss": 1}
    gap = path.choice("gap", (5, 10, 15, 20))
    if minute in range(660, 660 + gap):
        return {"flags": path.choice("why", (TAINTED, ISOLATED, CLOCK_STEP))}
    return {"loss": 1} if minute in range(660 + gap, 690 + gap) else {}


def at_the_borders(path, t):
    reach = path.choice("reach", (300, 900, HOUR, 3 * HOUR))
    return {"loss": 1} if abs(t - path.start) < reach or abs(t - path.end) < reach else {}


def long_outage(path, t):
    length = path.choice("length", (4 * HOUR - 900, 4 * HOUR, 4 * HOUR + 900))
    begin = path.start + path.choice("when", (-DAY, -3 * HOUR, 2 * DAY))
    return {"loss": 1} if begin <= t < begin + length else {}


def never(path, t):
    return {"loss": 1}


def late_in_service(path, t):
    return {"loss": 1} if t < path.start + path.choice("day", (HOUR * 5 + 1800, 3 * DAY)) else {}


def added_later(path, t):
    return None if t < path.start + path.choice("day", (HOUR * 7 + 900, 2 * DAY)) else {}


def agent_off(path, t):
    share = path.choice("share", (0.02, 0.07, 0.25))
    return None if (t - path.start) % DAY < share * DAY else {}


def planned(path, t):
    return {"flags": PLANNED_FLAG, "loss": 0.5} if (t - path.start) % DAY < 2 * HOUR else {}


def unsent(path, t):
    return {"unsent": path.choice("unsent", (0.3, 0.5, 0.6))} if t % DAY < 3 * HOUR else {}


def at_the_bounds(path, t):
    """Exactly 20 % and 5 % lost where the packets can be cut so."""
    return {"exactly": path.choice("exactly", (0.05, 0.1, 0.2)) if t % DAY < HOUR else 0}


def router(path, t):
    """One that limits ICMP in the morning; and meanwhile, and at other times, real trouble."""
    minute = (t - START) % DAY // 60
    icmp = path.method == "icmp"
    if minute in range(8 * 60, 13 * 60):
        if minute in range(600, 606):
            return {"loss": 1}
        return {"loss": path.choice("limit", (0.12, 0.35, 1)) if icmp else 0.004}
    if minute in range(15 * 60 + 7, 16 * 60):
        return {"loss": 0 if icmp else 0.5}
    if minute in range(17 * 60, 18 * 60):
        return {"loss": 0.5} if icmp else {"flags": TAINTED}
    if minute in range(18 * 60, 19 * 60):
        return {"loss": 0.5 if icmp else 0.1}
    if minute in range(19 * 60, 20 * 60):
        return {"loss": 0.6 if icmp else 0, "unsent": 0.4}
    return {"loss": path.choice("both", (0.08, 0.3))} if minute in range(20 * 60, 22 * 60) else {}


TROUBLES = (calm, lossy, slow, outages, at_the_borders, long_outage, never, late_in_service,
            added_later, agent_off, planned, unsent, at_the_bounds, router)

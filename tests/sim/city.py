# SPDX-License-Identifier: GPL-3.0-or-later
"""city.py COLLECTOR: the story of the sixteen districts on the whole city: twenty sites a district
besides gateway and core, both families, slots of 60 s, three months; at most ten minutes on two cores.
Prints TAP, slots a second, and the share of librrd."""

import csv
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sim  # noqa: E402
from tap import Tap  # noqa: E402

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "config", "examples")
SITES, DISTRICTS, SECONDS = 20, 16, 600
MONTHS_SLOTS = 92 * 1440


def read(name):
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        return file.read()


def inventory(folder):
    """The example's sites, and as many more as fill each district."""
    rows = list(csv.DictReader(read("sixteen-districts-sites.csv").splitlines()))
    districts = list(dict.fromkeys(row["organisation"] for row in rows))
    for number, district in enumerate(districts):
        own = [row for row in rows if row["organisation"] == district]
        for i in range(len(own), SITES):
            rows.append(own[-1] | {
                "name": f"{district}-{i}", "zh": "", "en": f"{district} {i}",
                "ipv4": f"198.18.{number}.{i + 1}", "ipv6": f"2001:db8:{number + 1:x}::{i + 1:x}"})
    with open(os.path.join(folder, "sites.csv"), "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return len(districts), len(rows)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="netgrade-city-") as folder:
        districts, sites = inventory(folder)
        tap.equal("districts and sites", (districts, sites), (DISTRICTS, DISTRICTS * SITES))
        text = read("sixteen-districts.yaml").replace("interval: 5m", "interval: 60s")
        text = text.replace("sixteen-districts-sites.csv", "sites.csv")
        text = re.sub(r"slots: \d+d", "slots: 45d", text)
        config = sim.write(folder, "city.yaml", text)
        story = os.path.join(EXAMPLES, "sixteen-districts-story.yaml")
        done = sim.run(sys.argv[1], story, folder, "--config", config)
    # Besides the gateway and the core, two services are measured by connections and by visits.
    series = 2 * (DISTRICTS * SITES + 2 + 2 * 2)
    tap.note(f"{done['series']} series, {done['slots']} slots in {done['seconds']:.1f} s: "
             f"{done['slots_per_second']:.0f} slots/s")
    cpu = done["processor_seconds"]
    tap.note(f"processor {cpu:.1f} s: {100 * done['librrd_seconds'] / cpu:.0f} % librrd, "
             f"{100 * done['generating_seconds'] / cpu:.0f} % making and handing over; memory {done['memory_octets'] / 2**20:.0f} MiB")
    tap.equal("series", done["series"], series)
    # An agent was off for eleven and a half hours: its slots of that time have no record.
    tap.check("every slot of the three months", 0.99 * series * MONTHS_SLOTS < done["slots"]
              <= series * MONTHS_SLOTS, done["slots"])
    tap.check("at most ten minutes", done["seconds"] <= SECONDS, done["seconds"])
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()

"""`make bench`: measure Careloop on this machine. Every number comes from its own run on PostgreSQL with fsync on."""

import argparse
import os
import tempfile
from pathlib import Path

from core import log as quiet
from sandbox.servers import Servers, forget, start_servers
from tests.bench import cadence, clicks, cohort, growth, inbound, kpis, launch, redflag, understanding, worklist
from tests.bench.report import log

NAMES = (
    "understanding",
    "clicks",
    "inbound",
    "cadence",
    "launch",
    "memory",
    "cohort",
    "growth",
    "worklist",
    "redflag",
    "kpis",
)


def main() -> None:
    """Run the chosen benches, one after the other."""
    asked = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    asked.add_argument("--only", action="append", choices=NAMES, help="run this one (may be given several times)")
    asked.add_argument("--seconds", type=float, default=10.0, help="how long each fixed rate is held (default 10)")
    asked.add_argument("--enrollments", type=int, default=4000, help="how many go through the cadence (default 4000)")
    asked.add_argument(
        "--patients", type=int, default=100_000, help="how many a campaign launches, a chart holds (default 100000)"
    )
    asked.add_argument(
        "--growth", type=int, default=1_000_000, help="how many enrollments the tables grow to (default 1000000)"
    )
    asked.add_argument("--runs", type=int, default=200_000, help="how many enrollments figures count (default 200000)")
    asked.add_argument("--short", action="store_true", help="2 seconds and 500 enrollments: to see that it runs")
    found = asked.parse_args()
    if found.short:
        found.seconds, found.enrollments, found.patients, found.growth = 2.0, 500, 2_000, 10_000
        found.runs = 2_000
    log(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the start")
    quiet.configure("bench", level="error")
    folder = Path(tempfile.mkdtemp(prefix="careloop-bench-"))
    with start_servers(folder, fast=False) as servers:
        for name in found.only or NAMES:
            log(name)
            _run(name, servers, found)
    forget(folder)


def _run(name: str, servers: Servers, asked: argparse.Namespace) -> None:
    if name == "understanding":
        understanding.run(seconds=min(5.0, asked.seconds))
    elif name == "clicks":
        clicks.run(servers, seconds=asked.seconds)
    elif name == "inbound":
        inbound.run(servers, seconds=asked.seconds)
    elif name == "cohort":
        cohort.run(servers, count=asked.patients)
    elif name == "worklist":
        worklist.run(servers)
    elif name == "kpis":
        kpis.run(servers, count=asked.runs)
    elif name == "redflag":
        redflag.run(servers, count=asked.patients, flags=max(5, int(5 * asked.seconds)))
    elif name == "growth":
        growth.run(servers, most=asked.growth)
    elif name == "cadence":
        cadence.run(servers, count=asked.enrollments)
    elif name == "launch":
        launch.run(servers, count=asked.patients)
    else:
        cadence.memory(servers, count=asked.enrollments)


if __name__ == "__main__":
    main()

"""``python -m bench``: measure, print the table, write it to a file."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import booking, machine, memory, pages, posters, purchase, queries, reports, settlement, tree, visits
from bench.figures import Report
from bench.world import FULL, QUICK, ROOT, World, open_world
from wxapp.core import clock

BENCHES: dict[str, Callable[[World, Report], None]] = {
    purchase.NAME: purchase.measure,
    booking.NAME: booking.measure,
    pages.NAME: pages.measure,
    reports.NAME: reports.measure,
    queries.NAME: queries.measure,
    tree.NAME: tree.measure,
    posters.NAME: posters.measure,
    settlement.NAME: settlement.measure,
    visits.NAME: visits.measure,
    memory.NAME: memory.measure,
}


def main() -> int:
    """Return 1 when something that is wanted does not hold."""
    chosen = _arguments()
    effort = QUICK if chosen.quick else FULL
    logging.disable(logging.WARNING)  # of what is set up in this process; the programs have logs of their own
    # A short path: a Unix socket's name may not be longer than about a hundred characters.
    with (
        tempfile.TemporaryDirectory(prefix="wxapp-bench-", dir="/tmp") as folder,
        open_world(Path(folder), effort) as world,
    ):
        database = f"{world.mariadb.name} {world.mariadb.version}, each commit written to the disk"
        report = Report(machine.describe(database))
        for name in chosen.only or BENCHES:
            BENCHES[name](world, report)
        report.machine["load of the machine at the end"] = machine.load()
    if chosen.quick:
        report.note("a quick look: few and short rounds")
    print()
    print(report.markdown())
    print(f"written to {report.write(chosen.output, at=clock.local(clock.now()))}")
    return 1 if report.failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure speed and memory.")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--only", action="append", choices=list(BENCHES), metavar="NAME", help=_names(list(BENCHES)))
    parser.add_argument("--output", type=Path, default=ROOT / "var" / "bench", metavar="FOLDER")
    return parser.parse_args()


def _names(names: Sequence[str]) -> str:
    return f"one of {', '.join(names)}; may be repeated"


if __name__ == "__main__":
    sys.exit(main())

"""What the machine says about itself and about processes. Processor time and memory come from Linux' /proc."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

PROC = Path("/proc")


def describe(database: str) -> dict[str, str]:
    """Return what has to be known to read the figures."""
    return {
        "processors": f"{os.cpu_count()} ({_processor()})",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "database": database,
        "libraries": ", ".join(f"{name} {version(name)}" for name in ("granian", "flask", "sqlalchemy", "pymysql")),
        "load of the machine at the start": load(),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", (PROC / "cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return platform.processor() or "?"
    return found[1] if found else "?"


def load() -> str:
    """Return how many processes wanted to run in the last minute: more than ours means noise."""
    return f"{os.getloadavg()[0]:.1f}"


def has_proc() -> bool:
    return sys.platform == "linux" and (PROC / "self" / "smaps_rollup").exists()


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have used so far, threads included."""
    if not has_proc():
        return 0.0
    ticks = 0
    for pid in pids:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process, and its fair share of it when shared pages are split up, in MiB."""
    text = (PROC / str(pid) / "smaps_rollup").read_text()
    found = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", text, re.MULTILINE))
    return int(found["Rss"]) / 1024, int(found["Pss"]) / 1024

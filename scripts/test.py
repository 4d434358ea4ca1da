"""Run all tests: on SQLite, then those that touch the database again on MariaDB, where it is on the machine.

Arguments go to pytest and replace "all tests, on every engine".
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> int:
    """Return the exit status of the first run of pytest that failed, else 0."""
    from tests.engines.plugin import in_ci
    from tests.engines.servers import find_program

    chosen = sys.argv[1:]
    if chosen:
        return pytest(*chosen)
    workers: tuple[str, ...] = ("-n", os.environ.get("TEST_WORKERS", "auto"), "--dist=worksteal")
    if in_ci():  # the same order every time there, another one every time elsewhere
        workers = (*workers, "--randomly-seed=20260301")
    has_mariadb = bool(find_program("mariadbd") and find_program("mariadb-install-db"))
    started = time.monotonic()
    # A journey takes long and is the same on both: once, on the engine of production where it is there.
    first = pytest(*workers, "--engine=sqlite", *(("-m", "not journey") if has_mariadb or in_ci() else ()))
    second = 0
    if has_mariadb or in_ci():
        print(f"\ntests: on SQLite done after {time.monotonic() - started:.0f} s; now on MariaDB\n", flush=True)
        second = pytest(*workers, "--engine=mariadb", "--database-tests")
        if first:
            print("tests: on SQLite some failed, see above", flush=True)
    return first or second


def pytest(*arguments: str) -> int:
    """Run pytest with these arguments and return its exit status."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

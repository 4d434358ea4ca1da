"""A worker that is killed between any two steps of a withdrawal: the books agree, and it is paid once or back whole.

Each twin takes one guard away; the same walk then has to find what goes wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.concurrency.killed_withdrawals import SCENARIOS
from tests.engines.processes import ROOT, Processes
from tests.flows.hospital import configure

Walk = Callable[..., list[dict[str, Any]]]
LEAST_STEPS = 6


@pytest.fixture
def walk(processes: Processes, tmp_path: Path, fresh_database_url: str) -> Walk:
    """Kill workers of a scenario one after the other; returns the step each did not take, and what was wrong then."""
    files, port = configure(tmp_path, fresh_database_url)
    processes.sandbox(files.sandbox, port=port + 1)

    def run(*names: str) -> list[dict[str, Any]]:
        command = [sys.executable, "-m", "tests.concurrency.killed_withdrawals", str(files.config), *names]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr[-3000:]
        deaths: list[dict[str, Any]] = json.loads(done.stdout)
        return deaths

    return run


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_killed_worker_leaves_books_that_agree(walk: Walk, scenario: str) -> None:
    deaths = walk(scenario)
    assert [death for death in deaths if death["problems"]] == []
    *killed, last = [death["before"] for death in deaths]
    assert last == ""
    assert len(killed) >= LEAST_STEPS
    assert "COMMIT" in killed
    assert killed[-1] == "the answer"


@pytest.mark.parametrize(
    ("scenario", "twin", "found"),
    [
        ("AskingWithoutReview", "money_apart_from_the_request", "withdrawal.aside"),
        ("HearingThatItIsPaid", "fee_apart_from_the_end", "withdrawal.paid"),
        ("Rejecting", "money_back_apart_from_the_end", "withdrawal.void"),
    ],
)
def test_the_walk_finds_a_missing_guard(walk: Walk, scenario: str, twin: str, found: str) -> None:
    deaths = walk(scenario, twin)
    assert any(problem.startswith(found) for problem in deaths[-1]["problems"]), deaths[-1]

"""A worker that is killed between any two steps loses nothing and does nothing twice (reliability 3.1 to 3.7).

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

from tests.concurrency import killed_payouts, killed_purchases, killed_withdrawals
from tests.engines.processes import ROOT, Processes
from tests.flows.hospital import configure

PROGRAMS = {"purchases": killed_purchases, "payouts": killed_payouts, "withdrawals": killed_withdrawals}
LEAST_STEPS = 6
SECONDS = 240

Walk = Callable[..., list[dict[str, Any]]]

pytestmark = pytest.mark.timeout(SECONDS + 60)


@pytest.fixture
def walk(processes: Processes, tmp_path: Path, fresh_database_url: str) -> Walk:
    """Kill workers of a scenario one after the other; returns the step each did not take, and what was wrong then."""
    files, port = configure(tmp_path, fresh_database_url)
    processes.sandbox(files.sandbox, port=port + 1)

    def run(program: str, *names: str) -> list[dict[str, Any]]:
        command = [sys.executable, "-m", PROGRAMS[program].__name__, str(files.config), *names]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)
        assert done.returncode == 0, done.stderr[-3000:]
        deaths: list[dict[str, Any]] = json.loads(done.stdout)
        return deaths

    return run


@pytest.mark.parametrize(
    ("program", "scenario"), [(name, scenario) for name, program in PROGRAMS.items() for scenario in program.SCENARIOS]
)
def test_a_killed_worker_loses_nothing(walk: Walk, program: str, scenario: str) -> None:
    deaths = walk(program, scenario)
    assert [death for death in deaths if death["problems"]] == []
    *killed, last = [death["before"] for death in deaths]
    assert last == ""
    assert len(killed) >= LEAST_STEPS
    assert "COMMIT" in killed
    assert killed[-1] == "the answer"


@pytest.mark.parametrize(
    ("program", "scenario", "twin", "found"),
    [
        ("purchases", "PlacingAnOrder", "key_apart_from_the_order", "2 orders and 2 payments for one press"),
        ("purchases", "PayingByBalance", "news_apart_from_the_money", "the order is awaiting_payment, not paid"),
        ("purchases", "HearingOfAPayment", "news_apart_from_the_money", "the order is awaiting_payment, not paid"),
        ("purchases", "HearingOfARecharge", "news_apart_from_the_money", "the recharge is awaiting, not paid"),
        ("purchases", "Cancelling", "stock_apart_from_the_order", "stock"),
        ("purchases", "PayingBack", "a_new_number_for_each_try", "WeChat gave 2000 fen back"),
        (
            "payouts",
            "SendingWithoutConfirmation",
            "a_new_number_for_each_try",
            f"WeChat has sent {2 * 5_000} fen, not 5000",
        ),
        ("payouts", "SendingWhatStaffLoseFaithIn", "sent_without_a_claim", "WeChat has sent 5000, our books say 0"),
        ("payouts", "HearingOfATransfer", "booked_apart_from_the_status", "payments.payouts"),
        ("withdrawals", "AskingWithoutReview", "money_apart_from_the_request", "withdrawal.aside"),
        ("withdrawals", "HearingThatItIsPaid", "fee_apart_from_the_end", "withdrawal.paid"),
        ("withdrawals", "Rejecting", "money_back_apart_from_the_end", "withdrawal.void"),
    ],
)
def test_the_walk_finds_a_missing_guard(walk: Walk, program: str, scenario: str, twin: str, found: str) -> None:
    deaths = walk(program, scenario, twin)
    assert any(problem.startswith(found) for problem in deaths[-1]["problems"]), deaths[-1]

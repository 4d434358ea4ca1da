"""A distributor with a telephone and some of everything, for the tests of the pages of money."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal, make_reward, make_withdrawal
from tests.factories.patients import make_wechat_user
from wxapp.distribution.models import (
    CommissionStatus,
    Distributor,
    RewardStatus,
    WithdrawalStatus,
)

C = CommissionStatus
MOST_QUERIES = 12


@dataclass
class Phone:
    """A distributor's telephone."""

    client: FlaskClient
    distributor: Distributor

    def get(self, path: str = "") -> Any:
        return self.client.get(f"/earn{path}")


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str]) -> Phone:
    user = make_wechat_user(nickname="晓晓")
    distributor = make_distributor(user=user, code="k7m2qx")
    sign_in_wechat(client, user)
    return Phone(client, distributor)


def text_of(page: Any) -> str:
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def make_everything(distributor: Distributor) -> None:
    """One of every kind of line, so that each sum has something in it."""
    friends = [make_distributor(inviter=distributor) for _ in range(3)]
    make_commission(distributor, status=C.PLACED, line_fen=7_700)
    make_commission(distributor, status=C.VOID, line_fen=5_500)
    make_commission(distributor, status=C.PENDING, line_fen=10_000)
    make_commission(distributor, status=C.AVAILABLE, line_fen=30_000)
    make_commission(distributor, status=C.REVERSED, line_fen=20_000)
    make_reversal(make_commission(distributor, status=C.PENDING, line_fen=40_000), amount_fen=1_000)
    make_reversal(make_commission(distributor, status=C.AVAILABLE, line_fen=8_000), amount_fen=200)
    make_commission(distributor, seller=friends[0], status=C.AVAILABLE, line_fen=60_000, rate=500)
    make_commission(distributor, seller=friends[0], status=C.PENDING, line_fen=4_000, rate=500)
    make_reward(distributor, friends[0], amount_fen=500)
    make_reward(distributor, friends[1], amount_fen=700, status=RewardStatus.REVERSED)
    make_reward(distributor, friends[2], amount_fen=900, status=RewardStatus.SKIPPED)
    make_withdrawal(distributor, amount_fen=1_500)
    make_withdrawal(distributor, amount_fen=600, status=WithdrawalStatus.REQUESTED)
    make_withdrawal(distributor, amount_fen=300, status=WithdrawalStatus.REJECTED)

"""The checks fail when they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.sales import Sale, broken
from wxapp.core import settings as core_settings
from wxapp.core.db import db, transaction
from wxapp.distribution import settings
from wxapp.distribution.services import checks
from wxapp.distribution.services.settling import settle_due
from wxapp.payments import invariants

At = Callable[[str | timedelta], None]


@pytest.fixture
def sales(app: Flask, at: At) -> list[Sale]:
    """One that waits, one that is available and rewarded, one of which a part went back, one that was not paid."""
    core_settings.write(settings.REWARD, 2_000, by="staff:1")
    waiting, available, partly, unpaid = Sale(), Sale(wait_days=0), Sale(), Sale()
    for sale in (waiting, available, partly):
        sale.pay()
    partly.refund("彩超")
    available.use()
    settle_due()
    at(timedelta(minutes=11))  # what is younger may be on its way
    assert broken() == set()
    return [waiting, available, partly, unpaid]


def raw(statement: str) -> set[str]:
    """Do what no code of ours does; return what is found to be broken of distribution."""
    with transaction():
        db.session.execute(sa.text(statement))
    return {name for name in broken() if name.startswith("distribution")}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE wallet_account SET balance_fen = balance_fen + 1 WHERE kind = 'distributor.pending'", {"pending"}),
        ("UPDATE wallet_account SET balance_fen = balance_fen - 1 WHERE kind = 'distributor.available'", {"available"}),
        ("UPDATE wallet_account SET kind = 'lost' WHERE kind = 'distributor.pending'", {"pending"}),
        ("UPDATE distribution_reward SET status = 'reversed'", {"available", "transfers"}),
        ("UPDATE distribution_reward SET amount_fen = 1", {"available", "months", "transfers"}),
        ("DELETE FROM distribution_reward", {"available", "months", "transfers"}),
        ("UPDATE wallet_transfer SET amount_fen = 1 WHERE kind = 'commission.available'", {"transfers"}),
        ("UPDATE wallet_transfer SET source = 'x' WHERE kind = 'commission.reversed' AND amount_fen > 200",
         {"transfers"}),
        ("UPDATE distribution_commission SET status = 'pending' WHERE status = 'available'",
         {"pending", "available"}),
        ("UPDATE distribution_commission SET reversed_fen = 0 WHERE reversed_fen > 200",
         {"pending", "amounts"}),
        ("UPDATE distribution_commission SET status = 'reversed' WHERE status = 'pending' AND reversed_fen = 0",
         {"pending", "amounts"}),
        ("UPDATE distribution_commission SET frozen_fen = 99999 WHERE level = 'seller'", {"amounts"}),
        ("UPDATE distribution_commission SET status = 'placed', amount_fen = 0, reversed_fen = 0 WHERE due_at IS NULL",
         {"pending", "transfers", "amounts", "followed", "months"}),
        ("DELETE FROM distribution_commission WHERE level = 'seller' AND status = 'placed'", {"levels"}),
        (("UPDATE distribution_commission SET distributor_id = (SELECT MAX(id) FROM distribution_distributor) "
         "WHERE status = 'placed'"), {"levels"}),
        ("UPDATE distribution_commission SET refunded_fen = 0 WHERE refunded_fen > 0", {"followed"}),
        ("UPDATE distribution_commission SET refunded_fen = 1 WHERE refunded_fen = 0 AND status = 'pending'",
         {"followed"}),
        ("UPDATE mall_order SET status = 'closed', closed_at = placed_at WHERE paid_at IS NULL", {"followed"}),
        ("UPDATE mall_order SET paid_at = NULL WHERE status = 'done'", {"followed"}),
        ("UPDATE mall_order SET no = 'gone' WHERE paid_at IS NULL", {"followed"}),
        ("UPDATE distribution_month_total SET booked_fen = booked_fen + 1", {"months"}),
        ("UPDATE distribution_reward SET commission_id = (SELECT MAX(id) FROM distribution_commission)", {"rewards"}),
        ("UPDATE distribution_distributor SET inviter_id = id", {"levels"}),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_found(sales: list[Sale], statement: str, found: set[str]) -> None:
    assert raw(statement) == {f"distribution.{name}" for name in found}


def test_a_refund_of_which_news_is_on_its_way_is_no_fault(sales: list[Sale]) -> None:
    with transaction():
        db.session.execute(sa.text("UPDATE payment_refund SET done_at = :now"), {"now": "2026-03-02 02:05:00"})
    assert raw("UPDATE distribution_commission SET refunded_fen = 0 WHERE refunded_fen > 0") == set()


def test_all_of_them_are_recomputed_with_the_books(app: Flask) -> None:
    names = {check.name for check in checks.invariants()}
    assert names <= {check.name for check in invariants.check_all()}
    assert len(names) == 8

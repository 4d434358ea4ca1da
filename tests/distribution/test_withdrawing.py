"""Taking money out: every rule of asking and deciding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.withdrawals import account, have, payout_of, row_of, told, wrong
from tests.factories.distribution import make_distributor
from tests.factories.patients import make_id_number
from tests.factories.withdrawals import REVIEWER, ask, give_money, rich_distributor
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, Invalid
from wxapp.core.idempotency import KeyReused
from wxapp.distribution import settings
from wxapp.distribution.errors import (
    DistributorFrozen,
    DistributorHeld,
    NotEnoughAvailable,
    TooManyWithdrawals,
    WrongRealName,
)
from wxapp.distribution.kinds import available_account
from wxapp.distribution.models import Distributor, DistributorStatus, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import people, withdrawing
from wxapp.payments.models import PayoutStatus
from wxapp.wallet import services as wallet

At = Callable[[str | timedelta], None]
BY = "system:tests"
pytestmark = pytest.mark.usefixtures("pay")


@pytest.fixture
def distributor(app: Flask) -> Distributor:
    return rich_distributor(10_000)


def all_withdrawals() -> list[Withdrawal]:
    return list(db.session.scalars(sa.select(Withdrawal).order_by(Withdrawal.id)))


@pytest.fixture(autouse=True)
def books_agree(database: None) -> Iterator[None]:
    yield
    assert wrong() == []


# --- asking ----------------------------------------------------------------------------------------------------------


def test_the_money_is_out_of_the_balance_at_once(distributor: Distributor) -> None:
    no = ask(distributor, 4_000)
    row = row_of(no)
    assert no.startswith("W")
    assert (row.status, row.amount_fen, row.net_fen, row.payout_no) == (W.REQUESTED, 4_000, 4_000, "")
    assert (have(distributor), account("clearing.withdrawal")) == (6_000, 4_000)


def test_the_same_form_asks_once(distributor: Distributor) -> None:
    first = ask(distributor, 4_000, key="press-00000001")
    assert ask(distributor, 4_000, key="press-00000001") == first
    with pytest.raises(KeyReused):
        ask(distributor, 4_001, key="press-00000001")
    assert (len(all_withdrawals()), have(distributor)) == (1, 6_000)


@pytest.mark.parametrize(
    ("fen", "sentence"),
    [
        (999, "每次可提现10.00至200.00元，当前可提现100.00元"),
        (20_001, "每次可提现10.00至200.00元，当前可提现100.00元"),
        (10_001, "可提现余额不足，当前可提现100.00元"),
    ],
)
def test_an_amount_outside_the_limits_changes_nothing(distributor: Distributor, fen: int, sentence: str) -> None:
    with pytest.raises((Invalid, NotEnoughAvailable), match=sentence):
        ask(distributor, fen)
    assert (all_withdrawals(), have(distributor)) == ([], 10_000)


def test_a_refusal_uses_up_no_key(distributor: Distributor) -> None:
    with pytest.raises(WrongRealName):
        ask(distributor, 4_000, key="press-00000001", name="王芳")
    assert ask(distributor, 4_000, key="press-00000001")


def test_the_name_is_the_registered_one_whatever_its_blanks(distributor: Distributor) -> None:
    with pytest.raises(WrongRealName) as refusal:
        ask(distributor, name="陈小")
    assert refusal.value.field == "real_name"
    assert row_of(ask(distributor, name=" 陈　晓 ")).real_name == "陈晓"


def test_fee_and_tax_are_kept_back(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 60, by=BY)
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by=BY)
    row = row_of(ask(distributor, 3_333, id_number=make_id_number(7)))
    assert (row.fee_fen, row.tax_fen, row.net_fen) == (19, 666, 2_648)
    core_settings.write(settings.WITHDRAWAL_FEE, 0, by=BY)
    assert row_of(row.no).fee_fen == 19


def test_tax_asks_for_the_id_number_once_and_keeps_it_unreadable(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by=BY)
    number = make_id_number(7)
    mistyped = number[:-1] + ("1" if number[-1] != "1" else "2")
    for wrong_one, sentence in (("", "请填写身份证号"), ("123", "应为18位"), (mistyped, "校验位")):
        with pytest.raises(Invalid, match=sentence):
            ask(distributor, 1_000, id_number=wrong_one)
    assert db.session.get_one(Distributor, distributor.id).id_number is None
    ask(distributor, 1_000, id_number=number.lower())
    ask(distributor, 1_000)
    db.session.expire_all()
    assert db.session.get_one(Distributor, distributor.id).id_number == number
    raw = db.session.execute(
        sa.text(
            "SELECT id_number FROM distribution_distributor WHERE id_number IS NOT NULL"
            " UNION ALL SELECT id_number FROM distribution_withdrawal WHERE id_number IS NOT NULL"
        )
    )
    assert number not in str(raw.all())


def test_without_tax_no_number_is_kept(distributor: Distributor) -> None:
    ask(distributor, 1_000, id_number=make_id_number(7))
    db.session.expire_all()
    assert db.session.get_one(Distributor, distributor.id).id_number is None


def test_so_many_a_hospital_day(distributor: Distributor, at: At) -> None:
    at("2026-03-02 23:50")
    for _ in range(3):
        ask(distributor, 1_000)
    with pytest.raises(TooManyWithdrawals):
        ask(distributor, 1_000)
    at("2026-03-03 00:00")
    assert ask(distributor, 1_000)


def test_what_was_rejected_uses_up_none_but_what_was_taken_back_does(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWALS_PER_DAY, 1, by=BY)
    withdrawing.reject_withdrawal(ask(distributor, 1_000), reason="资料不全", by=REVIEWER)
    withdrawing.withdraw_request(ask(distributor, 1_000), by="wechat:1")
    with pytest.raises(TooManyWithdrawals):
        ask(distributor, 1_000)
    assert have(distributor) == 10_000


def test_a_frozen_one_takes_nothing_out(app: Flask) -> None:
    frozen = rich_distributor(status=DistributorStatus.FROZEN)
    with pytest.raises(DistributorFrozen):
        ask(frozen)
    assert have(frozen) == 10_000


@pytest.mark.parametrize(
    "status", [DistributorStatus.CLOSED, DistributorStatus.APPLIED, DistributorStatus.REFUSED], ids=str
)
def test_who_has_left_takes_out_what_is_left(app: Flask, status: DistributorStatus) -> None:
    assert ask(rich_distributor(status=status))


def test_who_has_left_takes_out_the_last_fen_below_the_least_amount(app: Flask) -> None:
    left = rich_distributor(999, status=DistributorStatus.CLOSED)
    assert ask(left, 999)
    assert have(left) == 0
    with pytest.raises(Invalid, match=r"每次可提现10\.00"):
        ask(rich_distributor(999), 999)
    with pytest.raises(Invalid, match=r"每次可提现0\.30"):  # nobody is paid unnamed
        ask(rich_distributor(29, status=DistributorStatus.REFUSED), 29)


def test_a_debt_lets_nothing_out(app: Flask) -> None:
    debtor = make_distributor()
    wallet.transfer(
        kind="test.reversed",
        source="1",
        payer_id=available_account(debtor.id),
        payee_id=wallet.house_account("house.commission"),
        amount_fen=500,
    )
    with pytest.raises(NotEnoughAvailable, match=r"当前可提现0\.00元"):
        ask(debtor, 1_000)
    give_money(debtor, 1_499)
    with pytest.raises(NotEnoughAvailable):
        ask(debtor, 1_000)
    give_money(debtor, 1)
    assert ask(debtor, 1_000)


def test_what_was_reversed_after_the_look_is_not_taken_out(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "available_fen", lambda _id: 20_000)
    with pytest.raises(NotEnoughAvailable) as refusal:
        ask(distributor, 10_001)
    assert refusal.value.field == "amount"
    assert have(distributor) == 10_000


# --- deciding --------------------------------------------------------------------------------------------------------


def test_rejecting_gives_all_back_with_the_reason(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    no = ask(distributor, 4_000)
    withdrawing.reject_withdrawal(no, reason="姓名与银行不符", by=REVIEWER)
    row = row_of(no)
    assert (row.status, row.reason, row.decided_by) == (W.REJECTED, "姓名与银行不符", REVIEWER)
    assert (have(distributor), account("clearing.withdrawal")) == (10_000, 0)
    assert told() == ["未通过"]


def test_taking_back_ends_when_somebody_has_decided(distributor: Distributor) -> None:
    no = ask(distributor, 4_000)
    withdrawing.withdraw_request(no, by="wechat:1")
    assert (row_of(no).status, have(distributor)) == (W.WITHDRAWN, 10_000)
    steps: list[Callable[[], None]] = [
        lambda: withdrawing.withdraw_request(no, by="wechat:1"),
        lambda: withdrawing.approve_withdrawal(no, by=REVIEWER),
        lambda: withdrawing.reject_withdrawal(no, reason="晚了", by=REVIEWER),
    ]
    for step in steps:
        with pytest.raises(IllegalTransition):
            step()
    assert have(distributor) == 10_000


def test_approving_asks_for_the_net_amount_for_the_registered_person(distributor: Distributor) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    no = ask(distributor, 4_000)
    withdrawing.approve_withdrawal(no, by=REVIEWER)
    payout = payout_of(no)
    assert (row_of(no).status, row_of(no).decided_by) == (W.APPROVED, REVIEWER)
    assert (payout.amount_fen, payout.real_name, payout.wechat_user_id, payout.status) == (
        3_960,
        "陈晓",
        distributor.wechat_user_id,
        PayoutStatus.QUEUED,
    )
    assert told() == []  # WeChat's answer is told, in a moment


def test_who_is_paid_by_hand_hears_of_the_approval(distributor: Distributor) -> None:
    no = ask(distributor, 4_000)
    withdrawing.approve_withdrawal(no, by=REVIEWER, is_by_hand=True)
    assert told() == ["审核通过"]


def test_what_a_frozen_distributor_has_asked_for_is_not_approved(distributor: Distributor) -> None:
    no = ask(distributor, 4_000)
    people.freeze(distributor.id, reason="核实中", by=BY)
    with pytest.raises(DistributorHeld):
        withdrawing.approve_withdrawal(no, by=REVIEWER)
    assert row_of(no).status is W.REQUESTED
    withdrawing.reject_withdrawal(no, reason="核实中", by=REVIEWER)
    assert row_of(no).status is W.REJECTED


def test_without_review_it_is_approved_at_once(distributor: Distributor) -> None:
    core_settings.write(settings.REVIEW_WITHDRAWALS, False, by=BY)
    no = ask(distributor, 4_000)
    assert (row_of(no).status, row_of(no).decided_by) == (W.APPROVED, withdrawing.AUTOMATIC)
    assert payout_of(no).status is PayoutStatus.QUEUED
    assert told() == []

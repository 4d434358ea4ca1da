"""What the till takes and gives back, and what the books say of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from tests.factories.configuration import make_method, make_methods
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, house, make_deposit, take_for
from tests.factories.wallet import make_balance
from wxapp.core.db import db, transaction
from wxapp.hospital.models import Method, MethodKind
from wxapp.till import queries, services
from wxapp.till.errors import DepositGone, DepositTooSmall, EntryVoided, NotForDeposits, OutOfLimits
from wxapp.till.models import Act, Deposit, DepositStatus, Receipt
from wxapp.till.services import Cashier, Paid
from wxapp.wallet.errors import InsufficientBalance
from wxapp.wallet.services import invariants, patient_balance

SUBJECT = "visit:7"


@pytest.fixture
def methods(app: Flask) -> Mapping[str, Method]:
    return make_methods()


@pytest.fixture
def cashier(app: Flask) -> Cashier:
    return cashier_of(make_member())


@pytest.fixture
def patient_id(app: Flask) -> int:
    return make_patient().id


def broken() -> set[str]:
    return {check.text for check in [*invariants(), *services.invariants()] if not check.holds}


def test_a_mixed_payment_comes_from_the_account_of_each_method(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    parts = [Paid(methods["现金"], 100), Paid(methods["支付宝"], 200, "扫码"), Paid(methods["分期甲"], 3_000)]
    receipt = take_for(SUBJECT, *parts, patient_id=patient_id, cashier=cashier)
    assert (receipt.net_fen, receipt.no[:2], receipt.cashier_name) == (3_300, "SJ", cashier.name)
    assert [(entry.method_name, entry.amount_fen, entry.remark) for entry in queries.entries_of(SUBJECT)] == [
        ("现金", 100, ""), ("支付宝", 200, "扫码"), ("分期甲", 3_000, ""),
    ]  # fmt: skip
    assert house("channel.cash") == -100
    assert house("channel.alipay_code") == -200
    assert house("receivable.loan") == -3_000
    assert house("house.visits") == 3_300
    assert broken() == set()


def test_what_is_booked_anew_goes_back_the_way_it_came(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    take_for(SUBJECT, Paid(methods["现金"], 500), patient_id=patient_id, cashier=cashier)
    old = list(queries.entries_of(SUBJECT))
    receipt = take_for(
        SUBJECT, Paid(methods["微信"], 400), patient_id=patient_id, cashier=cashier, voids=old, act=Act.CHANGED
    )
    assert receipt.net_fen == -100
    assert [entry.method_name for entry in queries.entries_of(SUBJECT)] == ["微信"]
    assert [entry.method_name for entry in queries.entries_of(SUBJECT, include_voided=True)] == ["现金", "微信"]
    assert [entry.id for entry in queries.voided_by(receipt.id)] == [old[0].id]
    assert (house("channel.cash"), house("channel.wechat_code"), house("house.visits")) == (0, -400, 400)


def test_nothing_is_given_back_twice(methods: Mapping[str, Method], cashier: Cashier, patient_id: int) -> None:
    take_for(SUBJECT, Paid(methods["现金"], 500), patient_id=patient_id, cashier=cashier)
    old = list(queries.entries_of(SUBJECT))
    take_for(SUBJECT, patient_id=patient_id, cashier=cashier, voids=old)
    with pytest.raises(EntryVoided):
        take_for(SUBJECT, patient_id=patient_id, cashier=cashier, voids=old)
    assert (house("channel.cash"), house("house.visits")) == (0, 0)


def test_stored_value_pays_its_part_or_nothing_happens(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    balance = make_method("储值余额", MethodKind.BALANCE)
    make_balance(patient_id, 300)
    with pytest.raises(InsufficientBalance):
        take_for(SUBJECT, Paid(methods["现金"], 50), Paid(balance, 301), patient_id=patient_id, cashier=cashier)
    assert (list(queries.entries_of(SUBJECT)), patient_balance(patient_id)) == ([], 300)
    take_for(SUBJECT, Paid(balance, 300), patient_id=patient_id, cashier=cashier)
    assert (patient_balance(patient_id), house("house.visits")) == (0, 300)
    take_for(SUBJECT, patient_id=patient_id, cashier=cashier, voids=list(queries.entries_of(SUBJECT)))
    assert patient_balance(patient_id) == 300


def test_money_is_taken_only_inside_a_use_case(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    with pytest.raises(RuntimeError):
        services.take(
            receipt_no="SJ1",
            act=Act.COLLECTED,
            subject=SUBJECT,
            patient_id=patient_id,
            parts=[],
            cashier=cashier,
            payee="house.visits",
        )


def test_deposits_are_used_oldest_first_and_come_back_with_a_change(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    first, second = (
        make_deposit(fen, patient_id=patient_id, method=methods["现金"], cashier=cashier) for fen in (200, 300)
    )
    assert house("liability.deposit") == 500
    take_for(SUBJECT, Paid(methods["定金"], 250), patient_id=patient_id, cashier=cashier)
    assert states(first, second) == [(0, DepositStatus.USED), (250, DepositStatus.HELD)]
    assert (house("liability.deposit"), house("house.visits")) == (250, 250)
    with pytest.raises(DepositTooSmall, match=r"2\.50"):
        take_for("visit:8", Paid(methods["定金"], 251), patient_id=patient_id, cashier=cashier)
    take_for(SUBJECT, patient_id=patient_id, cashier=cashier, voids=list(queries.entries_of(SUBJECT)))
    assert states(first, second) == [(200, DepositStatus.HELD), (300, DepositStatus.HELD)]
    assert (house("liability.deposit"), house("house.visits")) == (500, 0)
    assert broken() == set()


def states(*deposits: Deposit) -> list[tuple[int, DepositStatus]]:
    for deposit in deposits:
        db.session.refresh(deposit)
    return [(deposit.left_fen, deposit.status) for deposit in deposits]


def test_what_is_left_of_a_deposit_is_returned_once(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    deposit = make_deposit(500, patient_id=patient_id, method=methods["微信"], cashier=cashier)
    take_for(SUBJECT, Paid(methods["定金"], 200), patient_id=patient_id, cashier=cashier)
    receipt = give_back(deposit, cashier)
    assert (receipt.net_fen, states(deposit)) == (-300, [(0, DepositStatus.RETURNED)])
    assert (house("channel.wechat_code"), house("liability.deposit"), house("house.visits")) == (-200, 0, 200)
    with pytest.raises(DepositGone):
        give_back(deposit, cashier)
    # The visit is changed afterwards: its part is a deposit again, and can be returned, too.
    take_for(SUBJECT, patient_id=patient_id, cashier=cashier, voids=list(queries.entries_of(SUBJECT)))
    assert states(deposit) == [(200, DepositStatus.HELD)]
    assert give_back(deposit, cashier).net_fen == -200
    assert (house("channel.wechat_code"), house("liability.deposit")) == (0, 0)
    assert broken() == set()


def give_back(deposit: Deposit, cashier: Cashier) -> Receipt:
    return services.return_deposit(
        deposit.id, receipt_no=services.new_receipt_no(), cashier=cashier, reason="客户改期"
    )  # fmt: skip


@pytest.mark.parametrize("name", ["定金", "分期甲"])
def test_a_deposit_is_money_in_hand(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int, name: str
) -> None:
    with pytest.raises(NotForDeposits):
        make_deposit(100, patient_id=patient_id, method=methods[name], cashier=cashier)


@pytest.mark.parametrize("fen", [99, 501])
def test_a_deposit_keeps_to_what_the_method_takes(cashier: Cashier, patient_id: int, fen: int) -> None:
    limited = make_method("限额现金", least_fen=100, most_fen=500)
    with pytest.raises(OutOfLimits, match=r"每笔应在1\.00至5\.00元之间"):
        make_deposit(fen, patient_id=patient_id, method=limited, cashier=cashier)
    assert make_deposit(500, patient_id=patient_id, method=limited, cashier=cashier).left_fen == 500


def test_a_use_case_that_fails_later_has_taken_nothing(
    methods: Mapping[str, Method], cashier: Cashier, patient_id: int
) -> None:
    def fail() -> None:
        with transaction():
            take_for(SUBJECT, Paid(methods["现金"], 500), patient_id=patient_id, cashier=cashier)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert (list(queries.receipts_of(SUBJECT)), house("house.visits")) == ([], 0)

"""Stored value over the counter: top-ups and what is given back."""

from __future__ import annotations

from wxapp.core import clock, ids
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.wallet import settings
from wxapp.wallet.errors import SamePerson, StoredValueClosed
from wxapp.wallet.house import house_account
from wxapp.wallet.kinds import PAY_BACK_ASIDE, PAY_BACK_COUNTER, PAY_BACK_VOID, TOP_UP_COUNTER
from wxapp.wallet.models import CounterMovement, CounterStatus, Movement
from wxapp.wallet.queries import get_movement
from wxapp.wallet.rules import TopUpLimits, needs_second_person, top_up_problem
from wxapp.wallet.services.day_limit import count_top_up, uncount_top_up
from wxapp.wallet.services.ledger import patient_account, transfer
from wxapp.wallet.states import COUNTER

METHODS = {
    "cash": "现金",
    "card": "刷卡",
    "transfer": "银行转账",
    "wechat_code": "微信收款码",
    "alipay_code": "支付宝收款码",
}


def limits() -> TopUpLimits:
    return TopUpLimits(settings.TOP_UP_LEAST(), settings.TOP_UP_MOST(), settings.TOP_UP_ALONE())


def top_up_at_counter(*, patient_id: int, amount_fen: int, method: str, by: str, note: str = "") -> CounterMovement:
    """Take money at the counter and add it to a patient's stored value.

    When the day's top-ups of this patient at the counter pass the limit of one person it waits for a second one, and
    the balance grows only then: a large sum in small pieces is a large sum.

    :raises StoredValueClosed: top-ups are not open
    :raises Invalid: the amount is outside the limits of one payment
    :raises OverLimit: the patient's limit of the day would be passed
    """
    if settings.mode() is not settings.Mode.OPEN:
        raise StoredValueClosed("储值充值当前未开放")
    bounds = limits()
    if problem := top_up_problem(amount_fen, bounds):
        raise Invalid({"amount": problem})
    _check_method(method)
    account_id = patient_account(patient_id)
    with transaction():
        waits = needs_second_person(count_top_up(account_id, clock.today(), amount_fen), bounds)
        movement = _add(Movement.TOP_UP, account_id, patient_id, amount_fen, method, note, by, waits=waits)
        if not waits:
            _book_top_up(movement)
        return movement


def request_pay_back(*, patient_id: int, amount_fen: int, method: str, by: str, note: str) -> CounterMovement:
    """Set stored value aside to be given back at the counter (退储值); a second person decides.

    The money leaves the balance at once, so it can't be spent meanwhile.

    :raises InsufficientBalance: more than is there
    """
    _check_method(method)
    account_id = patient_account(patient_id)
    with transaction():
        movement = _add(Movement.PAY_BACK, account_id, patient_id, amount_fen, method, note, by, waits=True)
        transfer(
            kind=PAY_BACK_ASIDE,
            source=movement.no,
            payer_id=account_id,
            payee_id=house_account("clearing.pay_back"),
            amount_fen=amount_fen,
        )
        return movement


def approve_movement(no: str, *, by: str) -> CounterMovement:
    """Let a counter movement happen.

    :raises SamePerson: it is one's own request
    :raises IllegalTransition: it was decided already
    """
    with transaction():
        movement = _decide(no, CounterStatus.DONE, by)
        if movement.movement is Movement.TOP_UP:
            _book_top_up(movement)
        else:
            transfer(
                kind=PAY_BACK_COUNTER,
                source=movement.no,
                payer_id=house_account("clearing.pay_back"),
                payee_id=house_account(f"channel.{movement.method}"),
                amount_fen=movement.amount_fen,
            )
        return movement


def reject_movement(no: str, *, by: str, reason: str) -> CounterMovement:
    """Refuse a counter movement: what was set aside or counted is given back.

    :raises SamePerson: it is one's own request
    :raises IllegalTransition: it was decided already
    """
    with transaction():
        movement = _decide(no, CounterStatus.REJECTED, by, reason=reason)
        if movement.movement is Movement.TOP_UP:
            uncount_top_up(movement.account_id, clock.hospital_day(movement.requested_at), movement.amount_fen)
        else:
            transfer(
                kind=PAY_BACK_VOID,
                source=movement.no,
                payer_id=house_account("clearing.pay_back"),
                payee_id=movement.account_id,
                amount_fen=movement.amount_fen,
            )
        return movement


def _decide(no: str, status: CounterStatus, by: str, *, reason: str = "") -> CounterMovement:
    movement = get_movement(no)
    if movement.requested_by == by:
        raise SamePerson
    COUNTER.move(movement, status, by=by, why=reason, second_by=by, decided_at=clock.now(), reason=reason)
    return movement


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise Invalid({"method": "请选择收款方式"})


def _add(
    movement: Movement,
    account_id: int,
    patient_id: int,
    amount_fen: int,
    method: str,
    note: str,
    by: str,
    *,
    waits: bool,
) -> CounterMovement:
    now = clock.now()
    row = CounterMovement(
        no=ids.outside_number("S"),
        movement=movement,
        account_id=account_id,
        patient_id=patient_id,
        amount_fen=amount_fen,
        method=method,
        status=CounterStatus.REQUESTED if waits else CounterStatus.DONE,
        note=note[:200],
        requested_by=by,
        requested_at=now,
        decided_at=None if waits else now,
    )
    db.session.add(row)
    return row


def _book_top_up(movement: CounterMovement) -> None:
    transfer(
        kind=TOP_UP_COUNTER,
        source=movement.no,
        payer_id=house_account(f"channel.{movement.method}"),
        payee_id=movement.account_id,
        amount_fen=movement.amount_fen,
        memo=METHODS[movement.method],
    )

"""Paying by WeChat Pay: beginning, asking, and hearing what came of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock, ids
from wxapp.core.addresses import absolute
from wxapp.core.db import change, db, transaction
from wxapp.core.store import store
from wxapp.payments import queries, settings
from wxapp.payments.errors import AlreadyPaid, NoticeFault, PaymentBusy, WayOff, WechatRefused, WechatUnavailable
from wxapp.payments.models import Attempt, AttemptStatus, Method, Notice
from wxapp.payments.queries import Due
from wxapp.payments.rules import Kind, due_query
from wxapp.payments.rules.paying import (
    CHANNEL_GRACE,
    PREPAY_GOOD_FOR,
    channel_expiry,
    was_never_shown,
)
from wxapp.payments.services.differences import write_difference
from wxapp.payments.services.landing import Landing, land
from wxapp.payments.services.opening import check_open, claim
from wxapp.payments.states import ATTEMPT, LIVE
from wxapp.payments.subjects import check_way
from wxapp.wechat import connected
from wxapp.wechat.pay.errors import (
    OrderClosed,
    OrderPaid,
    PayError,
    PayMisconfigured,
    PayNotFound,
    PayRateLimited,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import JsapiParams, Order, Payment, TradeState

log = logging.getLogger(__name__)

NOTIFY_PATH = "/pay/notify/wechat"
ASK_EVERY = 3.0
"""Seconds between two questions to the channel that one waiting page causes."""

_OVER = (TradeState.CLOSED, TradeState.REVOKED, TradeState.PAYERROR)


@dataclass(frozen=True)
class Payer:
    """The WeChat user who is going to pay."""

    user_id: int
    openid: str


class Fate(StrEnum):
    """What is known of an attempt after the channel was asked."""

    PAID = "paid"
    OVER = "over"
    PAYABLE = "payable"
    UNKNOWN = "unknown"


# --- beginning -------------------------------------------------------------------------------------------------------


def begin_wechat(payment_no: str, payer: Payer) -> JsapiParams:
    """Return what the page hands to WeChat so that this person can pay.

    An attempt of the same person that can still be paid is used again: one number at WeChat can't be paid twice.
    Another person's is closed there first.

    :raises WayOff: staff have switched WeChat Pay off, or what is paid for can't be paid this way now
    :raises AlreadyPaid, PaymentIsClosed: there is nothing to pay
    :raises PaymentBusy: an earlier attempt may still end in money
    :raises WechatRefused, WechatUnavailable: WeChat said no, or did not answer
    """
    if not settings.WECHAT_ON():
        raise WayOff(settings.WECHAT_OFF_TEXT())
    due = queries.get_due(payment_no)
    check_way(due.subject_kind, "wechat")
    check_open(due, now=clock.now())
    try:
        attempt_id = _usable_attempt(due, payer) or _new_attempt(due, payer)
    except PaymentBusy:  # another page of this order was faster: what it began can be used
        due = queries.get_due(payment_no)
        attempt_id = _usable_attempt(due, payer) or _new_attempt(due, payer)
    return connected.pay().jsapi_params(_prepay(due, attempt_id))


def _usable_attempt(due: Due, payer: Payer) -> int | None:
    """Return the live attempt of this payer, after seeing to it that no other one is left."""
    usable = None
    for attempt_id in queries.live_attempts(due.id):
        attempt = queries.get_attempt(attempt_id)
        # A payment order that waits for the cashier outlives the time in which WeChat takes money for a number.
        is_over = attempt.channel_expires_at is not None and attempt.channel_expires_at <= clock.now()
        if is_over or attempt.openid != payer.openid or usable is not None:
            end_attempt(attempt_id)
            continue
        fate = ask(attempt_id)
        if fate is Fate.PAID:
            raise AlreadyPaid
        if fate is not Fate.OVER:
            usable = attempt_id
    return usable


def _new_attempt(due: Due, payer: Payer) -> int:
    now = clock.now()
    with transaction():
        claim(due, now=now)
        attempt = Attempt(
            payment_order_id=due.id,
            out_trade_no=ids.outside_number("A"),
            channel=Method.WECHAT,
            status=AttemptStatus.CREATED,
            amount_fen=due.amount_fen,
            openid=payer.openid,
            wechat_user_id=payer.user_id,
            channel_expires_at=channel_expiry(due.expires_at, now=now),
            next_query_at=due_query(now, 0),
            created_at=now,
        )
        db.session.add(attempt)
        db.session.flush()  # the call to the channel names it
        return attempt.id


def _prepay(due: Due, attempt_id: int) -> str:
    """Return a prepay_id that is good for some time, asking the channel for one if need be."""
    attempt = queries.get_attempt(attempt_id)
    now = clock.now()
    if attempt.prepay_id and attempt.prepared_at and now < attempt.prepared_at + PREPAY_GOOD_FOR:
        return attempt.prepay_id
    order = Order(
        out_trade_no=attempt.out_trade_no,
        description=due.description,
        amount_fen=attempt.amount_fen,
        openid=attempt.openid,
        notify_url=absolute(NOTIFY_PATH),
        expires_at=attempt.channel_expires_at,
    )
    status = attempt.status
    try:
        prepay_id = connected.pay().order(order)
    except OrderPaid:
        query_attempt(attempt_id)
        raise AlreadyPaid from None
    except OrderClosed:
        _end(attempt_id, AttemptStatus.CLOSED, "下单时已关闭")
        raise PaymentBusy("支付已超时，请重新发起") from None
    except (PayUnknown, PayRateLimited) as error:
        _note_error(attempt_id, str(error))
        raise WechatUnavailable from None
    except PayRefused as error:
        _end(attempt_id, AttemptStatus.FAILED if status is AttemptStatus.CREATED else AttemptStatus.CLOSED, str(error))
        if isinstance(error, PayMisconfigured):
            write_difference(Kind.ORDER_REFUSED, error.code, detail=str(error))
        raise WechatRefused from None
    _keep_prepay(attempt_id, prepay_id)
    return prepay_id


def _keep_prepay(attempt_id: int, prepay_id: str) -> None:
    """:raises PaymentBusy: the attempt was ended meanwhile; the payer never sees this prepay_id"""
    values: dict[str, Any] = {"prepay_id": prepay_id, "prepared_at": clock.now(), "last_error": ""}
    with transaction():
        fresh = ATTEMPT.try_move(
            Attempt,
            attempt_id,
            old=AttemptStatus.CREATED,
            new=AttemptStatus.PREPARED,
            by=actors.system("wechat"),
            **values,
        )
        again = sa.update(Attempt).where(Attempt.id == attempt_id, Attempt.status == AttemptStatus.PREPARED)
        if not fresh and not change(again.values(**values)):
            raise PaymentBusy


# --- asking ----------------------------------------------------------------------------------------------------------


def query_attempt(attempt_id: int) -> Fate:
    """Ask the channel about an attempt and act on the answer. See :func:`ask`."""
    return ask(attempt_id)


def ask(attempt_id: int) -> Fate:
    """Ask the channel about an attempt; money that is there lands, a closed order ends the attempt.

    "No such order" ends it only after the channel's own expiry, or when no payer ever saw it.
    """
    attempt = queries.get_attempt(attempt_id)
    if attempt.status is AttemptStatus.SUCCEEDED:
        return Fate.PAID
    try:
        payment = connected.pay().query(attempt.out_trade_no)
    except PayNotFound:
        return _not_found(attempt_id, now=clock.now())
    except PayError as error:
        log.info("payments: query of attempt %s: %s", attempt_id, error)
        return Fate.UNKNOWN
    return _act_on(attempt_id, payment)


def _act_on(attempt_id: int, payment: Payment) -> Fate:
    if payment.state is TradeState.REFUND:
        # Paid and given back by somebody else's hand, while we never saw it paid: a person has to look.
        write_difference(
            Kind.REFUND_UNPAID, payment.out_trade_no, channel_fen=payment.total_fen, detail=payment.transaction_id
        )
        return Fate.UNKNOWN
    if payment.state is TradeState.SUCCESS:
        try:
            land(attempt_id, payment, by=actors.system("wechat_query"))
        except NoticeFault:
            return Fate.UNKNOWN
        return Fate.PAID
    if payment.state in _OVER:
        _end(attempt_id, AttemptStatus.CLOSED, payment.state)
        return Fate.OVER
    return Fate.PAYABLE


def _not_found(attempt_id: int, *, now: datetime) -> Fate:
    attempt = queries.get_attempt(attempt_id)
    has_expired = attempt.channel_expires_at is not None and now >= attempt.channel_expires_at + CHANNEL_GRACE
    if has_expired or was_never_shown(attempt.prepay_id, attempt.created_at, now=now):
        _end(attempt_id, AttemptStatus.CLOSED, "渠道无此单")
        return Fate.OVER
    return Fate.UNKNOWN


def end_attempt(attempt_id: int) -> None:
    """See to it that nobody can pay this attempt any more: ask, close at the channel, ask again.

    :raises AlreadyPaid: it was paid, and the money has landed
    :raises PaymentBusy: its fate can't be known now
    """
    fate = ask(attempt_id)
    if fate is Fate.PAYABLE:
        try:
            connected.pay().close(queries.get_attempt(attempt_id).out_trade_no)
        except PayError as error:  # paid meanwhile, or unknown: the question below tells
            log.info("payments: close of attempt %s: %s", attempt_id, error)
        fate = ask(attempt_id)
    if fate is Fate.PAID:
        raise AlreadyPaid
    if fate is not Fate.OVER:
        raise PaymentBusy


def end_attempts(payment_order_id: int) -> None:
    """End every attempt that may still end in money. See :func:`end_attempt`."""
    for attempt_id in queries.live_attempts(payment_order_id):
        end_attempt(attempt_id)


def _end(attempt_id: int, status: AttemptStatus, why: str) -> None:
    with transaction():
        for old in LIVE:
            if ATTEMPT.allows(old, status):
                ATTEMPT.try_move(
                    Attempt,
                    attempt_id,
                    old=old,
                    new=status,
                    by=actors.system("wechat"),
                    why=why[:200],
                    next_query_at=None,
                    last_error=why[:300],
                )


def _note_error(attempt_id: int, text: str) -> None:
    with transaction():
        change(sa.update(Attempt).where(Attempt.id == attempt_id).values(last_error=text[:300]))


def query_due(*, limit: int = 50) -> int:
    """Ask for attempts whose notice is overdue (1, 5, 15, 60 minutes); return how many were asked for."""
    now = clock.now()
    due = sa.select(Attempt.id, Attempt.next_query_at).where(
        Attempt.status.in_(LIVE), Attempt.next_query_at.is_not(None), Attempt.next_query_at <= now
    )
    rows = db.session.execute(due.order_by(Attempt.next_query_at).limit(limit)).all()
    asked = 0
    for attempt_id, seen in rows:
        attempt = queries.get_attempt(attempt_id)
        following = due_query(attempt.created_at, attempt.queries + 1)
        with transaction():
            mine = change(
                sa.update(Attempt)
                .where(Attempt.id == attempt_id, Attempt.next_query_at == seen)
                .values(next_query_at=following, queries=Attempt.queries + 1)
            )
        if mine:
            ask(attempt_id)
            asked += 1
    return asked


def refresh(payment_no: str) -> None:
    """Ask the channel on behalf of a waiting page, at most every few seconds however many pages wait."""
    for attempt_id in queries.live_attempts(queries.get_due(payment_no).id):
        if store().add(f"payments:ask:{attempt_id}", "1", ttl=ASK_EVERY):
            ask(attempt_id)


# --- hearing ---------------------------------------------------------------------------------------------------------


def receive_notice(headers: Mapping[str, str], body: bytes) -> Landing:
    """Take a notice of WeChat Pay: verify, decrypt, compare, and only then act and write down.

    :raises NoticeRefused: not genuine; nothing was kept of it
    :raises NoticeFault: genuine, but about no order of ours or other than ours; a case is open
    """
    notice = connected.pay().payment_notice(headers, body)
    number = notice.payment.out_trade_no
    attempt = queries.find_attempt(number)
    if attempt is None:
        write_difference(
            Kind.UNKNOWN_ORDER,
            number,
            channel_fen=notice.payment.total_fen,
            detail=f"渠道单号{notice.payment.transaction_id}",
        )
        write_notice(notice.notice_id, kind="payment", number=number, outcome="unknown_order")
        raise NoticeFault("unknown order")
    try:
        if notice.payment.state is TradeState.REFUND and attempt.status is not AttemptStatus.SUCCEEDED:
            _act_on(attempt.id, notice.payment)
            raise NoticeFault("refunded before it was paid")
        landing = land(attempt.id, notice.payment, by=actors.system("wechat_notice"))
    except NoticeFault:
        write_notice(notice.notice_id, kind="payment", number=number, outcome="mismatch")
        raise
    write_notice(notice.notice_id, kind="payment", number=number, outcome=landing.value)
    return landing


def write_notice(notice_id: str, *, kind: str, number: str, outcome: str) -> None:
    """Write down that a genuine notice came; nobody reads this to decide anything."""
    now = clock.now()
    with transaction():
        again = sa.update(Notice).where(Notice.notice_id == notice_id).values(times=Notice.times + 1, last_at=now)
        if change(again):
            return
        try:
            with db.session.begin_nested():
                db.session.add(
                    Notice(
                        notice_id=notice_id[:64],
                        kind=kind,
                        number=number[:64],
                        outcome=outcome,
                        first_at=now,
                        last_at=now,
                    )
                )
        except IntegrityError:  # the same notice in the same moment
            change(again)

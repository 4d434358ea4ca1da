"""Carrying refunds out: claim, call, record. The same number on every repetition; accepted is not paid back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from wxapp.core import actors, clock, ids
from wxapp.core.addresses import absolute
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition, Invalid
from wxapp.core.events import publish
from wxapp.payments import queries
from wxapp.payments.errors import NoticeFault
from wxapp.payments.events import RefundFailed, RefundSucceeded
from wxapp.payments.messages import tell_payer
from wxapp.payments.models import Method, PartStatus, Refund, RefundPart, RefundStatus
from wxapp.payments.rules import Kind, next_try
from wxapp.payments.services.asides import book_paid
from wxapp.payments.services.at_counter import COUNTER_METHODS
from wxapp.payments.services.differences import write_difference
from wxapp.payments.services.wechat import write_notice
from wxapp.payments.states import PART, REFUND
from wxapp.wechat import connected
from wxapp.wechat.pay import values as wechat
from wxapp.wechat.pay.errors import (
    NotEnough,
    PayError,
    PayMisconfigured,
    PayNotFound,
    PayRateLimited,
    PayRefused,
    PayUnknown,
)

log = logging.getLogger(__name__)

NOTIFY_PATH = "/pay/notify/wechat-refund"
JOB = actors.system("carry_out_refunds")


def carry_out_refunds(*, limit: int = 30) -> int:
    """Send what waits and ask for what is on its way; return how many parts were touched."""
    due = sa.select(RefundPart.id, RefundPart.status).where(
        RefundPart.channel == Method.WECHAT,
        RefundPart.status.in_((PartStatus.WAITING, PartStatus.SENT)),
        RefundPart.next_try_at <= clock.now(),
    )
    rows = db.session.execute(due.order_by(RefundPart.next_try_at).limit(limit)).all()
    for part_id, status in rows:
        try:
            if status is PartStatus.WAITING:
                carry_out_part(part_id)
            else:
                query_part(part_id)
        except Exception:
            log.exception("payments: refund part %s failed", part_id)
    return len(rows)


def carry_out_part(part_id: int) -> bool:
    """Send one part to WeChat Pay; False when somebody else has claimed it."""
    now = clock.now()
    with transaction():
        claimed = PART.try_move(
            RefundPart,
            part_id,
            old=PartStatus.WAITING,
            new=PartStatus.SENT,
            by=JOB,
            tries=RefundPart.tries + 1,
            sent_at=now,
            next_try_at=next_try(1, now=now),
        )
    if not claimed:
        return False
    order = _order(part_id)
    try:
        answer = connected.pay().refund(order)
    except (NotEnough, PayMisconfigured, PayRateLimited) as error:
        _wait(part_id, str(error))  # certainly not accepted; again with the same number
    except PayRefused as error:
        part_failed(part_id, str(error))
    except PayUnknown as error:
        if error.sent:
            _note(part_id, str(error))  # it may be under way: the next round asks for it
        else:
            _wait(part_id, str(error))
    else:
        _act_on(part_id, answer)
    return True


def query_part(part_id: int) -> None:
    """Ask WeChat Pay how a part stands. One that it does not know is sent again, with the same number."""
    part = db.session.get_one(RefundPart, part_id)
    number, seen, tries = part.out_refund_no, part.next_try_at, part.tries
    with transaction():
        mine = change(
            sa.update(RefundPart)
            .where(RefundPart.id == part_id, RefundPart.status == PartStatus.SENT, RefundPart.next_try_at == seen)
            .values(tries=tries + 1, next_try_at=next_try(tries + 1, now=clock.now()))
        )
    if not mine:
        return
    try:
        answer = connected.pay().query_refund(number)
    except PayNotFound:
        _wait(part_id, "渠道无此退款，将以同号重发", at_once=True)
    except PayError as error:
        _note(part_id, str(error))
    else:
        _act_on(part_id, answer)


def receive_refund_notice(headers: Mapping[str, str], body: bytes) -> None:
    """Take a notice of WeChat Pay about a refund.

    :raises NoticeRefused: not genuine; nothing was kept of it
    :raises NoticeFault: genuine, but about no refund of ours or another amount; a case is open
    """
    notice = connected.pay().refund_notice(headers, body)
    told = notice.refund
    part = queries.find_part(told.out_refund_no)
    if part is None:
        write_difference(Kind.UNKNOWN_ORDER, told.out_refund_no, channel_fen=told.refund_fen, detail="退款通知")
        write_notice(notice.notice_id, kind="refund", number=told.out_refund_no, outcome="unknown_order")
        raise NoticeFault("unknown refund")
    part_id = part.id
    outcome = "repeated" if part.status is PartStatus.SUCCEEDED else told.state.value.lower()
    _act_on(part_id, told)
    write_notice(notice.notice_id, kind="refund", number=told.out_refund_no, outcome=outcome)


def retry_refund(refund_no: str, *, by: str) -> None:
    """Send the failed parts of a refund again: with a new number only where WeChat has closed the old one.

    :raises IllegalTransition: nothing of it has failed
    """
    with transaction():
        refund = queries.get_refund(refund_no)
        failed = [part for part in queries.parts_of([refund.id]) if part.status is PartStatus.FAILED]
        if not failed:
            raise IllegalTransition
        REFUND.move(refund, RefundStatus.APPROVED, by=by, why="重试")
        for part in failed:
            values: dict[str, Any] = {"next_try_at": clock.now(), "last_error": "", "tries": 0}
            if part.channel_state == wechat.RefundState.CLOSED:
                values["previous_nos"] = f"{part.previous_nos} {part.out_refund_no}".strip()[-300:]
                values["out_refund_no"] = ids.outside_number("T")
                values["channel_state"] = ""
            PART.move(part, PartStatus.WAITING, by=by, why="重试", **values)


def finish_by_hand(part_id: int, *, by: str, way: Method, note: str = "") -> None:
    """Record that people gave a part back: over the counter the way it came, or another way after that failed.

    :raises IllegalTransition: it is on its way at the channel, or void
    :raises Invalid: not a way of the counter, or not the way it came
    """
    if way not in COUNTER_METHODS:
        raise Invalid({"way": "请选择退款方式"})
    with transaction():
        _hold_refund(part_id)  # a retry that sends it to the channel again comes before this, or after
        part = db.session.get_one(RefundPart, part_id, populate_existing=True)
        # The channel alone can end what it has; whoever also hands it over pays twice.
        if part.status is PartStatus.SENT:
            raise IllegalTransition
        if part.status is PartStatus.WAITING and part.channel not in COUNTER_METHODS:
            raise IllegalTransition
        if part.status is PartStatus.WAITING and part.channel is not way:
            raise Invalid({"way": f"须按原方式（{part.channel.label}）退回"})
        part_succeeded(part_id, by=by, way=way, note=note)


# --- recording -------------------------------------------------------------------------------------------------------


def _order(part_id: int) -> wechat.RefundOrder:
    part = db.session.get_one(RefundPart, part_id)
    attempt = queries.get_attempt(part.attempt_id)
    return wechat.RefundOrder(
        out_refund_no=part.out_refund_no,
        out_trade_no=attempt.out_trade_no,
        refund_fen=part.amount_fen,
        total_fen=attempt.amount_fen,
        notify_url=absolute(NOTIFY_PATH),
        reason="订单退款",
    )


def _act_on(part_id: int, told: wechat.Refund) -> None:
    part = db.session.get_one(RefundPart, part_id)
    attempt = queries.get_attempt(part.attempt_id)
    ours = (part.out_refund_no, attempt.out_trade_no, part.amount_fen, attempt.amount_fen)
    if (told.out_refund_no, told.out_trade_no, told.refund_fen, told.total_fen) != ours:
        write_difference(
            Kind.MISMATCH, told.out_refund_no, channel_fen=told.refund_fen, ours_fen=part.amount_fen, detail="退款"
        )
        raise NoticeFault("refund differs")
    known: dict[str, Any] = {"channel_refund_id": told.refund_id[:64], "channel_state": told.state.value}
    if told.state is wechat.RefundState.SUCCESS:
        part_succeeded(part_id, by=actors.system("wechat"), **known)
    elif told.state is wechat.RefundState.PROCESSING:
        with transaction():
            change(
                sa.update(RefundPart)
                .where(RefundPart.id == part_id, RefundPart.status == PartStatus.SENT)
                .values(last_error="", **known)
            )
    else:
        reason = "收款账户异常" if told.state is wechat.RefundState.ABNORMAL else "渠道已关闭退款"
        part_failed(part_id, reason, **known)


def part_succeeded(part_id: int, *, by: str, way: Method | None = None, note: str = "", **known: Any) -> None:
    """Record that a part is back, move its money in the ledger, and finish the refund if it was the last."""
    with transaction():
        refund = _hold_refund(part_id)
        part = db.session.get_one(RefundPart, part_id, populate_existing=True)
        if part.status is PartStatus.SUCCEEDED:
            return
        PART.move(
            part,
            PartStatus.SUCCEEDED,
            by=by,
            why=note[:200],
            done_at=clock.now(),
            done_by=by if way else "",
            next_try_at=None,
            last_error="",
            **known,
        )
        patient_id = queries.get_due_by_id(refund.payment_order_id).patient_id
        book_paid(refund.no, part, patient_id=patient_id, way=way)
        finish_if_done(refund.id, by=by)


def part_failed(part_id: int, reason: str, **known: Any) -> None:
    """Record that a part can't go back by itself; staff have to act, and its subject is told."""
    with transaction():
        refund = _hold_refund(part_id)
        part = db.session.get_one(RefundPart, part_id, populate_existing=True)
        if part.status is not PartStatus.SENT:
            return
        PART.move(
            part, PartStatus.FAILED, by=actors.system("wechat"), why=reason[:200], next_try_at=None,
            last_error=reason[:300], **known,
        )  # fmt: skip
        REFUND.try_move(Refund, refund.id, old=RefundStatus.APPROVED, new=RefundStatus.STUCK, by=JOB, why=reason[:200])
        due = queries.get_due_by_id(refund.payment_order_id)
        publish(
            RefundFailed(
                subject_kind=due.subject_kind,
                subject_no=due.subject_no,
                payment_no=due.no,
                refund_no=refund.no,
                source=refund.source,
                amount_fen=refund.amount_fen,
                reason=reason[:200],
            )
        )
        write_difference(Kind.REFUND_FAILED, part.out_refund_no, ours_fen=part.amount_fen, detail=reason)


def finish_if_done(refund_id: int, *, by: str) -> None:
    """Finish a refund whose parts are all back; the caller holds its row."""
    parts = db.session.scalars(sa.select(RefundPart.status).where(RefundPart.refund_id == refund_id))
    if any(status is not PartStatus.SUCCEEDED for status in parts):
        return
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    if refund.status is RefundStatus.DONE:
        return
    if refund.status is RefundStatus.STUCK:
        REFUND.move(refund, RefundStatus.APPROVED, by=by, why="人工处理")
    REFUND.move(refund, RefundStatus.DONE, by=by, done_at=clock.now())
    due = queries.get_due_by_id(refund.payment_order_id)
    if not refund.is_late:
        publish(
            RefundSucceeded(
                subject_kind=due.subject_kind,
                subject_no=due.subject_no,
                payment_no=due.no,
                refund_no=refund.no,
                source=refund.source,
                amount_fen=refund.amount_fen,
            )
        )
    tell_payer(due, refund, result="已退款", note="请留意到账情况，银行卡到账可能需要1至3个工作日。")


def _hold_refund(part_id: int) -> Refund:
    """Return the refund of a part, its row held: of two parts that end together one has to see the other."""
    refund_id = db.session.scalars(sa.select(RefundPart.refund_id).where(RefundPart.id == part_id)).one()
    return db.session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)


def _wait(part_id: int, reason: str, *, at_once: bool = False) -> None:
    now = clock.now()
    part = db.session.get_one(RefundPart, part_id)
    next_try_at = now if at_once else next_try(part.tries, now=now)
    with transaction():
        PART.try_move(
            RefundPart,
            part_id,
            old=PartStatus.SENT,
            new=PartStatus.WAITING,
            by=JOB,
            why=reason[:200],
            next_try_at=next_try_at,
            last_error=reason[:300],
        )


def _note(part_id: int, reason: str) -> None:
    with transaction():
        change(sa.update(RefundPart).where(RefundPart.id == part_id).values(last_error=reason[:300]))

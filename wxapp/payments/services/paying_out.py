"""Carrying payouts out: claim, call, record. One number for ever; what is unknown is asked for, never sent anew."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.addresses import absolute
from wxapp.core.db import change, db, transaction
from wxapp.core.store import store
from wxapp.payments import queries
from wxapp.payments.errors import NoticeFault
from wxapp.payments.models import Payout, PayoutStatus
from wxapp.payments.rules import Kind, is_stale, leaves_nothing, never_arrived, next_try
from wxapp.payments.services.differences import write_difference
from wxapp.payments.services.payout_news import JOB, act_on, get, note, payout_failed, requeue
from wxapp.payments.services.wechat import ASK_EVERY, write_notice
from wxapp.payments.states import ON_ITS_WAY, PAYOUT
from wxapp.wechat import connected
from wxapp.wechat.pay.errors import (
    NotEnough,
    PayError,
    PayMisconfigured,
    PayNotFound,
    PayRateLimited,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import TransferBill, TransferOrder, TransferState

log = logging.getLogger(__name__)

NOTIFY_PATH = "/pay/notify/wechat-transfer"
WECHAT = actors.system("wechat")

# --- sending ---------------------------------------------------------------------------------------------------------


def carry_out_payouts(*, limit: int = 30) -> int:
    """Send what is queued and due; return how many were. One that can't be sent stops no other."""
    due = sa.select(Payout.id).where(Payout.status == PayoutStatus.QUEUED, Payout.next_try_at <= clock.now())
    return _each(due, limit, send_payout)


def send_payout(payout_id: int) -> bool:
    """Send one to WeChat Pay; False when somebody else has claimed or ended it."""
    now = clock.now()
    with transaction():
        claimed = PAYOUT.try_move(
            Payout,
            payout_id,
            old=PayoutStatus.QUEUED,
            new=PayoutStatus.SENDING,
            by=JOB,
            tries=Payout.tries + 1,
            sent_at=now,
            next_try_at=next_try(1, now=now),
        )
    if not claimed:
        return False
    order = order_of(get(payout_id))
    if is_stale(now, now=clock.now()):
        log.warning("payments: payout %s was claimed, but not sent in time", payout_id)
        return True
    try:
        bill = connected.pay().transfer(order)
    except (NotEnough, PayMisconfigured) as error:
        requeue(payout_id, str(error), reason=error.code)  # certainly not accepted; again with the same number
    except PayRateLimited as error:
        requeue(payout_id, str(error))
    except PayRefused as error:
        # No clear no: the number may be taken by what an earlier call of ours left there. A question tells.
        refusal = error.code[:60] if leaves_nothing(error.code, error.message) else ""
        note(payout_id, str(error), refusal=refusal)
        ask(payout_id)
    except PayUnknown as error:
        if error.sent:
            note(payout_id, str(error))  # it may be under way: the next round asks for it
        else:
            requeue(payout_id, str(error))
    else:
        _heed(payout_id, bill)
    return True


def order_of(payout: Payout) -> TransferOrder:
    scene = connected.clients().transfer_scene
    return TransferOrder(
        out_bill_no=payout.out_bill_no,
        openid=payout.openid,
        amount_fen=payout.amount_fen,
        real_name=payout.real_name,
        remark=payout.remark,
        scene_id=scene.id,
        reports=scene.reports,
        notify_url=absolute(NOTIFY_PATH),
    )


# --- asking ----------------------------------------------------------------------------------------------------------


def query_payouts(*, limit: int = 50) -> int:
    """Ask for what is on its way and call back what is to be called back; return how many were due."""
    due = sa.select(Payout.id).where(Payout.status.in_(ON_ITS_WAY), Payout.next_try_at <= clock.now())
    return _each(due, limit, query_payout)


def query_payout(payout_id: int) -> bool:
    """Ask WeChat Pay how one stands, after calling it back if that is wanted; False when somebody else does."""
    payout = get(payout_id)
    seen, tries, status = payout.next_try_at, payout.tries, payout.status
    with transaction():
        mine = change(
            sa.update(Payout)
            .where(Payout.id == payout_id, Payout.status == status, Payout.next_try_at == seen)
            .values(tries=tries + 1, next_try_at=next_try(tries + 1, now=clock.now()))
        )
    if not mine:
        return False
    if status is PayoutStatus.CANCELLING:
        _call_back(payout_id)
    ask(payout_id)
    return True


def refresh_payout(payout_no: str) -> None:
    """Ask on behalf of a waiting page, at most every few seconds however many pages wait."""
    payout = queries.get_payout(payout_no)
    if payout.status in ON_ITS_WAY and store().add(f"payments:payout:{payout.id}", "1", ttl=ASK_EVERY):
        ask(payout.id)


def ask(payout_id: int) -> None:
    """Ask WeChat Pay how a payout stands and act on the answer.

    "No such transfer" ends nothing as long as a call of ours may still be on its way. Then it is sent again, with the
    same number, unless WeChat had refused it: that is the end of it.
    """
    number = get(payout_id).out_bill_no
    try:
        bill = connected.pay().query_transfer(number)
    except PayNotFound:
        _not_found(payout_id)
        return
    except PayError as error:
        note(payout_id, str(error))
        return
    _heed(payout_id, bill)
    if bill.state is TransferState.WAIT_USER_CONFIRM and not get(payout_id).package_info:
        _fetch_package(payout_id)


def _heed(payout_id: int, bill: TransferBill) -> None:
    """Act on an answer. What doesn't fit has its case then, and stops no page and no job."""
    try:
        act_on(payout_id, bill, by=WECHAT)
    except NoticeFault as fault:
        note(payout_id, f"微信的回答与本单不符：{fault}")


def _not_found(payout_id: int) -> None:
    payout = get(payout_id)
    if payout.status is not PayoutStatus.SENDING:
        # WeChat once had it. Its memory reaches back thirty days; whatever it is, people have to look.
        write_difference(
            Kind.OURS_ONLY, payout.out_bill_no, ours_fen=payout.amount_fen, detail="微信查无此转账，请人工核实"
        )
    elif payout.refusal:
        payout_failed(payout_id, payout.refusal, by=WECHAT)
    elif never_arrived(payout.sent_at, now=clock.now()):
        requeue(payout_id, "微信无此转账，将以同号重发", at_once=True)


def _fetch_package(payout_id: int) -> None:
    """Get what the person's page needs when the answer to the sending was lost: the same order again tells it."""
    try:
        bill = connected.pay().transfer(order_of(get(payout_id)))
    except PayError as error:
        note(payout_id, str(error))
    else:
        _heed(payout_id, bill)


def _call_back(payout_id: int) -> None:
    try:
        bill = connected.pay().cancel_transfer(get(payout_id).out_bill_no)
    except PayError as error:  # the person was faster, or unknown: the question that follows tells
        note(payout_id, str(error))
    else:
        _heed(payout_id, bill)


# --- hearing ---------------------------------------------------------------------------------------------------------


def receive_transfer_notice(headers: Mapping[str, str], body: bytes) -> None:
    """Take a notice of WeChat Pay about the end of a transfer.

    :raises NoticeRefused: not genuine; nothing was kept of it
    :raises NoticeFault: genuine, but about none of ours or other than ours; a case is open
    """
    notice = connected.pay().transfer_notice(headers, body)
    told = notice.bill
    payout = queries.find_payout(told.out_bill_no)
    if payout is None:
        write_difference(Kind.UNKNOWN_ORDER, told.out_bill_no, channel_fen=told.amount_fen, detail="转账通知")
        write_notice(notice.notice_id, kind="transfer", number=told.out_bill_no, outcome="unknown_order")
        raise NoticeFault("unknown transfer")
    is_known = payout.channel_state == told.state
    try:
        act_on(payout.id, told, by=WECHAT)
    except NoticeFault:
        write_notice(notice.notice_id, kind="transfer", number=told.out_bill_no, outcome="mismatch")
        raise
    outcome = "repeated" if is_known else told.state.lower()
    write_notice(notice.notice_id, kind="transfer", number=told.out_bill_no, outcome=outcome)


def _each(due: sa.Select[Any], limit: int, work: Any) -> int:
    payout_ids = list(db.session.scalars(due.order_by(Payout.next_try_at).limit(limit)))
    for payout_id in payout_ids:
        try:
            work(payout_id)
        except Exception:
            log.exception("payments: payout %s failed", payout_id)
    return len(payout_ids)

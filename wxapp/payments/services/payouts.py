"""Paying a person: asked for inside the use case that sets the money aside, decided by people, carried out by jobs."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound
from wxapp.patients.models import WechatUser
from wxapp.payments import queries
from wxapp.payments.errors import NothingToConfirm, PayoutDiffers
from wxapp.payments.models import Method, Payout, PayoutStatus
from wxapp.payments.rules import name_problem
from wxapp.payments.rules.paying_out import LONGEST_REMARK
from wxapp.payments.services.paying_out import order_of
from wxapp.payments.services.payout_news import payout_succeeded
from wxapp.payments.states import PAYOUT
from wxapp.wechat import connected
from wxapp.wechat.pay.client import check_transfer

HAND_METHODS = (Method.TRANSFER, Method.CASH)
"""How people pay somebody themselves."""

_OVER = (PayoutStatus.FAILED, PayoutStatus.WITHDRAWN)


@dataclass(frozen=True)
class PayoutAsked:
    """What is to be paid, for what, and to whom.

    :ivar from_account_id: the ledger's account that holds the money until it has left
    :ivar real_name: WeChat compares it with the person's; it may be empty below 2000 yuan
    :ivar by_hand: people pay it (:func:`pay_by_hand`); it is never sent to WeChat
    """

    subject_kind: str
    subject_no: str
    amount_fen: int
    wechat_user_id: int
    real_name: str = field(repr=False)
    remark: str
    from_account_id: int
    by_hand: bool = False


def ask_payout(asked: PayoutAsked) -> str:
    """Ask for money to be paid to a person and return the payout's number; a job sends it soon after the commit.

    A subject is paid once: while its payout is open or paid, asking again returns that one. After one that failed or
    was withdrawn there may be another.

    :raises PayoutDiffers: the open or paid one has another amount or person
    :raises NotFound: no such user of the official account
    :raises Invalid: WeChat wants a name for this amount
    """
    user = db.session.get(WechatUser, asked.wechat_user_id)
    if user is None or user.appid != connected.clients().appid:
        raise NotFound
    if not asked.by_hand and (problem := name_problem(asked.amount_fen, asked.real_name)):
        raise Invalid({"real_name": problem})
    with transaction():
        last = queries.payout_of(asked.subject_kind, asked.subject_no)
        if last is not None and last.status not in _OVER:
            return _same(last, asked)
        payout = _new(asked, openid=user.openid, attempt=last.attempt + 1 if last is not None else 1)
        if not asked.by_hand:
            check_transfer(order_of(payout))  # a form that WeChat refuses for ever must not wait in the queue
        try:
            with db.session.begin_nested():
                db.session.add(payout)
        except IntegrityError:  # somebody else asks for the same in this moment
            last = queries.payout_of(asked.subject_kind, asked.subject_no)
            if last is None:
                raise
            return _same(last, asked)
        return payout.no


def _same(known: Payout, asked: PayoutAsked) -> str:
    if (known.amount_fen, known.wechat_user_id) != (asked.amount_fen, asked.wechat_user_id):
        raise PayoutDiffers
    return known.no


def _new(asked: PayoutAsked, *, openid: str, attempt: int) -> Payout:
    now = clock.now()
    return Payout(
        no=ids.outside_number("PO"),
        subject_kind=asked.subject_kind,
        subject_no=asked.subject_no,
        attempt=attempt,
        amount_fen=asked.amount_fen,
        wechat_user_id=asked.wechat_user_id,
        openid=openid,
        real_name=asked.real_name,
        remark=asked.remark[:LONGEST_REMARK],
        from_account_id=asked.from_account_id,
        way=Method.WECHAT,
        status=PayoutStatus.QUEUED,
        out_bill_no=ids.outside_number("PB"),
        package_info="",
        next_try_at=None if asked.by_hand else now,
        asked_at=now,
    )


def pay_by_hand(payout_no: str, *, channel: Method, note: str, by: str) -> None:
    """Record that people have paid it themselves; it is never sent to WeChat again.

    :raises IllegalTransition: WeChat has it or may have it, or it is over
    :raises Invalid: not a way of paying somebody
    """
    if channel not in HAND_METHODS:
        raise Invalid({"channel": "请选择付款方式"})
    payout_succeeded(queries.get_payout(payout_no).id, by=by, way=channel, note=note)


def withdraw_payout(payout_no: str, *, by: str) -> None:
    """Take back what was not sent yet. The caller sees to the money; nothing is told.

    :raises IllegalTransition: WeChat has it or may have it, or it is over
    """
    with transaction():
        payout = queries.get_payout(payout_no)
        PAYOUT.move(payout, PayoutStatus.WITHDRAWN, by=by, next_try_at=None, ended_at=clock.now(), ended_by=by)


def retry_payout(payout_no: str) -> None:
    """Let the next run send at once, with the same number, what WeChat has not taken so far.

    What waits for that already goes on waiting, so a second press changes nothing.

    :raises IllegalTransition: nothing has kept it from WeChat, WeChat has it or may have it, people pay it, or it is
        over
    """
    waits = (Payout.status == PayoutStatus.QUEUED, Payout.next_try_at.is_not(None), Payout.last_error != "")
    with transaction():
        payout = queries.get_payout(payout_no)
        again = sa.update(Payout).where(Payout.id == payout.id, *waits).values(next_try_at=clock.now(), tries=0)
        if not change(again):
            raise IllegalTransition


def cancel_payout(payout_no: str, *, by: str) -> None:
    """Begin to call back what the person has not confirmed. It ends as failed, or as paid if the person was faster.

    :raises IllegalTransition: the person is not being waited for (any more)
    """
    with transaction():
        payout = queries.get_payout(payout_no)
        if payout.status is not PayoutStatus.AWAITING_USER:
            raise IllegalTransition
        PAYOUT.move(payout, PayoutStatus.CANCELLING, by=by, tries=0, next_try_at=clock.now())


def confirm_params(payout_no: str) -> dict[str, str]:
    """Return what the person's page hands to WeChat (``requestMerchantTransfer``); the caller knows whose it is.

    :raises NothingToConfirm: WeChat does not wait for the person, or has not said how to confirm
    """
    payout = queries.get_payout(payout_no)
    if payout.status is not PayoutStatus.AWAITING_USER or not payout.package_info:
        raise NothingToConfirm
    clients = connected.clients()
    return {"mchId": clients.mchid, "appId": clients.appid, "package": payout.package_info}

"""Distributors and what they agreed to, valid by default; everything about them is invented."""

from __future__ import annotations

import itertools
import random
from typing import Any

from tests.factories.patients import make_wechat_user
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.distribution.models import Agreement, Distributor, DistributorStatus, Move, MoveKind
from wxapp.distribution.queries import agreements
from wxapp.distribution.queries.people import name_index, phone_index
from wxapp.distribution.rules.codes import draw_code
from wxapp.distribution.services import applying, people
from wxapp.distribution.services.applying import Application
from wxapp.patients import queries as patients
from wxapp.patients.models import CodePurpose, SmsCode, WechatUser
from wxapp.patients.rules import CODE_LIFE
from wxapp.patients.services import sms_codes

_numbers = itertools.count(1)
_chance = random.Random(20260302)

HOLDS_PHONE = (DistributorStatus.APPLIED, DistributorStatus.ACTIVE, DistributorStatus.FROZEN)


def make_distributor(
    *,
    inviter: Distributor | int | None = None,
    status: DistributorStatus = DistributorStatus.ACTIVE,
    user: WechatUser | None = None,
    name: str = "陈晓",
    phone: str = "",
    **over: Any,
) -> Distributor:
    """Return a distributor with a WeChat user of his own, written as the use cases leave one."""
    number, now = next(_numbers), clock.now()
    phone = phone or f"1380001{number % 10000:04d}"
    user = user or make_wechat_user(nickname=f"小{name[0]}{number}")
    is_decided = status is not DistributorStatus.APPLIED
    columns: dict[str, Any] = {
        "wechat_user_id": user.id,
        "code": draw_code(_chance.choice),
        "name": name,
        "name_index": name_index(name),
        "phone": phone,
        "phone_index": phone_index(phone),
        "phone_taken": phone_index(phone) if status in HOLDS_PHONE else None,
        "status": status,
        "inviter_id": inviter.id if isinstance(inviter, Distributor) else inviter,
        "agreement_version": "2026-01",
        "agreed_at": now,
        "applied_at": now,
        "decided_at": now if is_decided else None,
        "decided_by": "system:tests" if is_decided else "",
    }
    row = Distributor(**(columns | over))
    with transaction():
        db.session.add(row)
    return row


def make_agreement(text: str = "", **over: Any) -> Agreement:
    """Return a version of 《分销员协议》 that holds now."""
    number, now = next(_numbers), clock.now()
    columns: dict[str, Any] = {
        "version": f"v{number}",
        "text": text or f"第{number}版：分销员须如实介绍，不承诺疗效。",
        "valid_from": now,
        "made_by": "system:tests",
        "made_at": now,
    }
    row = Agreement(**(columns | over))
    with transaction():
        db.session.add(row)
    return row


def fill_people(top_id: int, *, by: str) -> dict[str, Any]:
    """Add a line to each list of distributors, at the top and below one; return what the addresses name."""
    row = make_distributor(inviter=top_id, name="李大文", decided_by=by)
    make_distributor(inviter=row)
    make_distributor(decided_by=by)
    people.freeze(row.id, reason="核实情况", by=by)
    applicant = make_distributor(status=DistributorStatus.APPLIED, inviter=top_id)
    people.refuse(make_distributor(status=DistributorStatus.APPLIED).id, reason="资料不全", by=by)
    with transaction():
        db.session.add(
            Move(
                kind=MoveKind.INVITER,
                subject_id=top_id,
                old_id=row.id,
                new_id=applicant.id,
                reason="登记有误",
                by=by,
                at=clock.now(),
            )
        )
    return {"distributor_id": top_id, "agreement_id": make_agreement(made_by=by).id}


SMS_CODE = "246810"


def give_code(phone: str) -> str:
    """Return an SMS code for joining, as if it had been sent to this phone now."""
    index, now = patients.phone_index(phone), clock.now()
    row = SmsCode(
        purpose=CodePurpose.DISTRIBUTION,
        phone_index=index,
        code_hash=sms_codes._hash(CodePurpose.DISTRIBUTION, index, SMS_CODE),
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    with transaction():
        db.session.add(row)
    return SMS_CODE


def apply(user: WechatUser, *, phone: str, has_code: bool = True, **over: Any) -> Distributor:
    """Let a WeChat user ask to become a distributor, as the page does."""
    if has_code:
        give_code(phone)
    asked: dict[str, Any] = {
        "name": "陈晓",
        "phone": phone,
        "sms_code": SMS_CODE,
        "invitation": "",
        "agreement_version": agreements.present().version,
        "once": f"form-{next(_numbers):08d}",
    }
    signed_in = patients.signed_in_user(user.id)
    assert signed_in is not None
    return applying.apply(signed_in, Application(**(asked | over)))

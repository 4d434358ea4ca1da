"""Asking to become a distributor."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock, idempotency
from wxapp.core.crypto import blind_index
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.limits import Limit
from wxapp.distribution import settings
from wxapp.distribution.errors import (
    AlreadyApplied,
    DistributionClosed,
    PhoneTaken,
    StaffMayNotEarn,
    WrongInvitationCode,
)
from wxapp.distribution.models import Distributor, DistributorStatus, Move, MoveKind
from wxapp.distribution.queries import agreements, people
from wxapp.distribution.rules.codes import draw_code
from wxapp.distribution.services.chains import one_change_at_a_time
from wxapp.distribution.states import DISTRIBUTOR
from wxapp.patients.errors import SnapshotVisitor
from wxapp.patients.models import CodePurpose
from wxapp.patients.queries import SignedInUser
from wxapp.patients.services.sms_codes import check_code, use_code
from wxapp.staff.queries import is_staff_phone

S = DistributorStatus

_TOO_OFTEN = "尝试次数过多，请稍后再试"
PER_USER = Limit("distribution.apply", count=20, seconds=3600, message=_TOO_OFTEN)
PER_ADDRESS = Limit("distribution.apply_address", count=100, seconds=3600, message=_TOO_OFTEN)

AT_ONCE = actors.system("distribution.apply")
_MOST_DRAWS = 5


@dataclass(frozen=True)
class Application:
    """What was filled in. ``agreement_version`` is of the words that the page showed; ``once`` names this form."""

    name: str
    phone: str
    sms_code: str
    invitation: str
    agreement_version: str
    once: str


def apply(user: SignedInUser, asked: Application, *, address: str = "") -> Distributor:
    """Ask for a WeChat user to become a distributor; without review he is one at once. His inviter is fixed now.

    Who was refused or has left asks again with the same row, and so with the same account and invitation code.

    :raises DistributionClosed: nobody can join
    :raises SnapshotVisitor: the user is WeChat's invented one
    :raises TooManyRequests: too many tries
    :raises AlreadyApplied: the user is a distributor, or an application waits
    :raises Invalid: the agreement has a newer version than the one that was agreed to, or a code is required
    :raises WrongInvitationCode: no code of an active distributor, the user's own, or that of somebody below him
    :raises WrongCode: the SMS code is not the one that was sent to this phone
    :raises StaffMayNotEarn: somebody who works here has this phone
    :raises PhoneTaken: another distributor has it
    """
    if user.is_snapshot:
        raise SnapshotVisitor("当前是微信的预览模式，无法申请。请点击页面底部的“使用完整服务”后再试")
    if not settings.IS_OPEN():
        raise DistributionClosed
    scope, prints = f"distribution.apply:{user.id}", _blind(asked)
    done = idempotency.find_answer(scope, asked.once, idempotency.fingerprint(prints))
    if done is not None:
        return people.get_distributor(int(done))
    PER_USER.hit(str(user.id))
    if address:
        PER_ADDRESS.hit(address)
    _check_may_apply(people.find_by_user(user.id))
    if asked.agreement_version != agreements.present().version:
        raise Invalid({"agreed": "《分销员协议》已更新，请阅读后重新同意"})
    _inviter_of(user.id, asked.invitation)  # before the SMS code counts a try
    code_id = check_code(CodePurpose.DISTRIBUTION, asked.phone, asked.sms_code)
    if is_staff_phone(asked.phone):
        raise StaffMayNotEarn(field="phone")

    def work() -> str:
        use_code(code_id)
        return str(_write(user.id, asked))

    return people.get_distributor(int(idempotency.once(scope, asked.once, prints, work)))


def _check_may_apply(row: Distributor | None) -> None:
    if row is None or row.status in {S.REFUSED, S.CLOSED}:
        return
    raise AlreadyApplied(None if row.status is S.APPLIED else "您已是分销员，无需重复申请")


def _inviter_of(user_id: int, invitation: str) -> int | None:
    """Return the inviter whom a code names, None when none was given."""
    if not invitation:
        if settings.NEEDS_CODE():
            raise Invalid({"invitation": "请填写邀请人的邀请码"})
        return None
    inviter = people.find_by_code(invitation)
    if inviter is not None and inviter.wechat_user_id == user_id:
        raise WrongInvitationCode("不能填写自己的邀请码", field="invitation")
    if inviter is None or inviter.status is not S.ACTIVE:
        raise WrongInvitationCode(field="invitation")
    return inviter.id


def _write(user_id: int, asked: Application) -> int:
    one_change_at_a_time()  # else two who return could name each other
    inviter_id = _inviter_of(user_id, asked.invitation)
    row = people.find_by_user(user_id)
    _check_may_apply(row)
    index, now = people.phone_index(asked.phone), clock.now()
    values: dict[str, Any] = {
        "name": asked.name,
        "name_index": people.name_index(asked.name),
        "phone": asked.phone,
        "phone_index": index,
        "phone_taken": index,
        "inviter_id": inviter_id,
        "is_returning": people.was_admitted_before(row, index),
        "agreement_version": asked.agreement_version,
        "agreed_at": now,
        "applied_at": now,
    }
    row = _insert(user_id, values) if row is None else _ask_again(row, values)
    if not settings.REVIEW_APPLICATIONS() and not row.is_returning:  # somebody may have had a reason to close it
        DISTRIBUTOR.move(row, S.ACTIVE, by=AT_ONCE, why="无需审核", decided_at=now, decided_by=AT_ONCE)
    return row.id


def _insert(user_id: int, values: dict[str, Any]) -> Distributor:
    for _ in range(_MOST_DRAWS):
        row = Distributor(wechat_user_id=user_id, code=draw_code(secrets.choice), status=S.APPLIED, **values)
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:  # which of the three keys it was is seen by looking
            _check_may_apply(people.find_by_user(user_id))
            _check_free(values["phone_taken"])
        else:
            return row
    raise RuntimeError("no invitation code is left")


def _ask_again(row: Distributor, values: dict[str, Any]) -> Distributor:
    if values["inviter_id"] is not None and people.stands_above(row.id, values["inviter_id"]):
        raise WrongInvitationCode("不能填写由您邀请加入的分销员的邀请码", field="invitation")
    before, by = row.inviter_id, actors.wechat(row.wechat_user_id)
    nothing_yet = {"decided_at": None, "decided_by": "", "reason": "", "first_paid_at": None}
    try:
        with db.session.begin_nested():
            DISTRIBUTOR.move(row, S.APPLIED, by=by, why="重新申请", **values, **nothing_yet)
    except IntegrityError:
        _check_free(values["phone_taken"])
        raise
    if before != row.inviter_id:
        db.session.add(
            Move(
                kind=MoveKind.INVITER,
                subject_id=row.id,
                old_id=before,
                new_id=row.inviter_id,
                reason="重新申请",
                by=by,
                at=row.applied_at,
            )
        )
    return row


def _check_free(index: str) -> None:
    """:raises PhoneTaken: a distributor or applicant has this phone"""
    if people.is_phone_taken(index):
        raise PhoneTaken(field="phone")


def _blind(asked: Application) -> dict[str, str]:
    """Return what tells one request from another, without what it says."""
    told = {name: getattr(asked, name) for name in ("name", "phone", "invitation")}
    return {name: blind_index(text, context="distribution.apply") for name, text in told.items()}

"""What staff decide about distributors: applications, freezing, closing, and who invited whom."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.admin.versions import save_version
from wxapp.core import actors, clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound
from wxapp.distribution.errors import CircleOfInviters, StaffMayNotEarn
from wxapp.distribution.messages import tell_decision
from wxapp.distribution.models import Distributor, DistributorStatus, Move, MoveKind
from wxapp.distribution.queries import people
from wxapp.distribution.services.chains import one_change_at_a_time
from wxapp.distribution.states import DISTRIBUTOR
from wxapp.staff.queries import is_staff_phone, phone_of_active

S = DistributorStatus

FOUND_TO_BE_STAFF = actors.system("distribution.staff")
STAFF_REASON = "该手机号属于本院员工，依廉洁从业规定冻结"
WELCOME = "欢迎加入，现在可以开始推广了。"


# --- applications ----------------------------------------------------------------------------------------------------


def approve(distributor_id: int, *, by: str) -> None:
    """Let an applicant be a distributor, and tell him. The same person's second press changes nothing.

    :raises StaffMayNotEarn: somebody who works here has the phone by now
    :raises IllegalTransition: the application is decided
    """
    with transaction():
        row = people.get_distributor(distributor_id)
        if (row.status, row.decided_by) == (S.ACTIVE, by):
            return
        if is_staff_phone(row.phone):
            raise StaffMayNotEarn
        now = clock.now()
        DISTRIBUTOR.move(row, S.ACTIVE, by=by, decided_at=now, decided_by=by, reason="")
        tell_decision(row.wechat_user_id, applied_at=row.applied_at, result="已通过", reason=WELCOME, at=now)


def refuse(distributor_id: int, *, reason: str, by: str) -> None:
    """Refuse an application with a reason that the applicant is told. The phone is free again.

    :raises IllegalTransition: the application is decided otherwise
    """
    with transaction():
        row = people.get_distributor(distributor_id)
        if (row.status, row.decided_by, row.reason) == (S.REFUSED, by, reason):
            return
        now = clock.now()
        DISTRIBUTOR.move(
            row, S.REFUSED, by=by, why=reason, decided_at=now, decided_by=by, reason=reason, phone_taken=None
        )
        tell_decision(row.wechat_user_id, applied_at=row.applied_at, result="未通过", reason=reason, at=now)


# --- freezing and closing --------------------------------------------------------------------------------------------


def freeze(distributor_id: int, *, reason: str, by: str) -> None:
    """Stop a distributor from earning on new orders and from withdrawing. What orders hold already goes its way.

    :raises IllegalTransition: the distributor is not active
    """
    with transaction():
        row = people.get_distributor(distributor_id)
        if (row.status, row.reason) != (S.FROZEN, reason):
            DISTRIBUTOR.move(row, S.FROZEN, by=by, why=reason, reason=reason)


def unfreeze(distributor_id: int, *, reason: str, by: str) -> None:
    """Let a frozen distributor earn and withdraw again.

    :raises Invalid: his data was deleted on his request: he can only be let go
    :raises StaffMayNotEarn: somebody who works here has the phone
    :raises IllegalTransition: the distributor is not frozen
    """
    with transaction():
        row = people.get_distributor(distributor_id)
        if not row.phone:
            raise Invalid({"reason": "资料已按本人请求删除，不能恢复推广；如需放款请办理退出分销"})
        if is_staff_phone(row.phone):
            raise StaffMayNotEarn
        if row.status is not S.FROZEN:  # an applicant becomes active by review only
            raise IllegalTransition(old=row.status, new=S.ACTIVE)
        DISTRIBUTOR.move(row, S.ACTIVE, by=by, why=reason, reason="")


def close(distributor_id: int, *, reason: str, by: str) -> None:
    """End that somebody is a distributor, e.g. at his own wish. What he has earned he can still withdraw.

    :raises IllegalTransition: he is none
    """
    with transaction():
        row = people.get_distributor(distributor_id)
        if (row.status, row.reason) != (S.CLOSED, reason):
            DISTRIBUTOR.move(row, S.CLOSED, by=by, why=reason, reason=reason, phone_taken=None)


def freeze_who_works_here(member_id: int) -> None:
    """Freeze the distributor who has a member's phone. Orders ask for themselves whether somebody works here; this
    is what people see of it. Called again it changes nothing.
    """
    phone = phone_of_active(member_id)
    row = people.find_by_phone(phone) if phone else None
    if row is not None and row.status is S.ACTIVE:
        freeze(row.id, reason=STAFF_REASON, by=FOUND_TO_BE_STAFF)


# --- who invited whom ------------------------------------------------------------------------------------------------


def move_inviter(distributor_id: int, *, inviter_id: int | None, reason: str, seen: int, by: str) -> None:
    """Give a distributor another inviter, or none. Orders placed before keep what they were placed with.

    :param seen: version of the row that the page showed
    :raises CircleOfInviters: the new inviter is the distributor himself, or stands below him
    :raises Invalid: the new inviter is not active, or is the inviter already
    :raises Stale: somebody else has moved the distributor meanwhile
    :raises NotFound: there is no such distributor
    """
    with transaction():
        one_change_at_a_time()
        row = people.get_distributor(distributor_id)
        if row.status not in people.WAS_ADMITTED:
            raise NotFound("没有这位分销员")
        old_id = row.inviter_id
        if inviter_id is not None:
            _check_inviter(row, people.get_distributor(inviter_id))
        if inviter_id == old_id and seen == row.version:
            raise Invalid({"inviter": "上级没有变化"})
        save_version(Distributor, distributor_id, seen=seen, inviter_id=inviter_id)
        db.session.add(
            Move(
                kind=MoveKind.INVITER,
                subject_id=distributor_id,
                old_id=old_id,
                new_id=inviter_id,
                reason=reason,
                by=by,
                at=clock.now(),
            )
        )


def _check_inviter(row: Distributor, inviter: Distributor) -> None:
    if inviter.id == row.id or people.stands_above(row.id, inviter.id):
        raise CircleOfInviters(field="inviter")
    if inviter.status is not S.ACTIVE:
        raise Invalid({"inviter": "新上级不是正常状态的分销员"})


def moves_of(distributor_id: int) -> list[Move]:
    """Return how a distributor's inviter was changed, the newest first."""
    mine = sa.select(Move).where(Move.kind == MoveKind.INVITER, Move.subject_id == distributor_id)
    return list(db.session.scalars(mine.order_by(Move.id.desc()).limit(50)))

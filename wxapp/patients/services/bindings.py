"""Binding a WeChat user to a patient, and ending that."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock, idempotency, sessions
from wxapp.core.crypto import blind_index
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.core.events import publish
from wxapp.core.limits import Limit
from wxapp.core.masking import masked_name
from wxapp.messages.entry import Channel
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import leave_out, notify
from wxapp.patients import consents, queries
from wxapp.patients.consent_models import Decision, Purpose, Way
from wxapp.patients.errors import NoSuchRecord, SnapshotVisitor, TooManyBindings
from wxapp.patients.events import PatientBound, PatientUnbound
from wxapp.patients.models import Binding, BindingStatus, CodePurpose, Patient, WechatUser
from wxapp.patients.queries import SignedInUser
from wxapp.patients.rules import MOST_BINDINGS
from wxapp.patients.services.consents import note_consent
from wxapp.patients.services.sms_codes import check_code, use_code
from wxapp.patients.states import BINDING

_TOO_OFTEN = "尝试次数过多，请稍后再试，或到医院前台办理绑定"
PER_USER = Limit("bind.user", count=10, seconds=3600, message=_TOO_OFTEN)
PER_PHONE = Limit("bind.phone", count=10, seconds=3600, message=_TOO_OFTEN)
PER_ADDRESS = Limit("bind.address", count=60, seconds=3600, message=_TOO_OFTEN)
REVOKE = Limit("bind.revoke", count=10, seconds=3600, message="尝试次数过多，请稍后再试")


@dataclass(frozen=True)
class BindingRequest:
    """What was filled in. ``document`` is an ID number or a record number; ``once`` names this very form."""

    name: str
    document: str
    phone: str
    code: str
    once: str


def bind(user: SignedInUser, asked: BindingRequest, *, address: str) -> int:
    """Let the user act for the patient whose record matches, and make it the current one; return the patient's id.

    Who is bound already stays bound. The patient is told, on every channel there is.

    :raises SnapshotVisitor: the user is WeChat's invented one
    :raises TooManyRequests: too many tries per user, phone or address
    :raises WrongCode: the SMS code is not the one that was sent to this phone
    :raises NoSuchRecord: no record matches; the answer and its time are the same whichever field is wrong
    """
    if user.is_snapshot:
        raise SnapshotVisitor
    scope, prints = f"patients.bind:{user.id}", _blind(asked)
    done = idempotency.find_answer(scope, asked.once, idempotency.fingerprint(prints))
    if done is not None:
        return int(done)
    PER_USER.hit(str(user.id))
    PER_PHONE.hit(queries.phone_index(asked.phone))
    PER_ADDRESS.hit(address)
    code_id = check_code(CodePurpose.BIND, asked.phone, asked.code)
    patient = queries.find_matching_patient(name=asked.name, document=asked.document, phone=asked.phone)
    if patient is None:
        raise NoSuchRecord

    def work() -> str:
        use_code(code_id)
        _bind(user.id, patient, by=actors.wechat(user.id), way=Way.PAGE)
        return str(patient.id)

    return int(idempotency.once(scope, asked.once, prints, work))


def bind_by_staff(user_id: int, patient_id: int, *, by: str) -> None:
    """Bind at the counter, where staff have seen the patient's document.

    :raises NotFound: no such user or patient
    :raises SnapshotVisitor: the user is WeChat's invented one
    """
    with transaction():
        user = db.session.get(WechatUser, user_id)
        if user is None:
            raise NotFound
        if user.is_snapshot:
            raise SnapshotVisitor
        _bind(user_id, queries.get_patient(patient_id), by=by, way=Way.COUNTER)


def _bind(user_id: int, patient: Patient, *, by: str, way: Way) -> None:
    """Write binding and consent down unless they are there; the unique key decides between two at the same moment."""
    # Everybody who binds for this user waits here, so that the count below stays true.
    change(sa.update(WechatUser).where(WechatUser.id == user_id).values(current_patient_id=patient.id))
    active = (Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE)
    if db.session.scalar(sa.select(Binding.id).where(*active, Binding.patient_id == patient.id)) is not None:
        return
    if (db.session.scalar(sa.select(sa.func.count()).where(*active)) or 0) >= MOST_BINDINGS:
        raise TooManyBindings
    now = clock.now()
    try:
        with db.session.begin_nested():
            binding = Binding(
                wechat_user_id=user_id,
                patient_id=patient.id,
                consent_version=consents.present_text(Purpose.BINDING).version,
                bound_at=now,
                bound_by=by,
            )
            db.session.add(binding)
            note_consent(user_id, Purpose.BINDING, Decision.GIVEN, way=way, by=by, patient_id=patient.id)
    except IntegrityError:
        return  # bound in this moment by the same user's other phone
    user = db.session.get_one(WechatUser, user_id)
    publish(PatientBound(wechat_user_id=user_id, patient_id=patient.id))
    notify(
        "pt_binding_0000001",
        Receiver("patient", patient.id),
        {
            "patient": masked_name(patient.name),
            "nickname": user.nickname or "微信用户",
            "at": now,
        },
        once=f"binding:{binding.id}",
    )


def switch_patient(user_id: int, patient_id: int) -> None:
    """Make one of the user's patients the current one.

    :raises NotFound: this user has not bound this patient
    """
    with transaction():
        queries.own_patient(user_id, patient_id)
        change(sa.update(WechatUser).where(WechatUser.id == user_id).values(current_patient_id=patient_id))


def unbind(user_id: int, binding_id: int, *, session_id: int | None = None) -> None:
    """End one of the user's own bindings; access ends at once, on the user's other phones too.

    :param session_id: the session that asks, which goes on
    :raises NotFound: no such binding of this user
    """
    with transaction():
        end_binding(queries.own_binding(user_id, binding_id), by=actors.wechat(user_id), why="本人解绑")
        sessions.end_sessions(sessions.WECHAT, user_id, except_id=session_id)


def revoke_binding(user_id: int, *, own_binding_id: int, other_binding_id: int, code: str) -> None:
    """End somebody else's binding of a patient whom this user has bound too.

    :param code: that was sent to the phone in the patient's record
    :raises NotFound: either binding does not exist, or they are not of the same patient
    :raises WrongCode: not the code
    """
    REVOKE.hit(str(user_id))
    own = queries.own_binding(user_id, own_binding_id)
    patient = queries.get_patient(own.patient_id)
    code_id = check_code(CodePurpose.REVOKE, patient.phone, code)
    with transaction():
        own = queries.own_binding(user_id, own_binding_id)
        other = db.session.get(Binding, other_binding_id)
        if other is None or other.patient_id != own.patient_id or other.status is not BindingStatus.ACTIVE:
            raise NotFound("该微信用户已解除绑定")
        use_code(code_id)
        end_binding(other, by=actors.wechat(user_id), why="由其他绑定者撤销")
        sessions.end_sessions(sessions.WECHAT, other.wechat_user_id)


def end_binding_by_staff(binding_id: int, *, by: str, why: str) -> None:
    """End a binding at the counter.

    :raises NotFound: no such binding
    :raises IllegalTransition: it has ended already
    """
    with transaction():
        binding = db.session.get(Binding, binding_id)
        if binding is None:
            raise NotFound
        end_binding(binding, by=by, why=why)
        sessions.end_sessions(sessions.WECHAT, binding.wechat_user_id)


def end_binding(binding: Binding, *, by: str, why: str) -> None:
    """End a binding inside the caller's transaction, and let the user's next patient be the current one."""
    BINDING.move(binding, BindingStatus.ENDED, by=by, why=why, active_marker=None, ended_at=clock.now())
    user_id, patient_id = binding.wechat_user_id, binding.patient_id
    way = {actors.wechat(user_id): Way.PAGE, actors.system("erasure"): Way.ERASURE}.get(by, Way.COUNTER)
    note_consent(user_id, Purpose.BINDING, Decision.WITHDRAWN, way=way, by=by, patient_id=patient_id)
    following = db.session.scalar(
        sa.select(Binding.patient_id)
        .where(Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE)
        .order_by(Binding.id)
        .limit(1)
    )
    change(
        sa.update(WechatUser)
        .where(WechatUser.id == user_id, WechatUser.current_patient_id == patient_id)
        .values(current_patient_id=following)
    )
    publish(PatientUnbound(wechat_user_id=user_id, patient_id=patient_id))


def stop_telling(user_id: int, patient_id: int) -> int:
    """Keep what still waits to be sent about a patient from a user who may no longer see it; return how much.

    Nothing is stopped when the user has bound the patient again meanwhile.
    """
    user = db.session.get(WechatUser, user_id)
    if user is None or user.openid in queries.openids_of(patient_id):
        return 0
    return leave_out(Receiver("patient", patient_id), Channel.OA_TEMPLATE, user.openid, why="已解除绑定")


def _blind(asked: BindingRequest) -> dict[str, str]:
    """Return what tells one request from another, without what it says."""
    return {name: blind_index(getattr(asked, name), context="patients.bind") for name in ("name", "document", "phone")}

"""Reads of consent: the words that hold, and what somebody said last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core import clock
from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.patients.consent_models import Consent, ConsentText, Decision, Purpose
from wxapp.patients.consent_texts import FIRST_TEXTS, FIRST_VERSION
from wxapp.patients.models import Binding, BindingStatus, WechatUser


@dataclass(frozen=True)
class Words:
    """The words of a purpose in one version."""

    purpose: Purpose
    version: str
    text: str


def present_texts() -> dict[Purpose, Words]:
    """Return the words that hold now, of every purpose."""
    rows = db.session.scalars(
        sa.select(ConsentText)
        .where(ConsentText.valid_from <= clock.now())
        .order_by(ConsentText.valid_from, ConsentText.id)
    )
    found = {row.purpose: Words(row.purpose, row.version, row.text) for row in rows}
    return {purpose: found.get(purpose) or Words(purpose, FIRST_VERSION, FIRST_TEXTS[purpose]) for purpose in Purpose}


def present_text(purpose: Purpose) -> Words:
    return present_texts()[purpose]


def last_answers(user_id: int) -> dict[Purpose, Consent]:
    """Return what a WeChat user said last, of each optional purpose there was an answer to."""
    last = (
        sa.select(sa.func.max(Consent.id))
        .where(Consent.wechat_user_id == user_id, Consent.patient_id.is_(None))
        .group_by(Consent.purpose)
    )
    return {row.purpose: row for row in db.session.scalars(sa.select(Consent).where(Consent.id.in_(last)))}


def refusing(purpose: Purpose | sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Select the WeChat users whose last word on an optional purpose is no. Who never answered is not among them."""
    newer = aliased(Consent)
    return sa.select(Consent.wechat_user_id).where(
        Consent.purpose == purpose,
        Consent.decision == Decision.WITHDRAWN,
        Consent.patient_id.is_(None),
        ~sa.exists().where(
            newer.wechat_user_id == Consent.wechat_user_id, newer.purpose == Consent.purpose, newer.id > Consent.id
        ),
    )


def has_refused(user_id: int, purpose: Purpose) -> bool:
    return run(_REFUSED, user_id=user_id, purpose=purpose).first() is not None


_REFUSED = refusing(sa.bindparam("purpose", type_=Consent.purpose.type)).where(
    Consent.wechat_user_id == sa.bindparam("user_id")
)


def guardians_wishes(patient_id: int, purpose: Purpose) -> dict[str, bool]:
    """Return, of each WeChat user who has the patient bound, by openid whether he refused the purpose."""
    rows = db.session.execute(
        sa.select(WechatUser.openid, WechatUser.id.in_(refusing(purpose)))
        .join(Binding, Binding.wechat_user_id == WechatUser.id)
        .where(Binding.patient_id == patient_id, Binding.status == BindingStatus.ACTIVE)
    )
    return {openid: bool(refused) for openid, refused in rows}


def answers_of_user(user_id: int, *, limit: int = 100) -> list[Consent]:
    """Return what a WeChat user ever said, the newest first."""
    mine = sa.select(Consent).where(Consent.wechat_user_id == user_id).order_by(Consent.id.desc()).limit(limit)
    return list(db.session.scalars(mine))


# --- for staff -------------------------------------------------------------------------------------------------------


def texts_for_staff(*, purpose: str) -> sa.Select[Any]:
    """Return the versions that staff have made."""
    statement = sa.select(ConsentText)
    return statement.where(ConsentText.purpose == Purpose(purpose)) if purpose else statement


def get_text(text_id: int) -> ConsentText:
    """:raises NotFound: no such version"""
    row = db.session.get(ConsentText, text_id)
    if row is None:
        raise NotFound
    return row


def answers_about(patient_id: int) -> sa.Select[Any]:
    """Return what was said about a patient's binding, and what those said who have or had the patient bound."""
    guardians = sa.select(Binding.wechat_user_id).where(Binding.patient_id == patient_id)
    columns: list[Any] = [Consent, WechatUser.nickname]
    return (
        cast("sa.Select[Any]", sa.select(*columns))
        .join(WechatUser, WechatUser.id == Consent.wechat_user_id)
        .where(
            sa.or_(
                Consent.patient_id == patient_id,
                sa.and_(Consent.patient_id.is_(None), Consent.wechat_user_id.in_(guardians)),
            )
        )
    )

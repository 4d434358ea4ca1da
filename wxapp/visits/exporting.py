"""A patient's visits, for the patient to take away, and what goes of them on request (个人信息保护法)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.hospital.models import Category
from wxapp.patients import export
from wxapp.patients.models import Binding, BindingStatus
from wxapp.visits.models import Interest, Pickup, Profile, QuoteLine, Visit
from wxapp.visits.queries.own import ACCEPTED, receipts_of_visits
from wxapp.visits.rules.codes import visit_word
from wxapp.visits.services.profiles import forget_addresses


def visits_of_patient(patient_id: int) -> dict[str, Any]:
    """Return where the patient lives and his visits, the newest first; amounts in yuan."""
    profile = db.session.scalars(sa.select(Profile).where(Profile.patient_id == patient_id)).one_or_none()
    wanted = sa.select(Visit).where(Visit.patient_id == patient_id).order_by(Visit.id.desc())
    found = db.session.scalars(wanted).all()
    ids = [visit.id for visit in found]
    interests, lines, pickups, receipts = _interests(ids), _lines(found), _pickups(ids), receipts_of_visits(ids)
    home = [profile.province, profile.city, profile.area, profile.address or ""] if profile else []
    return {
        "home": " ".join(one for one in home if one),
        "visits": [
            {
                "no": visit.visit_no,
                "kind": visit_word(is_first=visit.is_first),
                "status": visit.stage.label,
                "appointed_at": _moment(visit.appointed_at),
                "reached_at": _moment(visit.reached_at),
                "left_at": _moment(visit.left_at),
                "interests": "、".join(interests.get(visit.id, [])),
                "channel": visit.channel,
                "remark": visit.remark,
                "pickup": pickups.get(visit.id, ""),
                "amount": yuan(visit.final_fen) if visit.final_fen is not None and visit.stage in ACCEPTED else None,
                "lines": lines.get(visit.quote_id or 0, []),
                "receipts": [
                    {
                        "no": one.receipt.no,
                        "kind": one.receipt.act.label,
                        "amount": yuan(one.receipt.net_fen),
                        "paid_by": "、".join(entry.method_name for entry in one.entries),
                        "at": _moment(one.receipt.made_at),
                    }
                    for one in receipts.get(visit.id, [])
                ],
            }
            for visit in found
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="seconds") if moment else None


def _interests(ids: Sequence[int]) -> dict[int, list[str]]:
    wanted = sa.select(Interest.visit_id, Category.name).join(Category, Category.id == Interest.category_id)
    found: dict[int, list[str]] = {}
    for visit_id, name in db.session.execute(wanted.where(Interest.visit_id.in_(ids)).order_by(Interest.position)):
        found.setdefault(visit_id, []).append(name)
    return found


def _pickups(ids: Sequence[int]) -> dict[int, str]:
    return {one.visit_id: one.place for one in db.session.scalars(sa.select(Pickup).where(Pickup.visit_id.in_(ids)))}


def _lines(visits: Sequence[Visit]) -> dict[int, list[dict[str, Any]]]:
    quote_ids = [visit.quote_id for visit in visits if visit.quote_id is not None and visit.stage in ACCEPTED]
    found: dict[int, list[dict[str, Any]]] = {}
    wanted = sa.select(QuoteLine).where(QuoteLine.quote_id.in_(quote_ids))
    for line in db.session.scalars(wanted.order_by(QuoteLine.quote_id, QuoteLine.position)):
        told = {"name": line.name, "quantity": line.count, "amount": yuan(line.price_fen * line.count)}
        found.setdefault(line.quote_id, []).append(told)
    return found


def _count(patient_ids: Sequence[int]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(Visit.patient_id.in_(patient_ids)).scalar_subquery()


def _forget_homes(user_id: int) -> int:
    """Forget where the patients live whom only this user has bound, and where they were fetched; others may still need
    the hospital to know.
    """
    bound = sa.select(Binding.patient_id).where(Binding.status == BindingStatus.ACTIVE)
    others = bound.where(Binding.wechat_user_id != user_id)
    own = bound.where(Binding.wechat_user_id == user_id, Binding.patient_id.not_in(others))
    return forget_addresses(db.session.scalars(own).all())


export.part(
    "visits",
    visits_of_patient,
    label="到院记录",
    why="安排就诊、报价与收费，并提供术后服务",
    kept_for="与门诊病历一同保存，自最后一次就诊起不少于15年",
    count=_count,
)
# Before the bindings go: afterwards nobody knows whose patients they were.
export.goes("homes", "到院登记的住址与接送地点", _forget_homes, order=15)

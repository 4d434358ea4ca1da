"""What is stored about a person, for the person (个人信息保护法: look, copy, move)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.patients import queries
from wxapp.patients.models import Patient, WechatUser

_parts: dict[str, Callable[[int], Any]] = {}


def part(name: str, collect: Callable[[int], Any]) -> None:
    """Add a part to what is exported of each patient: ``collect`` gets the patient's id, gives JSON values."""
    _parts[name] = collect


def everything_of(user_id: int) -> dict[str, Any]:
    """Return what is stored of a WeChat user and of the patients bound now, in full."""
    user = db.session.get_one(WechatUser, user_id)
    return {
        "exported_at": clock.local(clock.now()).isoformat(timespec="seconds"),
        "wechat_user": {
            "openid": user.openid,
            "unionid": user.unionid,
            "nickname": user.nickname,
            "avatar": user.avatar_url,
            "follows": user.is_follower,
            "since": clock.local(user.created_at).isoformat(timespec="seconds"),
        },
        "patients": [
            {
                "bound_at": clock.local(one.bound_at).isoformat(timespec="seconds"),
                "record": _record(one.patient),
                **{name: collect(one.patient.id) for name, collect in _parts.items()},
            }
            for one in queries.bound_patients(user_id)
        ],
    }


def _record(patient: Patient) -> Mapping[str, Any]:
    return {
        "record_no": patient.record_no,
        "name": patient.name,
        "id_number": patient.id_number,
        "phone": patient.phone,
        "sex": patient.sex.value,
        "birthday": patient.birthday.isoformat() if patient.birthday else None,
    }

"""What is stored about a person: for the overview, to be taken away, and to be deleted (个人信息保护法).

One registry serves all three. Packages add a *part* for what hangs on a patient, a *user part* for what hangs on a
WeChat user, and *what goes* for what of the latter need not be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.patients import queries
from wxapp.patients.models import Patient, WechatUser

Count = Callable[[Sequence[int]], sa.ScalarSelect[int]]
Files = Callable[[int], Iterable["OwnFile"]]


@dataclass(frozen=True)
class OwnFile:
    """A file that belongs to a patient, e.g. the PDF of a report."""

    name: str
    path: Path


@dataclass(frozen=True)
class Part:
    """One kind of what is stored of patients.

    :ivar collect: gets a patient's id, gives JSON values
    :ivar label: what people call it
    :ivar why: what it is needed for
    :ivar kept_for: how long, and by which rule
    :ivar count: selects how much there is of several patients; all parts are counted with one question
    :ivar files: gets a patient's id, gives the files that are the patient's own
    """

    name: str
    collect: Callable[[int], Any]
    label: str
    why: str
    kept_for: str
    count: Count | None = None
    files: Files | None = None


@dataclass(frozen=True)
class UserPart:
    """One kind of what is stored of WeChat users; only who has some of it sees it.

    :ivar collect: gets a user's id, gives JSON values
    :ivar count: gets a user's id, says how much there is
    """

    name: str
    collect: Callable[[int], Any]
    label: str
    why: str
    kept_for: str
    count: Callable[[int], int]


@dataclass(frozen=True)
class Goes:
    """What is deleted of a WeChat user on request. ``erase`` gets the user's id, gives how much it removed; it may be
    called again and then removes nothing.
    """

    name: str
    label: str
    erase: Callable[[int], int]
    order: int


_parts: dict[str, Part] = {}
_user_parts: dict[str, UserPart] = {}
_goes: dict[str, Goes] = {}


def part(
    name: str,
    collect: Callable[[int], Any],
    *,
    label: str,
    why: str,
    kept_for: str,
    count: Count | None = None,
    files: Files | None = None,
) -> None:
    """Add a part; see :class:`Part`."""
    _parts[name] = Part(name, collect, label, why, kept_for, count, files)


def user_part(
    name: str,
    collect: Callable[[int], Any],
    *,
    label: str,
    why: str,
    kept_for: str,
    count: Callable[[int], int],
) -> None:
    """Add a part of WeChat users; see :class:`UserPart`."""
    _user_parts[name] = UserPart(name, collect, label, why, kept_for, count)


def goes(name: str, label: str, erase: Callable[[int], int], *, order: int = 50) -> None:
    """Add what goes on request; see :class:`Goes`. Parts with a small order are removed first."""
    _goes[name] = Goes(name, label, erase, order)


def parts() -> list[Part]:
    return sorted(_parts.values(), key=lambda one: one.label)


def user_parts(user_id: int) -> list[tuple[UserPart, int]]:
    """Return the parts of which something is stored of this user, each with how much."""
    counted = [(one, one.count(user_id)) for one in sorted(_user_parts.values(), key=lambda one: one.label)]
    return [(one, count) for one, count in counted if count]


def what_goes() -> list[Goes]:
    return sorted(_goes.values(), key=lambda one: one.order)


def counts(patient_ids: Sequence[int]) -> dict[str, int]:
    """Return how much of each part is stored of these patients together."""
    counted = [(one.name, one.count) for one in parts() if one.count is not None]
    if not counted or not patient_ids:
        return dict.fromkeys((name for name, _ in counted), 0)
    row = db.session.execute(sa.select(*(count(patient_ids).label(name) for name, count in counted))).one()
    return dict(zip((name for name, _ in counted), row, strict=True))


# --- taking away -----------------------------------------------------------------------------------------------------


def own_patients(user_id: int, *, phone_index: str | None = None) -> list[queries.BoundPatient]:
    """Return the patients whose data a user may take away.

    :param phone_index: only those whose record has this number, to which a code was sent
    """
    bound = queries.bound_patients(user_id)
    return [one for one in bound if phone_index is None or one.patient.phone_index == phone_index]


def about_user(user_id: int) -> dict[str, Any]:
    user = db.session.get_one(WechatUser, user_id)
    return {
        "openid": user.openid,
        "unionid": user.unionid,
        "nickname": user.nickname,
        "avatar": user.avatar_url,
        "follows": user.is_follower,
        "since": clock.local(user.created_at).isoformat(timespec="seconds"),
    }


def about_patient(one: queries.BoundPatient) -> dict[str, Any]:
    return {
        "bound_at": clock.local(one.bound_at).isoformat(timespec="seconds"),
        "record": _record(one.patient),
    }


def everything_of(user_id: int, *, phone_index: str | None = None) -> dict[str, Any]:
    """Return what is stored of a WeChat user and of the patients bound now, in full."""
    return {
        "exported_at": clock.local(clock.now()).isoformat(timespec="seconds"),
        "wechat_user": about_user(user_id) | {each.name: each.collect(user_id) for each, _count in user_parts(user_id)},
        "patients": [
            {**about_patient(one), **{each.name: each.collect(one.patient.id) for each in parts()}}
            for one in own_patients(user_id, phone_index=phone_index)
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

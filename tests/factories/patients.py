"""Patients and WeChat users, valid by default; everything about them is invented."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from tests.settings import APPID
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.patients import services
from wxapp.patients.models import Patient, Sex, WechatUser
from wxapp.patients.rules import check_digit
from wxapp.patients.services import PatientDetails

_numbers = itertools.count(1)


def make_id_number(number: int | None = None, *, born: date = date(1985, 6, 15)) -> str:
    """Return an invented number with a right check digit; region 000000 exists nowhere, so 999 stands in."""
    first = f"999999{born:%Y%m%d}{(number if number is not None else next(_numbers)) % 1000:03d}"
    return first + check_digit(first)


def make_patient(
    *,
    name: str = "王芳",
    phone: str | None = None,
    id_number: str | None = None,
    balance_password: str = "",
    **over: Any,
) -> Patient:
    number = next(_numbers)
    details = PatientDetails(
        name=name,
        phone=phone or f"1380000{number % 10000:04d}",
        id_number=make_id_number(number) if id_number is None else id_number,
        sex=over.pop("sex", Sex.UNKNOWN),
        birthday=over.pop("birthday", None),
    )
    patient = services.register_patient(details, by="system:tests", **over)
    if balance_password:
        services.set_balance_password(patient.id, balance_password)
    return patient


def make_wechat_user(*, openid: str = "", patient: Patient | None = None, **over: Any) -> WechatUser:
    """A follower; with ``patient`` the patient is bound and current."""
    columns: dict[str, Any] = {
        "appid": APPID,
        "openid": openid or f"o-{next(_numbers):06d}",
        "nickname": "小芳",
        "is_follower": True,
        "created_at": clock.now(),
    }
    user = WechatUser(**(columns | over))
    db.session.add(user)
    db.session.commit()
    if patient is not None:
        services.bind_by_staff(user.id, patient.id, by="system:tests")
        db.session.refresh(user)
    return user

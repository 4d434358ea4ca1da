"""Buying, and what became of it for those who sold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.factories.mall import CONTACT
from tests.factories.patients import make_patient
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.settings import Setting
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    Commission,
    Level,
)
from wxapp.mall.models import Goods
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering
from wxapp.patients.models import WechatUser


def write(setting: Setting[Any], value: Any) -> None:
    core_settings.write(setting, value, by="staff:1")


def buy(buyer: WechatUser, *wanted: tuple[Goods, int] | Goods) -> str:
    """Place an order, and return its number."""
    lines = [one if isinstance(one, tuple) else (one, 1) for one in wanted]
    return ordering.place_order(
        wechat_user_id=buyer.id,
        patient_id=make_patient().id,
        wanted=[Wanted(goods.id, quantity, goods.price_fen) for goods, quantity in lines],
        contact=CONTACT,
        once_key=f"once-{clock.now().timestamp()}-{len(lines)}-{db.session.query(Attribution).count()}",
    )


def attributions(order_no: str) -> list[Attribution]:
    found = sa.select(Attribution).where(Attribution.order_no == order_no).order_by(Attribution.order_line_id)
    return list(db.session.scalars(found))


def outcome_of(order_no: str) -> AttributionOutcome | None:
    """Return what became of an order of one line; None when it is nobody's."""
    found = attributions(order_no)
    assert len(found) < 2
    return found[0].outcome if found else None


def commissions(order_no: str) -> list[tuple[int, Level, int]]:
    found = sa.select(Commission).where(Commission.order_no == order_no).order_by(Commission.id)
    return [(one.distributor_id, one.level, one.frozen_fen) for one in db.session.scalars(found)]

"""A recharge that somebody thought better of. Paid ones come of paying in the sandbox: WeChat Pay must know of them."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import db
from wxapp.demo.set_up import APPID
from wxapp.patients import services as patients
from wxapp.patients.models import Patient
from wxapp.recharge import queries
from wxapp.recharge.services import placing
from wxapp.wechat.values import OAuthIdentity

AMOUNT_FEN = 50_000


def fill(_by: str) -> None:
    """Place a recharge for the first patient and cancel it."""
    patient_id = db.session.scalars(sa.select(sa.func.min(Patient.id))).one()
    user_id = patients.enter(APPID, OAuthIdentity("demo-relative-of-the-first", "snsapi_base", ""))
    no = placing.place_recharge(
        wechat_user_id=user_id, patient_id=patient_id, amount_fen=AMOUNT_FEN, once_key="demo-recharge-0001"
    )
    placing.cancel_recharge(queries.get_recharge(no), by=actors.wechat(user_id), reason="用户取消")

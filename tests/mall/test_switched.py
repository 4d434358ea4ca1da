"""The check page of somebody who switches the patient in another tab."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.mall import fill_cart, make_goods
from tests.factories.patients import make_patient
from tests.mall.shopper import Shopper
from wxapp.core.db import db
from wxapp.mall.models import Order
from wxapp.patients import services as patients


@pytest.mark.parametrize("is_cart", [False, True])
def test_nothing_is_ordered_for_another_patient_than_was_shown(shopper: Shopper, is_cart: bool) -> None:
    goods = make_goods(name="胸部CT", price_fen=28_000, stock=9)
    fill_cart(shopper.user_id, goods)
    page = "/mall/checkout?cart=1" if is_cart else f"/mall/checkout?goods_id={goods.id}"
    (shown,) = shopper.hidden(page, "patient_id")
    child = make_patient(name="林小小")
    patients.bind_by_staff(shopper.user_id, child.id, by="staff:1")
    patients.switch_patient(shopper.user_id, child.id)
    lines = {"lines": f"{goods.id}:1:28000"} if is_cart else {"goods_id": goods.id, "quantity": 1, "price": 28_000}
    refused = shopper.post("/mall/checkout", once="switched-00001", patient_id=shown, **lines)
    assert (refused.status_code, "当前就诊人已切换" in refused.text) == (409, True)
    assert f'name="patient_id" value="{child.id}"' in refused.text
    assert db.session.scalars(sa.select(Order)).all() == []
    again = shopper.post("/mall/checkout", once="switched-00001", patient_id=child.id, **lines)
    assert again.status_code == 303
    assert db.session.scalars(sa.select(Order.patient_id)).one() == child.id

"""What of the mall a patient takes away, and the day until which an order should be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from tests.factories.mall import make_goods
from tests.factories.patients import make_patient
from tests.mall.orders import make_paid
from tests.mall.shopper import Shopper
from wxapp.core import settings as core_settings
from wxapp.mall import settings
from wxapp.mall.cart_models import TitleKind
from wxapp.mall.queries import own_order
from wxapp.mall.services import invoices
from wxapp.mall.services.invoices import MadeOut
from wxapp.patients import export

Move = Callable[[str | timedelta], None]
ONCE = "export-000001"


def test_a_patient_takes_away_the_own_orders_and_no_others(shopper: Shopper) -> None:
    order = make_paid(make_goods(name="入职体检"), patient_id=shopper.patient_id)
    foreign = make_paid(make_goods(), patient_id=make_patient().id)
    made_out = MadeOut(TitleKind.PERSONAL, "陈大明", "", "chen@example.com", "13800000002")
    own = own_order(shopper.patient_id, order.no)
    invoices.request_invoice(own, made_out, wechat_user_id=shopper.user_id + 1, once_key=ONCE)
    whole = export.everything_of(shopper.user_id)
    text = json.dumps(whole, ensure_ascii=False)
    shopping = whole["patients"][0]["shopping"]
    assert [one["no"] for one in shopping["orders"]] == [order.no]
    assert shopping["orders"][0]["lines"][0]["goods"] == "入职体检"
    assert (shopping["invoices"][0]["order_no"], shopping["invoices"][0]["email"]) == (order.no, "c***@example.com")
    for word in (foreign.no, "陈大明", "chen@", "13800000002"):
        assert word not in text


def test_the_day_until_which_an_order_should_be_used_is_the_hospitals(shopper: Shopper, at: Move) -> None:
    core_settings.write(settings.USE_WITHIN_MONTHS, 1, by="system:tests")
    core_settings.forget()
    at("2026-03-03 02:00")  # in UTC it is the day before
    order = make_paid(make_goods(), patient_id=shopper.patient_id)
    assert "建议在 2026-04-03 前使用完" in shopper.get(f"/orders/{order.no}").text

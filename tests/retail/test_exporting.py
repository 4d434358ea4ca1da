"""What a patient takes away of sales at the counter: the own ones, with goods and amounts."""

from __future__ import annotations

import pytest

from tests.factories.patients import make_patient
from tests.factories.retail import make_cashier, make_retail_goods, sell, wanted, ways
from wxapp.retail.exporting import sales_of
from wxapp.retail.services import selling
from wxapp.till.services import new_receipt_no

pytestmark = pytest.mark.usefixtures("app", "database")


def test_a_patient_takes_away_the_own_sales_and_no_others(queries: list[str]) -> None:
    patient, method, goods = make_patient(), ways()["现金"], make_retail_goods("面膜", price_fen=12_850)
    first = sell(wanted(goods, 2), patient=patient, method=method)
    second = sell(wanted(goods), patient=patient, method=method)
    selling.cancel(first.order_no, receipt_no=new_receipt_no(), cashier=make_cashier(), reason="")
    sell(wanted(goods), method=method)
    queries.clear()
    taken = sales_of(patient.id)
    assert len(queries) <= 4
    assert [one["no"] for one in taken] == [second.order_no, first.order_no]
    assert taken[0] | {"paid_at": ""} == {
        "no": second.order_no,
        "status": "正常",
        "total": "128.50",
        "paid_by": "现金",
        "paid_at": "",
        "lines": [{"goods": "面膜", "quantity": 1, "amount": "128.50"}],
    }
    assert (taken[1]["status"], taken[1]["paid_by"]) == ("已撤单", None)
    assert sales_of(make_patient().id) == []

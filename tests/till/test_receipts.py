"""Receipts: what stands on them, and that each print is counted, logged and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.admin.test_sheets import read
from tests.factories.configuration import make_method
from tests.factories.patients import make_patient
from tests.factories.retail import make_cashier, make_retail_goods, sell, wanted, ways
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.admin.sheets import Sheet
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.hospital.models import MethodKind
from wxapp.retail.models import RetailOrder
from wxapp.retail.services import selling
from wxapp.till.models import Receipt
from wxapp.till.queries import receipts_of
from wxapp.till.receipt_sheets import receipt_sheet
from wxapp.till.services import new_receipt_no
from wxapp.till.services.prints import count_print

HTML = {"Accept": "text/html"}
Sign = Callable[[FlaskClient, Any], str]


@pytest.fixture
def order(client: FlaskClient) -> RetailOrder:
    first, second = make_retail_goods("面膜", price_fen=12_850), make_retail_goods("防晒霜", price_fen=9_905)
    patient = make_patient(name="王芳")
    return sell(wanted(first, 2), wanted(second), patient=patient, method=ways()["现金"])


def receipts(order: RetailOrder) -> list[Receipt]:
    return list(receipts_of(selling.subject_of(order.id)))


def printed(app: Flask, receipt: Receipt) -> Sheet:
    with app.test_request_context():
        return receipt_sheet(count_print(receipt.no), by="李明")


def test_a_receipt_says_what_was_bought_and_how_it_was_paid(app: Flask, order: RetailOrder) -> None:
    sheet = printed(app, receipts(order)[0])
    assert (sheet.title, sheet.copy, sheet.copy_text) == ("收款收据", 1, "")
    assert list(sheet.rows) == [("面膜", "128.50", "2", "257.00"), ("防晒霜", "99.05", "1", "99.05")]
    assert list(sheet.totals) == [("合计", "356.05"), ("收 现金", "356.05"), ("本次实收", "356.05")]
    assert ("客户", "王芳") in sheet.facts
    assert ("零售订单", order.order_no) in sheet.facts
    assert "李明" in sheet.printed


def test_what_goes_back_has_a_voucher_of_its_own(app: Flask, order: RetailOrder) -> None:
    selling.cancel(order.order_no, receipt_no=new_receipt_no(), cashier=make_cashier(), reason="客户退货")
    sheet = printed(app, receipts(order)[1])
    assert (sheet.title, list(sheet.notes)) == ("退款凭证", ["原因：客户退货"])
    assert list(sheet.totals) == [("合计", "356.05"), ("退 现金", "-356.05"), ("本次实退", "356.05")]


def test_each_print_is_counted(order: RetailOrder) -> None:
    no = receipts(order)[0].no
    assert [count_print(no).prints for _ in range(3)] == [1, 2, 3]
    with pytest.raises(NotFound):
        count_print("SJ000000000000")


def test_prints_are_logged_and_the_second_says_that_it_is_one(
    client: FlaskClient, sign_in_staff: Sign, order: RetailOrder
) -> None:
    csrf = sign_in_staff(client, make_member({Permission.VISIT_COLLECT}))
    no = receipts(order)[0].no
    looked = client.get(f"/pc/till/receipts/{no}", headers=HTML).get_data(as_text=True)
    assert "王*" in looked
    assert "王芳" not in looked
    looks = sa.select(AuditRow.subject, AuditRow.detail).where(AuditRow.action == "audit.look")
    assert db.session.execute(looks).all() == [(f"receipt:{no}", "收据")]
    first = client.post(f"/pc/till/receipts/{no}/print", data={"csrf_token": csrf}, headers=HTML)
    assert all(word in first.get_data(as_text=True) for word in ("王芳", "面膜", "356.05", "paper--a4"))
    assert "次打印" not in first.get_data(as_text=True)
    again = {"csrf_token": csrf, "paper": "a5", "shape": "pdf"}
    second = client.post(f"/pc/till/receipts/{no}/print", data=again, headers=HTML)
    text, _ = read(second.get_data())
    assert all(word in text for word in ("第2次打印", "王芳", "356.05"))
    rows = list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == "till.print_receipt")))
    assert [(row.subject, row.detail) for row in rows] == [
        (f"receipt:{no}", "第1次，A4"),
        (f"receipt:{no}", "第2次，A5"),
    ]


@pytest.mark.parametrize("form", [{"paper": "a3"}, {"shape": "doc"}, {"copies": "2"}])
def test_other_paper_is_refused_and_not_counted(
    client: FlaskClient, sign_in_staff: Sign, order: RetailOrder, form: dict[str, str]
) -> None:
    csrf = sign_in_staff(client, make_member({Permission.VISIT_COLLECT}))
    no = receipts(order)[0].no
    answer = client.post(f"/pc/till/receipts/{no}/print", data={"csrf_token": csrf, **form}, headers=HTML)
    assert (answer.status_code, receipts(order)[0].prints) == (422, 0)


def test_receipts_are_for_who_collects(client: FlaskClient, sign_in_staff: Sign, order: RetailOrder) -> None:
    csrf = sign_in_staff(client, make_member(set(Permission) - {Permission.VISIT_COLLECT}))
    no = receipts(order)[0].no
    assert client.get(f"/pc/till/receipts/{no}").status_code == 403
    assert client.post(f"/pc/till/receipts/{no}/print", data={"csrf_token": csrf}).status_code == 403
    sign_in_staff(client, make_member({Permission.VISIT_COLLECT}))
    assert client.get("/pc/till/receipts/SJ1").status_code == 404


def test_a_seller_prints_receipts_of_the_sale_only(
    client: FlaskClient, sign_in_staff: Sign, order: RetailOrder
) -> None:
    csrf = sign_in_staff(client, make_member({Permission.RETAIL_SELL}))
    other = sell(wanted(make_retail_goods()), method=make_method("其他", MethodKind.CARD))
    path, own = f"/pc/retail/order_list/{order.order_no}/receipt", receipts(order)[0].no
    shown = client.post(path, data={"csrf_token": csrf, "receipt_no": own}, headers=HTML)
    assert (shown.status_code, receipts(order)[0].prints) == (200, 1)
    foreign = client.post(path, data={"csrf_token": csrf, "receipt_no": receipts(other)[0].no}, headers=HTML)
    assert foreign.status_code == 404

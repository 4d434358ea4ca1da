"""Invoices: asked for once, over what was paid and not given back, issued by staff."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.mall import make_done_order, make_order, make_paid_order
from tests.mall.desk import Desk, P, Sit
from tests.mall.shopper import Shopper, SignIn, another
from wxapp.core import files
from wxapp.core.db import db
from wxapp.core.files import File
from wxapp.mall import invoice_rules, queries
from wxapp.mall.cart_models import Invoice, InvoiceStatus, InvoiceTitle, TitleKind
from wxapp.mall.errors import InvoiceAmountMoved
from wxapp.mall.models import Goods
from wxapp.mall.services import invoices as service
from wxapp.mall.services import refunds
from wxapp.mall.services.invoices import Issued, MadeOut
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.models import Method

KEY = "once-0000000001"
CREDIT_CODE = "91350100M000100Y43"
S = InvoiceStatus


@pytest.fixture
def paid(shopper: Shopper, goods: Goods) -> str:
    return make_paid_order(goods, quantity=2, wechat_user_id=shopper.user_id, patient_id=shopper.patient_id)


def ask(shopper: Shopper, order_no: str, **over: Any) -> Any:
    fields = {"once": KEY, "kind": "personal", "title": "林小满", "email": "lin@example.com", **over}
    return shopper.post(f"/orders/{order_no}/invoice", **fields)


def asked(order_no: str, *, wechat_user_id: int = 1) -> str:
    made_out = MadeOut(TitleKind.COMPANY, "安和某某公司", CREDIT_CODE, "fapiao@example.com", "")
    order = queries.get_order(order_no)
    return service.request_invoice(order, made_out, wechat_user_id=wechat_user_id, once_key=f"key-{order_no}")


def invoices() -> list[Invoice]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Invoice).order_by(Invoice.id)))


def give_back(order_no: str, pieces: int) -> None:
    line = queries.get_order(order_no).lines[0]
    refund_no = refunds.request_refund(order_no, pieces={line.id: pieces}, reason="时间有变", by="staff:1")
    payments.approve_refund(refund_no, by="staff:2")
    for part in payment_queries.parts_of([payment_queries.get_refund(refund_no).id]):
        payments.finish_by_hand(part.id, by="staff:1", way=Method.CASH)
    db.session.expire_all()


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_paid_order_gets_an_invoice_over_what_was_paid(shopper: Shopper, paid: str) -> None:
    page = shopper.get(f"/orders/{paid}/invoice").text
    for text in ("598.00", "抬头类型", "提交申请"):
        assert text in page
    assert ask(shopper, paid).status_code == 303
    (invoice,) = invoices()
    assert (invoice.amount_fen, invoice.title, invoice.tax_no, invoice.status) == (59_800, "林小满", "", S.REQUESTED)
    page = shopper.get(f"/orders/{paid}/invoice").text
    for text in ("待开票", "林**", "l***@example.com"):
        assert text in page
    assert paid in shopper.get("/me/invoices").text
    assert 'href="/me/invoices"' in shopper.get("/me").text


def test_pressed_twice_is_asked_once(shopper: Shopper, paid: str) -> None:
    assert [ask(shopper, paid).status_code for _press in range(2)] == [303, 303]
    assert len(invoices()) == 1


def test_an_order_has_one_open_invoice(shopper: Shopper, paid: str) -> None:
    ask(shopper, paid)
    refused = ask(shopper, paid, once="once-0000000002")
    assert (refused.status_code, len(invoices())) == (409, 1)
    assert "已申请过发票" in refused.text


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"kind": None}, "请填写抬头类型"),
        ({"kind": "state"}, "抬头类型不在可选范围内"),
        ({"title": None}, "请填写发票抬头"),
        ({"title": "林"}, "发票抬头至少2个字"),
        ({"title": "长" * 61}, "发票抬头不能超过60个字"),
        ({"kind": "company"}, "企业抬头请填写税号"),
        ({"kind": "company", "tax_no": CREDIT_CODE[:-1] + "4"}, "税号不正确"),
        ({"kind": "company", "tax_no": "1234"}, "税号不正确"),
        ({"email": None}, "请填写接收邮箱或手机号"),
        ({"email": "lin"}, "邮箱格式不正确"),
        ({"email": "lin@example.com\nBcc: a@b.cn"}, "邮箱格式不正确"),
        ({"phone": "123"}, "手机号格式不正确"),
        ({"once": None}, "请检查标出的内容"),
        ({"amount": "1"}, "请检查标出的内容"),
        ({"title": ["a", "b"]}, "发票抬头重复提交"),
    ],
)
def test_a_wrong_request_comes_back_and_is_not_kept(
    shopper: Shopper, paid: str, over: dict[str, Any], text: str
) -> None:
    refused = ask(shopper, paid, **over)
    assert (refused.status_code, invoices()) == (422, [])
    assert text in refused.text


def test_what_is_not_paid_gets_none(shopper: Shopper, goods: Goods) -> None:
    order_no = make_order(goods, wechat_user_id=shopper.user_id, patient_id=shopper.patient_id)
    assert "不能申请开票" in shopper.get(f"/orders/{order_no}/invoice").text
    assert (ask(shopper, order_no).status_code, invoices()) == (409, [])


def test_nothing_is_asked_while_money_is_on_its_way_back(shopper: Shopper, paid: str) -> None:
    line = queries.get_order(paid).lines[0]
    refunds.request_refund(paid, pieces={line.id: 1}, reason="时间有变", by="staff:1")
    assert (ask(shopper, paid).status_code, invoices()) == (409, [])


def test_titles_are_kept_for_the_next_time_and_can_be_forgotten(shopper: Shopper, goods: Goods, paid: str) -> None:
    ask(shopper, paid, kind="company", title="安和某某公司", tax_no=CREDIT_CODE.lower())
    other = make_done_order(goods, wechat_user_id=shopper.user_id, patient_id=shopper.patient_id)
    page = shopper.get(f"/orders/{other}/invoice").text
    for text in ('value="安和某某公司"', f'value="{CREDIT_CODE}"'):
        assert text in page
    ask(shopper, other, kind="company", title="安和某某公司", tax_no=CREDIT_CODE, once="once-0000000002")
    title_id = db.session.scalars(sa.select(InvoiceTitle.id)).one()
    found = [shopper.post(f"/me/invoice-titles/{title_id}/forget").status_code for _press in range(2)]
    assert found == [303, 404]
    assert db.session.scalars(sa.select(InvoiceTitle)).all() == []
    assert len(invoices()) == 2


def test_only_so_many_titles_are_kept(shopper: Shopper, goods: Goods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoice_rules, "MAX_TITLES", 2)
    for number in range(3):
        order_no = make_paid_order(goods, patient_id=shopper.patient_id, wechat_user_id=10 + number)
        ask(shopper, order_no, title=f"单位{number}", once=f"once-000000000{number}")
    assert len(db.session.scalars(sa.select(InvoiceTitle)).all()) == 2


def test_a_title_is_not_readable_in_the_table(shopper: Shopper, paid: str) -> None:
    ask(shopper, paid)
    for table in ("mall_invoice", "mall_invoice_title"):
        rows = db.session.execute(sa.text(f"SELECT * FROM {table}")).all()
        assert "林小满" not in str(rows)
        assert "lin@example.com" not in str(rows)


def test_another_patient_neither_asks_nor_reads(shopper: Shopper, sign_in_wechat: SignIn, paid: str) -> None:
    ask(shopper, paid)
    (invoice,) = invoices()
    title_id = db.session.scalars(sa.select(InvoiceTitle.id)).one()
    stranger = another(shopper, sign_in_wechat)
    for path in (f"/orders/{paid}/invoice", f"/me/invoices/{invoice.no}/file"):
        assert stranger.get(path).status_code == 404
    assert ask(stranger, paid).status_code == 404
    for path in (f"/me/invoices/{invoice.no}/withdraw", f"/me/invoice-titles/{title_id}/forget"):
        assert stranger.post(path).status_code == 404
    assert paid not in stranger.get("/me/invoices").text


def test_a_request_can_be_taken_back_and_made_again(shopper: Shopper, paid: str) -> None:
    ask(shopper, paid)
    (invoice,) = invoices()
    found = [shopper.post(f"/me/invoices/{invoice.no}/withdraw").status_code for _press in range(2)]
    assert found == [303, 409]
    assert ask(shopper, paid, once="once-0000000002").status_code == 303
    assert [one.status for one in invoices()] == [S.CANCELLED, S.REQUESTED]


# --- issuing ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def finance(sit: Sit) -> Desk:
    return sit(P.INVOICE_HANDLE)


def issue(finance: Desk, no: str, **over: Any) -> Any:
    fields = {"amount": 59_800, "invoice_no": "25352000000012345678", "issued_on": "2026-03-02", **over}
    return finance.post(f"invoices/{no}/issue", **{name: value for name, value in fields.items() if value is not None})


def test_staff_note_the_invoice_and_see_whom_it_is_for(finance: Desk, paid: str) -> None:
    no = asked(paid)
    page = finance.get(f"invoices/{no}").text
    for text in ("安和某某公司", CREDIT_CODE, "fapiao@example.com", "598.00"):
        assert text in page
    assert [issue(finance, no, form_key="key-0000000001").status_code for _press in range(2)] == [303, 303]
    (invoice,) = invoices()
    assert (invoice.status, invoice.invoice_no, str(invoice.issued_on)) == (
        S.ISSUED,
        "25352000000012345678",
        "2026-03-02",
    )
    assert issue(finance, no, invoice_no="25352000000099999999").status_code == 409


def test_a_document_is_given_to_the_patient(shopper: Shopper, paid: str) -> None:
    no = asked(paid)
    file = files.keep(b"%PDF-1.4 a document", content_type="application/pdf", name="a.pdf", by="staff:1")
    issued = Issued("25352000000012345678", queries.get_invoice(no).requested_at.date(), 59_800, file.token)
    service.issue(no, issued, by="staff:1")
    assert "下载电子发票" in shopper.get(f"/orders/{paid}/invoice").text
    answer = shopper.get(f"/me/invoices/{no}/file")
    assert (answer.data, answer.content_type) == (b"%PDF-1.4 a document", "application/pdf")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert shopper.get(f"/media/{file.token}").status_code == 404


def test_what_is_no_document_is_refused(finance: Desk, paid: str) -> None:
    no = asked(paid)
    refused = issue(finance, no, document=(io.BytesIO(b"no pdf"), "a.pdf"))
    assert (refused.status_code, invoices()[0].status) == (422, S.REQUESTED)
    assert "请上传PDF文件" in refused.text
    assert db.session.scalars(sa.select(File)).all() == []


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        ({"amount": 1}, 409, "可开票金额已变动"),
        ({"amount": None}, 422, "请填写金额"),
        ({"invoice_no": None}, 422, "请填写发票号码"),
        ({"invoice_no": "12345"}, 422, "发票号码至少6个字"),
        ({"invoice_no": "号码一二三四"}, 422, "发票号码格式不正确"),
        ({"issued_on": "2026-03-03"}, 422, "开票日期应在最近31天内"),
        ({"issued_on": "2026-01-01"}, 422, "开票日期应在最近31天内"),
        ({"issued_on": "x"}, 422, "开票日期应为日期"),
        ({"title": "别人"}, 422, "未知的字段"),
    ],
)
def test_a_wrong_entry_issues_nothing(finance: Desk, paid: str, over: dict[str, Any], status: int, text: str) -> None:
    refused = issue(finance, asked(paid), **over)
    assert (refused.status_code, invoices()[0].status) == (status, S.REQUESTED)
    assert text in refused.text


def test_a_refused_request_may_be_made_again(finance: Desk, paid: str) -> None:
    no = asked(paid)
    assert finance.post(f"invoices/{no}/reject").status_code == 422
    assert finance.post(f"invoices/{no}/reject", end_reason="税号与单位不符").status_code == 303
    assert (invoices()[0].status, invoices()[0].open_order_id) == (S.REJECTED, None)
    assert finance.post(f"invoices/{no}/reject", end_reason="a").status_code == 409


def test_others_of_the_staff_issue_nothing(sit: Sit, paid: str) -> None:
    no = asked(paid)
    desk = sit(P.ORDER_READ, P.REVIEW_HANDLE)
    for path in ("invoices", f"invoices/{no}", f"invoices/{no}/file"):
        assert desk.get(path).status_code == 403
    assert issue(desk, no).status_code == 403


def test_the_list_is_filtered_and_masks_persons(finance: Desk, shopper: Shopper, paid: str) -> None:
    ask(shopper, paid)
    page = finance.get("invoices").text
    assert "林**" in page
    assert "林小满" not in page
    assert len(finance.ask("invoices?status=requested").json["list"]) == 1
    assert finance.ask("invoices?reversal=1").json["list"] == []


# --- refunds ---------------------------------------------------------------------------------------------------------


def test_a_refund_before_it_is_issued_lowers_the_amount(finance: Desk, paid: str) -> None:
    no = asked(paid)
    give_back(paid, 1)
    assert issue(finance, no).status_code == 409, "the page with the old amount"
    assert [one.amount_fen for one in invoices()] == [29_900]
    assert issue(finance, no, amount=29_900).status_code == 303


def test_after_a_whole_refund_nothing_is_issued(paid: str) -> None:
    asked(paid)
    give_back(paid, 2)
    assert [(one.status, one.end_reason, one.open_order_id) for one in invoices()] == [
        (S.CANCELLED, "订单已全额退款", None)
    ]


def test_a_refund_that_waits_stops_the_issuing(paid: str) -> None:
    no = asked(paid)
    line = queries.get_order(paid).lines[0]
    refunds.request_refund(paid, pieces={line.id: 1}, reason="时间有变", by="staff:1")
    issued = Issued("25352000000012345678", queries.get_invoice(no).requested_at.date(), 59_800)
    with pytest.raises(InvoiceAmountMoved):
        service.issue(no, issued, by="staff:1")


def test_a_refund_after_it_was_issued_is_marked_for_staff_until_it_is_reversed(
    finance: Desk, shopper: Shopper, paid: str
) -> None:
    no = asked(paid)
    issue(finance, no)
    assert finance.post(f"invoices/{no}/reverse").status_code == 409
    give_back(paid, 1)
    service.follow_refund(paid)
    assert [row["no"] for row in finance.ask("invoices?reversal=1").json["list"]] == [no]
    assert "红冲" in shopper.get(f"/orders/{paid}/invoice").text
    assert [finance.post(f"invoices/{no}/reverse").status_code for _press in range(2)] == [303, 409]
    (invoice,) = invoices()
    assert (invoice.status, invoice.needs_reversal) == (S.CANCELLED, False)
    assert ask(shopper, paid).status_code == 303
    assert [one.amount_fen for one in invoices()] == [59_800, 29_900]


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        (CREDIT_CODE, True),
        ("91350100M000100Y4I", False),
        (CREDIT_CODE[:-1] + "4", False),
        (CREDIT_CODE[::-1], False),
        ("350100123456789", True),
        ("12345678901234567890", True),
        ("1234567890123456", False),
        ("", False),
    ],
)
def test_numbers_of_taxpayers(number: str, is_one: bool) -> None:
    assert invoice_rules.is_tax_no(number) is is_one


def test_a_number_is_read_as_people_type_it() -> None:
    assert invoice_rules.plain_tax_no(" 9135 0100-m000100y43 ") == CREDIT_CODE


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a@b.cn", True), ("a.b+c@mail.example.com", True), ("a@b", False), ("a b@c.cn", False), ("@b.cn", False)],
)
def test_addresses_of_mail(text: str, is_one: bool) -> None:
    assert invoice_rules.is_email(text) is is_one

"""What belongs to one patient is not there for another: every address with a number in it (checklist S-19, S-20)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.architecture.test_garbage import Site, outside, site
from tests.factories import hospital
from tests.factories.distribution import make_distributor
from tests.factories.mall import make_order
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.core import sessions
from wxapp.core.db import db
from wxapp.mall import queries

pytestmark = pytest.mark.once

__all__ = ["outside", "site"]

OF_ALL = {
    "booking.physician",
    "booking.choose",
    "booking.project",
    "booking.book_project",
    "distribution.promote",
    "mall.goods",
    "mall.goods_reviews",
    "staff.confirm_link",
    "staff.link_page",
    "website.article",
    "website.equipment",
    "website.physician",
    "wechat.login_return",
}
"""What everybody may look at, or nobody without a code that somebody has shown him."""


@pytest.fixture
def stranger(site: Site) -> Site:
    """The same addresses in the hands of a distributor with a patient, an order and messages of his own."""
    patient = make_patient(name="陌生人", balance_password="739164")
    user = make_wechat_user(patient=patient)
    make_distributor(user=user)
    other = hospital.Hospital(user.id, patient.id, site.filled.member_id)
    db.session.commit()  # what was read so far would undo the sign-in when it ends
    cookie = hospital.sign_in_both(site.app, other)
    with site.app.test_request_context(headers={"Cookie": cookie}):
        tokens = {door.kind: sessions.csrf_token(door) for door in (sessions.WECHAT, sessions.STAFF)}
    return Site(site.app, site.client, cookie, tokens, site.filled, site.pages)


def of_patients(found: dict[str, str], app: Flask) -> dict[str, str]:
    """Leave the addresses of patients' pages that name something."""
    named = {rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments and not rule.rule.startswith("/pc")}
    return {endpoint: address for endpoint, address in found.items() if endpoint in named - OF_ALL}


def test_the_owner_sees_it(site: Site) -> None:
    pages = of_patients(site.pages, site.app)
    assert {page for page, address in pages.items() if site.get(address).status_code >= 400} == set()
    assert len(pages) >= 10


def test_a_stranger_finds_no_page(stranger: Site) -> None:
    pages = of_patients(stranger.pages, stranger.app)
    found = {page: stranger.get(address).status_code for page, address in pages.items()}
    assert {page: status for page, status in found.items() if status != 404} == {}


def test_a_stranger_changes_nothing(stranger: Site) -> None:
    actions = of_patients(stranger.actions(), stranger.app)
    forms = stranger.forms()
    found = {}
    for endpoint, address in actions.items():
        sent = {**dict(forms.get(address, [])), "way": "wechat", "password": "739164", "code": "123456"}
        sent.pop("csrf_token", None)
        found[endpoint] = stranger.post(address, data=sent).status_code
    assert {endpoint: status for endpoint, status in found.items() if status != 404} == {}
    assert len(found) >= 6


def test_lists_hold_nothing_of_others(stranger: Site) -> None:
    arguments = stranger.filled.arguments
    for page in (
        "mall.orders",
        "mall.my_reviews",
        "mall.my_invoices",
        "wallet.bills",
        "messages.site_messages",
        "patients.me",
        "patients.bound",
    ):
        shown = stranger.get(stranger.pages[page]).get_data(as_text=True)
        assert arguments["order_no"] not in shown
        assert arguments["payment_no"] not in shown
        assert arguments["booking_no"] not in shown


def test_the_answer_is_that_of_what_does_not_exist(stranger: Site, client: FlaskClient) -> None:
    foreign = stranger.get(f"/orders/{stranger.filled.arguments['order_no']}")
    missing = stranger.get("/orders/N2026030299999")
    assert foreign.get_data(as_text=True) == missing.get_data(as_text=True)


def test_staff_without_rights_open_no_order(site: Site) -> None:
    order_no = make_order(queries.get_goods(site.filled.arguments["goods_id"]))
    assert site.get(f"/pc/mall/orders/{order_no}").status_code == 200
    as_patient = {"Cookie": "; ".join(part for part in site.cookie.split("; ") if "wechat" in part)}
    assert site.client.get(f"/pc/mall/orders/{order_no}", headers=as_patient).status_code == 302

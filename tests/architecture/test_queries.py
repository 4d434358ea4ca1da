"""No page asks the database more often when there is more to show, and none asks often."""

from __future__ import annotations

from flask import Flask

from tests.factories import hospital
from wxapp.core import generation, settings
from wxapp.h5.kept import forget_public_pages

MOST = 12
FEW, MANY = 3, 30
LEAD_ON = {"messages.site_message", "mall_admin.find_by_code", "visits_admin.particulars"}
"""Pages that lead to another one."""


HEADERS = {"User-Agent": "MicroMessenger", "Accept": "text/html"}


def counts(app: Flask, filled: hospital.Hospital, cookie: str, sent: list[str]) -> dict[str, int]:
    """Look at every page once, as a browser, and return how often each asked."""
    found: dict[str, int] = {}
    client = app.test_client(use_cookies=False)
    for endpoint, address in hospital.addresses(app, filled).items():
        forget_public_pages()
        settings.forget()
        generation.current(app)  # asked once a second, whatever the page
        with app.app_context():  # of its own: the request remembers nothing of another one
            sent.clear()
            answer = client.get(address, headers={"Cookie": cookie, **HEADERS})
            found[endpoint] = len(sent)
            expected = {302, 303} if endpoint in LEAD_ON else {200}
            assert answer.status_code in expected, f"{endpoint} {address}: {answer.status}"
    return found


def test_no_page_asks_often_or_more_often_for_more_rows(app: Flask, queries: list[str]) -> None:
    filled = hospital.open_hospital()
    cookie = hospital.sign_in_both(app, filled)
    hospital.fill(filled, FEW)
    few = counts(app, filled, cookie, queries)
    hospital.fill(filled, MANY)
    many = counts(app, filled, cookie, queries)
    assert {page: (few[page], count) for page, count in many.items() if count > few[page]} == {}
    assert {page: count for page, count in many.items() if count > MOST} == {}
    assert len(many) > 60

"""Whatever is sent to a form or an address: it is refused in the 400s, never a fault."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.factories import hospital
from tests.fakes.pay import FakePay
from tests.fakes.sms import FakeSms
from tests.fakes.wechat import FakeOfficialAccount
from wxapp.admin.paths import is_staff_path
from wxapp.core import sessions
from wxapp.core.db import db
from wxapp.h5.kept import forget_public_pages
from wxapp.sms import connected as sms
from wxapp.wechat import connected

pytestmark = pytest.mark.once


NOT_FORMS = {
    "wechat.receive_push",
    "payments_notify.payment_notice",
    "payments_notify.refund_notice",
    "payments_notify.transfer_notice",
    "reports_api.take_report",
    "reports_api.take_bundle",
    "reports_api.take_hl7",
}
"""Doors for WeChat's own servers and for laboratories; they have tests of their own."""

BEFORE_SESSIONS = {"staff_admin.log_in", "staff_admin.log_in_code"}
"""Forms before the log-in: there is no session yet that a token could belong to."""

LONG = "长" * 10_000
TEXTS = {
    "too long": LONG,
    "huge": "9" * 30,
    "fraction": "1.5",
    "negative": "-1",
    "signs that steer": "a\0b\r\nSet-Cookie: c=d",
    "other digits": "١٢٣",
    "no day": "2026-02-30",
}
FOR_TABLES = {"too long", "huge", "signs that steer"}
"""What each database may take or refuse in its own way; the rest is refused before it gets there."""

QUERIES = (
    "page=abc",
    "page=99999999999999999999&sort=-nothing",
    "page=0&goods_id=x&quantity=x",
    f"q=%00&text={'a' * 300}&goods_id=1&quantity=100",
    f"q={'a' * 5000}&status=nothing&next=//evil.example",
    "q=%ff&sort=%27%3B--&state=%F0%9F%98%80",
    "since=2026-02-30&until=x&chief=x",
    "category=x&on_sale=7",
    "page=1&page=2",
    "export=xlsx",
    "export=exe",
)
PLACES = ("%00", "a" * 300, "%F0%9F%98%80", "..%2f..%2fetc", "-1", "9" * 30, "0", "null", "%27%20OR%201=1--")


@dataclass(frozen=True)
class Site:
    """All addresses of the application, with somebody who may do everything."""

    app: Flask
    client: FlaskClient
    cookie: str
    tokens: dict[str, str]
    filled: hospital.Hospital
    pages: dict[str, str]

    def headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie, "User-Agent": "MicroMessenger", "Accept": "text/html"}

    def token(self, path: str) -> str:
        return self.tokens["staff" if is_staff_path(path) else "wechat"]

    def get(self, address: str) -> TestResponse:
        forget_public_pages()
        with _undone():
            return self.client.get(address, headers=self.headers())

    def post(self, address: str, **sent: Any) -> TestResponse:
        headers = {**self.headers(), "X-CSRF-Token": self.token(address), **sent.pop("headers", {})}
        with _undone():
            return self.client.post(address, headers=headers, **sent)

    def actions(self) -> dict[str, str]:
        """The address of each form's action, by its endpoint."""
        return {
            rule.endpoint: self._address(rule)
            for rule in self.app.url_map.iter_rules()
            if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("admin_any_spelling")
            if rule.endpoint not in NOT_FORMS
        }

    def _address(self, rule: Rule) -> str:
        values = {**OTHERS, **self.filled.arguments, **hospital._looked_up(self.filled)}
        if rule.endpoint.startswith("messages_admin"):
            values |= {"code": "pt_order_0000001", "channel": "oa_template"}
        with self.app.test_request_context():
            return self.app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})

    def forms(self) -> dict[str, list[tuple[str, str]]]:
        """The fields of each form on any page, as the page fills them, by the address it is sent to."""
        found: dict[str, list[tuple[str, str]]] = {}
        for address in self.pages.values():
            reader = _Forms()
            reader.feed(self.get(address).get_data(as_text=True))
            found |= {action or address: fields for action, fields in reader.forms.items()}
        return found


OTHERS = {"wanted": "off", "session_id": 1, "part_id": 1, "delivery_id": 1}
"""Parts of addresses that lead nowhere."""


class _Forms(HTMLParser):
    """Reads the forms with POST of a page, and what their fields hold."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, list[tuple[str, str]]] = {}
        self._fields: list[tuple[str, str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "form":
            is_post = given.get("method") == "post"
            self._fields = self.forms.setdefault(given.get("action", ""), []) if is_post else None
        if self._fields is None:
            return
        if "formaction" in given:
            self.forms[given["formaction"]] = self._fields
        if tag == "select":
            self._select = name
        is_left_out = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if (tag in {"input", "textarea"} and name and not is_left_out) or (tag == "option" and "selected" in given):
            self._fields.append((name or self._select, given.get("value", "")))


@contextmanager
def _undone() -> Iterator[None]:
    """What a request did is undone, so that each one meets the same hospital."""
    db.session.remove()
    before = db.engines[None].begin_nested()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        db.session.remove()
        before.rollback()


@pytest.fixture
def outside() -> Iterator[None]:
    """An outside world that answers."""
    clients, texts = connected.clients(), sms.client()
    pay = FakePay(appid=clients.appid, mchid=clients.mchid)
    connected.use(replace(clients, official_account=FakeOfficialAccount(), pay=pay))
    sms.use(FakeSms())
    yield
    connected.use(clients)
    sms.use(texts)


@pytest.fixture
def site(app: Flask, client: FlaskClient, outside: None) -> Site:
    filled = hospital.open_hospital()
    hospital.fill(filled, 3)
    cookie = hospital.sign_in_both(app, filled)
    tokens = {}
    for door in (sessions.WECHAT, sessions.STAFF):
        with app.test_request_context(headers={"Cookie": cookie}):
            tokens[door.kind] = sessions.csrf_token(door)
    quiet = app.test_client(use_cookies=False)
    return Site(app, quiet, cookie, tokens, filled, hospital.addresses(app, filled))


LOOKED_AT_LATER = re.compile(r"/code$|/pc/table-filter|/me/messages/settings")
"""Buttons that send a code leave the rest of the form alone; a list looks at its filters itself; of the wishes only
those count that the page offers."""
RICH_TEXT = "body_html"
"""A page of text may be longer than what is too long for everything else."""
COMPARED = "seen."
"""What a page of settings has shown is compared with what holds, of those settings that change; it is never kept."""
NOT_EVEN_READ = {401, 403, 419}


def told(found: Mapping[Any, int]) -> None:
    assert not found, "\n".join(f"{case}: {status}" for case, status in found.items())


def test_forms_are_found(site: Site) -> None:
    assert len(site.actions()) > 70
    assert len(site.forms()) > 50


def test_an_empty_form_or_an_unknown_field_is_no_fault(site: Site) -> None:
    wrong: dict[Any, int] = {}
    for endpoint, address in site.actions().items():
        for name, sent in (("empty", {}), ("unknown", {"no_such_field": "1"}), ("repeated", {"a": ["1", "2"]})):
            status = site.post(address, data=sent).status_code
            if status >= 500 or status in NOT_EVEN_READ:
                wrong[endpoint, name] = status
    told(wrong)


def test_without_a_token_nothing_is_done(site: Site) -> None:
    found = {
        endpoint: site.post(address, headers={"X-CSRF-Token": ""}).status_code
        for endpoint, address in site.actions().items()
        if endpoint not in BEFORE_SESSIONS
    }
    told({endpoint: status for endpoint, status in found.items() if status != 419})


BODIES = (
    ("application/json", b"{"),
    ("application/json", b"[1, 2]"),
    ("application/json", b"null"),
    ("application/json", b'{"a": {"b": [1]}, "name": 5, "price": 1e999}'),
    ("application/json", b"\xff\xfe"),
    ("application/x-www-form-urlencoded", b"name=%ff%fe&text=%00&=&&a"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
    ("text/plain", b"name=1"),
)


def test_a_body_of_another_kind_is_no_fault(site: Site, engine_name: str) -> None:
    bodies = BODIES if engine_name == "sqlite" else BODIES[-4:-3]  # read before any database is asked
    found = {
        (endpoint, content_type, body): site.post(
            address, data=body, content_type=content_type, headers={"Accept": "*/*"}
        ).status_code
        for endpoint, address in site.actions().items()
        for content_type, body in bodies
    }
    told({case: status for case, status in found.items() if status >= 500})


def test_each_field_of_each_form_refuses_garbage(site: Site, engine_name: str) -> None:
    """One field after the other holds garbage, the others what the page put there."""
    texts = {kind: text for kind, text in TEXTS.items() if engine_name == "sqlite" or kind in FOR_TABLES}
    wrong: dict[Any, int] = {}
    for address, fields in site.forms().items():
        for name in {name for name, _ in fields} - {"csrf_token"}:
            for kind, text in texts.items():
                status = site.post(address, data={**dict(fields), name: text}).status_code
                is_taken = kind == "too long" and status < 400 and not LOOKED_AT_LATER.search(address)
                is_taken = is_taken and name != RICH_TEXT and not name.startswith(COMPARED)
                if status >= 500 or is_taken:
                    wrong[address, name, kind] = status
    told(wrong)


def test_a_picture_that_is_none_is_refused(site: Site) -> None:
    wrong: dict[Any, int] = {}
    with_picture = {address: fields for address, fields in site.forms().items() if "picture" in dict(fields)}
    assert len(with_picture) >= 2
    for address, fields in with_picture.items():
        for content in (b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 100):
            sent = {**dict(fields), "picture": (io.BytesIO(content), "../../x.png")}
            status = site.post(address, data=sent, content_type="multipart/form-data").status_code
            if status >= 500:
                wrong[address] = status
    told(wrong)


def test_no_question_in_an_address_is_a_fault(site: Site) -> None:
    found = {
        (page, query): site.get(f"{address}?{query}").status_code
        for page, address in site.pages.items()
        for query in QUERIES
    }
    told({case: status for case, status in found.items() if status >= 500})


def test_what_is_not_there_is_not_found(site: Site) -> None:
    wrong: dict[Any, int] = {}
    for rule in site.app.url_map.iter_rules():
        if not rule.arguments or rule.endpoint == "static" or rule.endpoint.startswith("admin_any_spelling"):
            continue
        for place in PLACES:
            ask: Callable[[str], TestResponse] = site.get if "GET" in (rule.methods or ()) else site.post
            status = ask(re.sub(r"<[^>]+>", place, rule.rule)).status_code
            if not 400 <= status < 500:
                wrong[rule.endpoint, place] = status
    told(wrong)

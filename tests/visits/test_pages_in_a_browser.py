"""The form of a quote and the upload of pictures in a browser: nothing typed is lost, and keys are enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.factories.configuration import make_project
from tests.factories.patients import make_patient
from tests.factories.quoting import make_consultant, make_triaged
from tests.factories.staff import make_member
from tests.factories.uploads import picture
from tests.factories.visits import make_visit
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.visits.models import ExamKind, Stage
from wxapp.visits.queries import lines_of
from wxapp.visits.queries.pictures import pictures_of

HOUSE = "http://localhost"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser, client: FlaskClient) -> Iterator[Page]:
    """A page whose server is the test's own client, with whoever is signed in there."""

    def answer(route: Route) -> None:
        request = route.request
        address = urlsplit(request.url)
        kept = {"accept", "content-type", "x-csrf-token"}
        given = client.open(
            f"{address.path}?{address.query}",
            method=request.method,
            data=request.post_data_buffer,
            headers={name: value for name, value in request.headers.items() if name in kept},
        )
        headers = {name: value for name, value in given.headers.items() if name != "Set-Cookie"}
        route.fulfill(status=given.status_code, headers=headers, body=given.data)
        given.close()

    made = browser.new_page()
    made.set_default_timeout(8_000)
    made.route("**/*", answer)
    yield made
    made.close()


def asks_before_leaving(page: Page) -> bool:
    script = "() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    return bool(page.evaluate(script))


def test_a_row_without_a_count_stays_and_keys_are_enough(
    client: FlaskClient, page: Page, sign_in_staff: Callable[..., str]
) -> None:
    consultant = make_consultant()
    visit = make_triaged(consultant_id=consultant.id)
    for name in ("重睑成形", "光子治疗"):
        make_project(name=name, price_fen=100_000)
    sign_in_staff(client, consultant)
    page.goto(f"{HOUSE}/pc/consultation/consult?id={visit.id}")
    assert not asks_before_leaving(page)
    page.locator("h1").click()
    page.keyboard.press("n")
    for name in ("重睑", "光子"):
        page.keyboard.type(name)
        expect(page.get_by_role("option")).to_be_visible()
        page.keyboard.press("Enter")
    rows = page.locator("[data-quote-row]")
    expect(rows).to_have_count(2)
    assert asks_before_leaving(page)
    rows.nth(1).get_by_label(re.compile("数量")).fill("")
    page.get_by_label("添加项目").focus()
    page.keyboard.press("Control+Enter")
    expect(rows.nth(1)).to_contain_text("数量应为1至999")
    expect(rows.nth(1).get_by_label(re.compile("数量"))).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("待审核")
    db.session.refresh(visit)
    assert [(line.name, line.count) for line in lines_of(visit.quote_id)] == [("重睑成形", 1), ("光子治疗", 2)]


def test_a_broken_picture_leaves_the_way_to_those_that_were_stored(
    client: FlaskClient, page: Page, sign_in_staff: Callable[..., str]
) -> None:
    visit = make_visit(patient=make_patient(), stage=Stage.ARRIVED)
    sign_in_staff(client, make_member({Permission.DIAGNOSTICS_WRITE}))
    page.goto(f"{HOUSE}/pc/physical/info?id={visit.id}")
    section = page.locator("#preoperative")
    section.locator("input[type=file]").set_input_files(
        [
            {"name": "good.jpg", "mimeType": "image/jpeg", "buffer": picture().getvalue()},
            {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
        ]
    )
    expect(section).to_contain_text("请上传JPG")
    section.get_by_role("button", name="显示已保存的图片").click()
    expect(section.locator("[data-shot]")).to_have_count(1)
    assert len(pictures_of(visit.id)[ExamKind.PREOPERATIVE]) == 1

"""A quote that waits is told to everybody who reviews prices, and never fails because of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.messages import make_template
from tests.factories.quoting import make_consultant, make_reviewer, make_triaged, offer_of, three_projects
from tests.factories.staff import make_member
from wxapp.core import clock, events
from wxapp.core.db import db, transaction
from wxapp.core.events import EventRow, EventState
from wxapp.messages.models import Delivery, Message
from wxapp.staff.models import Member, MemberWechat
from wxapp.visits import handlers
from wxapp.visits.admin.consultation import reviewer_openids
from wxapp.visits.models import Stage, Visit
from wxapp.visits.services.quoting import make_quote
from wxapp.wechat import connected

pytestmark = pytest.mark.usefixtures("app")


def link(member: Member, openid: str, *, appid: str = "") -> None:
    with transaction():
        db.session.add(
            MemberWechat(
                member_id=member.id, appid=appid or connected.clients().appid, openid=openid, linked_at=clock.now()
            )
        )  # fmt: skip


def quote() -> Visit:
    visit = make_triaged()
    make_quote(visit.id, offer_of(three_projects(), 450_000), by=visit.consultant_id or 0)
    db.session.refresh(visit)
    return visit


def told() -> list[Message]:
    return list(db.session.scalars(sa.select(Message).where(Message.receiver_kind == "staff").order_by(Message.id)))


def test_each_reviewer_is_told_once() -> None:
    reviewers = [make_reviewer(), make_reviewer(), make_member(everything=True)]
    make_reviewer(is_active=False)
    make_consultant()
    quote()
    events.deliver_due()
    messages = told()
    assert {message.receiver_id for message in messages} == {member.id for member in reviewers}
    assert len(messages) == len(reviewers)
    assert messages[0].path == "/pc/examine/index?status=1"
    assert "等3项" in messages[0].body
    assert "4500.00" in messages[0].body


def test_reviewers_with_wechat_get_a_template_message() -> None:
    make_template("st_pricing_0000001")
    reviewer = make_reviewer()
    link(reviewer, "openid-of-reviewer")
    link(reviewer, "openid-elsewhere", appid="wx-other-account")
    quote()
    ways = db.session.execute(sa.select(Delivery.channel, Delivery.address))
    assert sorted((row.channel, row.address) for row in ways) == [
        ("oa_template", "openid-of-reviewer"), ("site", f"staff:{reviewer.id}"),
    ]  # fmt: skip


def test_programs_get_the_openids_of_all_accounts() -> None:
    reviewer, gone = make_reviewer(), make_reviewer(is_active=False)
    link(reviewer, "openid-a")
    link(reviewer, "openid-b", appid="wx-other-account")
    link(gone, "openid-c")
    link(make_consultant(), "openid-d")
    assert reviewer_openids() == ["openid-a", "openid-b"]


def test_a_notice_that_fails_leaves_the_quote_and_is_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    make_reviewer()

    def fail(*_: Any, **__: Any) -> int:
        raise RuntimeError("no room for messages")

    monkeypatch.setattr(handlers, "notify", fail)
    visit = quote()
    monkeypatch.undo()
    assert (visit.stage, told()) == (Stage.IN_REVIEW, [])
    waiting = db.session.scalars(sa.select(EventRow).where(EventRow.state == EventState.NEW)).one()
    with transaction():
        waiting.due_at = clock.now() - timedelta(minutes=1)
    events.deliver_due()
    assert len(told()) == 1

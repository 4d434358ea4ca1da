"""A member of staff reads the own messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.factories.staff import make_member
from wxapp.core import clock
from wxapp.core.db import transaction
from wxapp.messages.receivers import Receiver
from wxapp.messages.services.notifying import notify
from wxapp.staff.models import Member

HTML = {"Accept": "text/html"}


def tell(member: Member) -> int:
    context = {"patient": "张*", "items": "项目甲", "amount": 450_000, "at": clock.now()}
    with transaction():
        return notify("st_pricing_0000001", Receiver("staff", member.id), context)


@pytest.fixture
def member(client: FlaskClient) -> Member:
    return make_member()


def test_one_reads_what_one_was_told(client: FlaskClient, member: Member, sign_in_staff: Callable[..., str]) -> None:
    csrf = sign_in_staff(client, member)
    assert "还没有消息" in client.get("/pc/inbox", headers=HTML).text
    message_id = tell(member)
    tell(make_member())
    assert client.get("/pc/inbox/unread").json["unread"] == 1
    page = client.get("/pc/inbox", headers=HTML).text
    assert "有报价待审核" in page
    assert 'data-unread="/pc/inbox/unread"' in page
    opened = client.post(f"/pc/inbox/{message_id}/open", data={"csrf_token": csrf}, headers=HTML)
    assert opened.location.startswith("/pc/examine/index")
    assert client.get("/pc/inbox/unread").json["unread"] == 0


def test_all_are_read_up_to_what_the_page_showed(
    client: FlaskClient, member: Member, sign_in_staff: Callable[..., str]
) -> None:
    csrf = sign_in_staff(client, member)
    shown = [tell(member) for _ in range(21)]
    assert client.get("/pc/inbox", headers={"Accept": "application/json"}).json["next_before"] == shown[1]
    assert client.get(f"/pc/inbox?before={shown[1]}", headers=HTML).status_code == 200
    assert client.get("/pc/inbox?before=x", headers=HTML).status_code == 404
    later = tell(member)
    client.post("/pc/inbox/read", data={"csrf_token": csrf, "up_to": shown[-1]})
    assert client.get("/pc/inbox/unread").json["unread"] == 1
    assert client.post(f"/pc/inbox/{later}/open", data={"csrf_token": csrf}, headers=HTML).status_code == 303


def test_anothers_message_is_not_there(client: FlaskClient, member: Member, sign_in_staff: Callable[..., str]) -> None:
    csrf = sign_in_staff(client, member)
    others = tell(make_member())
    assert client.post(f"/pc/inbox/{others}/open", data={"csrf_token": csrf}, headers=HTML).status_code == 404

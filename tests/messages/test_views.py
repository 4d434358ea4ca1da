from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.messages import tell
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.core.db import db
from wxapp.messages import queries
from wxapp.messages.models import Delivery, Message
from wxapp.messages.receivers import Receiver
from wxapp.messages.taps import Tap

SignIn = Callable[[FlaskClient, Any], str]
BROADCAST = "broadcast"


class Person:
    """A signed-in user with a patient."""

    def __init__(self, client: FlaskClient, sign_in: SignIn) -> None:
        self.patient = make_patient()
        self.user = make_wechat_user(patient=self.patient)
        self.client = client
        self.csrf = sign_in(client, self.user)
        self.receiver = Receiver("patient", self.patient.id)
        db.session.query(Delivery).delete()  # what binding itself has told
        db.session.query(Message).delete()
        db.session.commit()

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **form})


@pytest.fixture
def person(client: FlaskClient, sign_in_wechat: SignIn) -> Person:
    return Person(client, sign_in_wechat)


def page(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_messages_are_listed_with_what_is_unread(person: Person) -> None:
    tell(receiver=person.receiver)
    html = page(person.get("/me/messages"))
    assert "下单成功" in html
    assert "message--unread" in html
    assert "未读（1）" in html


def test_the_list_of_nobody_says_what_will_be_there(person: Person) -> None:
    assert "暂无消息" in page(person.get("/me/messages"))
    assert "没有未读消息" in page(person.get("/me/messages?unread=1"))


def test_a_user_without_patient_is_told_to_bind(client: FlaskClient, sign_in_wechat: SignIn) -> None:
    sign_in_wechat(client, make_wechat_user())
    assert "还没有绑定就诊人" in page(client.get("/me/messages"))
    assert "还没有绑定就诊人" in page(client.get("/me/messages/settings"))


def test_who_is_not_signed_in_sees_no_messages(client: FlaskClient) -> None:
    assert "下单" not in page(client.get("/me/messages"))
    assert client.get("/me/messages", headers={"Accept": "application/json"}).status_code == 401


def test_opening_a_message_reads_it_and_leads_to_its_page(person: Person) -> None:
    message = tell(receiver=person.receiver, tap=Tap("healthz"))
    answer = person.get(f"/me/messages/{message.id}")
    assert (answer.status_code, answer.location) == (302, "/healthz")
    assert queries.unread_count([person.receiver]) == 0


def test_a_message_without_page_is_shown_whole(person: Person) -> None:
    message = tell(receiver=person.receiver, tap=Tap("nowhere"))
    assert "金额299.00元" in page(person.get(f"/me/messages/{message.id}"))


def test_messages_of_others_are_not_found(person: Person) -> None:
    message = tell(receiver=Receiver("patient", make_patient().id))
    assert person.get(f"/me/messages/{message.id}").status_code == 404


def test_all_are_read_up_to_what_was_shown(person: Person) -> None:
    shown = tell(receiver=person.receiver)
    tell(receiver=person.receiver)
    assert person.post("/me/messages/read", up_to=shown.id).status_code == 303
    assert queries.unread_count([person.receiver]) == 1


def test_reading_all_needs_the_form_of_this_session(person: Person) -> None:
    shown = tell(receiver=person.receiver)
    person.csrf = "another"
    assert person.post("/me/messages/read", up_to=shown.id).status_code == 419
    assert queries.unread_count([person.receiver]) == 1


def test_messages_are_paged(person: Person) -> None:
    for _ in range(21):
        tell(receiver=person.receiver)
    html = page(person.get("/me/messages"))
    assert "下一页" in html
    assert person.get("/me/messages?before=x").status_code == 404


def test_a_client_gets_the_same_as_json(person: Person) -> None:
    message = tell(receiver=person.receiver)
    answer = person.get("/me/messages", headers={"Accept": "application/json"}).get_json()
    assert answer["unread"] == 1
    assert answer["messages"][0]["id"] == message.id
    assert answer["messages"][0]["at"].endswith("+08:00")


def test_a_receiver_turns_a_reminder_off_and_on(person: Person) -> None:
    html = page(person.get("/me/messages/settings"))
    assert "群发通知" in html
    assert "预约变更" not in html
    assert person.post("/me/messages/settings").status_code == 303
    assert BROADCAST in queries.turned_off(person.receiver)
    wanted = [entry.code for entry in queries.switchable({"patient"})]
    person.client.post("/me/messages/settings", data={"csrf_token": person.csrf, "wanted": wanted})
    assert queries.turned_off(person.receiver) == set()


def test_the_page_of_the_person_counts_what_is_unread(person: Person) -> None:
    tell(receiver=person.receiver)
    html = page(person.get("/me"))
    assert "消息通知" in html

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.messages import PHONE, deliveries, make_receiver, make_template, tell
from tests.factories.staff import make_member
from tests.fakes.wechat import FakeOfficialAccount
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.messages import receivers
from wxapp.messages.entry import Channel
from wxapp.messages.models import Broadcast, BroadcastState, DeliveryState, Message, Template
from wxapp.messages.receivers import Group, Receiver
from wxapp.messages.tasks import broadcast, deliver_due
from wxapp.wechat.errors import error_for
from wxapp.wechat.values import MessageTemplate

SignIn = Callable[[FlaskClient, Any], str]
ORDER = "/pc/messages/templates/pt_order_0000001/oa_template"
MOVED = "pt_booking_0000003"


class Clerk:
    def __init__(self, client: FlaskClient, sign_in: SignIn, *permissions: Permission) -> None:
        self.client = client
        self.csrf = sign_in(client, make_member(permissions))

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **form})


@pytest.fixture
def clerk(client: FlaskClient, sign_in_staff: SignIn) -> Clerk:
    return Clerk(client, sign_in_staff, Permission.MESSAGE_READ, Permission.MESSAGE_WRITE)


@pytest.fixture
def reader(app: Any, database: None, sign_in_staff: SignIn) -> Clerk:
    return Clerk(app.test_client(), sign_in_staff, Permission.MESSAGE_READ)


def page(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[-500:]
    return str(answer.get_data(as_text=True))


def filled(**over: Any) -> dict[str, Any]:
    return {
        "template_id": "TEMPLATE_1", "version": 0, "is_on": "1",
        "key1": "character_string1", "pattern1": "{order_no}", "key2": "amount3", "pattern2": "￥{amount}元", **over,
    }  # fmt: skip


PAGES = [
    "/pc/messages/templates", ORDER, "/pc/messages/templates/pt_booking_0000003/sms", "/pc/messages/deliveries",
    "/pc/messages/broadcasts",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_to_those_who_may_read(reader: Clerk, path: str) -> None:
    page(reader.get(path))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_refused_to_all_others(client: FlaskClient, sign_in_staff: SignIn, path: str) -> None:
    assert Clerk(client, sign_in_staff, Permission.GOODS_READ).get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    [ORDER, f"{ORDER}/trial", f"{ORDER}/off", "/pc/messages/compare", "/pc/messages/deliveries/1/resend",
     "/pc/messages/deliveries/resend", "/pc/messages/broadcasts/new", "/pc/messages/broadcasts/1/start"],
)  # fmt: skip
def test_who_only_reads_changes_nothing(reader: Clerk, path: str) -> None:
    assert reader.post(path).status_code == 403


@pytest.mark.parametrize(
    "path", ["/pc/messages/templates/nothing/sms", "/pc/messages/templates/pt_order_0000001/sms",
             "/pc/messages/templates/pt_order_0000001/site", "/pc/messages/broadcasts/99"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(clerk: Clerk, path: str) -> None:
    assert clerk.get(path).status_code == 404


# --- templates -------------------------------------------------------------------------------------------------------


def template() -> Template:
    db.session.expire_all()
    return db.session.query(Template).one()


def test_a_template_is_filled_in_and_used(clerk: Clerk, account: FakeOfficialAccount) -> None:
    assert clerk.post(ORDER, **filled()).status_code == 303
    tell()
    deliver_due()
    assert account.delivered[0].template_id == "TEMPLATE_1"
    assert account.delivered[0].values == {"character_string1": "HM26030200001", "amount3": "￥299.00元"}


def test_the_catalogues_own_lines_are_offered_first(clerk: Clerk) -> None:
    html = page(clerk.get(ORDER))
    assert 'value="character_string1"' in html
    assert 'value="{order_no}"' in html


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"key1": "thing99x"}, "未知的模板字段"),
        ({"pattern1": "{nothing}"}, "没有字段"),
        ({"pattern1": "{order_no"}, "花括号没有成对"),
        ({"key2": "character_string1"}, "重复"),
        ({"key2": "amount3", "pattern2": "{items}"}, "不符合要求"),
        ({"template_id": ""}, "请填写模板编号"),
    ],
)
def test_a_mapping_that_could_never_be_sent_comes_back(clerk: Clerk, wrong: dict[str, str], sentence: str) -> None:
    answer = clerk.post(ORDER, **filled(**wrong))
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert db.session.query(Template).count() == 0


def test_of_two_clerks_the_second_sees_that_it_was_changed(clerk: Clerk) -> None:
    clerk.post(ORDER, **filled())
    assert clerk.post(ORDER, **filled(version=1, template_id="TEMPLATE_2")).status_code == 303
    assert clerk.post(ORDER, **filled(version=1, template_id="TEMPLATE_3")).status_code == 409
    assert template().template_id == "TEMPLATE_2"


def test_saving_takes_a_fault_away(clerk: Clerk) -> None:
    make_template(fault="40037")
    assert "40037" in page(clerk.get(ORDER))
    clerk.post(ORDER, **filled(version=1))
    assert template().fault == ""


def test_a_channel_is_switched_off_and_on(clerk: Clerk) -> None:
    make_template()
    clerk.post(f"{ORDER}/off")
    assert deliveries(tell()) == []
    clerk.post(f"{ORDER}/on")
    assert len(deliveries(tell())) == 1


def test_a_trial_goes_out_with_samples_to_one_address(clerk: Clerk, account: FakeOfficialAccount) -> None:
    make_template()
    clerk.post(f"{ORDER}/trial", address="oTESTER0000000000000000000777")
    deliver_due()
    (sent,) = account.delivered
    assert sent.openid == "oTESTER0000000000000000000777"
    assert sent.values["character_string1"] == "HM26030100001"
    assert db.session.query(Message).one().is_test


def test_templates_are_compared_with_the_account(clerk: Clerk, account: FakeOfficialAccount) -> None:
    make_template(template_id="GONE")
    account.known_templates = [MessageTemplate("OTHER", "x", "{{thing1.DATA}}", keys=("thing1",))]
    clerk.post("/pc/messages/compare")
    assert template().fault == "公众号中已没有此模板"
    keys = ("character_string1", "thing2", "amount3", "phrase4", "time5", "thing6")
    account.known_templates = [MessageTemplate("GONE", "x", "", keys=(*keys, "thing9"))]
    clerk.post("/pc/messages/compare")
    assert template().fault == "模板字段未填写：thing9"
    account.known_templates = [MessageTemplate("GONE", "x", "", keys=keys)]
    clerk.post("/pc/messages/compare")
    assert template().fault == ""


def test_when_wechat_does_not_answer_nothing_is_marked(clerk: Clerk, account: FakeOfficialAccount) -> None:
    from wxapp.core import clock

    make_template(template_id="GONE")
    account.fail_next(error_for(-1, "busy", now=clock.now()))
    assert clerk.post("/pc/messages/compare").status_code == 503
    assert template().fault == ""


# --- delivery log ----------------------------------------------------------------------------------------------------


def dead_letter(account: FakeOfficialAccount) -> int:
    from wxapp.core import clock

    make_template()
    account.fail_next(error_for(47003, "argument invalid! data.thing2.value invalid", now=clock.now()))
    tell()
    deliver_due()
    return deliveries()[0].id


def test_the_log_shows_what_was_sent_with_its_reason(reader: Clerk, account: FakeOfficialAccount) -> None:
    dead_letter(account)
    html = page(reader.get("/pc/messages/deliveries"))
    assert "死信" in html
    assert "47003" in html
    assert "（thing2）" in html
    assert "oTES…0010" in html
    assert "oTESTER" not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=dead", 1), ("state=sent", 0), ("channel=sms", 0), ("code=pt_order_0000001", 1), ("reason_code=47003", 1),
     ("since=2026-03-02&until=2026-03-02", 1), ("until=2026-03-01", 0), ("channel=site", 1)],
)  # fmt: skip
def test_the_log_is_filtered(reader: Clerk, account: FakeOfficialAccount, query: str, found: int) -> None:
    dead_letter(account)
    answer = reader.get(f"/pc/messages/deliveries?{query}", headers={"Accept": "application/json"}).get_json()
    assert answer["total"] == found


def test_an_address_is_found_without_standing_in_the_address_bar(clerk: Clerk) -> None:
    make_template(MOVED, Channel.SMS)
    tell(MOVED, make_receiver(5, openids=0))
    tell(MOVED, make_receiver(6, openids=0))
    kept = clerk.post("/pc/table-filter", page_of="/pc/messages/deliveries", private="address", address=PHONE.format(5))
    assert PHONE.format(5) not in kept.location
    answer = clerk.get(kept.location, headers={"Accept": "application/json"}).get_json()
    assert [row["address_shown"] for row in answer["list"]] == ["138****0005"]


def test_a_dead_letter_is_sent_again(clerk: Clerk, account: FakeOfficialAccount) -> None:
    number = dead_letter(account)
    clerk.post(f"/pc/messages/deliveries/{number}/resend")
    deliver_due()
    assert deliveries()[0].state is DeliveryState.SENT


def test_dead_letters_of_one_reason_are_sent_again_together(clerk: Clerk, account: FakeOfficialAccount) -> None:
    dead_letter(account)
    html = page(clerk.get("/pc/messages/deliveries?state=dead&reason_code=47003"))
    assert "重发全部“47003”死信" in html
    clerk.post("/pc/messages/deliveries/resend", reason_code="47003")
    assert deliveries()[0].state is DeliveryState.NEW


def test_dead_letters_stand_on_the_start_page(
    client: FlaskClient, sign_in_staff: SignIn, account: FakeOfficialAccount
) -> None:
    dead_letter(account)
    clerk = Clerk(client, sign_in_staff, Permission.DASHBOARD_READ, Permission.MESSAGE_READ)
    assert "消息死信" in page(clerk.get("/pc/"))


# --- broadcasts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd() -> None:
    """A group of five."""
    for number in range(1, 6):
        make_receiver(number)
    members = [make_receiver(number) for number in range(1, 6)]
    receivers.register_group(
        Group("crowd", "五个人", lambda: 5, lambda after, limit: [m for m in members if m.id > after][:limit])
    )


def draft(clerk: Clerk, **over: Any) -> Broadcast:
    form = {"title": "春节门诊安排", "body": "门诊暂停三天", "group_name": "crowd", "reach": "site", "per_minute": 60}
    answer = clerk.post("/pc/messages/broadcasts/new", **form | over)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return db.session.query(Broadcast).one()


@pytest.mark.usefixtures("crowd")
def test_a_broadcast_is_previewed_before_anybody_hears_it(clerk: Clerk) -> None:
    assert "五个人（5人）" in page(clerk.get("/pc/messages/broadcasts/new"))
    row = draft(clerk)
    html = page(clerk.get(f"/pc/messages/broadcasts/{row.id}"))
    assert "门诊暂停三天" in html
    assert broadcast() == 0
    assert db.session.query(Message).count() == 0


@pytest.mark.usefixtures("crowd")
def test_a_broadcast_goes_out_at_its_rate_to_everybody_once(clerk: Clerk, at: Callable[[Any], None]) -> None:
    from datetime import timedelta

    row = draft(clerk)
    clerk.post(f"/pc/messages/broadcasts/{row.id}/start")
    told = []
    for _ in range(5):
        told.append(broadcast())
        told.append(broadcast())
        at(timedelta(seconds=2))
    assert told[:6] == [2, 0, 2, 0, 1, 0]
    assert db.session.query(Message).count() == 5
    db.session.expire_all()
    assert (row.state, row.told) == (BroadcastState.DONE, 5)


@pytest.mark.usefixtures("crowd")
def test_a_broadcast_is_stopped_and_goes_on(clerk: Clerk, at: Callable[[Any], None]) -> None:
    from datetime import timedelta

    row = draft(clerk)
    clerk.post(f"/pc/messages/broadcasts/{row.id}/start")
    broadcast()
    clerk.post(f"/pc/messages/broadcasts/{row.id}/stop")
    at(timedelta(seconds=10))
    assert broadcast() == 0
    clerk.post(f"/pc/messages/broadcasts/{row.id}/start")
    assert broadcast() == 2


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(("reach", "count"), [("site", 0), ("template", 5)])
def test_a_broadcast_uses_a_template_only_when_it_was_asked_to(clerk: Clerk, reach: str, count: int) -> None:
    make_template("broadcast")
    row = draft(clerk, reach=reach, per_minute=6000)
    page(clerk.get(f"/pc/messages/broadcasts/{row.id}"))
    clerk.post(f"/pc/messages/broadcasts/{row.id}/start")
    broadcast()
    assert len(deliveries()) == count


@pytest.mark.usefixtures("crowd")
def test_a_member_who_cannot_be_told_keeps_nobody_else_from_hearing(clerk: Clerk) -> None:
    members = [Receiver("unheard-of", 1), make_receiver(2)]
    group = Group("crowd", "两个人", lambda: 2, lambda after, limit: [m for m in members if m.id > after])
    receivers.register_group(group)
    make_template("broadcast")
    row = draft(clerk, per_minute=6000, reach="template")
    clerk.post(f"/pc/messages/broadcasts/{row.id}/start")
    broadcast()
    db.session.expire_all()
    assert (row.told, row.state) == (1, BroadcastState.DONE)
    assert db.session.query(Message).one().receiver_id == 2


@pytest.mark.parametrize("wrong", [{"title": ""}, {"title": "一" * 21}, {"group_name": "nobody"}, {"per_minute": 0}])
def test_a_broadcast_with_wrong_input_comes_back(clerk: Clerk, wrong: dict[str, Any], crowd: None) -> None:
    form = {"title": "标题", "body": "正文", "group_name": "crowd", "reach": "site", "per_minute": 60}
    answer = clerk.post("/pc/messages/broadcasts/new", **form | wrong)
    assert answer.status_code == 422
    assert db.session.query(Broadcast).count() == 0

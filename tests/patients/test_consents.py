"""Consents: each purpose by itself, in versions, taken back as easily as given; what follows from a no."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_patient, make_wechat_user
from wxapp.core import clock
from wxapp.core.db import AppendOnly, change
from wxapp.core.errors import Invalid, NotFound
from wxapp.messages import catalogue, receivers
from wxapp.messages.entry import Channel
from wxapp.messages.receivers import Receiver
from wxapp.patients import consents, queries, services
from wxapp.patients.consent_models import Consent, ConsentText, Decision, Purpose, Way
from wxapp.patients.consent_texts import FIRST_VERSION

pytestmark = pytest.mark.usefixtures("client")

GIVEN, WITHDRAWN = Decision.GIVEN, Decision.WITHDRAWN
NEWS = next(entry for entry in catalogue.everything() if entry.to == "patient" and not entry.is_essential)
NEEDED = next(entry for entry in catalogue.everything() if entry.is_essential)


@pytest.fixture
def patient():
    return make_patient()


@pytest.fixture
def user(patient):
    return make_wechat_user(patient=patient)


@pytest.fixture
def guardian(client, user, sign_in_wechat):
    user.csrf = sign_in_wechat(client, user)
    return user


def answers(user_id):
    return [(row.purpose, row.decision, row.way) for row in consents.answers_of_user(user_id)]


def say(user, purpose, decision):
    return services.decide(user.id, purpose, decision, version=consents.present_text(purpose).version)


# --- bindings --------------------------------------------------------------------------------------------------------


def test_a_binding_writes_its_consent_and_its_end_takes_it_back(user, patient):
    (row,) = consents.answers_of_user(user.id)
    assert (row.purpose, row.decision, row.way, row.version) == (Purpose.BINDING, GIVEN, Way.COUNTER, FIRST_VERSION)
    assert row.patient_id == patient.id
    services.bind_by_staff(user.id, patient.id, by="staff:1")  # bound already
    services.unbind(user.id, queries.bound_patients(user.id)[0].binding_id)
    assert answers(user.id) == [(Purpose.BINDING, WITHDRAWN, Way.PAGE), (Purpose.BINDING, GIVEN, Way.COUNTER)]


# --- choosing --------------------------------------------------------------------------------------------------------


def test_the_last_word_holds_and_saying_it_again_adds_nothing(user):
    assert not consents.has_refused(user.id, Purpose.MARKETING)
    assert say(user, Purpose.MARKETING, WITHDRAWN)
    assert consents.has_refused(user.id, Purpose.MARKETING)
    assert not consents.has_refused(user.id, Purpose.MESSAGES)
    assert not say(user, Purpose.MARKETING, WITHDRAWN)
    assert say(user, Purpose.MARKETING, GIVEN)
    assert not consents.has_refused(user.id, Purpose.MARKETING)
    assert len(answers(user.id)) == 3


def test_binding_is_not_one_to_choose(user):
    with pytest.raises(NotFound):
        say(user, Purpose.BINDING, WITHDRAWN)


def test_nobody_agrees_to_words_that_were_not_shown(user):
    with pytest.raises(Invalid):
        services.decide(user.id, Purpose.MARKETING, GIVEN, version="2020-01")
    assert services.decide(user.id, Purpose.MARKETING, WITHDRAWN, version="2020-01")


def test_rows_are_only_ever_added(user):
    with pytest.raises(AppendOnly):
        change(sa.update(Consent).values(version="x"))
    with pytest.raises(AppendOnly):
        change(sa.delete(ConsentText))


def test_both_answers_take_one_press(client, guardian):
    page = client.get("/me/privacy").text
    assert page.count("尚未选择") == 3
    fields = {"csrf_token": guardian.csrf, "purpose": "marketing", "version": FIRST_VERSION}
    done = client.post("/me/privacy/consents", data={**fields, "decision": "withdrawn"})
    assert done.status_code == 303
    assert "已撤回同意：活动与优惠通知" in client.get("/me/privacy").text
    client.post("/me/privacy/consents", data={**fields, "decision": "given"})
    client.post("/me/privacy/consents", data={**fields, "decision": "given"})
    assert answers(guardian.id)[:2] == [(Purpose.MARKETING, GIVEN, Way.PAGE), (Purpose.MARKETING, WITHDRAWN, Way.PAGE)]
    assert "撤回同意" in client.get("/me/privacy").text


@pytest.mark.parametrize(
    ("purpose", "decision", "status"),
    [("binding", "withdrawn", 404), ("x", "given", 422), ("marketing", "x", 422), ("", "", 422)],
)
def test_bad_answers_change_nothing(client, guardian, purpose, decision, status):
    fields = {"csrf_token": guardian.csrf, "purpose": purpose, "version": FIRST_VERSION, "decision": decision}
    assert client.post("/me/privacy/consents", data=fields).status_code == status
    assert len(answers(guardian.id)) == 1


def test_who_agreed_to_an_earlier_version_is_asked_again(client, guardian):
    say(guardian, Purpose.REPORTS, GIVEN)
    services.add_text(Purpose.REPORTS, "新的说明" * 10, valid_from=clock.now(), by="staff:1")
    page = client.get("/me/privacy").text
    assert "说明已更新" in page
    fields = {"csrf_token": guardian.csrf, "purpose": "reports", "version": FIRST_VERSION, "decision": "given"}
    refused = client.post("/me/privacy/consents", data=fields)
    assert refused.status_code == 422
    assert "请阅读后重新选择" in refused.text


# --- what follows ----------------------------------------------------------------------------------------------------


def channels(receiver, entry):
    return [one.channel for one in receivers.agreed_addresses(receiver, entry)]


def test_a_no_to_reminders_leaves_what_is_needed(user, patient):
    receiver = Receiver("patient", patient.id)
    say(user, Purpose.MESSAGES, WITHDRAWN)
    assert channels(receiver, NEEDED) == [Channel.OA_TEMPLATE, Channel.SMS]
    assert channels(receiver, NEWS) == []
    assert channels(receiver, catalogue.BROADCAST) == [Channel.OA_TEMPLATE, Channel.SMS]
    assert channels(Receiver("wechat_user", user.id), NEWS) == []


def test_a_no_to_reports_online_leads_to_where_it_is_chosen(client, guardian):
    assert client.get("/reports").status_code == 200
    say(guardian, Purpose.REPORTS, WITHDRAWN)
    assert client.get("/reports").headers["Location"] == "/me/privacy#consents"
    assert "重新同意后即可查看" in client.get("/me/privacy").text
    assert client.get("/reports", headers={"Accept": "application/json"}).status_code == 403
    say(guardian, Purpose.REPORTS, GIVEN)
    assert client.get("/reports").status_code == 200


def test_a_no_is_for_the_one_who_says_it(user, patient):
    other = make_wechat_user(patient=patient)
    say(user, Purpose.MARKETING, WITHDRAWN)
    found = receivers.agreed_addresses(Receiver("patient", patient.id), catalogue.BROADCAST)
    assert [one.to for one in found] == [other.openid, patient.phone]


def test_broadcasts_leave_out_patients_whose_guardians_all_refused(user, patient):
    group = receivers.group("bound_patients")
    other = make_wechat_user(patient=make_patient())
    assert group.size() == 2
    say(user, Purpose.MARKETING, WITHDRAWN)
    assert group.size() == 1
    assert [one.id for one in group.members(0, 10)] == [other.current_patient_id]
    say(user, Purpose.MARKETING, GIVEN)
    assert group.size() == 2


# --- words -----------------------------------------------------------------------------------------------------------


def test_new_words_hold_from_their_day_and_change_no_old_ones(user, at):
    say(user, Purpose.MESSAGES, GIVEN)
    before = consents.present_text(Purpose.MESSAGES)
    now = clock.now()
    first = services.add_text(Purpose.MESSAGES, "第二版的说明", valid_from=now + timedelta(days=2), by="staff:1")
    assert consents.present_text(Purpose.MESSAGES) == before
    second = services.add_text(Purpose.MESSAGES, "第三版的说明", valid_from=now, by="staff:1")
    assert first.version != second.version
    assert consents.present_text(Purpose.MESSAGES).text == "第三版的说明"
    at("2026-03-10 10:00")
    assert consents.present_text(Purpose.MESSAGES).text == "第二版的说明"
    assert consents.last_answers(user.id)[Purpose.MESSAGES].version == FIRST_VERSION
    with pytest.raises(Invalid):
        services.add_text(Purpose.MESSAGES, "早了", valid_from=clock.now() - timedelta(days=1), by="staff:1")
    with pytest.raises(Invalid):
        services.add_text(Purpose.MESSAGES, "第二版的说明", valid_from=clock.now(), by="staff:1")

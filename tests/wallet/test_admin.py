"""Staff's pages of stored value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.wallet import make_balance
from wxapp.core import settings as core_settings
from wxapp.core.permissions import Permission
from wxapp.patients.models import Patient
from wxapp.wallet import queries, services, settings
from wxapp.wallet.models import CounterStatus

SignIn = Callable[[FlaskClient, Any], str]
Post = Callable[..., Any]
RIGHTS = {Permission.WALLET_READ, Permission.WALLET_RECHARGE, Permission.DASHBOARD_READ}


@pytest.fixture
def patient(client: FlaskClient) -> Patient:
    return make_patient(name="李小梅", phone="13800001234")


@pytest.fixture
def desk(client: FlaskClient, sign_in_staff: SignIn) -> Post:
    """Post as a clerk; ``by="chief"`` is another person."""
    tokens: dict[str, str] = {}
    members = {name: make_member(permissions=RIGHTS) for name in ("clerk", "chief")}

    def post(path: str, *, by: str = "clerk", **fields: str) -> Any:
        tokens[by] = sign_in_staff(client, members[by])
        return client.post(path, data={"csrf_token": tokens[by], **fields})

    post("/pc/")
    return post


def top_up(desk: Post, patient: Patient, amount: str, *, key: str = "k" * 20) -> Any:
    return desk(f"/pc/wallet/{patient.id}/top-up", amount=amount, method="cash", form_key=key)


def test_a_top_up_counts_once_per_form(desk: Post, patient: Patient, client: FlaskClient) -> None:
    for _ in range(2):
        assert top_up(desk, patient, "100").status_code in {302, 303}
    assert services.patient_balance(patient.id) == 10_000
    assert top_up(desk, patient, "200").status_code == 422
    page = client.get(f"/pc/wallet/{patient.id}").text
    assert "100.00" in page
    assert "李小梅" not in page
    assert patient.record_no in client.get("/pc/wallet").text


def test_a_refused_top_up_keeps_what_was_typed(desk: Post, patient: Patient) -> None:
    answer = top_up(desk, patient, "10001")
    assert (answer.status_code, "单笔充值不能超过10000.00元" in answer.text) == (422, True)
    assert 'value="10001"' in answer.text
    core_settings.write(settings.MODE, "run_down", by="staff:1")
    assert top_up(desk, patient, "100").status_code == 409


def test_a_large_top_up_waits_for_another_person(desk: Post, patient: Patient, client: FlaskClient) -> None:
    top_up(desk, patient, "3000")
    (waiting,) = queries.movements_waiting()
    assert "3000.00" in client.get("/pc/wallet/waiting").text
    assert desk(f"/pc/wallet/waiting/{waiting.no}/approve").status_code == 403
    assert "须由另一位同事复核" in client.get(f"/pc/wallet/waiting/{waiting.no}").text
    assert desk(f"/pc/wallet/waiting/{waiting.no}/approve", by="chief").status_code in {302, 303}
    assert services.patient_balance(patient.id) == 300_000


def test_giving_back_is_rejected_with_a_reason(desk: Post, patient: Patient) -> None:
    make_balance(patient.id, 10_000)
    path = f"/pc/wallet/{patient.id}/pay-back"
    fields = {"back_method": "cash", "back_note": "退储值", "form_key": "b" * 20}
    assert desk(path, back_amount="100.01", **fields).status_code == 409
    assert desk(path, back_amount="100", **fields).status_code in {302, 303}
    (waiting,) = queries.movements_waiting()
    reject = f"/pc/wallet/waiting/{waiting.no}/reject"
    assert desk(reject, by="chief").status_code == 422
    desk(reject, by="chief", reason="资料不全")
    assert queries.get_movement(waiting.no).status is CounterStatus.REJECTED
    assert services.patient_balance(patient.id) == 10_000


def test_cards_and_freezing(desk: Post, patient: Patient, client: FlaskClient) -> None:
    desk(f"/pc/wallet/{patient.id}/card")
    account_id = services.patient_account(patient.id)
    card = queries.card_of(account_id)
    assert card is not None
    desk(f"/pc/wallet/{patient.id}/freeze")
    page = client.get(f"/pc/wallet/{patient.id}").text
    assert card.no in page
    assert "已冻结" in page
    assert desk(f"/pc/wallet/{patient.id}/freeze").status_code == 409
    desk(f"/pc/wallet/{patient.id}/thaw")
    assert not queries.get_account(account_id).is_frozen


@pytest.mark.parametrize("text", ["李小梅", "13800001234", "card"])
def test_an_account_is_found_by_name_phone_or_card(
    desk: Post, patient: Patient, client: FlaskClient, text: str
) -> None:
    make_balance(patient.id, 100)
    card = services.issue_card(patient.id, by="staff:1")
    make_balance(make_patient().id, 100)
    kept = desk("/pc/table-filter", page_of="/pc/wallet", private="q", q=card.no if text == "card" else text)
    page = client.get(kept.location).text
    assert patient.record_no in page
    assert "共 1 条" in page


def test_an_unknown_patient_has_no_page(desk: Post, client: FlaskClient) -> None:
    assert client.get("/pc/wallet/99999").status_code == 404
    assert desk("/pc/wallet/99999/card").status_code == 404


def test_who_may_only_look_changes_nothing(
    desk: Post, patient: Patient, client: FlaskClient, sign_in_staff: SignIn
) -> None:
    csrf = sign_in_staff(client, make_member(permissions={Permission.WALLET_READ}))
    assert client.get(f"/pc/wallet/{patient.id}").status_code == 200
    for path in (
        f"/pc/wallet/{patient.id}/top-up",
        f"/pc/wallet/{patient.id}/pay-back",
        f"/pc/wallet/{patient.id}/card",
        f"/pc/wallet/{patient.id}/freeze",
        "/pc/wallet/waiting/S1/approve",
    ):
        assert client.post(path, data={"csrf_token": csrf}).status_code == 403, path

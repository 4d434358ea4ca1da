"""Withheld tax: what is open, and recording that it was paid to the tax office."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.patients import make_id_number
from tests.factories.staff import make_member
from tests.factories.withdrawals import CASHIER, REVIEWER, UNEARNED, ask, rich_distributor
from wxapp.admin.models import AuditRow
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.core.permissions import Permission
from wxapp.distribution import settings
from wxapp.distribution.queries import withheld_tax as queries
from wxapp.distribution.services import paying_withdrawals, withdrawal_checks, withdrawing
from wxapp.distribution.services.withheld_tax import record_tax_payment
from wxapp.payments.models import Method
from wxapp.wallet import services as wallet
from wxapp.wallet.models import Transfer

PAGE = "/pc/distribution/tax"
pytestmark = pytest.mark.usefixtures("pay")


def balance(name: str) -> int:
    return wallet.balance_of(wallet.house_account(name))


def wrong() -> set[str]:
    return {check.name for check in withdrawal_checks.invariants() if not check.holds} - {UNEARNED}


@pytest.fixture
def withheld(app: Flask) -> int:
    """Ten yuan of tax, withheld from a withdrawal that was paid."""
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by="system:tests")
    no = ask(rich_distributor(id_number=make_id_number(7)), 5_000)
    withdrawing.approve_withdrawal(no, by=REVIEWER, is_by_hand=True)
    paying_withdrawals.pay_by_hand(no, channel=Method.CASH, note="签收", by=CASHIER)
    return 1_000


def test_what_was_paid_leaves_the_account_by_the_bank(withheld: int) -> None:
    paid_before = balance("channel.transfer")
    record_tax_payment(400, note="完税8812", by=CASHIER)
    assert (queries.open_fen(), queries.withheld_fen(), queries.paid_fen()) == (withheld - 400, withheld, 400)
    assert balance("channel.transfer") - paid_before == 400
    record_tax_payment(600, note="完税8813", by=REVIEWER)
    assert queries.open_fen() == 0
    rows = queries.tax_payments(db.session.scalars(queries.payments_for_staff().order_by(Transfer.id)).all())
    assert [(row.amount_fen, row.note, row.by) for row in rows] == [
        (400, "完税8812", CASHIER),
        (600, "完税8813", REVIEWER),
    ]
    assert len({row.no for row in rows}) == 2
    assert wrong() == set()


def test_no_more_is_paid_than_is_open(withheld: int) -> None:
    with pytest.raises(Invalid) as refused:
        record_tax_payment(withheld + 1, note="完税8812", by=CASHIER)
    assert refused.value.errors == {"amount": "待缴税款只有10.00元"}
    record_tax_payment(withheld, note="完税8812", by=CASHIER)
    with pytest.raises(Invalid) as refused:
        record_tax_payment(1, note="完税8813", by=CASHIER)
    assert refused.value.errors == {"amount": "目前没有待缴的税款"}
    assert queries.open_fen() == 0


def test_the_check_names_tax_that_left_otherwise(withheld: int) -> None:
    assert wrong() == set()
    wallet.transfer(
        kind="test.lost",
        source="1",
        payer_id=wallet.house_account(queries.ACCOUNT),
        payee_id=wallet.house_account("channel.cash"),
        amount_fen=1,
    )
    assert wrong() == {"withdrawal.tax"}


# --- the page --------------------------------------------------------------------------------------------------------

Sit = Callable[..., tuple[FlaskClient, str, str]]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    def sit_down(*rights: Permission) -> tuple[FlaskClient, str, str]:
        member = make_member(set(rights))
        return client, sign_in_staff(client, member), f"staff:{member.id}"

    return sit_down


def test_the_page_records_once_and_lists_who_and_when(withheld: int, sit: Sit) -> None:
    client, csrf, actor = sit(Permission.WITHDRAWAL_PAY)
    assert "还没有登记过缴税" in client.get(PAGE).text
    for _ in range(2):
        fields = {"csrf_token": csrf, "amount": "4.00", "note": "完税8812", "form_key": "key-0000000001"}
        assert client.post(f"{PAGE}/record", data=fields).status_code == 303
    assert queries.open_fen() == withheld - 400
    shown: Any = client.get(PAGE, headers={"Accept": "application/json"}).json
    assert [(row["amount"], row["note"]) for row in shown["list"]] == [("4.00", "完税8812")]
    assert "完税8812" in client.get(PAGE).text
    audited = db.session.execute(
        sa.select(AuditRow.actor, AuditRow.detail).where(AuditRow.action == queries.RECORDED)
    ).all()
    assert [tuple(row) for row in audited] == [(actor, "4.00元，完税8812")]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"amount": "10.01", "note": "完税8812"}, "待缴税款只有10.00元"),
        ({"amount": "0", "note": "完税8812"}, "缴税金额"),
        ({"amount": "1e3", "note": "完税8812"}, "缴税金额"),
        ({"amount": "1", "note": ""}, "请填写完税凭证号"),
    ],
)
def test_wrong_input_is_told_and_changes_nothing(withheld: int, sit: Sit, fields: dict[str, str], told: str) -> None:
    client, csrf, _actor = sit(Permission.WITHDRAWAL_PAY)
    answer = client.post(f"{PAGE}/record", data={"csrf_token": csrf, **fields})
    assert (answer.status_code, told in answer.text) == (422, True)
    assert queries.open_fen() == withheld


def test_nothing_can_be_recorded_where_nothing_is_open_or_without_the_right(app: Flask, sit: Sit) -> None:
    client, _csrf, _actor = sit(Permission.WITHDRAWAL_PAY)
    assert "form_key" not in client.get(PAGE).text
    client, csrf, _actor = sit(Permission.WITHDRAWAL_READ, Permission.WITHDRAWAL_REVIEW)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}/record", data={"csrf_token": csrf, "amount": "1", "note": "完税"}).status_code == 403

"""Payment orders, valid by default."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from tests.factories.patients import make_wechat_user
from wxapp.core import clock
from wxapp.core.db import transaction
from wxapp.payments import queries, services
from wxapp.payments.models import Method, PaymentOrder, Payout
from wxapp.payments.services import PayoutAsked
from wxapp.payments.services.opening import Asked
from wxapp.payments.services.wechat import Payer
from wxapp.wallet.kinds import name_kind
from wxapp.wallet.services import house_account, transfer

_numbers = itertools.count(1)

KIND = "test"
SET_ASIDE = name_kind("test.aside", "测试预留")
PAYER = Payer(7, "openid-of-the-payer")
CASHIER, CLERK, CHIEF = "staff:1", "staff:2", "staff:3"


def make_payment(*, patient_id: int | None = None, **over: Any) -> PaymentOrder:
    values: dict[str, Any] = {
        "subject_kind": KIND,
        "subject_no": f"T{next(_numbers):05d}",
        "amount_fen": 19_900,
        "description": "入职体检套餐",
        "expires_at": clock.now() + timedelta(minutes=30),
        "wechat_user_id": PAYER.user_id,
        **over,
    }
    with transaction():
        return services.open_payment(Asked(patient_id=patient_id, **values))


def make_collected(parts: dict[Method, int], **over: Any) -> PaymentOrder:
    """A payment order that the cashier has taken."""
    payment = make_payment(amount_fen=sum(parts.values()), **over)
    services.collect(payment.no, list(parts.items()), by=CASHIER)
    return queries.get_payment(payment.no)


def begin(payment: PaymentOrder, payer: Payer = PAYER) -> str:
    """Begin to pay by WeChat; return the number at the channel."""
    services.begin_wechat(payment.no, payer)
    return queries.attempts_of(payment.id)[-1].out_trade_no


def ask_refund(payment: PaymentOrder, amount_fen: int, *, by: str = CLERK, source: str = "") -> str:
    return services.request_refund(
        subject_kind=payment.subject_kind,
        subject_no=payment.subject_no,
        amount_fen=amount_fen,
        reason="不想要了",
        by=by,
        source=source,
    )


def make_payout(*, amount_fen: int = 5_000, subject_no: str = "", **over: Any) -> Payout:
    """A payout that waits to be sent, with its money lying aside."""
    subject_no = subject_no or f"W{next(_numbers):05d}"
    values: dict[str, Any] = {"real_name": "王芳", "remark": "佣金提现", "by_hand": False, **over}
    if "wechat_user_id" not in values:
        values["wechat_user_id"] = make_wechat_user().id
    asked = PayoutAsked(
        subject_kind=KIND,
        subject_no=subject_no,
        amount_fen=amount_fen,
        from_account_id=house_account("house.reserved"),
        **values,
    )
    with transaction():
        transfer(
            kind=SET_ASIDE,
            source=subject_no,
            payer_id=house_account("house.mall"),
            payee_id=asked.from_account_id,
            amount_fen=amount_fen,
        )
        number = services.ask_payout(asked)
    return queries.get_payout(number)

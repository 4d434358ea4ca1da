"""Recharges and refunds under way, for the page of bills."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from wxapp.recharge import queries
from wxapp.wallet.pending import Pending


def pending_of(patient_id: int) -> Sequence[Pending]:
    """Return what of a patient's recharges is not paid, and what is on its way back."""
    unpaid = [
        Pending("在线充值", "待付款", row.amount_fen, row.placed_at, url_for("recharge.recharge", recharge_no=row.no))
        for row in queries.unpaid_of(patient_id)
    ]
    back = [
        Pending(
            "充值退款",
            "审核或退回中",
            -row.amount_fen,
            row.asked_at,
            url_for("recharge.refund", recharge_refund_no=row.no),
        )
        for row in queries.refunds_of_patient(patient_id, under_way=True)
    ]
    return [*unpaid, *back]


def _refund_address(no: str) -> str:
    return url_for("recharge.refund", recharge_refund_no=no)

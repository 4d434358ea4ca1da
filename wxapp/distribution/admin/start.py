"""What distribution puts on the start page: what waits for somebody's decision."""

from __future__ import annotations

import sqlalchemy as sa
from flask import url_for

from wxapp.admin import dashboard
from wxapp.core.permissions import Permission
from wxapp.distribution.models import Distributor, DistributorStatus, Terms, TermsStatus, WithdrawalStatus
from wxapp.distribution.queries import withdrawals


def applications_to_review(count: int) -> dashboard.Card | None:
    return _card("分销申请", count, "等待审核", url_for("distribution_admin.applications"), "user-plus")


def withdrawals_to_review(count: int) -> dashboard.Card | None:
    address = url_for("distribution_admin.withdrawals", status=WithdrawalStatus.REQUESTED)
    return _card("佣金提现", count, "等待审核", address, "cash")


def withdrawals_to_pay(count: int) -> dashboard.Card | None:
    address = url_for("distribution_admin.withdrawals", status=WithdrawalStatus.APPROVED)
    return _card("佣金打款", count, "待线下打款或微信未受理", address, "cash")


def terms_to_confirm(count: int) -> dashboard.Card | None:
    address = url_for("distribution_admin.terms_list", status=TermsStatus.PROPOSED)
    return _card("佣金设置", count, "等待确认", address, "scale")


def _card(label: str, count: int, hint: str, address: str, icon: str) -> dashboard.Card | None:
    return dashboard.Card(label, str(count), hint, address, icon, "attention") if count else None


def _count(condition: sa.ColumnElement[bool]) -> list[sa.ScalarSelect[int]]:
    return [sa.select(sa.func.count()).where(condition).scalar_subquery()]


dashboard.dashboard_counts(
    40,
    Permission.DISTRIBUTION_REVIEW,
    lambda: _count(Distributor.status == DistributorStatus.APPLIED),
    applications_to_review,
)
dashboard.dashboard_counts(41, Permission.WITHDRAWAL_REVIEW, lambda: [withdrawals.waiting()], withdrawals_to_review)
dashboard.dashboard_counts(42, Permission.WITHDRAWAL_PAY, lambda: [withdrawals.to_be_paid()], withdrawals_to_pay)
dashboard.dashboard_counts(
    43, Permission.COMMISSION_CONFIRM, lambda: _count(Terms.status == TermsStatus.PROPOSED), terms_to_confirm
)

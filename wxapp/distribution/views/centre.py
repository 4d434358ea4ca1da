"""The distribution centre (分销中心): what there is to take, what today brought, and where everything is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import clock
from wxapp.distribution import settings
from wxapp.distribution.access import needs_distributor, own_distributor
from wxapp.distribution.models import DistributorStatus
from wxapp.distribution.queries import income
from wxapp.distribution.views.door import pages
from wxapp.patients.access import signed_in_user


@dataclass(frozen=True)
class Entry:
    """An entry of the centre.

    :param kind: ``share``, ``people`` or ``money``: gives its sign a colour
    """

    label: str
    icon: str
    endpoint: str
    kind: str

    @property
    def address(self) -> str:
        return url_for(self.endpoint)


ENTRIES = (
    Entry("邀请分销", "user-plus", "distribution.invite_distributors", "share"),
    Entry("邀请会员", "user-heart", "distribution.invite_members", "share"),
    Entry("推广商品", "shopping-bag", "distribution.goods", "share"),
    Entry("我的邀请", "users-group", "distribution.invitations", "people"),
    Entry("我的客户", "users", "distribution.customers", "people"),
    Entry("分销订单", "clipboard-list", "distribution.orders", "people"),
    Entry("提现", "cash", "distribution.withdraw", "money"),
    Entry("提现记录", "history", "distribution.withdrawals", "money"),
    Entry("收支明细", "receipt", "distribution.income", "money"),
)


@pages.page("/earn")
@needs_distributor
def centre() -> ResponseReturnValue:
    """Show a distributor's money, today's figures and all entries."""
    distributor = own_distributor()
    balances = income.balances_of(distributor.id)
    return render_template(
        "distribution/centre.html",
        distributor=distributor,
        nickname=signed_in_user().nickname or "分销员",
        balances=balances,
        totals=income.totals_of(distributor.id),
        today=income.booked_on(distributor.id, clock.today()),
        entries=ENTRIES,
        can_withdraw=distributor.status is not DistributorStatus.FROZEN and balances.available_fen > 0,
        is_open=settings.IS_OPEN(),
        wait_days=settings.WAIT_DAYS(),
        D=DistributorStatus,
    )

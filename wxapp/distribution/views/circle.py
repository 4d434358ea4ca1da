"""我的邀请, 我的客户, 分销订单: who came and what was placed; never a person together with what that person bought."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.errors import NotFound
from wxapp.core.forms import row_key
from wxapp.distribution import explaining
from wxapp.distribution.access import needs_distributor, own_distributor
from wxapp.distribution.models import AttributionOutcome, DistributorStatus, SceneKind
from wxapp.distribution.queries import circle
from wxapp.distribution.rules.income import read_place
from wxapp.distribution.views.door import pages
from wxapp.mall.models import OrderStatus

_PAGE = circle.PAGE_SIZE

ORDER_TONES = {
    OrderStatus.AWAITING_PAYMENT: "wait",
    OrderStatus.AWAITING_HOSPITAL: "wait",
    OrderStatus.PAID: "good",
    OrderStatus.IN_USE: "good",
    OrderStatus.DONE: "good",
    OrderStatus.REFUNDING: "bad",
}


@pages.page("/earn/invitations")
@needs_distributor
def invitations() -> ResponseReturnValue:
    """我的邀请: who came by one's invitations and has paid an order, the last to join first."""
    distributor = own_distributor()
    before = request.args.get("before", type=read_place)
    found = circle.invitations_of(distributor.id, before=before, limit=_PAGE + 1)
    older = found[_PAGE - 1].place if len(found) > _PAGE else None
    return render_template(
        "distribution/invitations.html",
        found=found[:_PAGE],
        counts=circle.invitation_counts(distributor.id),
        may_promote=distributor.status is DistributorStatus.ACTIVE,
        newest=url_for("distribution.invitations") if before is not None else "",
        older=url_for("distribution.invitations", before=str(older)) if older is not None else "",
        K=SceneKind,
    )


@pages.page("/earn/customers")
@needs_distributor
def customers() -> ResponseReturnValue:
    """我的客户: who bought through one's shared goods, and how often."""
    page = request.args.get("page", 1, type=row_key)
    if not 1 <= page <= 500:
        raise NotFound
    distributor = own_distributor()
    found, has_more = circle.customers_of(distributor.id, page=page)
    return render_template(
        "distribution/customers.html",
        found=found,
        page=page,
        may_promote=distributor.status is DistributorStatus.ACTIVE,
        previous=url_for("distribution.customers", page=page - 1) if page > 1 else "",
        next=url_for("distribution.customers", page=page + 1) if has_more else "",
    )


@pages.page("/earn/orders")
@needs_distributor
def orders() -> ResponseReturnValue:
    """分销订单: what was placed through one's shares, and what it pays."""
    before = request.args.get("before", type=row_key)
    distributor = own_distributor()
    found = circle.orders_of(distributor.id, before_id=before, limit=_PAGE + 1)
    return render_template(
        "distribution/orders.html",
        found=found[:_PAGE],
        tones=ORDER_TONES,
        may_promote=distributor.status is DistributorStatus.ACTIVE,
        commission_tones=explaining.TONES,
        shown_fen=explaining.shown_fen,
        newest=url_for("distribution.orders") if before is not None else "",
        older=url_for("distribution.orders", before=found[_PAGE - 1].last_id) if len(found) > _PAGE else "",
        O=AttributionOutcome,
    )

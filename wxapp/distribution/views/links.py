"""Where links and cards of distributors lead: the opening is written down, then the page itself follows."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.limits import Limit
from wxapp.distribution.models import ScanOutcome, SceneKind
from wxapp.distribution.queries import sharing
from wxapp.distribution.services import opening
from wxapp.distribution.views.door import pages
from wxapp.h5.notices import notice
from wxapp.mall import queries as mall
from wxapp.patients.access import signed_in_user

OPENINGS = Limit("distribution.open", count=120, seconds=60)
"""Per user: each writes a row."""

MOST_GOODS = 6


@pages.page("/s/<token>")
def open_shared(token: str) -> ResponseReturnValue:
    """Lead to the goods, to the form for joining, or to what a member gets."""
    user = signed_in_user()
    OPENINGS.hit(str(user.id))
    shared, outcome = opening.open_link(token, user)
    if shared.kind is SceneKind.GOODS:
        return redirect(url_for("mall.goods", goods_id=shared.goods_id))
    if shared.kind is SceneKind.INVITE_MEMBER:
        return redirect(f"{url_for('distribution.welcome')}?from={shared.token}")
    if outcome is ScanOutcome.INACTIVE:
        notice("这个邀请已停用，您仍可以直接申请")
    return redirect(url_for("distribution.join"))


@pages.page("/earn/welcome")
def welcome() -> ResponseReturnValue:
    """What an invited member finds: who invites, whether he belongs to the house now, and what there is to buy."""
    user = signed_in_user()
    shared = sharing.find_shared(request.args.get("from", ""))
    if shared is not None and (shared.kind is not SceneKind.INVITE_MEMBER or not opening.is_open(shared)):
        shared = None
    membership = sharing.find_membership(user.id)
    cards, _more = mall.goods_on_sale(size=MOST_GOODS)
    return render_template(
        "distribution/welcome.html",
        shared=shared,
        is_own=shared is not None and shared.owner_id == user.id,
        is_member=membership is not None,
        cards=cards,
    )

"""Which distributor looks at a page, for the doors of this package."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.db import db
from wxapp.core.forms import wants_json
from wxapp.distribution.errors import DistributorFrozen, NotADistributor
from wxapp.distribution.kinds import AVAILABLE_ACCOUNT, PENDING_ACCOUNT
from wxapp.distribution.models import Distributor, DistributorStatus, Withdrawal
from wxapp.distribution.queries import people
from wxapp.distribution.states import OPEN_WITHDRAWALS
from wxapp.h5.identity import User
from wxapp.patients.access import signed_in_user
from wxapp.wallet.models import Account


def own_distributor() -> Distributor:
    """Return what the signed-in user is: active, frozen, or closed with money that is not paid out yet.

    :raises SignInRequired: nobody is signed in
    :raises NotADistributor: none of these
    """
    if (kept := g.get("own_distributor")) is not None:
        found: Distributor = kept
        return found
    row = people.find_by_user(signed_in_user().id)
    if row is None or not _may_look(row):
        raise NotADistributor
    g.own_distributor = row
    return row


def active_distributor() -> Distributor:
    """Return the signed-in user's distributor, for what only active ones may do.

    :raises NotADistributor: the user is none, or not any more
    :raises DistributorFrozen: frozen
    """
    row = own_distributor()
    if row.status is DistributorStatus.FROZEN:
        raise DistributorFrozen
    if row.status is not DistributorStatus.ACTIVE:
        raise NotADistributor
    return row


def needs_distributor(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Decorate a distributor's page: who is none is led to the form for joining. What is no page is refused."""

    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        try:
            own_distributor()
        except NotADistributor:
            if request.method != "GET" or wants_json():
                raise
            return redirect(url_for("distribution.join"))
        return view(**arguments)

    return guarded


def is_distributor(user: User) -> bool:
    """Whether a user's pages are those of a distributor, see :func:`own_distributor`; asked once a request."""
    if "is_distributor" not in g:
        row = people.find_by_user(user.id)
        g.is_distributor = row is not None and _may_look(row)
    found: bool = g.is_distributor
    return found


def _may_look(row: Distributor) -> bool:
    if row.status in {DistributorStatus.ACTIVE, DistributorStatus.FROZEN}:
        return True
    return row.status is DistributorStatus.CLOSED and has_money(row.id)


def has_money(distributor_id: int) -> bool:
    """Whether something is pending, available, owed or on its way to a distributor."""
    account = sa.exists().where(
        Account.kind.in_((PENDING_ACCOUNT, AVAILABLE_ACCOUNT)),
        Account.owner_id == distributor_id,
        Account.balance_fen != 0,
    )
    under_way = sa.exists().where(Withdrawal.distributor_id == distributor_id, Withdrawal.status.in_(OPEN_WITHDRAWALS))
    return bool(db.session.scalar(sa.select(sa.or_(account, under_way))))

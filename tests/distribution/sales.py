"""Sales of a distributor, and what they come to, for the tests of commissions."""

from __future__ import annotations

import itertools

import sqlalchemy as sa

from tests.factories.commissions import freeze_commissions
from tests.factories.distribution import make_distributor
from tests.factories.mall import make_goods, make_order
from tests.mall.orders import ask_back, fresh, give_back, use
from wxapp.core.db import db
from wxapp.distribution import kinds
from wxapp.distribution.models import Commission, Distributor, Level
from wxapp.mall.models import Goods
from wxapp.messages.models import Message
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Method
from wxapp.wallet import services as wallet
from wxapp.wallet.models import Transfer

PRICE = 9_999
_buyers = itertools.count(1)
ITEMS = ("血常规", "彩超", "心电图")


def make_package(**over: object) -> Goods:
    return make_goods(items=ITEMS, price_fen=PRICE, stock=20, **over)


def pay(order_no: str) -> None:
    order = fresh(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:999")


class Sale:
    """An order of packages of three items each, sold by a distributor whom somebody else invited."""

    def __init__(self, *, seller: Distributor | None = None, wait_days: int = 7, quantity: int = 1) -> None:
        if seller is None:
            self.inviter = make_distributor(name="林远")
            seller = make_distributor(inviter=self.inviter)
        else:
            self.inviter = db.session.get_one(Distributor, seller.inviter_id)
        self.seller, self.seller_id = seller, seller.id
        self.goods = make_package()
        self.no = make_order(self.goods, quantity=quantity, wechat_user_id=10_000 + next(_buyers))
        freeze_commissions(self.no, self.seller, inviter=self.inviter, wait_days=wait_days)

    def pay(self) -> None:
        pay(self.no)

    def refund(self, *names: str) -> None:
        give_back(self.ask_back(*names))

    def ask_back(self, *names: str) -> str:
        return ask_back(fresh(self.no), dict.fromkeys(names, 1) if names else None)

    def use(self, *names: str) -> None:
        use(fresh(self.no), *names)

    def of(self, level: Level = Level.SELLER) -> Commission:
        db.session.expire_all()
        found = sa.select(Commission).where(Commission.order_no == self.no, Commission.level == level)
        return db.session.scalars(found).one()


def money(distributor: Distributor | int) -> tuple[int, int]:
    """Return what is pending and what is available."""
    db.session.expire_all()
    key = distributor if isinstance(distributor, int) else distributor.id
    return wallet.balance_of(kinds.pending_account(key)), wallet.balance_of(kinds.available_account(key))


def told(distributor: Distributor) -> list[str]:
    """Return what a distributor was told of commission."""
    found = sa.select(Message.body).where(
        Message.code == "fx_commission_0000001", Message.receiver_id == distributor.wechat_user_id
    )
    return list(db.session.scalars(found.order_by(Message.id)))


def transfers() -> list[tuple[str, int]]:
    """Return what was booked of commissions: the step and the amount."""
    found = sa.select(Transfer).where(Transfer.kind.like("commission.%")).order_by(Transfer.id)
    return [(row.kind.removeprefix("commission."), row.amount_fen) for row in db.session.scalars(found)]


def broken() -> set[str]:
    return {check.name for check in check_all() if not check.holds}

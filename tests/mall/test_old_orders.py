"""Orders that were paid before items were written get them with the migration, as if they had always had them."""

from __future__ import annotations

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from tests.factories.mall import make_goods, make_order
from tests.mall.orders import ask_back, give_back, make_package, make_paid
from wxapp.app import use_migrations
from wxapp.core.db import db
from wxapp.mall.models import OrderItem
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_payments

BEFORE = "0006"
COLUMNS = (
    OrderItem.order_line_id, OrderItem.piece, OrderItem.position, OrderItem.name, OrderItem.share_fen,
    OrderItem.status, OrderItem.refund_no,
)  # fmt: skip


def items() -> list[tuple[object, ...]]:
    statement = sa.select(*COLUMNS).order_by(OrderItem.order_line_id, OrderItem.piece, OrderItem.position)
    return [tuple(row) for row in db.session.execute(statement)]


def test_what_was_paid_before_can_be_used_and_given_back(real_database: Flask) -> None:
    use_migrations(real_database)
    with real_database.app_context():
        package, single = make_package(), make_goods(price_fen=777, stock=50)
        make_order(package, wechat_user_id=900)
        make_paid(package, 2)
        make_paid(single, 3)
        ask_back(make_paid(single, 3), {single.name: 1})
        give_back(ask_back(make_paid(single, 3), {single.name: 2}))
        give_back(ask_back(make_paid(package, 2)))
        payments.reject_refund(ask_back(make_paid(package)), by="staff:5", reason="a")
        before = items()
        db.session.commit()
        flask_migrate.downgrade(revision=BEFORE)
        flask_migrate.upgrade()
        assert items() == before
        assert len(before) == 6 + 3 + 3 + 3 + 6 + 3
        assert [check.name for check in check_payments() if not check.holds] == []

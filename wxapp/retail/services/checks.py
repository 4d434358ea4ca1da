"""What sales, money and stock have to agree on, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.retail.models import RetailGoods, RetailLine, RetailOrder, RetailStatus, StockChange
from wxapp.retail.services.selling import SUBJECT
from wxapp.till.models import Entry
from wxapp.wallet.services import Check

_SHOWN = 20


def invariants() -> list[Check]:
    """Recompute that sales are the sum of their lines, are paid or given back, and that stocks are accounted for."""
    checks: list[tuple[str, str, Callable[[], Iterable[str]]]] = [
        ("retail.lines", "零售订单总价等于其商品金额之和", _wrong_totals),
        ("retail.paid", "零售订单的收款等于总价，已撤单的为零", _wrongly_paid),
        ("retail.stock", "零售库存等于其变动之和", _wrong_stocks),
    ]
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _wrong_totals() -> Iterable[str]:
    total = sa.func.coalesce(sa.func.sum(RetailLine.price_fen * RetailLine.count), 0)
    rows = db.session.execute(
        sa.select(RetailOrder.order_no, RetailOrder.total_fen, total.label("total"))
        .outerjoin(RetailLine, RetailLine.order_id == RetailOrder.id)
        .group_by(RetailOrder.id, RetailOrder.order_no, RetailOrder.total_fen)
        .having(total != RetailOrder.total_fen)
        .limit(_SHOWN)
    )
    return [f"订单 {row.order_no}：总价 {yuan(row.total_fen)}，重算 {yuan(int(row.total))}" for row in rows]


def _wrongly_paid() -> Iterable[str]:
    subject = sa.literal(f"{SUBJECT}:").concat(sa.cast(RetailOrder.id, sa.String(20)))
    paid = sa.func.coalesce(sa.func.sum(Entry.amount_fen), 0)
    owed = sa.case((RetailOrder.status == RetailStatus.PAID, RetailOrder.total_fen), else_=0)
    rows = db.session.execute(
        sa.select(RetailOrder.order_no, owed.label("owed"), paid.label("paid"))
        .outerjoin(Entry, sa.and_(Entry.subject == subject, Entry.voided_at.is_(None)))
        .group_by(RetailOrder.id, RetailOrder.order_no, RetailOrder.status, RetailOrder.total_fen)
        .having(paid != owed)
        .limit(_SHOWN)
    )
    return [f"订单 {row.order_no}：应收 {yuan(int(row.owed))}，实收 {yuan(int(row.paid))}" for row in rows]


def _wrong_stocks() -> Iterable[str]:
    changed = sa.func.coalesce(sa.func.sum(StockChange.change), 0)
    rows = db.session.execute(
        sa.select(RetailGoods.name, RetailGoods.stock, changed.label("changed"))
        .outerjoin(StockChange, StockChange.goods_id == RetailGoods.id)
        .group_by(RetailGoods.id, RetailGoods.name, RetailGoods.stock)
        .having(changed != RetailGoods.stock)
        .limit(_SHOWN)
    )
    return [f"{row.name}：库存 {row.stock}，变动合计 {row.changed}" for row in rows]

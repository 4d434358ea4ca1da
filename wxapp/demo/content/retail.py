"""The shelf beside the front desk, and what was sold there in the last days."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.clock import day_bounds
from wxapp.core.db import db
from wxapp.demo.earlier import earlier
from wxapp.hospital.models import MethodKind
from wxapp.hospital.queries import methods
from wxapp.patients.models import Patient
from wxapp.retail import queries
from wxapp.retail.models import StockReason
from wxapp.retail.services import catalogue, selling, stock
from wxapp.retail.services.catalogue import GoodsDraft
from wxapp.retail.services.selling import Wanted
from wxapp.staff.models import Member
from wxapp.till.services import Cashier, Paid, new_receipt_no

SHELF: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "术后护理": (
        ("医用修复面膜（5片）", "盒", 12_800, 60),
        ("医用冷敷贴（5片）", "盒", 9800, 80),
        ("疤痕凝胶 15g", "支", 26_800, 24),
        ("防水创口贴（20片）", "盒", 1850, 120),
        ("术后弹力绷带", "个", 6800, 30),
        ("冰袋（可重复使用）", "个", 1500, 4),
    ),
    "护肤": (
        ("温和洁面乳 120ml", "支", 8800, 45),
        ("舒缓保湿乳 100ml", "瓶", 15_800, 40),
        ("防晒霜 SPF50 50ml", "支", 16_800, 36),
        ("玻尿酸精华 30ml", "瓶", 29_800, 18),
        ("维生素C精华 30ml", "瓶", 32_800, 0),
    ),
    "口腔护理": (
        ("正畸牙刷", "支", 2500, 90),
        ("牙线（50支）", "盒", 1990, 100),
        ("冲牙器", "台", 39_900, 8),
        ("保持器清洁片（30片）", "盒", 4500, 50),
    ),
    "穿戴": (
        ("塑形面罩", "个", 19_800, 15),
        ("医用塑身衣", "件", 45_800, 12),
        ("一次性口罩（50只）", "盒", 2990, 200),
    ),
}
_SALES = ((6, 5, (1, 2)), (5, 30, (0,)), (4, 4, (7, 8)), (3, 3, (11,)), (2, 2, (13, 12)), (1, 1, (2,)), (0, 0, (8, 0)))
"""How many days ago, which patient of the last ones, and which goods."""
CANCELLED = 2


def fill(by: str) -> None:
    """Put goods on the shelf, sell some, take one sale back, count a shelf."""
    for position, (category, goods) in enumerate(SHELF.items(), start=1):
        category_id = catalogue.save_category(category_id=None, name=category, position=position, is_active=True).id
        for name, unit, price_fen, pieces in goods:
            draft = GoodsDraft(name=name, category_id=category_id, unit=unit, price_fen=price_fen, is_active=True)
            catalogue.add_goods(draft, stock=pieces, by=by)
    shelf = queries.shelf()
    stock.change_stock(shelf[3].id, 40, StockReason.RECEIVED, note="补货", by=by)
    stock.change_stock(shelf[5].id, 1, StockReason.BROKEN, note="包装破损", by=by)
    _sell(shelf)


def _sell(shelf: list[queries.StockedGoods]) -> None:
    seller = db.session.scalars(sa.select(Member).where(Member.username == "前台")).one()
    cashier = Cashier(seller.id, seller.name)
    ways = [one for one in methods() if selling.is_taken_at_counter(one) and one.kind is not MethodKind.BALANCE]
    buyers = list(db.session.scalars(sa.select(Patient).order_by(Patient.id.desc()).limit(40)))
    for number, (days, place, chosen) in enumerate(_SALES):
        with earlier(days=days, hours=_hours(days)):
            wanted = [
                Wanted(goods.id, 1 + number % 2, goods.name, goods.price_fen)
                for goods in (shelf[one] for one in chosen)
                if goods.stock > 2
            ]
            total = sum(line.price_fen * line.count for line in wanted)
            half = total // 2 if number % 3 == 0 else 0
            payments = [Paid(ways[number % len(ways)], total - half)]
            payments += [Paid(ways[(number + 1) % len(ways)], half)] if half else []
            order = selling.sell(
                order_no=selling.new_order_no(),
                receipt_no=new_receipt_no(),
                patient_id=buyers[place].id,
                seller_id=seller.id,
                wanted=wanted,
                payments=payments,
                cashier=cashier,
            )
            if number == CANCELLED:
                selling.cancel(order.order_no, receipt_no=new_receipt_no(), cashier=cashier, reason="买错型号")


def _hours(days: int) -> float:
    """Return how much earlier than now a sale was, within its day as far as that goes."""
    since_midnight = (clock.now() - day_bounds(clock.today())[0]).total_seconds() / 3600
    return min(2.5, since_midnight / 2) if days == 0 else 1.25

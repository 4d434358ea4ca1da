"""Commissions of real orders of the mall, frozen as placing an order leaves them."""

from __future__ import annotations

from typing import Any

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    AttributionWay,
    Commission,
    Distributor,
    Level,
    Scope,
    Terms,
    TermsStatus,
    TermsWay,
)
from wxapp.mall import queries as mall


def make_terms(**over: Any) -> Terms:
    """Terms that were in force once: ten percent for the seller, five for the inviter."""
    now = clock.now()
    columns: dict[str, Any] = {
        "scope": Scope.DEFAULT,
        "scope_id": 0,
        "way": TermsWay.PERCENT,
        "seller": 1_000,
        "inviter": 500,
        "status": TermsStatus.ENDED,
        "proposed_by": "staff:1",
        "proposed_at": now,
        "decided_by": "staff:2",
        "valid_from": now,
        "valid_until": now,
    }
    row = Terms(**(columns | over))
    with transaction():
        db.session.add(row)
    return row


def freeze_commissions(
    order_no: str,
    seller: Distributor,
    *,
    inviter: Distributor | None = None,
    wait_days: int = 7,
    terms: Terms | None = None,
) -> list[Commission]:
    """Write down that this distributor sold each line of an order that was just placed; return the commissions."""
    terms = terms or make_terms()
    order = mall.get_order(order_no)
    rows = []
    with transaction():
        for line in order.lines:
            sale = Attribution(
                order_no=order_no,
                order_line_id=line.id,
                goods_id=line.goods_id,
                goods_name=line.goods_name,
                quantity=line.quantity,
                line_fen=line.amount_fen,
                buyer_id=order.wechat_user_id,
                distributor_id=seller.id,
                way=AttributionWay.SHARE,
                opened_at=order.placed_at,
                outcome=AttributionOutcome.PAYS,
                terms_id=terms.id,
                placed_at=order.placed_at,
            )
            db.session.add(sale)
            db.session.flush()  # its key
            for level, person, rate in ((Level.SELLER, seller, terms.seller), (Level.INVITER, inviter, terms.inviter)):
                if person is not None:
                    rows.append(
                        Commission(
                            attribution_id=sale.id,
                            order_no=order_no,
                            order_line_id=line.id,
                            distributor_id=person.id,
                            level=level,
                            way=terms.way,
                            rate=rate,
                            terms_id=terms.id,
                            line_fen=line.amount_fen,
                            frozen_fen=line.amount_fen * rate // 10_000,
                            wait_days=wait_days,
                            placed_at=order.placed_at,
                        )
                    )
        db.session.add_all(rows)
    return rows

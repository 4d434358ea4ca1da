"""What distribution does on hearing of others."""

from __future__ import annotations

from datetime import datetime

from wxapp.core.events import on, within
from wxapp.distribution import elsewhere, models, scan_answers, settings, states, withdrawal_news  # noqa: F401 - tables and settings exist from the start
from wxapp.distribution.services import checks, first_orders, following, freezing, opening, people
from wxapp.mall.events import OrderClosed, OrderDone, OrderPaid, OrderPlaced, OrderRefunded, RedemptionUndone
from wxapp.messages.events import PushReceived
from wxapp.payments import invariants
from wxapp.staff.events import MemberAtWork
from wxapp.wechat.pushes import Kind

invariants.register(checks.invariants)


@on(PushReceived)
def note_scan(event: PushReceived) -> None:
    """Somebody has scanned a poster, of those who follow already or with following."""
    if event.scene and event.kind in {Kind.SUBSCRIBE, Kind.SCAN}:
        opening.take_scan(event.openid, event.scene, at=datetime.fromisoformat(event.created_at))


@within(OrderPlaced)
def freeze_commissions(event: OrderPlaced) -> None:
    """What the order may earn is fixed with it."""
    freezing.freeze(event.order_no, buyer_id=event.wechat_user_id)


@on(MemberAtWork)
def freeze_who_works_here(event: MemberAtWork) -> None:
    """Nobody who works here goes on as a distributor."""
    people.freeze_who_works_here(event.member_id)


@on(OrderPaid)
def note_first_paid(event: OrderPaid) -> None:
    """Who came by a distributor has become a customer."""
    first_orders.note_first_paid(event.order_no)


@on(OrderPaid)
def follow_payment(event: OrderPaid) -> None:
    """Commissions follow their order. What is heard only says that it has moved: where to, the mall is asked."""
    following.follow_order(event.order_no)


@on(OrderClosed)
def follow_closing(event: OrderClosed) -> None:
    following.follow_order(event.order_no)


@on(OrderDone)
def follow_end(event: OrderDone) -> None:
    following.follow_order(event.order_no)


@on(RedemptionUndone)
def follow_undoing(event: RedemptionUndone) -> None:
    following.follow_order(event.order_no)


@on(OrderRefunded)
def follow_refund(event: OrderRefunded) -> None:
    following.follow_order(event.order_no)

"""Using up what was bought: items, their shares, redeeming them, and undoing it the same day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.mall import CONTACT, make_goods, make_order
from tests.factories.patients import make_patient
from tests.mall.orders import (
    OTHER,
    STAFF,
    ask_back,
    fresh,
    give_back,
    items_of,
    make_package,
    make_paid,
    states_of,
    use,
    wish,
)
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.states import history
from wxapp.mall import queries
from wxapp.mall.errors import NotRedeemable, NotUndoable, RedeemedMeanwhile
from wxapp.mall.models import GoodsItem, OrderItem, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, redemption
from wxapp.payments import services as payments
from wxapp.payments.invariants import check_payments
from wxapp.payments.models import Method

S = OrderStatus


def test_a_package_has_an_item_for_each_examination_of_each_piece(app: Flask) -> None:
    order = make_paid(make_package(), 2)
    assert [(item.piece, item.position, item.name, item.share_fen) for item in items_of(order)] == [
        (1, 1, "血常规", 3_333),
        (1, 2, "彩超", 3_333),
        (1, 3, "心电图", 3_334),
        (2, 1, "血常规", 3_333),
        (2, 2, "彩超", 3_333),
        (2, 3, "心电图", 3_334),
    ]


def test_single_goods_have_an_item_for_each_piece(app: Flask) -> None:
    order = make_paid(make_goods(name="胸部CT", price_fen=28_000), 3)
    assert [(item.piece, item.name, item.share_fen) for item in items_of(order)] == [
        (piece, "胸部CT", 28_000) for piece in (1, 2, 3)
    ]


def test_a_heavier_item_has_more_of_the_price(app: Flask) -> None:
    goods = make_package()
    with transaction():
        db.session.execute(sa.update(GoodsItem).where(GoodsItem.name == "彩超").values(weight=3))
    assert [item.share_fen for item in items_of(make_paid(goods))] == [2_000, 6_000, 2_000]


def test_an_order_keeps_the_items_it_was_placed_with(app: Flask) -> None:
    goods = make_package()
    order = queries.get_order(make_order(goods))
    with transaction():
        goods.items = [GoodsItem(name="胃镜", position=1)]
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by=STAFF)
    assert [item.name for item in items_of(order)] == ["血常规", "彩超", "心电图"]


def test_an_unpaid_order_has_no_items(app: Flask) -> None:
    assert items_of(queries.get_order(make_order(make_package()))) == []


def test_an_order_is_in_use_from_the_first_item_on_and_done_with_the_last(app: Flask) -> None:
    order = make_paid(make_package())
    redeemed = use(order, "彩超")
    assert (redeemed.names, redeemed.left, fresh(order.no).status) == (("彩超",), 2, S.IN_USE)
    used = items_of(order)[1]
    assert (used.used_by, used.used_at is not None) == (STAFF, True)
    use(order, "血常规")
    assert use(order, "心电图", by=OTHER).left == 0
    order = fresh(order.no)
    assert (order.status, order.done_at is not None) == (S.DONE, True)
    assert [step.new for step in history(order)] == ["paid", "in_use", "done"]


def test_all_at_once_is_done_at_once(app: Flask) -> None:
    order = make_paid(make_goods(price_fen=100), 2)
    use(order)
    assert fresh(order.no).status is S.DONE


def test_pieces_are_used_one_after_the_other(app: Flask) -> None:
    order = make_paid(make_package(), 2)
    use(order, "血常规")
    assert states_of(order)["1 血常规"] == "used"
    assert states_of(order)["2 血常规"] == "open"


def test_an_item_is_redeemed_once(app: Flask) -> None:
    order = make_paid(make_package())
    wished = wish(order, {"血常规": 1})
    redemption.redeem(order.no, wished=wished, by=STAFF)
    with pytest.raises(Invalid) as refused:
        redemption.redeem(order.no, wished=wished, by=OTHER)
    assert list(refused.value.errors) == [f"item_{order.lines[0].id}_1"]
    assert [item.used_by for item in items_of(order)] == [STAFF, "", ""]


def test_all_of_a_press_counts_or_nothing(app: Flask) -> None:
    order = make_paid(make_package())
    use(order, "血常规")
    with pytest.raises(Invalid):
        redemption.redeem(order.no, wished=wish(order, {"血常规": 1, "彩超": 1}), by=STAFF)
    assert states_of(order)["1 彩超"] == "open"


@pytest.mark.parametrize("count", [-1, 0, 3])
def test_no_more_is_redeemed_than_is_open(app: Flask, count: int) -> None:
    order = make_paid(make_package(), 2)
    with pytest.raises(Invalid):
        redemption.redeem(order.no, wished={(order.lines[0].id, 1): count}, by=STAFF)
    assert fresh(order.no).status is S.PAID


def test_an_old_page_redeems_nothing(app: Flask) -> None:
    order = make_paid(make_package(), 2)
    use(order, "血常规")
    with pytest.raises(RedeemedMeanwhile):
        redemption.redeem(order.no, wished=wish(order, {"血常规": 1}), by=OTHER, seen=6)


def test_items_of_another_order_are_not_redeemed_here(app: Flask) -> None:
    order, other = make_paid(make_package()), make_paid(make_package())
    with pytest.raises(Invalid):
        redemption.redeem(order.no, wished=wish(other, {"血常规": 1}), by=STAFF)
    assert set(states_of(other).values()) == {"open"}


def test_what_is_not_paid_closed_or_refunded_is_not_redeemed(app: Flask) -> None:
    goods = make_package()
    unpaid = make_order(goods, wechat_user_id=71)
    closed = make_order(goods, wechat_user_id=72)
    ordering.cancel_order(queries.get_order(closed), by="wechat:72", reason="用户取消")
    refunded = make_paid(goods)
    give_back(ask_back(refunded))
    done = make_paid(goods)
    use(done)
    for order_no, sentence in (
        (unpaid, "还未付款"),
        (closed, "已关闭"),
        (refunded.no, "全部退款"),
        (done.no, "全部使用"),
    ):
        with pytest.raises(NotRedeemable, match=sentence):
            redemption.redeem(order_no, wished={(1, 1): 1}, by=STAFF)
    with pytest.raises(NotFound):
        redemption.redeem("N2026030299999", wished={(1, 1): 1}, by=STAFF)


def test_what_is_not_asked_back_can_be_used_while_a_refund_is_decided(app: Flask) -> None:
    order = make_paid(make_package())
    refund_no = ask_back(order, {"心电图": 1})
    use(order, "血常规", "彩超")
    assert fresh(order.no).status is S.REFUNDING
    with pytest.raises(NotRedeemable, match="正在退款"):
        redemption.redeem(order.no, wished={(order.lines[0].id, 3): 1}, by=STAFF)
    give_back(refund_no)
    order = fresh(order.no)
    assert (order.status, order.refunded_fen) == (S.DONE, 3_334)


# --- undoing ---------------------------------------------------------------------------------------------------------


def test_a_slip_is_undone_the_same_day(app: Flask) -> None:
    order = make_paid(make_package())
    use(order)
    item = items_of(order)[0]
    assert redemption.undo(order.no, item.id, reason="扫错了人", by=OTHER) == "血常规"
    order = fresh(order.no)
    assert (order.status, order.done_at, states_of(order)["1 血常规"]) == (S.IN_USE, None, "open")
    assert [(step.new, step.actor, step.reason) for step in history(items_of(order)[0])][-1] == (
        "open",
        OTHER,
        "扫错了人",
    )
    use(order, "血常规")
    assert fresh(order.no).status is S.DONE


def test_undoing_the_only_one_leaves_the_order_unused(app: Flask) -> None:
    order = make_paid(make_package())
    use(order, "血常规")
    redemption.undo(order.no, items_of(order)[0].id, reason="扫错了人", by=STAFF)
    assert fresh(order.no).status is S.PAID


def test_the_next_day_nothing_is_undone(app: Flask, at: Callable[[timedelta], None]) -> None:
    order = make_paid(make_package())
    use(order, "血常规")
    at(timedelta(hours=14))
    with pytest.raises(NotUndoable):
        redemption.undo(order.no, items_of(order)[0].id, reason="扫错了人", by=STAFF)


def test_only_a_used_item_of_the_order_is_undone(app: Flask) -> None:
    order, other = make_paid(make_package()), make_paid(make_package())
    use(other, "血常规")
    with pytest.raises(NotUndoable):
        redemption.undo(order.no, items_of(order)[0].id, reason="a", by=STAFF)
    with pytest.raises(NotFound):
        redemption.undo(order.no, items_of(other)[0].id, reason="a", by=STAFF)


# --- what all of it leaves -------------------------------------------------------------------------------------------


def test_the_books_agree_at_every_step(app: Flask) -> None:
    def broken() -> list[str]:
        return [check.name for check in check_payments() if not check.holds and check.name.startswith("mall.")]

    order = make_paid(make_package(), 2)
    assert broken() == []
    use(order, "血常规")
    assert broken() == []
    refund_no = ask_back(order, {"彩超": 2})
    assert broken() == []
    give_back(refund_no)
    assert broken() == []


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"share_fen": 1}, "mall.items"),
        ({"status": "used"}, "mall.item_status"),
        ({"status": "refunded"}, "mall.items"),
        ({"status": "refunding"}, "mall.item_status"),
    ],
)
def test_a_wrong_item_is_seen(app: Flask, values: dict[str, object], name: str) -> None:
    order = make_paid(make_package())
    with transaction():
        db.session.execute(sa.update(OrderItem).where(OrderItem.id == items_of(order)[0].id).values(values))
    assert name in {check.name for check in check_payments() if not check.holds}


def test_a_refund_of_other_items_than_it_pays_for_is_seen(app: Flask) -> None:
    order = make_paid(make_package())
    refund_no = ask_back(order, {"血常规": 1})
    with transaction():
        item = items_of(order)[1]
        db.session.execute(sa.update(OrderItem).where(OrderItem.id == item.id).values(refund_no=refund_no))
    assert "mall.item_refunds" in {check.name for check in check_payments() if not check.holds}


def test_a_large_order_is_worth_what_was_paid(app: Flask) -> None:
    order = make_paid(make_goods(items=tuple(f"项目{n}" for n in range(30)), price_fen=9_999, stock=200), 99)
    assert len(items_of(order)) == 99 * 30
    assert sum(item.share_fen for item in items_of(order)) == order.total_fen


def test_an_order_of_packages_and_singles_is_worth_what_was_paid(app: Flask) -> None:
    package, single = make_package(), make_goods(price_fen=77)
    order_no = ordering.place_order(
        wechat_user_id=81,
        patient_id=make_patient().id,
        wanted=[Wanted(package.id, 2, 10_000), Wanted(single.id, 3, 77)],
        contact=CONTACT,
        once_key="mixed-0000001",
    )
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by=STAFF)
    lines = queries.line_items(fresh(order_no))
    assert [(line.is_single, line.whole_pieces, line.open) for line in lines] == [(False, 2, 6), (True, 3, 3)]
    assert sum(item.share_fen for item in items_of(order)) == order.total_fen == 20_231

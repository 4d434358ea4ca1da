"""Settlement: what is due becomes available, once; rewards for inviting come and go with the first sale."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.sales import Sale, broken, money, told, transfers
from tests.factories.commissions import freeze_commissions
from tests.factories.distribution import make_distributor
from tests.factories.mall import make_order
from tests.factories.patients import make_wechat_user
from wxapp.core import clock, events
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db, transaction
from wxapp.core.states import history
from wxapp.distribution import settings, tasks
from wxapp.distribution.models import (
    Attribution,
    Commission,
    CommissionStatus,
    Distributor,
    DistributorStatus,
    Level,
    MonthTotal,
    Reward,
    RewardStatus,
)
from wxapp.distribution.services import settling
from wxapp.distribution.services.following import follow_order
from wxapp.distribution.services.settling import settle_due
from wxapp.mall.models import ItemStatus, Order, OrderItem
from wxapp.mall.services import redemption
from wxapp.payments import services as payments
from wxapp.wallet.models import Transfer

C = CommissionStatus
At = Callable[[str | timedelta], None]
WEEK = timedelta(days=7)
BOTH = 2


def done_sale(**over: object) -> Sale:
    sale = Sale(**over)  # type: ignore[arg-type]
    sale.pay()
    sale.use()
    return sale


@pytest.fixture
def sale(app: Flask) -> Sale:
    return done_sale()


def unheard(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Do something of which distribution does not hear."""
    deaf = {
        name: {key: heard for key, heard in known.items() if "distribution.handlers" not in key}
        for name, known in events._listeners.items()
    }
    with monkeypatch.context() as patch:
        patch.setattr(events, "_listeners", deaf)
        work()


def test_what_waited_long_enough_becomes_available(sale: Sale, at: At) -> None:
    at(WEEK - timedelta(seconds=1))
    assert settle_due() == 0
    at(timedelta(seconds=1))
    assert tasks.settle_commissions() == BOTH
    row = sale.of()
    assert (row.status, row.available_at) == (C.AVAILABLE, clock.now())
    assert (money(sale.seller), money(sale.inviter)) == ((0, 999), (0, 499))
    last = history(row)[-1]
    assert (last.old, last.new, last.actor, last.reason) == (
        "pending",
        "available",
        "system:distribution",
        "等待期已满",
    )
    assert told(sale.seller)[-1] == f"订单{sale.no}的佣金9.99元：可提现。"
    assert broken() == set()


def test_settling_again_changes_nothing(sale: Sale, at: At) -> None:
    at(WEEK)
    settle_due()
    booked = transfers()
    assert settle_due() == 0
    assert settling._settle([sale.of().id]) == 0
    assert (transfers(), len(told(sale.seller))) == (booked, 2)


def test_the_wait_is_the_one_of_the_day_the_order_was_placed(app: Flask, at: At) -> None:
    sale = done_sale(wait_days=0)
    core_settings.write(settings.WAIT_DAYS, 30, by="staff:1")
    assert settle_due() == BOTH
    assert money(sale.seller) == (0, 999)


def test_a_distributor_is_told_once_of_many_orders(sale: Sale, at: At) -> None:
    more = [done_sale(seller=sale.seller) for _ in range(2)]
    at(WEEK)
    assert settle_due() == 3 * BOTH
    assert told(sale.seller)[-1] == f"订单{sale.no}(+2)的佣金29.97元：可提现。"
    assert len(told(sale.seller)) == 4
    assert more[1].of().status is C.AVAILABLE


def test_not_while_a_refund_of_the_order_is_under_way(app: Flask, at: At) -> None:
    sale = Sale(wait_days=0)
    sale.pay()
    sale.use("血常规", "彩超")
    refund_no = sale.ask_back()
    with transaction():  # as if the order had been done when the refund was asked for
        change(sa.update(Commission).values(done_at=clock.now(), due_at=clock.now()))
        change(sa.update(Order).values(done_at=clock.now()))
    assert settle_due() == 0
    payments.withdraw_refund(refund_no, by="wechat:1")
    sale.use("心电图")
    assert settle_due() == BOTH
    assert broken() == set()


def test_a_refund_that_was_not_heard_yet_is_followed_first(sale: Sale, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    at(WEEK)

    def goes_back() -> None:
        with transaction():  # money goes back for something used: no page does that, but it has to be borne
            change(sa.update(OrderItem).where(OrderItem.name == "彩超").values(status=ItemStatus.REFUNDED))
            change(sa.update(Order).values(refunded_fen=3_333))

    unheard(monkeypatch, goes_back)
    assert settle_due() == 0
    assert (sale.of().status, sale.of().reversed_fen) == (C.PENDING, 333)
    assert settle_due() == BOTH
    assert money(sale.seller) == (0, 666)


def test_a_redemption_undone_that_was_not_heard_yet_stops_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sale = done_sale(wait_days=0)
    item = db.session.scalars(sa.select(OrderItem).where(OrderItem.name == "彩超")).one()
    unheard(monkeypatch, lambda: redemption.undo(sale.no, item.id, reason="点错", by="staff:901"))
    assert settle_due() == 0
    assert (sale.of().status, sale.of().due_at) == (C.PENDING, None)


def test_one_that_can_not_be_settled_stops_no_other(sale: Sale, at: At, caplog: pytest.LogCaptureFixture) -> None:
    others = [done_sale() for _ in range(3)]
    with transaction():
        db.session.execute(
            sa.text("UPDATE wallet_account SET balance_fen = 5 WHERE kind = 'distributor.pending' AND owner_id = :id"),
            {"id": others[1].seller.id},
        )
    at(WEEK)
    with caplog.at_level(logging.ERROR):
        assert settle_due(size=3) == 4 * BOTH - 1
    assert [one.of().status for one in (sale, *others)] == [C.AVAILABLE, C.AVAILABLE, C.PENDING, C.AVAILABLE]
    assert others[1].of(Level.INVITER).status is C.AVAILABLE
    assert f"settlement of commissions: {others[1].of().id} failed" in caplog.text
    assert settle_due() == 0


def test_a_transfer_that_differs_is_a_fault_and_nothing_moves(sale: Sale, at: At) -> None:
    with transaction():
        db.session.execute(
            sa.text(
                "INSERT INTO wallet_transfer (kind, source, payer_id, payee_id, amount_fen, memo, at) "
                "SELECT 'commission.available', :source, payer_id, payee_id, 1, '', at FROM wallet_transfer LIMIT 1"
            ),
            {"source": str(sale.of().id)},
        )
    at(WEEK)
    assert settle_due() == 1
    assert (sale.of().status, money(sale.seller)) == (C.PENDING, (999, 0))


def test_few_statements_for_many_lines(sale: Sale, at: At, queries: list[str]) -> None:
    for _ in range(4):
        done_sale(seller=sale.seller)
    at(WEEK)
    queries.clear()
    assert settle_due() == 5 * BOTH
    about_it = [sent for sent in queries if "messages_" not in sent and "patients_" not in sent]
    assert len(about_it) <= 20, about_it


# --- rewards ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def reward(app: Flask) -> int:
    core_settings.write(settings.REWARD, 2_000, by="staff:1")
    return 2_000


def rewards() -> list[tuple[RewardStatus, int]]:
    db.session.expire_all()
    return [(row.status, row.amount_fen) for row in db.session.scalars(sa.select(Reward).order_by(Reward.id))]


def test_the_first_sale_of_the_invited_rewards_the_inviter_once(reward: int, sale: Sale, at: At) -> None:
    second = done_sale(seller=sale.seller)
    at(WEEK)
    settle_due()
    assert rewards() == [(RewardStatus.PAID, reward)]
    row = db.session.scalars(sa.select(Reward)).one()
    assert (row.commission_id, row.order_no, row.at) == (sale.of().id, sale.no, clock.now())
    assert money(sale.inviter) == (0, 2 * 499 + reward)
    assert f"订单{sale.no}的佣金20.00元：邀请奖励。" in told(sale.inviter)
    third = done_sale(seller=sale.seller, wait_days=0)
    settle_due()
    assert (second.of().status, third.of().status) == (C.AVAILABLE, C.AVAILABLE)
    assert len(rewards()) == 1
    assert broken() == set()


def test_who_sold_before_there_were_rewards_earns_nobody_one(sale: Sale, at: At) -> None:
    at(WEEK)
    settle_due()
    core_settings.write(settings.REWARD, 2_000, by="staff:1")
    done_sale(seller=sale.seller, wait_days=0)
    settle_due()
    assert rewards() == []


def test_none_for_who_comes_back_for_own_purchases_or_to_an_inviter_who_left(reward: int, app: Flask) -> None:
    returning = make_distributor(inviter=make_distributor(), is_returning=True)
    gone = make_distributor(inviter=make_distributor(status=DistributorStatus.FROZEN))
    alone = make_distributor()
    buyer = make_wechat_user()
    own = make_distributor(inviter=make_distributor(), user=buyer)
    for seller in (returning, gone, own):
        done_sale(seller=seller, wait_days=0)
    with transaction():
        db.session.execute(
            sa.text("UPDATE distribution_attribution SET buyer_id = :buyer WHERE distributor_id = :id"),
            {"buyer": buyer.id, "id": own.id},
        )
    no = make_order(Sale().goods)
    freeze_commissions(no, alone, wait_days=0)
    assert settle_due() == 3 * BOTH
    assert rewards() == []


def bought_by(sale: Sale, buyer: Distributor) -> None:
    with transaction():
        mine = sa.update(Attribution).where(Attribution.order_no == sale.no)
        db.session.execute(mine.values(buyer_id=buyer.wechat_user_id))


def test_what_the_two_of_them_buy_proves_nothing_and_spoils_nothing(reward: int, sale: Sale, at: At) -> None:
    bought_by(sale, sale.inviter)
    own = done_sale(seller=sale.seller)
    bought_by(own, sale.seller)
    at(WEEK)
    settle_due()
    assert rewards() == []
    real = done_sale(seller=sale.seller, wait_days=0)
    settle_due()
    assert rewards() == [(RewardStatus.PAID, reward)]
    assert db.session.scalars(sa.select(Reward.order_no)).one() == real.no


def test_beyond_the_inviters_day_it_is_skipped_and_said_so(reward: int, app: Flask, at: At) -> None:
    core_settings.write(settings.REWARDS_PER_DAY, 2, by="staff:1")
    inviter = make_distributor()
    invited = [make_distributor(inviter=inviter) for _ in range(4)]
    for seller in invited[:3]:
        done_sale(seller=seller, wait_days=0)
    settle_due()
    assert rewards() == [(RewardStatus.PAID, reward), (RewardStatus.PAID, reward), (RewardStatus.SKIPPED, 0)]
    at("2026-03-03 00:05")
    done_sale(seller=invited[3], wait_days=0)
    done_sale(seller=invited[2], wait_days=0)
    settle_due()
    assert rewards()[3:] == [(RewardStatus.PAID, reward)]
    assert broken() == set()


def test_a_reward_counts_against_the_inviters_month(reward: int, app: Flask) -> None:
    inviter = make_distributor()
    for seller in [make_distributor(inviter=inviter) for _ in range(3)]:
        done_sale(seller=seller, wait_days=0)
    booked = db.session.scalar(sa.select(MonthTotal.booked_fen).where(MonthTotal.distributor_id == inviter.id)) or 0
    core_settings.write(settings.MONTH_CAP, booked + reward + 700, by="staff:1")
    settle_due()
    assert rewards() == [(RewardStatus.PAID, reward), (RewardStatus.PAID, 700), (RewardStatus.SKIPPED, 0)]
    assert broken() == set()


def test_a_reward_goes_back_with_the_whole_sale(reward: int, sale: Sale, at: At) -> None:
    at(WEEK)
    settle_due()
    with transaction():
        change(sa.update(OrderItem).values(status=ItemStatus.REFUNDED))
        change(sa.update(Order).values(refunded_fen=Order.total_fen))
    follow_order(sale.no)
    follow_order(sale.no)
    assert rewards() == [(RewardStatus.REVERSED, reward)]
    assert [text for text in told(sale.inviter) if "奖励冲回" in text] == [f"订单{sale.no}的佣金20.00元：奖励冲回。"]
    assert (money(sale.inviter), money(sale.seller)) == ((0, 0), (0, 0))
    assert [kind for kind, _ in transfers()].count("reward_reversed") == 1
    assert not {name for name in broken() if name.startswith(("distribution", "ledger"))}


def test_no_third_level_is_rewarded(reward: int, app: Flask) -> None:
    """The inviter's inviter gets nothing, whatever happens below."""
    above = make_distributor()
    sale = Sale(wait_days=0)
    with transaction():
        change(sa.update(Distributor).where(Distributor.id == sale.inviter.id).values(inviter_id=above.id))
    sale.pay()
    sale.use()
    settle_due()
    assert money(above) == (0, 0)
    assert rewards() == [(RewardStatus.PAID, reward)]
    assert db.session.scalar(sa.select(sa.func.count(Transfer.id)).where(Transfer.kind == "commission.reward")) == 1

"""Invite, join, share, buy, pay, use, settle, withdraw, give back: through the doors, every fen worked out by hand.

    goods           price     terms in force when it is ordered      seller 苏蓉              inviter 陈晓
    入职体检套餐     299.00    12.34 % and 3.21 %                      36.8966 → 36.89          9.5979 → 9.59
    骨密度检测 × 2   240.00    5.00 and 1.25 a piece                   10.00                    2.50
    入职体检套餐     299.00    20 % and 5 %                            59.80                    14.95

The package has two items of 149.50 each. When one of the third order goes back, what is kept is the half rounded down:
苏蓉 keeps 29.90 of 59.80, so 29.90 goes back; 陈晓 keeps 7.47 of 14.95 (7.475), so 7.48 goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.story import Bank, Desk, Person, SignIn, key
from tests.factories.mall import make_goods
from tests.fakes.pay import FakePay
from tests.fakes.pushes import FakeCallback
from tests.fakes.wechat import FakeOfficialAccount, FakeSms
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.distribution import kinds, settings
from wxapp.distribution.models import Commission, Distributor, DistributorStatus
from wxapp.distribution.queries import people
from wxapp.distribution.tasks import settle_commissions
from wxapp.mall import queries as mall
from wxapp.mall.models import Goods, OrderItem
from wxapp.payments import queries as payments
from wxapp.payments.invariants import check_all
from wxapp.payments.tasks import carry_out_payouts
from wxapp.wallet.queries import balance_of
from wxapp.wechat import connected
from wxapp.wechat.pay.values import TransferState

PACKAGE_FEN, SCAN_FEN = 29_900, 12_000


@dataclass
class World:
    """Everybody of the story."""

    app: Flask
    sign_in_wechat: SignIn
    sms: FakeSms
    weixin: FakeCallback
    bank: Bank
    clerk: Desk
    chief: Desk
    package: Goods
    scan: Goods

    def person(self, name: str = "") -> Person:
        return Person.come(self.app, self.sign_in_wechat, self.weixin, name=name)

    def distributor(self, person: Person) -> Distributor:
        db.session.expire_all()
        row = people.find_by_user(person.user.id)
        assert row is not None
        return row

    def balances(self, person: Person) -> tuple[int, int]:
        """Return what is pending and what is available."""
        row = self.distributor(person)
        return balance_of(kinds.pending_account(row.id)), balance_of(kinds.available_account(row.id))

    def set_terms(self, subject: str, way: str, seller: str, inviter: str) -> None:
        given = {"subject": subject, "way": way, "seller": seller, "inviter": inviter, "note": "按年度方案"}
        terms_id = self.clerk.press("/pc/distribution/terms/new", form_key=key(), **given)["id"]
        self.chief.press(f"/pc/distribution/terms/{terms_id}/confirm", form_key=key())

    def approve(self, person: Person) -> None:
        row = self.distributor(person)
        assert row.status is DistributorStatus.APPLIED
        self.clerk.press(f"/pc/distribution/distributors/{row.id}/approve", form_key=key())

    def take_payment(self, order_no: str) -> None:
        order = mall.get_order(order_no)
        self.clerk.press(f"/pc/cashier/{order.payment_no}", cash=f"{order.total_fen / 100:.2f}")

    def use_all(self, order_no: str) -> None:
        opened = mall.open_items(mall.get_order(order_no).id)
        counts: dict[str, int] = {}
        for item in opened:
            name = f"item_{item.line_id}_{item.position}"
            counts[name] = counts.get(name, 0) + 1
        self.clerk.press(f"/pc/redeem/{order_no}", form_key=key(), **counts)

    def give_back_one_item(self, order_no: str, name: str) -> None:
        """Undo a redemption of today, ask for the item's money back, agree, hand it over."""
        order = mall.get_order(order_no)
        item = db.session.scalars(
            sa.select(OrderItem).where(OrderItem.order_id == order.id, OrderItem.name == name)
        ).one()
        self.clerk.press(f"/pc/redeem/{order_no}/items/{item.id}/undo", reason="按错了", form_key=key())
        field = f"item_{item.order_line_id}_{item.position}"
        asked = self.clerk.press(f"/pc/mall/orders/{order_no}/refund", reason="不做了", form_key=key(), **{field: 1})
        refund_no = asked["refund_no"]
        self.chief.press(f"/pc/refunds/{refund_no}/approve")
        (part,) = payments.parts_of([payments.get_refund(refund_no).id])
        self.clerk.press(f"/pc/refunds/{refund_no}/parts/{part.id}", way="cash")

    def withdraw(self, person: Person, yuan: str) -> str:
        answer = person.send("/earn/withdraw", amount=yuan, real_name=self.distributor(person).name, once=key())
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"].rsplit("/", 1)[-1])

    def pay_out(self, withdrawal_no: str, person: Person) -> None:
        """Approve, send to WeChat, let the person confirm there."""
        self.chief.press(f"/pc/distribution/withdrawals/{withdrawal_no}/approve")
        carry_out_payouts()
        assert "确认收款" in person.see(f"/earn/withdrawals/{withdrawal_no}")
        (bill,) = self.bank.open_bills()
        self.bank.end(bill, TransferState.SUCCESS)


@pytest.fixture
def world(
    app: Flask,
    database: None,
    sms: FakeSms,
    account: FakeOfficialAccount,
    weixin: FakeCallback,
    sign_in_wechat: SignIn,
    sign_in_staff: SignIn,
) -> Iterator[World]:
    before = connected.clients()
    pay = FakePay(appid=before.appid, mchid=before.mchid)
    connected.use(replace(before, pay=pay))
    core_settings.write(settings.DEPTH, 2, by="staff:1")
    core_settings.write(settings.WITHDRAWAL_LEAST, 100, by="staff:1")
    yield World(
        app,
        sign_in_wechat,
        sms,
        weixin,
        Bank(pay, app.test_client()),
        Desk.sit(app, sign_in_staff),
        Desk.sit(app, sign_in_staff),
        make_goods(name="入职体检套餐", items=("血常规", "胸片"), price_fen=PACKAGE_FEN),
        make_goods(name="骨密度检测", price_fen=SCAN_FEN),
    )
    connected.use(before)


def test_from_the_invitation_to_the_money_back(world: World, at: Callable[[timedelta], None]) -> None:
    world.set_terms("default:0", "percent", "12.34", "3.21")
    world.set_terms(f"goods:{world.scan.id}", "fixed", "5", "1.25")
    for goods in (world.package, world.scan):
        world.clerk.press(f"/pc/distribution/goods/{goods.id}/on", form_key=key())

    # Invite and sign up: each distributor by SMS code and review, the second by the first one's poster.
    inviter, seller, buyer = world.person(), world.person(), world.person("林小满")
    inviter.join(world.sms, name="陈晓", phone="13800000301")
    world.approve(inviter)
    link = seller.scan(inviter.token_of("/earn/invite/distributors"))
    form = seller.follow_link(link)
    seller.join(world.sms, name="苏蓉", phone="13800000302", form=form)
    world.approve(seller)
    assert world.distributor(seller).inviter_id == world.distributor(inviter).id

    # Share and buy.
    for goods in (world.package, world.scan):
        opened = buyer.follow_link(buyer.scan(seller.token_of(f"/earn/goods/{goods.id}")))
        assert opened.split("?")[0] == f"/mall/goods/{goods.id}"
    first = buyer.buy(world.package.id, PACKAGE_FEN)
    second = buyer.buy(world.scan.id, SCAN_FEN, quantity=2)
    world.set_terms("default:0", "percent", "20", "5")  # what was ordered stays as it was
    assert (world.balances(seller), world.balances(inviter)) == ((0, 0), (0, 0))

    # Pay: pending.
    for order_no in (first, second):
        world.take_payment(order_no)
    assert world.balances(seller) == (3_689 + 1_000, 0)
    assert world.balances(inviter) == (959 + 250, 0)
    assert "46.89" in seller.see("/earn")
    assert first in seller.see("/earn/orders")
    assert "36.89" in seller.see("/earn/income")

    # Done, and seven days more: available.
    for order_no in (first, second):
        world.use_all(order_no)
    at(timedelta(days=6, hours=23))
    settle_commissions()
    assert world.balances(seller) == (4_689, 0)
    at(timedelta(hours=1))
    assert settle_commissions() == 4
    assert settle_commissions() == 0
    assert world.balances(seller) == (0, 4_689)
    assert world.balances(inviter) == (0, 1_209)

    # Withdraw: all of it, once.
    for somebody in (seller, buyer, inviter, world.clerk, world.chief):
        somebody.come_back()
    withdrawal = world.withdraw(seller, "46.89")
    assert world.balances(seller) == (0, 0)
    refused = seller.send("/earn/withdraw", amount="46.89", real_name="苏蓉", once=key())
    assert (refused.status_code, "余额不足" in refused.text) == (409, True)
    world.pay_out(withdrawal, seller)
    assert "已到账" in seller.see(f"/earn/withdrawals/{withdrawal}")
    assert world.bank.pay.transfer_orders[world.bank.told[0]].amount_fen == 4_689

    # A third order, by the new terms, paid out at once; then half of it goes back.
    core_settings.write(settings.WAIT_DAYS, 0, by="staff:1")
    third = buyer.buy(world.package.id, PACKAGE_FEN)
    world.take_payment(third)
    world.use_all(third)
    settle_commissions()
    assert (world.balances(seller), world.balances(inviter)) == ((0, 5_980), (0, 1_209 + 1_495))
    world.pay_out(world.withdraw(seller, "59.80"), seller)
    world.give_back_one_item(third, "胸片")
    assert world.balances(seller) == (0, -2_990)
    assert world.balances(inviter) == (0, 1_209 + 1_495 - 748)
    refused = seller.send("/earn/withdraw", amount="1", real_name="苏蓉", once=key())
    assert refused.status_code >= 400
    assert "待抵扣 ¥ 29.90" in seller.see("/earn")
    assert "29.90" in seller.see("/earn/income?kind=spending")

    # Later income settles the debt.
    fourth = buyer.buy(world.package.id, PACKAGE_FEN)
    world.take_payment(fourth)
    world.use_all(fourth)
    settle_commissions()
    assert world.balances(seller) == (0, 5_980 - 2_990)
    assert {check.name for check in check_all() if not check.holds} == set()


def test_a_fen_is_explained_from_both_sides(world: World) -> None:
    world.set_terms("default:0", "percent", "12.34", "3.21")
    world.clerk.press(f"/pc/distribution/goods/{world.package.id}/on", form_key=key())
    seller, buyer = world.person(), world.person("林小满")
    seller.join(world.sms, name="苏蓉", phone="13800000302")
    world.approve(seller)
    buyer.follow_link(f"/s/{seller.token_of(f'/earn/goods/{world.package.id}')}")
    order_no = buyer.buy(world.package.id, PACKAGE_FEN)
    world.take_payment(order_no)
    commission_id = db.session.scalars(sa.select(Commission.id)).one()
    for shown in (
        seller.see(f"/earn/income/{commission_id}"),
        world.chief.look(f"/pc/distribution/commissions/{commission_id}"),
    ):
        for part in (order_no, "入职体检套餐", "299.00", "12.34", "36.89", "2026-03-02"):
            assert part in shown, (part, shown)
    assert buyer.client.get(f"/earn/income/{commission_id}").status_code in {302, 403, 404}

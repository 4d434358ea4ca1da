"""Distribution in the demo: distributors and their tree, terms, promoted goods, sales, income, withdrawals."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import actors, clock, settings
from wxapp.core.db import db, transaction
from wxapp.demo.content.people import SANDBOX_PEOPLE
from wxapp.demo.content.promoters import PROMOTERS, SALES, End, Life, Promoter, Sale, sandbox_openid
from wxapp.demo.earlier import earlier
from wxapp.demo.set_up import APPID
from wxapp.distribution.models import Distributor, DistributorStatus, Scene, SceneKind, Scope, TermsWay
from wxapp.distribution.queries import agreements
from wxapp.distribution.queries import people as reads
from wxapp.distribution.rules.codes import draw_code
from wxapp.distribution.services import (
    opening,
    paying_withdrawals,
    people,
    promoted,
    scenes,
    settling,
    terms,
    withdrawing,
)
from wxapp.distribution.settings import DEPTH, REWARD
from wxapp.mall import queries as mall
from wxapp.mall.models import Category, Goods
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, redemption, refunds
from wxapp.patients import services as patients
from wxapp.patients.models import Patient
from wxapp.patients.queries import signed_in_user
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.staff.models import Member
from wxapp.wechat.values import OAuthIdentity, OAuthProfile

FIRST_DAY = 30
PROMOTED = ("入职体检", "全身体检", "女性健康")


@dataclass(frozen=True)
class Staff:
    """Who proposes, who confirms and pays, who else is there."""

    service: str
    finance: str
    chief: str


def fill(by: str) -> None:
    """Let a month of distribution have happened."""
    staff = _staff()
    with earlier(days=FIRST_DAY):
        goods = _begin(staff, by)
    promoters = _admit(staff)
    buyers = list(db.session.scalars(sa.select(Patient).order_by(Patient.id).offset(60).limit(len(SALES))))
    for number, (sale, patient) in enumerate(zip(SALES, buyers, strict=True)):
        _sell(number, sale, promoters, patient, goods[sale.goods % len(goods)], staff)
    for number, one in enumerate(PROMOTERS):
        _end(promoters[number], one, staff)
    with earlier(days=2):
        settling.settle_due()
        _withdraw_earlier(promoters, staff)
    settling.settle_due()
    _withdraw_now(promoters, staff)


def _staff() -> Staff:
    known = {name: actors.staff(number) for number, name in db.session.execute(sa.select(Member.id, Member.username))}
    return Staff(known["客服"], known["财务"], known["超管"])


# --- terms and goods -------------------------------------------------------------------------------------------------


def _begin(staff: Staff, by: str) -> list[int]:
    """Set the terms, two people each, and put goods on the list; return those that are promoted."""
    settings.write(DEPTH, 2, by=by)
    settings.write(REWARD, 1_000, by=by)
    categories = {one.name: one.id for one in db.session.scalars(sa.select(Category))}
    for name in PROMOTED:
        promoted.switch_category_on(categories[name], by=staff.service)
    goods = list(
        db.session.scalars(
            sa.select(Goods.id)
            .where(Goods.category_id.in_([categories[name] for name in PROMOTED]), Goods.is_on_sale, Goods.stock > 10)
            .order_by(Goods.id)
        )
    )
    percent = TermsWay.PERCENT
    for proposal in (
        terms.Proposal(Scope.DEFAULT, 0, percent, 500, 200, "开办时的标准"),
        terms.Proposal(Scope.CATEGORY, categories["女性健康"], percent, 800, 300, "女神节推广"),
        terms.Proposal(Scope.GOODS, goods[0], TermsWay.FIXED, 2_000, 800, "主推套餐"),
    ):
        terms.confirm(terms.propose(proposal, by=staff.service), by=staff.finance)
    waiting = terms.Proposal(Scope.CATEGORY, categories["全身体检"], percent, 600, 250, "春季活动")
    terms.propose(waiting, by=staff.service)
    promoted.switch_off(goods.pop(), reason="宣传图片待更换", by=staff.service)
    return goods


# --- people ----------------------------------------------------------------------------------------------------------


def _admit(staff: Staff) -> list[Distributor]:
    """Let everybody apply, and decide; return the distributors in the order of the list."""
    chance = random.Random(20260307)
    found: list[Distributor] = []
    for number, one in enumerate(PROMOTERS):
        with earlier(days=one.days, hours=3):
            row = _apply(number, one, found, draw_code(chance.choice))
        with earlier(days=one.days, hours=2):
            if one.life is Life.REFUSED:
                people.refuse(row.id, reason=one.reason, by=staff.service)
            elif one.life is not Life.WAITING:
                people.approve(row.id, by=staff.service)
        found.append(row)
    return found


def _apply(number: int, one: Promoter, above: list[Distributor], code: str) -> Distributor:
    """Write the application as the form leaves it: the SMS code in between would need a telephone."""
    in_sandbox = number == 0
    openid = sandbox_openid(APPID, SANDBOX_PEOPLE[1]["id"]) if in_sandbox else f"demo-promoter-{number:02d}"
    phone = SANDBOX_PEOPLE[1]["phone"] if in_sandbox else f"1380000{7000 + number}"
    now, index = clock.now(), reads.phone_index(phone)
    row = Distributor(
        wechat_user_id=_enter(openid, one.nickname),
        code=code,
        name=one.name,
        name_index=reads.name_index(one.name),
        phone=phone,
        phone_index=index,
        phone_taken=index,
        status=DistributorStatus.APPLIED,
        inviter_id=above[one.inviter].id if one.inviter is not None else None,
        agreement_version=agreements.present().version,
        agreed_at=now,
        applied_at=now,
    )
    with transaction():
        db.session.add(row)
    return row


def _enter(openid: str, nickname: str) -> int:
    return patients.enter(APPID, OAuthIdentity(openid, "snsapi_userinfo", ""), OAuthProfile(openid, nickname))


def _end(row: Distributor, one: Promoter, staff: Staff) -> None:
    if one.life is Life.FROZEN:
        people.freeze(row.id, reason=one.reason, by=staff.service)
    elif one.life is Life.CLOSED:
        people.close(row.id, reason=one.reason, by=staff.service)


# --- sales -----------------------------------------------------------------------------------------------------------


def _sell(number: int, sale: Sale, promoters: list[Distributor], patient: Patient, goods_id: int, staff: Staff) -> None:
    """Let somebody open a share, order, pay, and use what was bought, as far as the order goes."""
    with earlier(days=sale.days, hours=sale.hours + 1):
        if sale.buyer is not None:
            user_id = promoters[sale.buyer].wechat_user_id
        else:
            user_id = _enter(f"demo-friend-{number:02d}", f"{patient.name[0]}家小院")
        _open(user_id, _shared(sale, promoters[sale.seller], goods_id))
    with earlier(days=sale.days, hours=sale.hours):
        order_no = ordering.place_order(
            wechat_user_id=user_id,
            patient_id=patient.id,
            wanted=[Wanted(goods_id, sale.quantity, mall.get_goods(goods_id).price_fen)],
            contact=ordering.Contact(patient.name, patient.phone, patient.id_number or ""),
            once_key=f"demo-sale-{number:04d}",
        )
        if sale.end is End.CLOSED:
            ordering.cancel_order(mall.get_order(order_no), by=actors.wechat(user_id), reason="用户取消")
        elif sale.end is not End.UNPAID:
            order = mall.get_order(order_no)
            payments.collect(order.payment_no, [(Method.CARD, order.total_fen)], by=staff.chief)
    if sale.days:
        with earlier(days=sale.days - 1, hours=sale.hours):
            _use(order_no, sale.end, staff)


def _shared(sale: Sale, seller: Distributor, goods_id: int) -> Scene:
    if sale.as_member:
        return scenes.link_of(seller, SceneKind.INVITE_MEMBER)
    return scenes.link_of(seller, SceneKind.GOODS, goods_id)


def _open(user_id: int, scene: Scene) -> None:
    visitor = signed_in_user(user_id)
    assert visitor is not None  # came in just now
    opening.open_link(scene.token, visitor)


def _use(order_no: str, end: End, staff: Staff) -> None:
    opened = mall.open_items(mall.get_order(order_no).id)
    items = Counter((item.line_id, item.position) for item in opened)
    if end is End.DONE:
        redemption.redeem(order_no, wished=items, by=staff.chief)
    elif end in (End.PART_BACK, End.ALL_BACK):
        wished = dict(items) if end is End.ALL_BACK else {next(iter(items)): 1}
        refund_no = refunds.request_refund(order_no, wished=wished, reason="时间安排有变", by=staff.chief)
        payments.approve_refund(refund_no, by=staff.finance, note="同意")
        for part in payment_queries.parts_of([payment_queries.get_refund(refund_no).id]):
            payments.finish_by_hand(part.id, by=staff.chief, way=Method.CARD)


# --- withdrawals -----------------------------------------------------------------------------------------------------


def _withdraw_earlier(promoters: list[Distributor], staff: Staff) -> None:
    """One of each that is over: paid by hand, rejected, taken back."""
    first, second, third = promoters[0], promoters[1], promoters[2]
    paid = _ask(first, 1_000)
    withdrawing.approve_withdrawal(paid, by=staff.finance, is_by_hand=True)
    paying_withdrawals.pay_by_hand(paid, channel=Method.TRANSFER, note="招商银行尾号0000", by=staff.chief)
    rejected = _ask(second, 1_000)
    withdrawing.reject_withdrawal(rejected, reason="请先完成实名信息核对", by=staff.finance)
    withdrawing.withdraw_request(_ask(third, 1_000), by=actors.wechat(third.wechat_user_id))


def _withdraw_now(promoters: list[Distributor], staff: Staff) -> None:
    """Two wait for a decision; one is approved, and WeChat asks its receiver in the sandbox to confirm."""
    first, second, other = promoters[0], promoters[1], promoters[8]
    _ask(second, 2_000)
    _ask(other, 1_000)
    withdrawing.approve_withdrawal(_ask(first, 1_500), by=staff.finance)


def _ask(row: Distributor, amount_fen: int) -> str:
    asked = withdrawing.Asked(row.id, amount_fen, row.name, once_key=f"demo-withdrawal-{row.id}-{clock.today()}")
    return withdrawing.request_withdrawal(asked, by=actors.wechat(row.wechat_user_id))

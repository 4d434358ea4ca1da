"""What buyers say of the goods, and the invoices they ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import db
from wxapp.demo.set_up import APPID
from wxapp.mall import queries
from wxapp.mall.cart_models import TitleKind
from wxapp.mall.models import Goods
from wxapp.mall.rules import Wanted
from wxapp.mall.services import invoices, ordering, redemption, reviews
from wxapp.mall.services.invoices import Issued, MadeOut
from wxapp.mall.services.reviews import ReviewDraft
from wxapp.patients import services as patients
from wxapp.patients.models import Patient
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.wechat.values import OAuthIdentity


@dataclass(frozen=True)
class Said:
    """A review, and what became of it: shown, answered, hidden, or still waiting."""

    goods: int
    stars: int
    text: str
    is_anonymous: bool = True
    is_shown: bool = True
    answer: str = ""
    hidden_for: str = ""


REVIEWS = (
    Said(0, 5, "护士很耐心，抽血几乎不疼，全程两小时就做完了。", is_anonymous=False),
    Said(0, 4, "项目齐全，就是彩超排队久了一点。", answer="感谢建议，我们已在上午增加一间彩超室。"),
    Said(0, 5, "带爸妈来做的，导检一路陪同，很放心。"),
    Said(1, 5, "环境安静，报告第二天就能在公众号里看。"),
    Said(1, 3, "停车位不好找，建议早点到。", answer="医院东门已开放地面停车场，欢迎使用。"),
    Said(2, 5, "预约的时间很准，没有等。", is_anonymous=False),
    Said(3, 4, "早餐券很贴心。"),
    Said(0, 5, "下次还来。", is_shown=False),
    Said(1, 1, "加我微信，低价代约体检。", is_shown=False, hidden_for="含有广告"),
)

TITLES = (
    MadeOut(TitleKind.COMPANY, "安和市青禾科技有限公司", "91990101MA0000001Y", "caiwu@example.com", ""),
    MadeOut(TitleKind.PERSONAL, "个人", "", "", "13800008801"),
    MadeOut(TitleKind.COMPANY, "安和市第三小学", "12990101MB00000029", "xuexiao@example.com", ""),
)


def fill(by: str) -> None:
    """Let some patients buy, use up, review, and ask for invoices."""
    goods = list(db.session.execute(sa.select(Goods.id, Goods.price_fen).order_by(Goods.id).limit(8)))
    buyers = list(db.session.scalars(sa.select(Patient).order_by(Patient.id.desc()).limit(len(REVIEWS))))
    for number, (said, patient) in enumerate(zip(REVIEWS, buyers, strict=False)):
        goods_id, price_fen = goods[said.goods % len(goods)]
        user_id = patients.enter(APPID, OAuthIdentity(f"demo-reviewer-{number:02d}", "snsapi_base", ""))
        order_no = ordering.place_order(
            wechat_user_id=user_id,
            patient_id=patient.id,
            wanted=[Wanted(goods_id, 1, price_fen)],
            contact=ordering.Contact(patient.name, patient.phone, patient.id_number or ""),
            once_key=f"demo-review-{number}",
        )
        _use_up(order_no, by)
        _say(order_no, said, user_id, by)
        if number < len(TITLES):
            _ask_for_invoice(order_no, number, user_id, by)


def _use_up(order_no: str, by: str) -> None:
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CARD, order.total_fen)], by=by)
    opened = queries.open_items(order.id)
    redemption.redeem(order_no, wished=Counter((item.line_id, item.position) for item in opened), by=by)


def _say(order_no: str, said: Said, user_id: int, by: str) -> None:
    order = queries.get_order(order_no)
    line = order.lines[0]
    draft = ReviewDraft(said.stars, said.text, said.is_anonymous)
    writer = actors.wechat(user_id)
    reviews.write_review(
        order, line, draft, wechat_user_id=user_id, by=writer, tokens=(), key=f"demo-review-{order_no}"
    )
    written = queries.find_review(line.id)
    if written is None:
        return
    if said.is_shown:
        reviews.show_review(written.id, by=by)
    if said.hidden_for:
        reviews.hide_review(written.id, reason=said.hidden_for, by=by)
    if said.answer:
        reviews.answer_review(written.id, answer=said.answer)


def _ask_for_invoice(order_no: str, number: int, user_id: int, by: str) -> None:
    order = queries.get_order(order_no)
    no = invoices.request_invoice(order, TITLES[number], wechat_user_id=user_id, once_key=f"demo-invoice-{number:04d}")
    if number == 0:
        issued = Issued("25990000000000000101", clock.today(), order.total_fen)
        invoices.issue(no, issued, by=by)

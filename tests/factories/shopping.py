"""Carts, reviews and invoices of somebody who has bought something."""

from __future__ import annotations

import io
import itertools
from typing import Any

from PIL import Image

from tests.factories.mall import fill_cart, make_paid_order
from wxapp.core import clock, files
from wxapp.core.db import db, transaction
from wxapp.mall import queries
from wxapp.mall.cart_models import Review, ReviewPicture, ReviewStatus, TitleKind
from wxapp.mall.models import Goods
from wxapp.mall.services import invoices
from wxapp.mall.services.invoices import Issued, MadeOut

_numbers = itertools.count(1)


def shop(user_id: int, patient_id: int, goods: list[Goods], order_no: str) -> dict[str, Any]:
    """Fill the cart, review the order's first line, have an invoice issued; return what addresses name of them."""
    number = next(_numbers)
    fill_cart(user_id, *goods)
    review = _review(user_id, patient_id, order_no)
    paid = queries.get_order(make_paid_order(goods[0], wechat_user_id=2_000_000 + number, patient_id=patient_id))
    made_out = MadeOut(TitleKind.PERSONAL, f"林小满{number}", "", "lin@example.com", "")
    no = invoices.request_invoice(paid, made_out, wechat_user_id=user_id, once_key=f"invoice-{number:08d}")
    document = files.keep(b"%PDF-1.4", content_type="application/pdf", name="invoice.pdf", by="test")
    issued = Issued(f"2535200000{number:010d}", clock.today(), paid.total_fen, document.token)
    invoices.issue(no, issued, by="staff:1")
    return {
        "line_id": review.order_line_id,
        "position": 1,
        "review_id": review.id,
        "invoice_no": no,
        "title_id": queries.titles_of(user_id)[0].id,
    }


def _review(user_id: int, patient_id: int, order_no: str) -> Review:
    line = queries.get_order(order_no).lines[0]
    drawn = io.BytesIO()
    Image.new("RGB", (80, 60), "#0a8f7a").save(drawn, "PNG")
    drawn.seek(0)
    picture = files.keep_picture(files.read_picture(drawn), name="1.png", by="test")
    review = Review(
        order_line_id=line.id,
        order_no=order_no,
        goods_id=line.goods_id,
        goods_name=line.goods_name,
        patient_id=patient_id,
        wechat_user_id=user_id,
        stars=5,
        text="环境很好",
        author="匿名用户",
        status=ReviewStatus.SHOWN,
        written_at=clock.now(),
    )
    review.pictures = [ReviewPicture(position=1, token=picture.token)]
    with transaction():
        db.session.add(review)
    return review

"""Staff pages: reviews, read before everybody sees them."""

from __future__ import annotations

from flask import url_for
from flask.wrappers import Response

from wxapp.admin import dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import queries
from wxapp.mall.admin.door import interface
from wxapp.mall.cart_forms import AnswerForm, HideForm
from wxapp.mall.cart_models import Review, ReviewStatus
from wxapp.mall.forms import CancelForm
from wxapp.mall.private_files import hand_out
from wxapp.mall.services import reviews as service

STATES = {
    ReviewStatus.WAITING: Badge("待审核", "amber"),
    ReviewStatus.SHOWN: Badge("已展示", "green"),
    ReviewStatus.HIDDEN: Badge("未展示", "grey"),
}

REVIEWS = Table(
    "mall.reviews",
    title="商品评价",
    columns=(
        Column("goods_name", "商品", link=lambda row: url_for("mall_admin.review", review_id=row.id)),
        Column("stars", "评分", kind="number", sort=Review.stars),
        Column("text", "内容", value=lambda row: row.text[:40]),
        Column("author", "评价人"),
        Column("status", "状态", kind="badge", badges=STATES),
        Column("order_no", "订单号", kind="code"),
        Column("written_at", "评价时间", kind="moment", sort=Review.written_at),
    ),
    filters=(
        Filter("text", "订单号或商品名称"),
        Filter("status", "状态", kind="choice", choices=[(s.value, s.label) for s in ReviewStatus]),
        Filter("stars", "评分", kind="choice", choices=[(str(n), f"{n}星") for n in range(5, 0, -1)]),
    ),
    sort="-written_at",
    key=Review.id,
    empty="还没有评价",
)


@interface("mall.reviews", GET="/pc/mall/reviews", permission=Permission.REVIEW_HANDLE)
def reviews() -> Page:
    """All reviews."""
    return Page("mall/admin/reviews.html", table=REVIEWS.load(queries.reviews_for_staff))


@interface("mall.review", GET="/pc/mall/reviews/<int:review_id>", permission=Permission.REVIEW_HANDLE)
def review(review_id: int) -> Page:
    """One review, and what can be done with it."""
    found = queries.get_review(review_id)
    return Page(
        "mall/admin/review.html",
        review=found,
        pictures=[picture.position for picture in found.pictures],
        steps=history(found),
        state=STATES[found.status].label,
        tone=STATES[found.status].tone,
        _hide_form=ShownForm(HideForm, values={"hide_reason": found.hide_reason}),
        _answer_form=ShownForm(AnswerForm, values={"answer": found.answer}),
        _states=STATES,
    )


@interface(
    "mall.review_picture",
    GET="/pc/mall/reviews/<int:review_id>/pictures/<int:position>",
    permission=Permission.REVIEW_HANDLE,
)
def review_picture(review_id: int, position: int) -> Response:
    """A picture of a review, shown to everybody or not."""
    found = next((one for one in queries.get_review(review_id).pictures if one.position == position), None)
    if found is None:
        raise NotFound
    return hand_out(found.token, content_type="image/webp")


@interface(
    "mall.review_show",
    POST="/pc/mall/reviews/<int:review_id>/show",
    permission=Permission.REVIEW_HANDLE,
    audit="展示评价",
    form_page=review,
)
def show_review(review_id: int) -> Done:
    """Let everybody see it."""
    read_form(CancelForm)
    service.show_review(review_id, by=current_staff().actor)
    forget_public_pages()
    return Done("评价已展示", location=url_for("mall_admin.review", review_id=review_id))


@interface(
    "mall.review_hide",
    POST="/pc/mall/reviews/<int:review_id>/hide",
    permission=Permission.REVIEW_HANDLE,
    audit="隐藏评价",
    form_page=review,
)
def hide_review(review_id: int) -> Done:
    """Keep it from being seen; the writer is told why."""
    form = read_form(HideForm)
    service.hide_review(review_id, reason=form.hide_reason, by=current_staff().actor)
    forget_public_pages()
    return Done("评价已隐藏", location=url_for("mall_admin.review", review_id=review_id))


@interface(
    "mall.review_answer",
    POST="/pc/mall/reviews/<int:review_id>/answer",
    permission=Permission.REVIEW_HANDLE,
    audit="回复评价",
    form_page=review,
)
def answer_review(review_id: int) -> Done:
    """Set the hospital's answer, or take it away."""
    form = read_form(AnswerForm)
    service.answer_review(review_id, answer=form.answer)
    forget_public_pages()
    message = "回复已保存" if form.answer else "回复已删除"
    return Done(message, location=url_for("mall_admin.review", review_id=review_id))


def _waiting(count: int) -> dashboard.Card:
    waiting = url_for("mall_admin.reviews", status=ReviewStatus.WAITING)
    return dashboard.Card("待审核评价", str(count), "审核后展示在商品页", waiting, "star")


dashboard.dashboard_counts(70, Permission.REVIEW_HANDLE, lambda: [queries.waiting_reviews()], _waiting)
menu.entry("商城", "商品评价", "mall_admin.reviews", Permission.REVIEW_HANDLE, 30)

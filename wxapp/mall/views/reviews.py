"""Reviews: of some goods for everybody, and one's own."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, files
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.files import Picture
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.mall import queries
from wxapp.mall.cart_forms import ReviewForm
from wxapp.mall.cart_models import ReviewStatus
from wxapp.mall.errors import NotReviewable
from wxapp.mall.models import Order, OrderLine
from wxapp.mall.private_files import hand_out
from wxapp.mall.services import reviews as service
from wxapp.mall.services.reviews import MAX_PICTURES, ReviewDraft
from wxapp.mall.views.door import find_patient, number_in_address, pages
from wxapp.patients.access import current_patient, needs_patient

WRITES = Limit("mall.review", count=20, seconds=3600, message="评价过于频繁，请稍后再试")
"""Per user: each may bring six pictures."""

STARS = ((5, "非常满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))


@pages.page("/mall/goods/<int:goods_id>/reviews", is_public=True, max_age=30)
def goods_reviews(goods_id: int) -> ResponseReturnValue:
    """What buyers say of some goods."""
    page = number_in_address("page", default=1, most=500)
    goods = queries.get_goods(goods_id)
    found, has_more = queries.shown_reviews(goods_id, page=page)
    return render_template(
        "mall/goods_reviews.html",
        goods=goods,
        rating=queries.rating_of(goods_id),
        reviews=found,
        previous=url_for("mall.goods_reviews", goods_id=goods_id, page=page - 1) if page > 1 else "",
        next=url_for("mall.goods_reviews", goods_id=goods_id, page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/me/reviews")
def my_reviews() -> ResponseReturnValue:
    """What the current patient has said, and of what something may still be said."""
    patient = find_patient()
    page = number_in_address("page", default=1, most=500)
    found, has_more = queries.reviews_of(patient.id, page=page) if patient else ([], False)
    return render_template(
        "mall/my_reviews.html",
        patient=patient,
        waiting=queries.lines_to_review(patient.id) if patient and page == 1 else [],
        reviews=found,
        tones=TONES,
        previous=url_for("mall.my_reviews", page=page - 1) if page > 1 else "",
        next=url_for("mall.my_reviews", page=page + 1) if has_more else "",
        page=page,
    )


TONES = {ReviewStatus.WAITING: "wait", ReviewStatus.SHOWN: "good", ReviewStatus.HIDDEN: "calm"}


def _own_line(order_no: str, line_id: int) -> tuple[Order, OrderLine]:
    """:raises NotFound: no order of the current patient, or not a line of it"""
    order = queries.own_order(current_patient().id, order_no)
    return order, service.line_of(order, line_id)


@pages.page("/orders/<order_no>/lines/<int:line_id>/review")
@needs_patient
def review(order_no: str, line_id: int) -> ResponseReturnValue:
    """The form of a review, or the review that was written."""
    order, line = _own_line(order_no, line_id)
    return render_template(
        "mall/review.html",
        order=order,
        line=line,
        review=queries.find_review(line.id),
        is_reviewable=service.is_reviewable(order, line),
        stars=STARS,
        most=MAX_PICTURES,
        tones=TONES,
    )


@pages.action("/orders/<order_no>/lines/<int:line_id>/review", shown_again_by=review)
def write_review(order_no: str, line_id: int) -> ResponseReturnValue:
    """提交评价."""
    order, line = _own_line(order_no, line_id)
    user = current_user()
    WRITES.hit(str(user.id))
    form = read_form(ReviewForm)
    if not service.is_reviewable(order, line):
        raise NotReviewable
    by = actors.wechat(user.id)
    pictures = _read_pictures()
    tokens = service.keep_pictures(pictures, by=by)
    try:
        service.write_review(
            order,
            line,
            ReviewDraft(form.stars, form.text, form.is_anonymous),
            wechat_user_id=user.id,
            by=by,
            tokens=tokens,
            key=form.once,
        )
    except BaseException as error:  # a conflict too: the door is passed once more, and keeps them once more
        files.discard_after(error, tokens)
        raise
    _discard_unused(line.id, tokens)
    notice("评价已提交，审核后展示")
    return redirect(url_for("mall.review", order_no=order_no, line_id=line_id), 303)


def _discard_unused(line_id: int, tokens: list[str]) -> None:
    """A second press has brought its pictures again."""
    written = queries.find_review(line_id)
    kept = {picture.token for picture in written.pictures} if written else set()
    files.discard(token for token in tokens if token not in kept)


def _read_pictures() -> list[tuple[Picture, str]]:
    uploads = [upload for upload in request.files.getlist("pictures") if upload.filename]
    if len(uploads) > MAX_PICTURES:
        raise Invalid({"pictures": f"最多上传{MAX_PICTURES}张图片"})
    return [(files.read_picture(upload.stream, field="pictures"), upload.filename or "") for upload in uploads]


@pages.page("/orders/<order_no>/lines/<int:line_id>/review/pictures/<int:position>")
@needs_patient
def review_picture(order_no: str, line_id: int, position: int) -> ResponseReturnValue:
    """A picture of one's own review, shown to everybody or not."""
    _order, line = _own_line(order_no, line_id)
    written = queries.find_review(line.id)
    token = next((one.token for one in written.pictures if one.position == position), "") if written else ""
    if not token:
        raise NotFound
    return hand_out(token, content_type="image/webp")


def _to_review(user: User) -> int:
    return queries.count_to_review(user.current_patient_id) if user.current_patient_id else 0


registry.me_entry("评价", "mall.my_reviews", "star", 35, group=registry.ORDERS, badge=_to_review)

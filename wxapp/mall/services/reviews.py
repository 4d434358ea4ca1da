"""Reviews: written once for a line of an order that is done, shown when staff have read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, files, idempotency
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import NotFound
from wxapp.core.files import File, Picture
from wxapp.core.masking import masked_name
from wxapp.mall import queries
from wxapp.mall.cart_models import Review, ReviewPicture, ReviewStatus
from wxapp.mall.cart_states import REVIEW
from wxapp.mall.errors import AlreadyReviewed, NotReviewable
from wxapp.mall.models import Order, OrderLine, OrderStatus

MAX_PICTURES = 6
ANONYMOUS = "匿名用户"


@dataclass(frozen=True)
class ReviewDraft:
    """A review as it was written."""

    stars: int
    text: str
    is_anonymous: bool


def is_reviewable(order: Order, line: OrderLine) -> bool:
    """Whether this line may be reviewed, if it was not yet: the order is done, and not all of the line went back."""
    return order.status is OrderStatus.DONE and line.refunded_quantity < line.quantity


def line_of(order: Order, line_id: int) -> OrderLine:
    """:raises NotFound: the order has no such line"""
    line = next((line for line in order.lines if line.id == line_id), None)
    if line is None:
        raise NotFound
    return line


def write_review(
    order: Order, line: OrderLine, draft: ReviewDraft, *, wechat_user_id: int, by: str, tokens: Sequence[str], key: str
) -> str:
    """Keep a review for staff to look at, and return the number of the order. The same key writes once.

    :param tokens: files of its pictures, not public yet
    :raises NotReviewable: the order is not done, or what was bought went back
    :raises AlreadyReviewed: said before
    """
    asked = {"line": line.id, **asdict(draft)}

    def write() -> str:
        if not is_reviewable(order, line):
            raise NotReviewable
        review_id = insert_row(
            Review,
            order_line_id=line.id,
            order_no=order.no,
            goods_id=line.goods_id,
            goods_name=line.goods_name,
            patient_id=order.patient_id,
            wechat_user_id=wechat_user_id,
            stars=draft.stars,
            text=draft.text,
            author=ANONYMOUS if draft.is_anonymous else masked_name(order.contact_name),
            status=ReviewStatus.WAITING,
            written_at=clock.now(),
        )
        for position, token in enumerate(tokens, start=1):
            insert_row(ReviewPicture, review_id=review_id, position=position, token=token)
        return order.no

    try:
        return idempotency.once(f"{by}/mall.write_review", key, asked, write)
    except IntegrityError:  # the unique key of the line
        if queries.find_review(line.id) is None:
            raise
        raise AlreadyReviewed from None


def keep_pictures(pictures: Sequence[tuple[Picture, str]], *, by: str) -> list[str]:
    """Keep pictures of a review that is about to be written, and return the names of their files."""
    return [files.keep_picture(picture, name=name, by=by, is_public=False).token for picture, name in pictures]


# --- staff -----------------------------------------------------------------------------------------------------------


def show_review(review_id: int, *, by: str) -> Review:
    """Let everybody see a review.

    :raises IllegalTransition: it is shown already
    """
    with transaction():
        review = queries.get_review(review_id)
        REVIEW.move(review, ReviewStatus.SHOWN, by=by, why="展示", hide_reason="")
        _publish_pictures(review, is_public=True)
    return review


def hide_review(review_id: int, *, reason: str, by: str) -> Review:
    """Keep a review from being seen; its writer is told why.

    :raises IllegalTransition: it is hidden already
    """
    with transaction():
        review = queries.get_review(review_id)
        REVIEW.move(review, ReviewStatus.HIDDEN, by=by, why=reason, hide_reason=reason)
        _publish_pictures(review, is_public=False)
    return review


def answer_review(review_id: int, *, answer: str) -> Review:
    """Set what the hospital answers below a review; an empty answer takes it away."""
    with transaction():
        answered = {"answer": answer, "answered_at": clock.now() if answer else None}
        change(sa.update(Review).where(Review.id == review_id).values(answered))
    return queries.get_review(review_id)


def _publish_pictures(review: Review, *, is_public: bool) -> None:
    tokens = [picture.token for picture in review.pictures]
    if tokens:
        change(sa.update(File).where(File.token.in_(tokens)).values(is_public=is_public))
    db.session.expire_all()

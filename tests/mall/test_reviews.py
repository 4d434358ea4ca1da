"""Reviews: written once by the buyer's patient, read by staff, then seen by everybody."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.mall import make_done_order, make_goods, make_order, make_paid_order
from tests.mall.desk import Desk, P, Sit, png
from tests.mall.shopper import Shopper, SignIn, another
from wxapp.core import files
from wxapp.core.db import db
from wxapp.core.files import File
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import queries
from wxapp.mall.cart_models import Review, ReviewPicture, ReviewStatus
from wxapp.mall.models import Goods
from wxapp.mall.queries.reviews import Rating
from wxapp.mall.services import reviews as service
from wxapp.mall.services.reviews import ReviewDraft

KEY = "once-0000000001"


@pytest.fixture
def done(shopper: Shopper, goods: Goods) -> str:
    return make_done_order(goods, wechat_user_id=shopper.user_id, patient_id=shopper.patient_id)


def address(order_no: str) -> str:
    return f"/orders/{order_no}/lines/{queries.get_order(order_no).lines[0].id}/review"


def write(shopper: Shopper, order_no: str, *, pictures: int = 0, **over: Any) -> Any:
    fields: dict[str, Any] = {"once": KEY, "stars": 5, "text": "环境很好", "is_anonymous": "1", **over}
    if pictures:
        fields["pictures"] = [(io.BytesIO(png()), f"{n}.png") for n in range(pictures)]
    return shopper.post(address(order_no), **fields)


def reviews() -> list[Review]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Review)))


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def goods_page(client: FlaskClient, goods: Goods) -> str:
    forget_public_pages()
    return client.get(f"/mall/goods/{goods.id}").text


# --- writing ---------------------------------------------------------------------------------------------------------


def test_an_order_that_is_done_is_reviewed_and_waits_for_staff(shopper: Shopper, goods: Goods, done: str) -> None:
    assert "提交评价" in shopper.get(address(done)).text
    assert write(shopper, done).status_code == 303
    (review,) = reviews()
    assert (review.stars, review.text, review.author, review.status) == (
        5,
        "环境很好",
        "匿名用户",
        ReviewStatus.WAITING,
    )
    page = shopper.get(address(done)).text
    assert "待审核" in page
    assert "提交评价" not in page
    assert "环境很好" not in goods_page(shopper.client, goods)


def test_who_wants_to_be_named_is_named_by_half(shopper: Shopper, done: str) -> None:
    write(shopper, done, is_anonymous=None)
    assert [review.author for review in reviews()] == ["林**"]


def test_pressed_twice_is_written_once_with_its_pictures(shopper: Shopper, done: str) -> None:
    assert [write(shopper, done, pictures=2).status_code for _press in range(2)] == [303, 303]
    assert (len(reviews()), count(ReviewPicture), count(File)) == (1, 2, 2)


def test_a_second_review_of_a_line_is_refused(shopper: Shopper, done: str) -> None:
    write(shopper, done)
    refused = write(shopper, done, once="once-0000000002", stars=1, pictures=1)
    assert (refused.status_code, [review.stars for review in reviews()], count(File)) == (409, [5], 0)
    assert "已评价过" in refused.text


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"stars": None}, "请填写评分"),
        ({"stars": 0}, "评分不能小于1"),
        ({"stars": 6}, "评分不能大于5"),
        ({"stars": "x"}, "评分应为整数"),
        ({"stars": ["1", "5"]}, "评分重复提交"),
        ({"text": "长" * 501}, "评价内容不能超过500个字"),
        ({"once": None}, "请检查标出的内容"),
        ({"status": "shown"}, "请检查标出的内容"),
        ({"author": "院长"}, "请检查标出的内容"),
        ({"pictures": 7}, "最多上传6张图片"),
    ],
)
def test_a_wrong_review_comes_back_and_is_not_kept(
    shopper: Shopper, done: str, over: dict[str, Any], text: str
) -> None:
    refused = write(shopper, done, **over)
    assert (refused.status_code, reviews(), count(File)) == (422, [], 0)
    assert text in refused.text
    if "text" not in over:
        assert "环境很好" in refused.text, "what was typed is still there"


def test_what_is_no_picture_is_refused(shopper: Shopper, done: str) -> None:
    fields = {"once": KEY, "stars": 5, "pictures": [(io.BytesIO(png()), "1.png"), (io.BytesIO(b"<svg>"), "2.png")]}
    refused = shopper.post(address(done), **fields)
    assert (refused.status_code, reviews(), count(File)) == (422, [], 0)
    assert "请上传JPG" in refused.text


def test_what_is_not_done_is_not_reviewed(shopper: Shopper, goods: Goods) -> None:
    mine = {"wechat_user_id": shopper.user_id, "patient_id": shopper.patient_id}
    for order_no in (make_order(goods, **mine), make_paid_order(goods, **mine)):
        assert "订单完成后才能评价" in shopper.get(address(order_no)).text
        assert write(shopper, order_no).status_code == 409
    assert reviews() == []


def test_another_patient_neither_writes_nor_reads(
    shopper: Shopper, sign_in_wechat: SignIn, goods: Goods, done: str
) -> None:
    write(shopper, done, pictures=1)
    stranger = another(shopper, sign_in_wechat)
    for path in (address(done), f"{address(done)}/pictures/1"):
        assert stranger.get(path).status_code == 404
    assert write(stranger, done).status_code == 404
    assert "环境很好" not in stranger.get("/me/reviews").text
    own = make_done_order(goods, patient_id=stranger.patient_id)
    line_id = queries.get_order(done).lines[0].id
    assert stranger.get(f"/orders/{own}/lines/{line_id}/review").status_code == 404


def test_the_own_list_names_what_can_be_reviewed(shopper: Shopper, done: str) -> None:
    page = shopper.get("/me/reviews").text
    assert address(done) in page
    assert "待评价" in page
    assert 'href="/me/reviews"' in shopper.get("/me").text
    write(shopper, done)
    page = shopper.get("/me/reviews").text
    assert "待评价" not in page
    assert "环境很好" in page


def test_an_empty_list_names_the_next_step(shopper: Shopper) -> None:
    assert "查看我的订单" in shopper.get("/me/reviews").text


# --- staff and everybody ---------------------------------------------------------------------------------------------


@pytest.fixture
def handler(sit: Sit) -> Desk:
    return sit(P.REVIEW_HANDLE)


def kept(goods: Goods, *, stars: int = 5, text: str = "环境很好", tokens: tuple[str, ...] = ()) -> int:
    order = queries.get_order(make_done_order(goods))
    draft = ReviewDraft(stars, text, is_anonymous=True)
    service.write_review(
        order, order.lines[0], draft, wechat_user_id=1, by="wechat:1", tokens=tokens, key=f"key-{order.no}"
    )
    return max(review.id for review in reviews())


def picture(client: FlaskClient) -> str:
    return files.keep_picture(files.read_picture(io.BytesIO(png())), name="1.png", by="test", is_public=False).token


def test_a_shown_review_is_seen_by_everybody_with_its_pictures(
    handler: Desk, client: FlaskClient, goods: Goods
) -> None:
    token = picture(client)
    review_id = kept(goods, tokens=(token,))
    assert client.get(f"/media/{token}").status_code == 404
    assert handler.get(f"reviews/{review_id}/pictures/1").status_code == 200
    assert handler.post(f"reviews/{review_id}/show").status_code == 303
    page = goods_page(client, goods)
    for text in ("环境很好", "匿名用户", "查看全部 1 条", f"/media/{token}"):
        assert text in page
    with client.get(f"/media/{token}") as answer:
        assert answer.status_code == 200
    assert "环境很好" in client.get(f"/mall/goods/{goods.id}/reviews").text


def test_a_hidden_review_is_seen_by_its_writer_only_with_the_reason(
    shopper: Shopper, sit: Sit, goods: Goods, done: str
) -> None:
    write(shopper, done, pictures=1)
    review = reviews()[0]
    service.show_review(review.id, by="staff:1")
    token = reviews()[0].pictures[0].token
    handler = sit(P.REVIEW_HANDLE)
    assert handler.post(f"reviews/{review.id}/hide", hide_reason="含有广告").status_code == 303
    assert "环境很好" not in goods_page(shopper.client, goods)
    assert shopper.get(f"/media/{token}").status_code == 404
    page = shopper.get(address(done)).text
    assert "含有广告" in page
    assert shopper.get(f"{address(done)}/pictures/1").status_code == 200
    assert shopper.get(f"{address(done)}/pictures/2").status_code == 404


def test_stars_are_averaged_over_what_is_shown(client: FlaskClient, goods: Goods) -> None:
    assert queries.rating_of(goods.id) == Rating(0, 0)
    for stars, is_shown in ((5, True), (4, True), (4, True), (1, False)):
        review_id = kept(goods, stars=stars)
        if is_shown:
            service.show_review(review_id, by="staff:1")
    kept_elsewhere = kept(make_goods(), stars=1)
    service.show_review(kept_elsewhere, by="staff:1")
    assert queries.rating_of(goods.id) == Rating(3, 43)
    page = goods_page(client, goods)
    assert "4.3" in page
    assert "查看全部 3 条" in page


def test_the_hospital_answers(handler: Desk, client: FlaskClient, goods: Goods) -> None:
    review_id = kept(goods)
    service.show_review(review_id, by="staff:1")
    assert handler.post(f"reviews/{review_id}/answer", answer="感谢您的认可").status_code == 303
    assert "感谢您的认可" in goods_page(client, goods)
    handler.post(f"reviews/{review_id}/answer", answer="")
    assert "感谢您的认可" not in goods_page(client, goods)


def test_the_text_of_a_review_is_only_text(handler: Desk, client: FlaskClient, goods: Goods) -> None:
    review_id = kept(goods, text="<script>alert(1)</script>")
    service.show_review(review_id, by="staff:1")
    for page in (goods_page(client, goods), handler.get(f"reviews/{review_id}").text):
        assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("hide", {}, 422),
        ("hide", {"hide_reason": "长" * 61}, 422),
        ("hide", {"hide_reason": "a", "stars": "5"}, 422),
        ("answer", {"answer": "长" * 301}, 422),
        ("show", {"status": "shown"}, 422),
    ],
)
def test_a_wrong_decision_changes_nothing(
    handler: Desk, goods: Goods, action: str, fields: dict[str, str], status: int
) -> None:
    review_id = kept(goods)
    assert handler.post(f"reviews/{review_id}/{action}", **fields).status_code == status
    assert [(review.status, review.answer) for review in reviews()] == [(ReviewStatus.WAITING, "")]


def test_a_decision_is_made_once(handler: Desk, goods: Goods) -> None:
    review_id = kept(goods)
    assert [handler.post(f"reviews/{review_id}/show").status_code for _press in range(2)] == [303, 409]
    assert handler.tell("reviews/999999/show", {}).status_code == 404


def test_the_list_is_filtered(handler: Desk, goods: Goods) -> None:
    kept(goods, stars=1, text="等得太久")
    kept(goods, stars=5)
    assert [row["text"] for row in handler.ask("reviews?stars=1").json["list"]] == ["等得太久"]
    assert len(handler.ask("reviews?status=waiting").json["list"]) == 2
    assert handler.ask("reviews?status=shown").json["list"] == []
    assert handler.ask("reviews?stars=9").status_code == 422


def test_others_of_the_staff_decide_nothing(sit: Sit, goods: Goods) -> None:
    review_id = kept(goods)
    desk = sit(P.GOODS_WRITE, P.ORDER_READ)
    assert desk.get("reviews").status_code == 403
    assert desk.post(f"reviews/{review_id}/show").status_code == 403

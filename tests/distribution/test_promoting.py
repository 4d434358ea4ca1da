"""推广商品: what is on the list, what it pays, the page to pass on, and the poster."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_category, make_goods
from tests.factories.patients import make_wechat_user
from tests.factories.sharing import make_promoted, make_scene
from wxapp.core import files, settings
from wxapp.core.db import db, transaction
from wxapp.distribution.models import PromotedGoods, SceneKind
from wxapp.distribution.settings import IS_OPEN
from wxapp.h5.posters import keeping
from wxapp.mall.models import GoodsPicture, Nature
from wxapp.wechat.errors import Unavailable


@pytest.fixture
def mine(client, account, sign_in_wechat):
    distributor = make_distributor(name="陈晓")
    sign_in_wechat(client, SimpleNamespace(id=distributor.wechat_user_id))
    return distributor


def test_the_list_has_what_pays_with_its_amount(client, mine):
    make_promoted(name="入职体检", price_fen=12_850, seller_bp=1_000)
    off = make_promoted(name="停用的")
    make_promoted(name="药品", nature=Nature.DRUG)
    make_promoted(name="诊疗", category_id=make_category(nature=Nature.MEDICAL).id)
    make_promoted(name="下架的", is_on_sale=False)
    make_promoted(name="零佣金", seller_bp=0)
    make_goods(name="未上架推广")
    with transaction():
        db.session.query(PromotedGoods).filter_by(goods_id=off.id).one().is_on = False
    page = client.get("/earn/goods").text
    assert "入职体检" in page
    assert "12.85" in page
    for name in ("停用的", "药品", "诊疗", "下架的", "零佣金", "未上架推广"):
        assert name not in page


def test_the_list_is_searched_and_paged(client, mine):
    for number in range(21):
        make_promoted(name=f"体检{number:02d}", keywords="彩超" if number == 20 else "")
    first = client.get("/earn/goods").text
    assert first.count("earn-line--goods") == 20
    assert 'href="/earn/goods?page=2"' in first
    assert client.get("/earn/goods?page=2").text.count("earn-line--goods") == 1
    found = client.get("/earn/goods?q=彩超").text
    assert found.count("earn-line--goods") == 1
    assert "体检20" in found
    assert "没有找到" in client.get("/earn/goods?q=不存在的").text
    assert client.get("/earn/goods?page=0").status_code == 404


def test_a_list_of_any_length_asks_as_often(client, mine, queries):
    counts = []
    for wanted in (1, 10):
        for _ in range(wanted):
            make_promoted()
        queries.clear()
        client.get("/earn/goods")
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 12


def test_the_page_of_goods_passes_the_own_link_on(client, mine):
    goods = make_promoted(name="入职体检", price_fen=20_000)
    page = client.get(f"/earn/goods/{goods.id}").text
    token = make_scene(mine, SceneKind.GOODS, goods.id).token
    assert f'data-link="http://localhost/s/{token}"' in page
    assert 'data-title="入职体检"' in page
    assert f'src="/earn/posters/goods/{goods.id}.png"' in page
    assert "每件可得佣金" in page
    assert "20.00" in page


def test_the_poster_of_goods_has_picture_price_and_code(client, mine, monkeypatch):
    drawn = []
    draw = keeping.drawing.draw_poster
    monkeypatch.setattr(keeping.drawing, "draw_poster", lambda poster: drawn.append(poster) or draw(poster))
    goods = make_promoted(name="入职体检", price_fen=20_000, original_price_fen=30_000)
    content = BytesIO()
    Image.new("RGB", (80, 60), "#336699").save(content, "PNG")
    content.seek(0)
    kept = files.keep_picture(files.read_picture(content), name="cover.png", by="staff:1")
    with transaction():
        db.session.add(GoodsPicture(goods_id=goods.id, token=kept.token, position=0))
    answer = client.get(f"/earn/posters/goods/{goods.id}.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    (poster,) = drawn
    assert (poster.title, poster.price_fen, poster.original_fen) == ("入职体检", 20_000, 30_000)
    assert poster.picture == files.path_of(kept.token).read_bytes()
    assert poster.code == "http://weixin.example/q/ticket-1"


def test_a_poster_whose_picture_is_gone_is_drawn_without(client, mine):
    goods = make_promoted()
    with transaction():
        db.session.add(GoodsPicture(goods_id=goods.id, token="gone", position=0))
    assert client.get(f"/earn/posters/goods/{goods.id}.png").status_code == 200


@pytest.mark.parametrize("how", ["not_promoted", "off_sale", "closed"])
def test_goods_that_pay_nothing_have_no_poster_and_the_page_says_so(client, mine, account, how):
    goods = make_goods() if how == "not_promoted" else make_promoted(is_on_sale=how != "off_sale")
    if how == "closed":
        settings.write(IS_OPEN, False, by="staff:1")
    page = client.get(f"/earn/goods/{goods.id}")
    assert page.status_code == 200
    assert "暂不参与推广" in page.text
    assert client.get(f"/earn/posters/goods/{goods.id}.png").status_code == 409
    assert account.qrcodes == {}


def test_unknown_goods_are_not_found(client, mine):
    assert client.get("/earn/goods/999").status_code == 404
    assert client.get("/earn/posters/goods/999.png").status_code == 404


def test_while_wechat_is_away_the_goods_can_be_passed_on_by_link(client, mine, account):
    goods = make_promoted()
    account.fail_next(Unavailable("away", sent=False))
    page = client.get(f"/earn/goods/{goods.id}").text
    assert "重试" in page
    assert "data-link=" in page
    account.fail_next(Unavailable("away", sent=False))
    assert client.get(f"/earn/posters/goods/{goods.id}.png").status_code == 503


def test_the_malls_page_has_the_share_sign_for_goods_that_pay(client):
    """It is the same for everybody: who is no distributor is led to the form."""
    pays, plain = make_promoted(), make_goods()
    page = client.get(f"/mall/goods/{pays.id}").text
    assert f'href="/earn/goods/{pays.id}"' in page
    assert "直接转发本页不计佣金" in page
    assert "分享赚" not in client.get(f"/mall/goods/{plain.id}").text


def test_who_is_no_distributor_is_led_to_the_form(client, sign_in_wechat):
    sign_in_wechat(client, make_wechat_user())
    for path in ("/earn/goods", f"/earn/goods/{make_promoted().id}"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/earn/join")

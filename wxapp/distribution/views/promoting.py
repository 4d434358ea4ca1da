"""推广商品: what pays, how much, and a poster of each."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from wxapp.core import files
from wxapp.core.errors import NotFound
from wxapp.core.forms import row_key
from wxapp.core.limits import Limit
from wxapp.core.masking import masked_name
from wxapp.distribution.access import active_distributor, needs_distributor
from wxapp.distribution.errors import NotPromotable
from wxapp.distribution.models import SceneKind
from wxapp.distribution.posters import POSTERS, page_of, valid_until
from wxapp.distribution.queries import promoting
from wxapp.distribution.services.scenes import scene_of
from wxapp.distribution.views.door import pages
from wxapp.h5.posters import Poster, poster_answer
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.h5.shell import piece
from wxapp.mall import queries as mall
from wxapp.mall import shown_beside_goods
from wxapp.mall.models import Goods

SEARCHES = Limit("distribution.search", count=120, seconds=60, message="搜索过于频繁，请稍后再试")

MOST_PAGES = 500


@pages.page("/earn/goods")
@needs_distributor
def goods() -> ResponseReturnValue:
    """推广商品: goods that pay commission with what one piece pays, searched by their words."""
    distributor = active_distributor()
    text = request.args.get("q", "").strip()[:60]
    if text:
        SEARCHES.hit(str(distributor.id))
    page = request.args.get("page", 1, type=row_key)
    if not 1 <= page <= MOST_PAGES:
        raise NotFound
    found, has_more = promoting.promotable_goods(text=text, page=page)
    return render_template(
        "distribution/goods.html",
        found=found,
        text=text,
        page=page,
        previous=url_for("distribution.goods", q=text or None, page=page - 1) if page > 1 else "",
        next=url_for("distribution.goods", q=text or None, page=page + 1) if has_more else "",
    )


@pages.page("/earn/goods/<int:goods_id>")
@needs_distributor
def promote(goods_id: int) -> ResponseReturnValue:
    """The poster of some goods, and the page that a distributor passes on: its card leads to his own link."""
    distributor = active_distributor()
    found = mall.get_goods(goods_id)
    pays_fen = promoting.seller_fen(goods_id) if found.is_on_sale else 0
    return render_template(
        "distribution/promote.html",
        goods=found,
        cover=_cover_of(found),
        pays_fen=pays_fen,
        shown=page_of(distributor, SceneKind.GOODS, goods_id) if pays_fen else None,
        poster=url_for("distribution.goods_poster", goods_id=goods_id),
    )


@pages.page("/earn/posters/goods/<int:goods_id>.png")
def goods_poster(goods_id: int) -> ResponseReturnValue:
    """The poster of some goods, with the distributor's own code."""
    distributor = active_distributor()
    POSTERS.hit(str(distributor.id))
    found = mall.get_goods(goods_id)
    if not (found.is_on_sale and promoting.seller_fen(goods_id)):
        raise NotPromotable("该商品暂不参与推广")
    scene = scene_of(distributor, SceneKind.GOODS, goods_id)
    return poster_answer(
        Poster(
            hospital=HOSPITAL_NAME(),
            headline="为您推荐一份健康",
            code=scene.qr_url,
            inviter=f"{masked_name(distributor.name)} 推荐",
            title=found.name,
            picture=_picture(_cover_of(found)),
            price_fen=found.price_fen,
            original_fen=found.original_price_fen,
            valid_until=valid_until(scene),
            hint="长按识别二维码查看",
        )
    )


def _cover_of(found: Goods) -> str:
    return found.pictures[0].token if found.pictures else ""


def _picture(token: str) -> bytes | None:
    """Return the cover as it is stored; a poster without it is a poster still."""
    if not token:
        return None
    try:
        return files.path_of(files.public_file(token).token).read_bytes()
    except (NotFound, OSError):
        return None


def _share_sign(found: Goods) -> Markup:
    """分享赚 on the page of goods that pay: the same for everybody, it leads to a page that knows who looks."""
    if not (found.is_on_sale and promoting.seller_fen(found.id)):
        return Markup("")
    return piece("distribution/_share_sign.html", goods_id=found.id)


shown_beside_goods.register(_share_sign)

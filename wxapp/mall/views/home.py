"""Looking around: the mall, and one of its goods."""

from __future__ import annotations

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from wxapp.core.limits import Limit
from wxapp.h5 import registry
from wxapp.mall import queries, rules, settings, shown_beside_goods
from wxapp.mall.views.door import number_in_address, pages

SORTS = {"default": "综合", "sales": "销量", "price_up": "价格由低到高", "price_down": "价格由高到低"}

SEARCHES = Limit("mall.search", count=240, seconds=60, message="搜索过于频繁，请稍后再试")
"""Per address: a hospital's visitors share one, and a search whose answer is kept does not count."""


@pages.page("/mall", is_public=True, max_age=30)
def home() -> ResponseReturnValue:
    """The mall: categories, search, goods."""
    category_id = number_in_address("category", default=0, most=2**53) or None
    page = number_in_address("page", default=1, most=500)
    text = request.args.get("q", "").strip()[:60]
    if text:  # each new text reads all goods (checklist S-31)
        SEARCHES.hit(request.remote_addr or "")
    sort = request.args.get("sort", "default")
    sort = sort if sort in SORTS else "default"
    cards, has_more = queries.goods_on_sale(category_id=category_id, text=text, sort=sort, page=page)

    def address(**changes: object) -> str:
        chosen = {"category": category_id, "q": text or None, "sort": None if sort == "default" else sort, **changes}
        return url_for("mall.home", **chosen)  # type: ignore[arg-type]

    return render_template(
        "mall/home.html",
        categories=queries.shown_categories(),
        category_id=category_id,
        text=text,
        popular=rules.popular_words(settings.POPULAR_SEARCHES()),
        sort=sort,
        sorts=SORTS,
        cards=cards,
        address=address,
        previous=address(page=page - 1) if page > 1 else "",
        next=address(page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/mall/suggestions", is_public=True, max_age=60)
def suggestions() -> ResponseReturnValue:
    """What the text in the search field may become: names and words of goods, and popular searches."""
    text = request.args.get("q", "").strip()[:30]
    if text:
        SEARCHES.hit(request.remote_addr or "")
    return jsonify(words=queries.suggestions(text, popular=rules.popular_words(settings.POPULAR_SEARCHES())))


@pages.page("/mall/goods/<int:goods_id>", is_public=True, max_age=30)
def goods(goods_id: int) -> ResponseReturnValue:
    """One of the goods: pictures, price, items, notice, detail."""
    found = queries.get_goods(goods_id)
    reviews, _more = queries.shown_reviews(goods_id, size=3)
    return render_template(
        "mall/goods.html",
        goods=found,
        beside=shown_beside_goods.pieces(found),
        detail=Markup(found.detail_html),  # noqa: S704 - cleaned when written
        most=rules.MAX_QUANTITY,
        rating=queries.rating_of(goods_id),
        reviews=reviews,
    )


def _home_floor() -> Markup:
    cards, _more = queries.goods_on_sale(size=6)
    if not cards:
        return Markup("")
    return Markup(render_template("mall/_home_floor.html", cards=cards))  # noqa: S704 - our own template


registry.tab("mall", "体检", "clipboard-list", "mall.home", order=2)
registry.menu_entry("为你服务", "体检项目", "mall.home")
registry.menu_entry("为你服务", "体检商城", "mall.home")
registry.home_floor("健康体检", render=_home_floor, order=30, css="css/pages/mall.css")

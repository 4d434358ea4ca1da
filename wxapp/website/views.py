"""Pages of the website; all public and kept for a minute."""

from __future__ import annotations

from itertools import groupby

from flask import render_template, request
from flask.typing import ResponseReturnValue

from wxapp.core.errors import NotFound
from wxapp.core.limits import Limit
from wxapp.directory import queries as directory
from wxapp.h5 import registry
from wxapp.h5.kept import changes_at
from wxapp.h5.shell import Pages
from wxapp.website import queries, shown
from wxapp.website.models import Article, Equipment, Slide

MAX_AGE = 60
SEARCHES = Limit("website.search", count=240, seconds=60, message="搜索过于频繁，请稍后再试")
"""Per address, as in the mall: a hospital's visitors share one, and a search whose answer is kept does not count."""

MOST_PAGES = 500

pages = Pages("website", __name__)

registry.tab("home", "首页", "home", "website.home", order=1)
registry.menu_entry("医院概况", "医院官网", "website.home")
registry.menu_entry("医院概况", "医院简介", "website.about")
registry.menu_entry("医院概况", "主任医师", "website.physicians", arguments={"chief": "1"})
registry.menu_entry("医院概况", "先进设备", "website.equipment_list")
registry.menu_entry("医院概况", "健康资讯", "website.news")
registry.physician_tab("医生简介", "website.physician", order=1)
registry.home_floor("轮播广告", shown.carousel_floor, order=10)
registry.home_floor("医院简介", shown.about_floor, order=20)
registry.home_floor("专家列表", shown.experts_floor, order=40)
registry.home_floor("体检须知", shown.notice_floor, order=50)
registry.home_floor("先进设备", shown.equipment_floor, order=60)
registry.home_floor("主任医师", shown.chiefs_floor, order=70)
registry.home_floor("健康资讯", shown.news_floor, order=80)


def _number(name: str, *, most: int) -> int | None:
    """Read a number from the address.

    :raises NotFound: it is none, or out of its range: such an address was never a link of ours
    """
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or not 1 <= int(text) <= most:
        raise NotFound
    return int(text)


# --- home page -------------------------------------------------------------------------------------------------------


@pages.page("/", is_public=True, max_age=MAX_AGE)
def home() -> ResponseReturnValue:
    changes_at(queries.next_change(Slide, Equipment, Article))
    return shown.home()


# --- the hospital ----------------------------------------------------------------------------------------------------


@pages.page("/about", is_public=True, max_age=MAX_AGE)
def about() -> ResponseReturnValue:
    return shown.sheet("about", queries.sheet("about"))


@pages.page("/checkup-notice", is_public=True, max_age=MAX_AGE)
def checkup_notice() -> ResponseReturnValue:
    return shown.sheet("checkup-notice", queries.sheet("checkup-notice"))


# --- physicians ------------------------------------------------------------------------------------------------------


@pages.page("/physicians", is_public=True, max_age=MAX_AGE)
def physicians() -> ResponseReturnValue:
    """The physicians by department; all or the chief ones, of one department, or found by a word."""
    title = directory.CHIEF if request.args.get("chief") else ""
    department = request.args.get("department", "").strip()[:40]
    text = request.args.get("q", "").strip()[:40]
    if text:
        SEARCHES.hit(request.remote_addr or "")
    found = directory.shown_physicians(title=title, department=department, text=text)
    first = {name: at for at, name in reversed(list(enumerate(one.department for one in found)))}
    ordered = sorted(found, key=lambda one: first[one.department])
    return render_template(
        "website/physicians.html",
        groups=[(name, list(members)) for name, members in groupby(ordered, key=lambda one: one.department)],
        departments=directory.shown_departments(),
        department=department,
        title=title,
        chief=directory.CHIEF,
        text=text,
    )


@pages.page("/physicians/<int:physician_id>", is_public=True, max_age=MAX_AGE)
def physician(physician_id: int) -> ResponseReturnValue:
    return shown.physician(directory.shown_physician(physician_id))


# --- equipment -------------------------------------------------------------------------------------------------------


@pages.page("/equipment", is_public=True, max_age=MAX_AGE)
def equipment_list() -> ResponseReturnValue:
    page = _number("page", most=MOST_PAGES) or 1
    found, has_more = queries.equipment_page(page)
    changes_at(queries.next_change(Equipment))
    return render_template("website/equipment_list.html", machines=found, page=page, has_more=has_more)


@pages.page("/equipment/<int:equipment_id>", is_public=True, max_age=MAX_AGE)
def equipment(equipment_id: int) -> ResponseReturnValue:
    found = queries.shown_equipment(equipment_id)
    changes_at(found.visible_until)
    return shown.equipment(found)


# --- news ------------------------------------------------------------------------------------------------------------


@pages.page("/news", is_public=True, max_age=MAX_AGE)
def news() -> ResponseReturnValue:
    """The articles, pinned ones first, then the newest; all or those of a category."""
    page, category_id = _number("page", most=MOST_PAGES) or 1, _number("category", most=10**15)
    found, has_more = queries.article_page(page, category_id=category_id)
    changes_at(queries.next_change(Article))
    return render_template(
        "website/news.html",
        articles=found,
        categories=queries.categories(),
        category_id=category_id,
        page=page,
        has_more=has_more,
    )


@pages.page("/news/<int:article_id>", is_public=True, max_age=MAX_AGE)
def article(article_id: int) -> ResponseReturnValue:
    found = queries.shown_article(article_id)
    changes_at(found.visible_until)
    return shown.article(found)

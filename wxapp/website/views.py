"""Pages of the website; all public and kept for a minute."""

from __future__ import annotations

from itertools import groupby

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from wxapp.directory import queries
from wxapp.h5 import registry
from wxapp.h5.shell import Pages, piece
from wxapp.website.settings import ABOUT, OPENING_HOURS, SLOGAN

MAX_AGE = 60

pages = Pages("website", __name__)

registry.tab("home", "首页", "home", "website.home", order=1)
registry.menu_entry("医院概况", "医院官网", "website.home")
registry.menu_entry("医院概况", "医院简介", "website.about")
registry.menu_entry("医院概况", "主任医师", "website.physicians", arguments={"chief": "1"})


@pages.page("/", is_public=True, max_age=MAX_AGE)
def home() -> ResponseReturnValue:
    floors = [(floor, rendered) for floor in registry.home_floors() if (rendered := floor.render())]
    return render_template(
        "website/home.html",
        slogan=SLOGAN(),
        hours=OPENING_HOURS(),
        floors=[rendered for _, rendered in floors],
        sheets=sorted({floor.css for floor, _ in floors if floor.css}),
    )


@pages.page("/about", is_public=True, max_age=MAX_AGE)
def about() -> ResponseReturnValue:
    return render_template("website/about.html", about=ABOUT(), hours=OPENING_HOURS())


@pages.page("/physicians", is_public=True, max_age=MAX_AGE)
def physicians() -> ResponseReturnValue:
    title = queries.CHIEF if request.args.get("chief") else ""
    found = sorted(queries.shown_physicians(title=title), key=lambda one: one.department)
    groups = [(name, list(members)) for name, members in groupby(found, key=lambda one: one.department)]
    return render_template("website/physicians.html", groups=groups, title=title, chief=queries.CHIEF)


@pages.page("/physicians/<int:physician_id>", is_public=True, max_age=MAX_AGE)
def physician(physician_id: int) -> ResponseReturnValue:
    return render_template("website/physician.html", physician=queries.shown_physician(physician_id))


def about_floor() -> Markup:
    return piece("website/_about_floor.html", about=ABOUT()) if ABOUT() else Markup("")


def experts_floor() -> Markup:
    found = queries.shown_physicians(limit=8)
    return piece("website/_experts_floor.html", physicians=found) if found else Markup("")


registry.home_floor("医院简介", about_floor, order=20)
registry.home_floor("专家列表", experts_floor, order=40)

"""How pages of the website are made of their rows: at their own address, and for staff who look before publishing."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from wxapp.core import richtext
from wxapp.directory import queries as directory
from wxapp.directory.models import Physician
from wxapp.h5 import registry
from wxapp.h5.shell import piece
from wxapp.website import queries, rules
from wxapp.website.models import Article, Equipment, Sheet, Slide
from wxapp.website.settings import OPENING_HOURS, SLOGAN

CAROUSEL = "轮播广告"


def home(carousel: Markup | None = None) -> str:
    """Return the home page: the floors that staff have switched on, in their order; an empty one is left out.

    :param carousel: what stands in the place of the carousel, for looking at a slide before it is published
    """
    floors = {floor.name: floor for floor in registry.home_floors()}
    held = queries.sheets()  # two floors show one each, without asking again
    made: list[tuple[registry.Floor, Markup]] = []
    for place in rules.arrange(queries.kept_places(queries.layout()), list(floors)):
        floor = floors[place.name]
        is_given = carousel is not None and place.name == CAROUSEL
        if is_given or place.is_shown:
            made.append((floor, carousel if is_given and carousel is not None else floor.render()))
    del held
    made = [(floor, rendered) for floor, rendered in made if rendered]
    return render_template(
        "website/home.html",
        slogan=SLOGAN(),
        hours=OPENING_HOURS(),
        floors=[rendered for _, rendered in made],
        has_carousel=any(floor.name == CAROUSEL for floor, _ in made),
        sheets=sorted({floor.css for floor, _ in made if floor.css}),
    )


def carousel_floor() -> Markup:
    found = queries.slides()
    return piece("website/_carousel_floor.html", slides=found) if found else Markup("")


def carousel_with(slide: Slide) -> Markup:
    """Return the carousel as it is with this slide in front."""
    others = [other for other in queries.slides() if other.id != slide.id]
    return piece("website/_carousel_floor.html", slides=[slide, *others])


def about_floor() -> Markup:
    return _sheet_floor("about", most=120)


def notice_floor() -> Markup:
    return _sheet_floor("checkup-notice", most=100)


def _sheet_floor(slug: str, *, most: int) -> Markup:
    found = queries.sheet(slug)
    if not found.body_html:
        return Markup("")
    text = richtext.plain(found.body_html, most=most)
    return piece("website/_sheet_floor.html", sheet=found, title=rules.SHEET_NAMES[slug], text=text)


def experts_floor() -> Markup:
    return _people_floor("专家列表")


def chiefs_floor() -> Markup:
    return _people_floor(directory.CHIEF, title=directory.CHIEF)


def _people_floor(heading: str, *, title: str = "") -> Markup:
    found = directory.shown_physicians(title=title, limit=8)
    if not found:
        return Markup("")
    chief = "1" if title else None
    return piece("website/_experts_floor.html", physicians=found, title=heading, chief=chief)


def equipment_floor() -> Markup:
    found, _more = queries.equipment_page(1, size=4)
    return piece("website/_equipment_floor.html", machines=found) if found else Markup("")


def news_floor() -> Markup:
    found, _more = queries.article_page(1, size=4)
    return piece("website/_news_floor.html", articles=found) if found else Markup("")


def sheet(slug: str, found: Sheet) -> str:
    return render_template(
        "website/sheet.html",
        sheet=found,
        title=rules.SHEET_NAMES[slug],
        is_about=slug == "about",
        body=_cleaned(found.body_html),
        hours=OPENING_HOURS(),
    )


def physician(found: Physician) -> str:
    return render_template("website/physician.html", physician=found, profile=_cleaned(found.profile))


def equipment(found: Equipment) -> str:
    return render_template("website/equipment.html", machine=found, body=_cleaned(found.body_html))


def article(found: Article) -> str:
    summary = found.summary or richtext.plain(found.body_html, most=60)
    return render_template("website/article.html", article=found, body=_cleaned(found.body_html), summary=summary)


def _cleaned(body_html: str) -> Markup:
    return Markup(body_html)  # noqa: S704 - cleaned when it was written

"""Staff's page of the floors of the home page (首页楼层)."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.identity import current_staff
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5 import registry
from wxapp.website import queries, rules, services
from wxapp.website.admin.door import interface
from wxapp.website.forms import LayoutForm
from wxapp.website.rules import FloorPlace

menu.entry("医院主页", "首页楼层", "website_admin.home_layout", Permission.WEBSITE_WRITE, 10)


def _names() -> list[str]:
    return [floor.name for floor in registry.home_floors()]


@interface("website.layout", GET="/pc/website/home", permission=Permission.WEBSITE_WRITE)
def home_layout() -> Page:
    """The floors in their order, each with a switch."""
    row = queries.layout()
    places = rules.arrange(queries.kept_places(row), _names())
    return Page("website/admin/home.html", places=places, version=row.version)


@interface(
    "website.save_layout",
    POST="/pc/website/home",
    permission=Permission.WEBSITE_WRITE,
    audit="调整首页楼层",
    form_page=home_layout,
)
def save_layout() -> Done:
    """Keep order and switches; a button may have moved one floor before."""
    form = read_form(LayoutForm)
    if sorted(form.floors) != sorted(_names()) or not set(form.shown) <= set(form.floors):
        raise Invalid({"floors": "楼层有变动，请刷新后重试"})
    if any(name and name not in form.floors for name in (form.up, form.down)):
        raise Invalid({"floors": "没有这个楼层，请刷新后重试"})
    places = [FloorPlace(name, name in form.shown) for name in form.floors]
    places = rules.moved(rules.moved(places, form.up, by=-1), form.down, by=1)
    services.arrange_home(places, seen_version=form.version, by=current_staff().actor)
    return Done("首页楼层已保存", location=url_for("website_admin.home_layout"))

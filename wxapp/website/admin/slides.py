"""Staff's pages of the carousel (轮播图片)."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5 import registry
from wxapp.h5.identity import own_path
from wxapp.website import queries, services, shown
from wxapp.website.admin.door import (
    SCHEDULE_HELP,
    interface,
    new_picture,
    picture_error,
    state_column,
    state_of,
    values_of,
)
from wxapp.website.forms import SlideForm
from wxapp.website.models import Slide
from wxapp.website.services import SlideDraft

menu.entry("医院主页", "轮播图片", "website_admin.slide_list", Permission.WEBSITE_WRITE, 20)

OTHER = "other"


class _Line:
    """A slide as the list shows it."""

    def __init__(self, row: Slide) -> None:
        self.id, self.title, self.link, self.position = row.id, row.title, row.link, row.position
        self.state = state_of(row)
        self.visible_from, self.visible_until = row.visible_from, row.visible_until
        self.changed_at = row.changed_at

    def to_wire(self) -> dict[str, Any]:
        return dict(vars(self))


SLIDES = Table(
    "website.slides",
    title="轮播图片",
    columns=(
        Column("title", "标题", link=lambda row: url_for("website_admin.slide_form", slide_id=row.id)),
        Column("link", "点击后打开"),
        state_column(),
        Column("visible_from", "开始展示", sort=Slide.visible_from),
        Column("visible_until", "结束展示", sort=Slide.visible_until),
        Column("position", "排序", "number", sort=Slide.position),
        Column("changed_at", "修改时间", sort=Slide.changed_at),
    ),
    actions=(
        Action("编辑", lambda row: url_for("website_admin.slide_form", slide_id=row.id)),
        Action("预览", lambda row: url_for("website_admin.preview_slide", slide_id=row.id)),
        Action(
            "删除",
            lambda row: url_for("website_admin.remove_slide", slide_id=row.id),
            post=True,
            confirm="确定删除这张轮播图片吗？",
            tone="danger",
        ),
    ),
    sort="position",
    key=Slide.id,
    make=_Line,
    empty="还没有轮播图片",
)


@interface("website.slides", GET="/pc/website/slides", permission=Permission.WEBSITE_WRITE)
def slide_list() -> Page:
    return Page("website/admin/list.html", table=SLIDES.load(queries.slides_for_staff), kind="slide")


def _choices() -> list[tuple[str, str]]:
    """Return the pages that a slide can open: what the tab bar and the official account's menu lead to."""
    found = {tab.address: tab.label for tab in registry.tabs()}
    for entries in registry.menu_entries().values():
        found |= {entry.path: entry.label for entry in entries}
    return [*found.items(), (OTHER, "其他页面…")]


def _form(found: Slide | None) -> Page:
    values: dict[str, Any] = {"is_published": True} if found is None else values_of(found, SlideForm)
    if found is not None and found.link:
        is_listed = found.link in dict(_choices())
        values |= {"target": found.link} if is_listed else {"target": OTHER, "path": found.link}
    form = ShownForm(SlideForm, values=values, options={"target": _choices()}, help=_HELP)
    return Page("website/admin/slide_form.html", form=form, slide=found, picture_error=picture_error())


_HELP = SCHEDULE_HELP | {
    "target": "不选则图片不能点击",
    "path": "选择“其他页面”时填写本站地址，如 /mall/goods/1",
    "position": "数字小的排在前面",
}


@interface("website.new_slide", GET="/pc/website/slides/new", permission=Permission.WEBSITE_WRITE)
def new_slide() -> Page:
    return _form(None)


@interface(
    "website.add_slide",
    POST="/pc/website/slides",
    permission=Permission.WEBSITE_WRITE,
    audit="新增轮播图片",
    form_page=new_slide,
)
def add_slide() -> Done:
    form = read_form(SlideForm)
    by = current_staff().actor

    def add() -> str:
        draft = _draft(form, new_picture(by) or "")
        if not draft.picture:
            raise Invalid({"picture": "请选择图片"})
        return str(services.add(draft, by=by))

    made_id = once("website.add_slide", form, add)
    audit.about(f"slide:{made_id}", form.title)
    return Done("已新增", location=url_for("website_admin.slide_list"), id=int(made_id))


@interface("website.slide", GET="/pc/website/slides/<int:slide_id>", permission=Permission.WEBSITE_WRITE)
def slide_form(slide_id: int) -> Page:
    return _form(queries.get(Slide, slide_id))


@interface(
    "website.save_slide",
    POST="/pc/website/slides/<int:slide_id>",
    permission=Permission.WEBSITE_WRITE,
    audit="修改轮播图片",
    form_page=slide_form,
)
def save_slide(slide_id: int) -> Done:
    form, found = read_form(SlideForm), queries.get(Slide, slide_id)
    by = current_staff().actor
    draft = _draft(form, new_picture(by) or found.picture)
    services.edit(slide_id, draft, seen_version=form.version, by=by)
    audit.about(f"slide:{slide_id}", form.title)
    return Done("已保存", location=url_for("website_admin.slide_list"))


@interface(
    "website.remove_slide",
    POST="/pc/website/slides/<int:slide_id>/remove",
    permission=Permission.WEBSITE_WRITE,
    audit="删除轮播图片",
)
def remove_slide(slide_id: int) -> Done:
    audit.about(f"slide:{slide_id}", queries.get(Slide, slide_id).title)
    services.remove(Slide, slide_id)
    return Done("已删除", location=url_for("website_admin.slide_list"))


@interface(
    "website.preview_slide", GET="/pc/website/slides/<int:slide_id>/preview", permission=Permission.WEBSITE_WRITE
)
def preview_slide(slide_id: int) -> ResponseReturnValue:
    """Show the home page with this slide in front of the carousel."""
    return shown.home(shown.carousel_with(queries.get(Slide, slide_id)))


def _draft(form: SlideForm, picture: str) -> SlideDraft:
    return SlideDraft(
        title=form.title,
        picture=picture,
        link=_link(form),
        position=form.position,
        is_published=form.is_published,
        visible_from=form.visible_from,
        visible_until=form.visible_until,
    )


def _link(form: SlideForm) -> str:
    """Return the path that the slide opens, "" for none.

    :raises Invalid: no page of ours for patients
    """
    if form.target != OTHER:
        if form.target and form.target not in dict(_choices()):
            raise Invalid({"target": "点击后打开的页面不在可选范围内"})
        return form.target
    if not form.path:
        raise Invalid({"path": "请填写本站页面的地址"})
    if own_path(form.path, default="") != form.path:
        raise Invalid({"path": "只能链接到本站页面，地址以 / 开头，如 /mall"})
    if form.path.startswith("/pc") or not _is_page(form.path):
        raise Invalid({"path": "本站没有这个页面，请检查地址"})
    return form.path


def _is_page(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path.partition("#")[0].partition("?")[0], "GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True

"""Interfaces that only tests know: a list, a form, a page of everything JSON has to cope with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flask import url_for
from pydantic import Field

from tests.factories.staff import make_member
from wxapp.admin import identity
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.interface import ANY_STAFF, Interfaces
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import (
    NumberList,
    RowId,
    TextList,
    WireForm,
    WireMoment,
    check_lengths,
    money,
    read_wire,
    seconds,
    text,
)
from wxapp.core import clock
from wxapp.core.errors import DomainError, NotFound, Stale
from wxapp.core.forms import Form, read_form
from wxapp.core.permissions import Permission

blueprint = Interfaces("toys", __name__)
blueprint.template_folder = str(Path(__file__).parent / "templates")
interface = blueprint.interface

saved: list[str] = []

TAKEN = 7
"""A toy that somebody else has taken meanwhile."""
LOCKED = 8
"""A toy that is locked away."""


class Locked(DomainError):
    code, status, message = "locked", 423, "玩具已锁好"


@dataclass(frozen=True)
class Toy:
    name: str
    price_fen: int
    state: str = "new"
    made_on: date = date(2026, 3, 1)


TOYS = [Toy(f"玩具{number:02}", number * 150) for number in range(1, 46)] + [Toy("=1+1", 5, "old")]

LIST = Table(
    "toys.list",
    title="玩具",
    columns=(
        Column("name", "名称", link=lambda toy: url_for("toys_admin.toy_form", name=toy.name)),
        Column("price_fen", "价格", "money"),
        Column("state", "状态", "badge", badges={"new": Badge("全新", "green")}),
        Column("made_on", "生产日期", "day"),
    ),
    filters=(
        Filter("q", "名称"),
        Filter("state", "状态", "choice", choices=(("new", "全新"), ("old", "旧"))),
        Filter("since", "从", "day"),
        Filter("phone", "手机号", is_private=True),
    ),
    actions=(
        Action("看", lambda toy: url_for("toys_admin.toy_form", name=toy.name)),
        Action("砸", lambda toy: url_for("toys_admin.save_toy", name=toy.name), Permission.GOODS_WRITE, post=True,
               confirm="确定？", when=lambda toy: toy.state == "new"),
    ),
)  # fmt: skip


def find(*, q: str, state: str, since: date | None, phone: str) -> list[Toy]:
    if phone:
        return [Toy("电话找到的", 1)] if phone == "13800000009" else []
    return [toy for toy in TOYS if q in toy.name and state in {"", toy.state} and (since or date.min) <= toy.made_on]


@interface("toys.list", GET="/pc/toys/list", permission=Permission.GOODS_READ)
def toy_list() -> Page:
    return Page("toys/list.html", table=LIST.load(find))


class ToyForm(Form):
    label: str = Field(title="标签", max_length=5)
    count: int = Field(1, title="数量", ge=1, le=9)
    is_new: bool = Field(False, title="全新")


@interface("toys.form", GET="/pc/toys/<name>", permission=Permission.GOODS_READ)
def toy_form(name: str) -> Page:
    form = ShownForm(ToyForm, values={"label": "旧的", "count": 2})
    return Page("toys/form.html", form=form, name=name)


@interface("toys.save", POST="/pc/toys/<name>", permission=Permission.GOODS_WRITE, audit="改玩具", form_page=toy_form)
def save_toy(name: str) -> Done:
    form = read_form(ToyForm)
    if form.label == "旧页":
        raise Stale
    if form.label == "坏":
        raise RuntimeError("a fault")
    saved.append(f"{name} {form.label} {form.count}")
    return Done("已保存", location=url_for(".toy_list"), price_fen=1234)


@interface("toys.all_kinds", GET="/pc/toys/all/kinds", permission=ANY_STAFF)
def all_kinds() -> Page:
    return Page(
        "toys/form.html",
        form=ShownForm(ToyForm),
        name="x",
        member=make_member(phone="13800000001", totp_secret="SECRET"),
        toy=Toy("球", 1999),
        at=clock.now(),
        page=toy_form,
        _quiet="not for JSON",
    )


# --- an interface that other programs know ---------------------------------------------------------------------------


class TakeForm(WireForm):
    toy_id: RowId = Field(alias="mid", title="玩具编号")
    names: TextList = Field((), alias="good_name", title="名称")
    counts: NumberList = Field((), alias="pay_num", title="数量")
    at: WireMoment | None = Field(None, alias="get_time", title="时间")


@interface("toys.take.page", GET="/pc/toybox/take", permission=Permission.GOODS_READ, is_wire=True)
def take_page() -> Page:
    number = read_wire(TakeForm).toy_id
    if number > len(TOYS):
        raise NotFound
    info = {"mid": text(number), "price": money(TOYS[number - 1].price_fen), "taken_at": seconds(None)}
    return Page("toys/form.html", info=info, _form=None, form=ShownForm(ToyForm), name="take")


@interface(
    "toys.take",
    POST="/pc/toybox/take",
    permission=Permission.GOODS_WRITE,
    audit="取玩具",
    form_page=take_page,
    also=("/pf/Toys/fetch",),
    is_wire=True,
    takes_devices=True,
)
def take_toy() -> Done:
    form = read_wire(TakeForm)
    check_lengths({"名称": form.names, "数量": form.counts}, what="玩具")
    if form.toy_id == TAKEN:
        raise Stale
    if form.toy_id == LOCKED:
        raise Locked
    if form.toy_id > len(TOYS):
        raise NotFound
    saved.append(f"{form.toy_id} {'+'.join(form.names)} {identity.current_actor()}")
    return Done("已取走", id=text(form.toy_id))


WIRE_LIST = Table(
    "toys.wire",
    title="玩具",
    columns=(Column("name", "名称"), Column("price_fen", "价格", "money")),
    make=lambda toy: toy,
    wire=lambda toy: {"goods_title": toy.name, "selling_price": money(toy.price_fen)},
)


@interface("toys.wire_list", GET="/pc/toybox/wire_list", permission=Permission.GOODS_READ, is_wire=True)
def wire_list() -> Page:
    return Page("toys/list.html", table=WIRE_LIST.load(lambda: TOYS))

"""Promoted goods (推广商品): what each pays and why, and the switch that ends it with the next order."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.distribution import settings
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.terms_words import STATES as TERMS_STATES
from wxapp.distribution.admin.terms_words import actors_of, both_rates, pays_text, source_of
from wxapp.distribution.models import Scope
from wxapp.distribution.queries import promoted as queries
from wxapp.distribution.queries.promoted import PromotionState
from wxapp.distribution.queries.terms import versions_of
from wxapp.distribution.services import promoted as services
from wxapp.distribution.terms_forms import CategoryOnForm, SwitchOffForm, SwitchOnForm, subject_of
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import queries as mall
from wxapp.mall.models import Goods, Nature

P = Permission

NATURES = {nature: Badge(nature.label, "amber") for nature in Nature} | {Nature.ORDINARY: Badge("普通", "grey")}
STATES = {
    PromotionState.ON: Badge("推广中", "green"),
    PromotionState.OFF: Badge("已停用", "red"),
    PromotionState.NEVER: Badge("未加入", "grey"),
    PromotionState.FORBIDDEN: Badge("不可推广", "amber"),
}


def _url(goods_id: int) -> str:
    return url_for("distribution_admin.promoted_page", goods_id=goods_id)


def _category_choices() -> list[tuple[str, str]]:
    return [(str(category.id), category.name) for category in mall.all_categories()]


PROMOTED = Table(
    "distribution.promoted",
    title="推广商品",
    columns=(
        Column(
            "name",
            "商品",
            link=lambda row: _url(row.id),
            sort=Goods.name,
            below=lambda row: "" if row.is_on_sale else "已下架",
        ),
        Column("category", "分类"),
        Column("nature", "性质", "badge", badges=NATURES),
        Column("price_fen", "售价", "money", sort=Goods.price_fen),
        Column("sales", "销量", "number", sort=Goods.sales),
        Column("terms", "佣金设置", value=lambda row: both_rates(row.terms), below=lambda row: source_of(row.terms)),
        Column("pays", "每件佣金", value=lambda row: pays_text(row.pays)),
        Column("state", "推广", "badge", badges=STATES, below=lambda row: row.reason),
    ),
    filters=(
        Filter("text", "名称"),
        Filter("category", "分类", kind="choice", choices=_category_choices),
        Filter("state", "推广", kind="choice", choices=[(one.value, one.label) for one in PromotionState]),
    ),
    actions=(Action("管理", lambda row: _url(row.id), P.DISTRIBUTION_READ),),
    sort="-sales",
    key=Goods.id,
    make_all=queries.goods_rows,
    empty="还没有商品",
)


@interface("distribution.promoted", GET="/pc/distribution/goods", permission=P.DISTRIBUTION_READ)
def promoted_goods() -> Page:
    """All goods: which are promoted, which may not be, and what each pays."""
    return Page(
        "distribution/admin/promoted.html",
        table=PROMOTED.load(queries.goods_for_staff),
        is_open=settings.IS_OPEN(),
        _form=ShownForm(CategoryOnForm, options={"category_id": _category_choices()}, kinds={"category_id": "select"}),
        _may_write=current_staff().may(P.COMMISSION_PROPOSE),
    )


@interface(
    "distribution.promote_category",
    POST="/pc/distribution/goods",
    permission=P.COMMISSION_PROPOSE,
    audit="分类批量加入推广",
    form_page=promoted_goods,
)
def promote_category() -> Done:
    """Put everything of a category on the list that is sold, may be there, and never was."""
    form, by = read_form(CategoryOnForm), current_staff().actor
    count = int(
        once(
            "distribution.promote_category",
            form,
            lambda: str(services.switch_category_on(form.category_id, by=by)),
        )
    )
    forget_public_pages()
    audit.about(f"mall_category:{form.category_id}", f"{count}件商品")
    text = f"已加入{count}件商品" if count else "该分类没有可以新加入的在售商品；停用过的商品请逐件恢复"
    return Done(text, location=url_for("distribution_admin.promoted_goods", category=form.category_id), count=count)


@interface("distribution.promoted_detail", GET="/pc/distribution/goods/<int:goods_id>", permission=P.DISTRIBUTION_READ)
def promoted_page(goods_id: int) -> Page:
    """Some goods: what one piece pays and by which terms, the switch, and the versions of terms of their own."""
    found = queries.get_goods_row(goods_id)
    may = current_staff().may(P.COMMISSION_PROPOSE)
    is_ordinary = found.nature is Nature.ORDINARY
    versions = versions_of(Scope.GOODS, goods_id)
    remember_names([found.changed_by, *actors_of(versions)])
    return Page(
        "distribution/admin/promoted_page.html",
        goods=found,
        rates=both_rates(found.terms),
        source=source_of(found.terms),
        pays=pays_text(found.pays),
        versions=versions,
        _state=STATES[found.state],
        _nature=NATURES[found.nature],
        _states=TERMS_STATES,
        _both_rates=both_rates,
        _subject=subject_of(Scope.GOODS, goods_id),
        _may_switch_on=may and is_ordinary and not found.is_on,
        _may_switch_off=may and found.is_on,
        _may_propose=may and is_ordinary,
        _off_form=ShownForm(SwitchOffForm),
    )


@interface(
    "distribution.switch_on",
    POST="/pc/distribution/goods/<int:goods_id>/on",
    permission=P.COMMISSION_PROPOSE,
    audit="商品加入推广",
    form_page=promoted_page,
)
def switch_on(goods_id: int) -> Done:
    form, by = read_form(SwitchOnForm), current_staff().actor

    def work() -> str:
        services.switch_on(goods_id, by=by, version=form.version)
        return str(goods_id)

    once("distribution.switch_on", form, work, goods=goods_id)
    forget_public_pages()
    audit.about(f"goods:{goods_id}")
    return Done("已加入推广，从下一笔订单起计佣", location=_url(goods_id))


@interface(
    "distribution.switch_off",
    POST="/pc/distribution/goods/<int:goods_id>/off",
    permission=P.COMMISSION_PROPOSE,
    audit="停用推广商品",
    form_page=promoted_page,
)
def switch_off(goods_id: int) -> Done:
    form, by = read_form(SwitchOffForm), current_staff().actor

    def work() -> str:
        services.switch_off(goods_id, reason=form.reason, by=by)
        return str(goods_id)

    once("distribution.switch_off", form, work, goods=goods_id)
    forget_public_pages()
    audit.about(f"goods:{goods_id}", form.reason)
    return Done("已停用，从下一笔订单起不再计佣", location=_url(goods_id))


menu.entry("分销", "推广商品", "distribution_admin.promoted_goods", P.DISTRIBUTION_READ, 35)

"""Who has brought whom: a distributor with those above, and those directly below, page by page."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Column
from wxapp.admin.filters import Filter
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.shown import FIND, STATES, named, rows_of, tree_url, url_of
from wxapp.distribution.models import Distributor
from wxapp.distribution.queries import people

TREE = Table(
    "distribution.tree",
    title="直接下级",
    columns=(
        Column("name", "姓名", link=lambda row: row.tree_url, below=lambda row: row.nickname),
        Column("code", "邀请码", "code"),
        Column("phone", "手机号"),
        Column("status", "状态", "badge", badges=STATES),
        Column("inviter", "上级", link=lambda row: tree_url(row.inviter_id) if row.inviter_id else ""),
        Column("direct", "直接下级", "number"),
        Column("decided_at", "成为分销员", "moment"),
    ),
    filters=(Filter("q", "在下级中查找", placeholder=FIND, is_private=True),),
    actions=(
        Action("展开", lambda row: row.tree_url, Permission.DISTRIBUTION_READ, when=lambda row: row.direct > 0),
        Action("详情", lambda row: row.url, Permission.DISTRIBUTION_READ),
    ),
    key=Distributor.id,
    make_all=lambda found: rows_of(people.with_ids([row.id for row in found])),
    empty="还没有邀请过分销员",
)
TOP = replace(
    TREE,
    id="distribution.tree_top",
    title="没有上级的分销员",
    filters=(Filter("q", "查找分销员", placeholder=FIND, is_private=True),),
    empty="还没有分销员",
)


@interface("distribution.tree", GET="/pc/distribution/tree", permission=Permission.DISTRIBUTION_READ)
def tree() -> Page:
    """Those whom nobody has brought; a search finds everybody."""
    return Page("distribution/admin/tree_top.html", table=TOP.load(_at_the_top))


def _at_the_top(*, q: str) -> sa.Select[Any]:
    if not q:
        return people.direct_people(None)
    statement: sa.Select[Any] = people.distributors_for_staff(q=q, status="").with_only_columns(Distributor.id)
    return statement


@interface(
    "distribution.tree_of", GET="/pc/distribution/tree/<int:distributor_id>", permission=Permission.DISTRIBUTION_READ
)
def tree_of(distributor_id: int) -> Page:
    """One distributor in the tree: the whole chain above, how many below, and one page of those directly below."""
    above = people.ids_above(distributor_id)
    known = people.persons([distributor_id, *above])
    if distributor_id not in known:
        raise NotFound("没有这位分销员")
    found, counts = known[distributor_id], people.counts_below(distributor_id)
    return Page(
        "distribution/admin/tree.html",
        name=named(found),
        url=url_of(distributor_id),
        above=[{"id": one, "label": named(known[one]), "url": tree_url(one)} for one in reversed(above)],
        direct=counts.direct,
        second=counts.second,
        table=TREE.load(partial(_below, distributor_id)),
        _state=STATES[found.status],
    )


def _below(distributor_id: int, *, q: str) -> sa.Select[Any]:
    if not q:
        return people.direct_people(distributor_id)
    found = people.search_below(distributor_id, q)
    statement: sa.Select[Any] = sa.select(Distributor.id).where(Distributor.id.in_(found))
    return statement


menu.entry("分销", "分销关系", "distribution_admin.tree", Permission.DISTRIBUTION_READ, 20)

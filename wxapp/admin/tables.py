"""Lists of staff pages: columns, filters, sorting and paging; their state is in the address.

A package declares a ``Table`` once and loads it per request with its query::

    ORDERS = Table("mall.orders", title="订单", columns=(...), filters=(...), sort="-created_at")

    def order_list() -> Page:
        return Page("mall/admin/orders.html", table=ORDERS.load(queries.orders_for_staff))

The query gets the filters' values by name and returns a ``select`` (or a short sequence). Only declared columns can be
sorted by, only declared filters are read. Any loaded table can be exported by those who have the right to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import sqlalchemy as sa
from flask import request
from werkzeug.datastructures import MultiDict

from wxapp.admin import cells, identity
from wxapp.admin.answers import to_wire
from wxapp.admin.cells import Column
from wxapp.admin.filters import Filter, kept_privately
from wxapp.core.db import db
from wxapp.core.permissions import Permission

PAGE_SIZE = 20
COUNT_UP_TO = 10_000
"""Further rows are not counted one by one: the page says "10000+". A list of very many counts up to fewer."""
FAR = 1_000
"""Rows after so many are fetched by their keys: reading and dropping as many whole rows took seconds."""
MOST_ROWS = 100
"""Rows of a page at most, whatever is asked for."""

Source = sa.Select[Any] | Sequence[Any]
Query = Callable[..., Source]


@dataclass(frozen=True)
class Action:
    """What can be done with a row.

    :param url: the address for a row
    :param post: a button that posts, with CSRF token; else a link
    :param confirm: question asked before it is done
    :param when: whether the row has this action
    """

    label: str
    url: Callable[[Any], str]
    permission: Permission | None = None
    post: bool = False
    confirm: str = ""
    tone: str = ""
    when: Callable[[Any], bool] = lambda row: True


@dataclass(frozen=True)
class Table:
    """A list as its package declares it.

    :param sort: name of the column it is sorted by at first, with ``-`` for falling
    :param key: expression that makes the order of equal rows stable, e.g. ``Order.id``
    :param make: turns a row of the query into what columns, actions and JSON see, e.g. a masked dataclass
    :param make_all: the same for all rows of a page at once, where that takes a question to the database
    :param count_up_to: further rows are not counted, nor paged through: the page says "2000+", and filters find them
    :param wire: what a program gets of a row (after ``make``), where the contract names the fields
    """

    id: str
    title: str
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    actions: Sequence[Action] = ()
    sort: str = ""
    key: Any = None
    make: Callable[[Any], Any] | None = None
    make_all: Callable[[list[Any]], list[Any]] | None = None
    wire: Callable[[Any], Mapping[str, Any]] | None = None
    empty: str = "暂无记录"
    is_exportable: bool = True
    page_size: int = PAGE_SIZE
    count_up_to: int | None = None

    def load(self, query: Query) -> TableView:
        """Read filters, order and page from the address and run the query."""
        view = TableView(self, _arguments(self.filters))
        view.read(query)
        return view

    @property
    def most_counted(self) -> int:
        return COUNT_UP_TO if self.count_up_to is None else self.count_up_to

    def sortable(self) -> dict[str, Any]:
        return {column.name: column.sort for column in self.columns if column.sort is not None}


def _arguments(filters: Iterable[Filter]) -> MultiDict[str, str]:
    given = MultiDict(request.args)
    given.update(kept_privately(filters))
    return given


@dataclass
class TableView:
    """A table as one request sees it."""

    table: Table
    given: MultiDict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    rows: list[Any] = field(default_factory=list)
    total: int = 0
    page: int = 1
    size: int = PAGE_SIZE
    sort: str = ""
    source: Source = ()

    def read(self, query: Query) -> None:
        for one in self.table.filters:
            try:
                self.values[one.name] = one.parse(self.given.get(one.name, ""))
            except ValueError as error:
                self.values[one.name] = one.parse("")
                self.errors[one.name] = str(error)
        self.sort = self._wanted_sort()
        if self.errors:
            return
        source = query(**self.values)
        self.source = source
        self.total = _count(source, self.table.most_counted)
        self.size = self._wanted_size()
        self.page = min(max(1, self._wanted_page()), self.pages)
        self.rows = self.fetch((self.page - 1) * self.size, self.size)

    def fetch(self, start: int, count: int) -> list[Any]:
        """Return rows in the view's order."""
        if isinstance(self.source, sa.Select):
            wanted = self._ordered(self.source)
            rows = _run(self._by_keys(wanted, start, count) if start >= FAR else wanted.offset(start).limit(count))
        else:
            rows = list(self.source)[start : start + count]
        if self.table.make_all is not None:
            made = self.table.make_all(rows)
        else:
            made = rows if self.table.make is None else [self.table.make(row) for row in rows]
        actors = [column for column in self.table.columns if column.kind == "actor"]
        identity.remember_names([str(cells.raw(column, row)) for column in actors for row in made])
        return made

    def _by_keys(self, statement: sa.Select[Any], start: int, count: int) -> sa.Select[Any]:
        """Return the statement of a late page: the keys are counted off in an index, and only its rows are read."""
        key = self.table.key
        if key is None or isinstance(key, tuple | list) or _is_grouped(statement):
            return statement.offset(start).limit(count)
        keys = statement.with_only_columns(key, maintain_column_froms=True).offset(start).limit(count)
        return statement.where(key.in_(list(db.session.scalars(keys))))

    def _ordered(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        falling = self.sort.startswith("-")
        expressions = self.table.sortable().get(self.sort.lstrip("-"))
        order: list[Any] = []
        if expressions is not None:
            order += [e.desc() if falling else e.asc() for e in _several(expressions)]
        if self.table.key is not None:
            order += [e.desc() if falling else e.asc() for e in _several(self.table.key)]
        return statement.order_by(None).order_by(*order) if order else statement

    def _wanted_sort(self) -> str:
        wanted = self.given.get("sort", "")
        return wanted if wanted.lstrip("-") in self.table.sortable() else self.table.sort

    def _wanted_page(self) -> int:
        text = self.given.get("page", "1")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1

    def _wanted_size(self) -> int:
        """Return how many rows a page has: a program may ask for fewer or more."""
        text = self.given.get("limit", "")
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        return max(1, min(int(text), MOST_ROWS)) if is_number else self.table.page_size

    # --- for the template --------------------------------------------------------------------------------------------

    @property
    def pages(self) -> int:
        return max(1, math.ceil(min(self.total, self.table.most_counted) / self.size))

    @property
    def total_text(self) -> str:
        most = self.table.most_counted
        return f"{most}+" if self.total > most else str(self.total)

    @property
    def is_filtered(self) -> bool:
        return any(self.given.get(one.name) for one in self.table.filters)

    def bare_url(self) -> str:
        """Return this page's address without its filters."""
        return self.url(page=None, f=None, **{one.name: None for one in self.table.filters})

    def private_names(self) -> str:
        return " ".join(one.name for one in self.table.filters if one.is_private)

    @property
    def has_private_filters(self) -> bool:
        return any(one.is_private for one in self.table.filters)

    @property
    def may_export(self) -> bool:
        staff = identity.find_staff()
        return self.table.is_exportable and staff is not None and staff.may(Permission.TABLE_EXPORT)

    def actions_of(self, row: Any) -> list[Action]:
        staff = identity.current_staff()
        return [action for action in self.table.actions if staff.may(action.permission) and action.when(row)]

    def cell(self, column: Column, row: Any) -> cells.Cell:
        return cells.make(column, row)

    def url(self, **changes: Any) -> str:
        """Return this page's address with something changed; None takes a key away."""
        kept = {key: request.args.getlist(key) for key in request.args if key != "export"}
        for key, value in changes.items():
            kept[key] = [] if value is None else [str(value)]
        query = "&".join(_pair(key, value) for key, values in kept.items() for value in values if value != "")
        return f"{request.path}?{query}" if query else request.path

    def sort_url(self, column: Column) -> str:
        falling = self.sort == column.name
        return self.url(sort=f"-{column.name}" if falling else column.name, page=None)

    def sort_state(self, column: Column) -> str:
        """Return the value of ``aria-sort``."""
        if self.sort.lstrip("-") != column.name:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"

    def near_pages(self) -> list[int | None]:
        """Return the page numbers to show; None stands for a gap."""
        wanted = sorted({1, self.pages, *range(max(1, self.page - 2), min(self.pages, self.page + 2) + 1)})
        shown: list[int | None] = []
        for number in wanted:
            last = shown[-1] if shown else 0
            if last is not None and number - last > 1 and shown:
                shown.append(None)
            shown.append(number)
        return shown

    def to_wire(self) -> Mapping[str, Any]:
        columns = self.table.columns
        return {
            "list": [
                self.table.wire(row)
                if self.table.wire
                else to_wire(row)
                if self.table.make or self.table.make_all
                else {c.name.removesuffix("_fen"): cells.wire(c, row) for c in columns}
                for row in self.rows
            ],
            "count": self.total,
            "total": self.total,
            "page": self.page,
            "pages": self.pages,
            "sort": self.sort,
            "filters": {name: value for name, value in self.values.items() if not self._is_private(name)},
        }

    def _is_private(self, name: str) -> bool:
        return any(one.is_private for one in self.table.filters if one.name == name)

    def told(self) -> str:
        """Return the filters in words, for the audit log; private ones without their value."""
        parts = [
            f"{one.label}={'***' if one.is_private else self.given.get(one.name, '')}"
            for one in self.table.filters
            if self.given.get(one.name)
        ]
        return "，".join(parts)


def _several(expressions: Any) -> Sequence[Any]:
    return expressions if isinstance(expressions, tuple | list) else (expressions,)


def _run(statement: sa.Select[Any]) -> list[Any]:
    result = db.session.execute(statement)
    asked = statement.column_descriptions
    is_one_entity = len(asked) == 1 and asked[0]["expr"] is asked[0].get("entity")
    return list(result.scalars()) if is_one_entity else list(result)


def _count(source: Source, most: int) -> int:
    if not isinstance(source, sa.Select):
        return len(source)
    inner = source.order_by(None).limit(most + 1)
    if not _is_grouped(inner):
        # Without its columns, which MariaDB would write into a temporary table first: 3 instead of 20 ms for 10,000.
        inner = inner.with_only_columns(sa.literal(1), maintain_column_froms=True)
    return db.session.scalar(sa.select(sa.func.count()).select_from(inner.subquery())) or 0


def _is_grouped(statement: sa.Select[Any]) -> bool:
    """Whether its columns decide what is one row."""
    return bool(statement._group_by_clauses or statement._distinct)  # noqa: SLF001 - there is no public way to ask


def _pair(key: str, value: str) -> str:
    return f"{quote_plus(key)}={quote_plus(value)}"

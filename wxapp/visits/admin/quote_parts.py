"""What the pages of quotes, price review and plans of payment have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from markupsafe import Markup

from wxapp.admin import shell
from wxapp.admin.cells import Badge
from wxapp.admin.fields import refusal
from wxapp.admin.identity import current_staff, remember_names
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.hospital import queries as hospital
from wxapp.visits import plugs
from wxapp.visits.models import Decision, PlannedPayment, Quote, QuoteLine, Review, Visit
from wxapp.visits.queries.quotes import LineChange, differences, planned_of, reviews_of, revisions_of
from wxapp.visits.quote_forms import row_numbers
from wxapp.visits.services.planning import PLANNED, price_of
from wxapp.visits.services.quoting import REQUOTED
from wxapp.visits.states import ENDED

DECISIONS = {
    Decision.PASSED: Badge(Decision.PASSED.label, "green"),
    Decision.CHANGED: Badge(Decision.CHANGED.label, "blue"),
    Decision.SENT_BACK: Badge(Decision.SENT_BACK.label, "red"),
    Decision.WAIVED: Badge(Decision.WAIVED.label, "grey"),
}


# --- rows of the form of a quote -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownLine:
    """A row of the form: a project, with what was typed or what stands in the quote. Without a count it is only
    offered, not chosen.
    """

    number: int
    project_id: int
    name: str
    category: str
    list_price_fen: int
    price: str
    count: str


def rows_of(lines: Sequence[tuple[QuoteLine, str]], *, find: str = "") -> list[ShownLine]:
    """Return the rows of the form: as they were typed when it comes back, else of these lines.

    :param lines: each with the name of its category
    :param find: what was looked for without a script: the projects found stand below, to be given a count
    """
    if refusal() is not None and (typed := _typed_rows()):
        return typed
    rows = [
        ShownLine(
            number, line.project_id, line.name, category, line.list_price_fen, yuan(line.price_fen), str(line.count)
        )
        for number, (line, category) in enumerate(lines, start=1)
    ]  # fmt: skip
    return rows + _found_rows(find, {line.project_id for line, _ in lines}, first=len(rows) + 1)


def _typed_rows() -> list[ShownLine]:
    numbers = row_numbers("cid")
    ids = {number: _int(request.form.get(f"cid-{number}", "")) for number in numbers}
    projects = hospital.projects_by_id(ids.values())
    categories = hospital.category_names(project.category_id for project in projects.values())
    made = []
    for number in numbers:
        if (project := projects.get(ids[number])) is None:
            continue
        price, count = request.form.get(f"price-{number}", ""), request.form.get(f"num-{number}", "")
        category = categories.get(project.category_id, "")
        made.append(
            ShownLine(number, project.id, project.name, category, project.price_fen, price[:12], count[:6])
        )  # fmt: skip
    return made


def _found_rows(find: str, there: set[int], *, first: int) -> list[ShownLine]:
    found = [project for project in hospital.find_projects(find[:60]) if project.id not in there]
    categories = hospital.category_names(project.category_id for project in found)
    return [
        ShownLine(
            number, project.id, project.name, categories.get(project.category_id, ""), project.price_fen,
            yuan(project.price_fen), "",
        )
        for number, project in enumerate(found, start=first)
    ]  # fmt: skip


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


# --- a quote as it is shown ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownQuote:
    """The quote that counts, with everything that leads to a decision.

    :ivar before: the revision before it, None for the first one
    """

    quote: Quote
    before: Quote | None
    lines: Sequence[QuoteLine]
    named_lines: Sequence[tuple[QuoteLine, str]]
    list_price_fen: int
    changes: Sequence[LineChange]
    revisions: Sequence[tuple[Quote, Sequence[QuoteLine]]]
    reviews: Sequence[Review]

    @property
    def share(self) -> str:
        """Return what is offered of the list price, in percent."""
        return percent(self.quote.offered_fen, self.list_price_fen)


def percent(part_fen: int, whole_fen: int) -> str:
    """Return a share as people read it, rounded down to a tenth."""
    if not whole_fen:
        return "—"
    tenths = part_fen * 1000 // whole_fen
    return f"{tenths // 10}.{tenths % 10}%" if tenths % 10 else f"{tenths // 10}%"


def shown_quote(visit: Visit) -> ShownQuote | None:
    """Return the quote of a visit as pages show it, None before there is one; a fixed number of questions."""
    if visit.quote_id is None:
        return None
    revisions = revisions_of(visit.id)
    reviews = reviews_of(visit.id)
    remember_names([quote.made_by for quote, _ in revisions] + [review.by for review in reviews])
    present, named = next(one for one in revisions if one[0].id == visit.quote_id)
    own = [line for line, _ in named]
    earlier = [(quote, [line for line, _ in lines]) for quote, lines in revisions if quote.revision < present.revision]
    return ShownQuote(
        quote=present,
        before=earlier[0][0] if earlier else None,
        lines=own,
        named_lines=named,
        list_price_fen=sum(line.list_price_fen * line.count for line in own),
        changes=differences(earlier[0][1], own) if earlier else [],
        revisions=[(quote, [line for line, _ in lines]) for quote, lines in revisions],
        reviews=reviews,
    )


# --- a plan of payment -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownPayment:
    """A row of the form of a plan of payment, as typed or as planned."""

    number: int
    method: str = ""
    amount: str = ""
    remark: str = ""
    periods: str = ""
    day: str = ""


EMPTY_ROWS = 3
"""Without a script there is room for so many payments more."""


def payment_rows(planned: Sequence[PlannedPayment], price_fen: int) -> list[ShownPayment]:
    """Return the rows of the form: as they were typed when it comes back, else as planned, with some empty ones."""
    if refusal() is not None and (numbers := row_numbers("amount")):
        names = {"method": 30, "amount": 12, "remark": 200, "periods": 3, "day": 2}
        return [
            ShownPayment(
                number, **{name: request.form.get(f"{name}-{number}", "")[:most] for name, most in names.items()}
            )
            for number in numbers
        ]
    rows = [
        ShownPayment(
            number, one.method_name, yuan(one.amount_fen), one.remark, str(one.periods or ""),
            str(one.repayment_day or ""),
        )
        for number, one in enumerate(planned, start=1)
    ]  # fmt: skip
    if not rows:
        rows = [ShownPayment(1, amount=yuan(price_fen))]
    return rows + [ShownPayment(len(rows) + number) for number in range(1, EMPTY_ROWS + 1)]


def typed_or(name: str, value: str) -> str:
    """Return what was typed into a field when the form comes back, else the value."""
    return request.form.get(name, value)[:500] if refusal() is not None else value


# --- on the page of the visit ----------------------------------------------------------------------------------------


def _panel(visit: Visit) -> Markup | None:
    """Return quote, decisions and plan of payment for the page of the visit."""
    shown = shown_quote(visit)
    if shown is None:
        return None
    staff = current_staff()
    is_own = visit.consultant_id == staff.id or staff.may(Permission.PRICE_REVIEW)
    variables: dict[str, Any] = {
        "visit": visit,
        "shown": shown,
        "planned": planned_of(visit.id),
        "price_fen": price_of(visit),
        "badges": DECISIONS,
        "may_quote": is_own and staff.may(Permission.CONSULT) and visit.stage in REQUOTED,
        "is_uncollected": visit.stage in PLANNED,  # afterwards the plan is history
        "may_plan": is_own and staff.may(Permission.CONSULT) and visit.stage in PLANNED,
        "may_review": staff.may(Permission.PRICE_REVIEW) and visit.stage not in ENDED,
    }
    return Markup(shell.render("visits/admin/_quote_panel.html", variables))  # noqa: S704 - a template of ours


plugs.panel("quote", Permission.VISIT_READ, _panel, 30)

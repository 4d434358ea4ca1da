"""Staff pages: price review (价目审核)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import wants_json
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import joined, read_wire
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.visits import plugs
from wxapp.visits.admin.answered import done
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.consultation import plan_shown, save_plan, wire_details
from wxapp.visits.admin.door import interface
from wxapp.visits.admin.quote_parts import DECISIONS, percent, rows_of, shown_quote, typed_or
from wxapp.visits.listings import (
    CONSULTANT,
    COUNTED,
    SEARCH,
    SINCE,
    STAGES,
    UNTIL,
    columns,
    rows,
    visit_url,
    visits,
    wire_row,
)
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries import get_visit, planned_of
from wxapp.visits.queries.advice import seen_heading
from wxapp.visits.quote_forms import PassForm, ReviewEditForm, SendBackForm, read_lines
from wxapp.visits.services import reviewing
from wxapp.visits.services.planning import PLANNED, price_of
from wxapp.visits.services.reviewing import AFTER_COLLECTION, BEFORE_COLLECTION, is_own

S = Stage
WAITING, PASSED, SENT_BACK, AGAIN, ALL = "1", "2", "3", "4", "0"
TABS = {WAITING: "待审核", PASSED: "审核通过", SENT_BACK: "已退回", AGAIN: "待再次收银", ALL: "全部"}
_STAGES_OF = {
    WAITING: (S.IN_REVIEW,),
    PASSED: (S.APPROVED,),
    SENT_BACK: (S.SENT_BACK,),
    AGAIN: (S.COLLECT_AGAIN,),
    ALL: (*BEFORE_COLLECTION, *AFTER_COLLECTION, S.LEFT),
}

LIST = Table(
    "visits.review",
    count_up_to=COUNTED,
    title="价目审核列表",
    columns=columns(
        "visit_no", "patient", "day", "stage", "consultant", "list_total_fen", "offered_fen", "final_fen", "waiting",
        "reviewer",
    ),
    filters=(SEARCH, SINCE, UNTIL, CONSULTANT),
    actions=(
        Action(
            "审核", lambda row: url_for("visits_admin.review_page", id=row.id), Permission.PRICE_REVIEW,
            when=lambda row: row.stage is S.IN_REVIEW,
        ),
        Action(
            "详情", lambda row: url_for("visits_admin.review_page", id=row.id), Permission.PRICE_REVIEW,
            when=lambda row: row.stage is not S.IN_REVIEW,
        ),
    ),
    key=(Visit.day, Visit.id),
    make_all=rows,
    wire=wire_row,
    empty="没有等待审核的报价",
)  # fmt: skip


@interface("examine.index", GET="/pc/examine/index", permission=Permission.PRICE_REVIEW)
def review_list() -> Page:
    """Quotes by what became of them; those that wait first, the longest first. Messages link here with status=1."""
    tab = request.args.get("status", WAITING)
    tab = tab if tab in TABS else WAITING
    return Page(
        "visits/admin/quote_list.html",
        table=LIST.load(lambda **asked: visits(current_staff(), scope=_STAGES_OF[tab], **asked)),
        _tab=tab,
        _tabs=[(value, label, url_for("visits_admin.review_list", status=value)) for value, label in TABS.items()],
    )


# --- one quote -------------------------------------------------------------------------------------------------------


@interface("examine.details", GET="/pc/examine/details", permission=Permission.PRICE_REVIEW, is_wire=True)
def review_page() -> Page:
    """A quote with what differs from the revision before, and the forms of the decision; the look is logged."""
    head = seen_heading(asked_id(), by=current_staff())
    visit = head.visit
    if wants_json():
        info = wire_details(visit)
        info["preoperative_img"] = joined(info["preoperative_img"])
        return Page("visits/admin/review.html", info=info)
    looked_at("visit", visit.id, "价目审核")
    shown = shown_quote(visit)
    is_mine = bool(shown and is_own(shown.quote, by=current_staff().id))
    return Page(
        "visits/admin/review.html",
        _head=head,
        _visit=visit,
        _stage=STAGES[visit.stage],
        _shown=shown,
        _planned=planned_of(visit.id),
        _price_fen=price_of(visit),
        _badges=DECISIONS,
        _rows=rows_of(shown.named_lines if shown else [], find=request.args.get("find", "")),
        _find=request.args.get("find", ""),
        _search=url_for("visits_admin.projects_while_typing"),
        _final=typed_or("pay_price", yuan(price_of(visit) or 0)),
        _remark=typed_or("edit_remark", visit.quote_remark),
        _send_back=ShownForm(SendBackForm),
        _share=percent(price_of(visit) or 0, shown.list_price_fen) if shown else "",
        _may_pass=visit.stage is S.IN_REVIEW and not is_mine,
        _may_edit=shown is not None and visit.stage in BEFORE_COLLECTION | AFTER_COLLECTION and not is_mine,
        _is_mine=is_mine,
        _is_editing=request.endpoint == "visits_admin.change_price",  # the form has come back
        _is_collected=visit.stage in AFTER_COLLECTION,
        _may_plan=visit.stage in PLANNED,
        _visit_url=visit_url(visit.id),
    )


@interface(
    "examine.pass",
    POST="/pc/examine/pass",
    permission=Permission.PRICE_REVIEW,
    audit="价目审核通过",
    form_page=review_page,
    is_wire=True,
)
def pass_quote() -> Done:
    """Let the quote pass at the offered price; a page names the revision that was seen."""
    form = read_wire(PassForm)
    visit = get_visit(form.id, seen_by=current_staff())

    def work() -> str:
        reviewing.pass_quote(visit.id, by=current_staff().id, quote_id=form.quote_id, version=form.version)
        return str(visit.id)

    once("pass_quote", form, work, visit=visit.id)
    audit.about(f"visit:{visit.id}", f"{yuan(visit.offered_fen or 0)}元")
    return done("审核已通过，请通知客户到前台收银", location=_next_url())


@interface(
    "examine.send_back",
    POST="/pc/examine/send_back",
    permission=Permission.PRICE_REVIEW,
    audit="退回报价",
    form_page=review_page,
)
def send_quote_back() -> Done:
    """Send the quote back to its consultant, with the reason."""
    form = read_wire(SendBackForm)
    visit = get_visit(form.id, seen_by=current_staff())

    def work() -> str:
        reviewing.send_back(visit.id, form.remark, by=current_staff().id, quote_id=form.quote_id, version=form.version)
        return str(visit.id)

    once("send_back", form, work, visit=visit.id)
    audit.about(f"visit:{visit.id}", form.remark)
    return done("已退回咨询师", location=_next_url())


@interface(
    "examine.edit",
    POST="/pc/examine/edit",
    permission=Permission.PRICE_REVIEW,
    audit="审核改价",
    form_page=review_page,
    is_wire=True,
)
def change_price() -> Done:
    """Decide on lines and final price; a collected visit with another price is collected again."""
    form = read_lines(ReviewEditForm)
    visit = get_visit(form.id, seen_by=current_staff())
    lines = form.lines()

    def work() -> str:
        reviewing.change_price(
            visit.id, lines, final_fen=form.pay_price, remark=form.edit_remark, by=current_staff().id,
            quote_id=form.quote_id, version=form.version,
        )  # fmt: skip
        return str(visit.id)

    once("change_price", form, work, visit=visit.id)
    audit.about(f"visit:{visit.id}", f"最终价{yuan(form.pay_price)}元")
    is_again = get_visit(visit.id).stage is S.COLLECT_AGAIN
    told = "价格已修改，请通知客户到前台再次收银" if is_again else "价格已修改"
    return done(told, location=url_for("visits_admin.review_page", id=visit.id))


def _next_url() -> str:
    return url_for("visits_admin.review_list", status=WAITING)


@interface("examine.pay.page", GET="/pc/examine/pay", permission=Permission.PRICE_REVIEW, is_wire=True)
def review_plan_page() -> Page:
    """The form of how the patient means to pay, for the reviewer."""
    return plan_shown(seen_heading(asked_id(), by=current_staff()), endpoint="visits_admin.review_plan")


@interface(
    "examine.pay",
    POST="/pc/examine/pay",
    permission=Permission.PRICE_REVIEW,
    audit="付款计划",
    form_page=review_plan_page,
    is_wire=True,
)
def review_plan() -> Done:
    """Note how the patient means to pay, by the reviewer."""
    return save_plan(get_visit(asked_id(), seen_by=current_staff()))


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _waiting() -> list[sa.ScalarSelect[Any]]:
    count = sa.select(sa.func.count()).select_from(Visit)
    return [count.where(Visit.stage == S.IN_REVIEW).scalar_subquery()]


def _card(waiting: int) -> dashboard.Card:
    tone = "attention" if waiting else "plain"
    return dashboard.Card("待审核报价", str(waiting), "通过后客户才能收银", _next_url(), "checks", tone)


plugs.next_step(S.IN_REVIEW, "价目审核", "visits_admin.review_page", Permission.PRICE_REVIEW, hint="等待价目审核")
dashboard.dashboard_counts(34, Permission.PRICE_REVIEW, _waiting, _card)
menu.group("价目审核", "checks", 8)
menu.entry("价目审核", "审核列表", "visits_admin.review_list", Permission.PRICE_REVIEW, 10)

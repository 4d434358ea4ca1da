"""Staff pages: the consultation (现场咨询): receiving, quoting, changing the quote, planning the payment."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import wants_json
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import WireForm, joined, money, read_wire, text
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.hospital import queries as hospital
from wxapp.staff import queries as staff
from wxapp.visits import plugs
from wxapp.visits.admin.answered import done
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.admin.quote_parts import payment_rows, rows_of, typed_or
from wxapp.visits.listings import COUNTED, FILTERS, STAGES, columns, rows, visit_url, visits, wire_row
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries import get_visit, planned_of
from wxapp.visits.queries.advice import (
    WAIT_FOR_TRIAGE,
    WITH_CONSULTANT,
    Heading,
    advised_by,
    advised_heading,
    count_sent_back,
    get_advised,
    seen_heading,
)
from wxapp.visits.queries.around import Group
from wxapp.visits.queries.quotes import last_review, named_lines_of
from wxapp.visits.quote_forms import ConsultForm, RequoteForm, read_lines, read_plan
from wxapp.visits.services import planning, quoting
from wxapp.visits.services.planning import price_of
from wxapp.visits.services.quoting import Offer
from wxapp.visits.wire import wire_visit

S = Stage
WAITING, SENT_BACK, REVIEWED, PASSED, ALL = "1", "2", "3", "4", "0"
TABS = {WAITING: "待接待", SENT_BACK: "已退回", REVIEWED: "待审核", PASSED: "审核通过", ALL: "全部"}
_STAGES_OF = {WAITING: (S.TRIAGED,), SENT_BACK: (S.SENT_BACK,), REVIEWED: (S.IN_REVIEW,), PASSED: (S.APPROVED,)}

LIST = Table(
    "visits.consultation",
    count_up_to=COUNTED,
    title="咨询列表",
    columns=columns(
        "visit_no", "patient", "day", "interests", "stage", "waiting", "offered_fen", "final_fen", "consultant"
    ),
    filters=FILTERS,
    actions=(
        Action(
            "接待", lambda row: url_for("visits_admin.consult_page", id=row.id), Permission.CONSULT,
            when=lambda row: row.stage in (S.TRIAGED, *WAIT_FOR_TRIAGE),
        ),
        Action(
            "修改", lambda row: url_for("visits_admin.requote_page", id=row.id), Permission.CONSULT,
            when=lambda row: row.stage in quoting.REQUOTED,
        ),
        Action(
            "支付", lambda row: url_for("visits_admin.plan_page", id=row.id), Permission.CONSULT,
            when=lambda row: row.stage in planning.PLANNED,
        ),
    ),
    sort="-day",
    key=Visit.id,
    make_all=rows,
    wire=wire_row,
    empty="没有等待接待的客户",
)  # fmt: skip


@interface("consultation.index", GET="/pc/consultation/index", permission=Permission.CONSULT)
def consultation_list() -> Page:
    """One's own visits by where they stand; administrators see everybody's."""
    tab = request.args.get("status", WAITING)
    tab = tab if tab in TABS else WAITING
    return Page(
        "visits/admin/quote_list.html",
        table=LIST.load(lambda **asked: _wanted(tab, **asked)),
        _tab=tab,
        _tabs=_tabs(),
    )


def _tabs() -> list[tuple[str, str, str]]:
    """Return the lists of the menu; what was sent back is counted: nothing else leads a consultant there."""
    sent_back = count_sent_back(current_staff())
    counted = {SENT_BACK: f" {sent_back}"} if sent_back else {}
    return [
        (value, f"{label}{counted.get(value, '')}", url_for("visits_admin.consultation_list", status=value))
        for value, label in TABS.items()
    ]


def _wanted(tab: str, **asked: Any) -> sa.Select[Any]:
    me = current_staff()
    found = visits(None, **asked).where(advised_by(me))
    if asked.get("stage") or tab == ALL:
        return found
    is_there: sa.ColumnElement[bool] = Visit.stage.in_(_STAGES_OF[tab])
    if tab == WAITING:  # where patients are not triaged, those who wait are to be received, too
        is_there = sa.or_(is_there, sa.and_(Visit.stage.in_(WAIT_FOR_TRIAGE), _untriaged()))
    return found.where(is_there)


def _untriaged() -> sa.ColumnElement[bool]:
    return sa.false() if hospital.flow_of(hospital.newest_flow_id()).step("triage").is_on else sa.true()


# --- quoting ---------------------------------------------------------------------------------------------------------


def _quote_page(endpoint: str, back: str, *, is_new: bool) -> Page:
    """Show the form of a quote; the look is logged."""
    head = advised_heading(asked_id(), by=current_staff())
    visit = head.visit
    looked_at("visit", visit.id, "报价")
    if wants_json():
        return Page("visits/admin/quote.html", info=wire_visit(visit, whole=False, groups={Group.LINES}))
    stages = {S.TRIAGED, *WAIT_FOR_TRIAGE} if is_new else quoting.REQUOTED
    return Page(
        "visits/admin/quote.html",
        _head=head,
        _visit=visit,
        _stage=STAGES[visit.stage],
        _last=last_review(visit.id) if visit.stage is S.SENT_BACK else None,
        _rows=rows_of(named_lines_of(visit.quote_id), find=request.args.get("find", "")),
        _find=request.args.get("find", ""),
        _search=url_for("visits_admin.projects_while_typing"),
        _offered=typed_or("discount_price", "" if visit.offered_fen is None else yuan(visit.offered_fen)),
        _remark=typed_or("edit_remark", visit.quote_remark),
        _target=url_for(endpoint),
        _here=url_for(back),
        _is_new=is_new,
        _can=visit.stage in stages,
        _consultant_id=visit.consultant_id or current_staff().id,
        _visit_url=visit_url(visit.id),
    )


@interface("consultation.consult.page", GET="/pc/consultation/consult", permission=Permission.CONSULT, is_wire=True)
def consult_page() -> Page:
    """The form of the first quote."""
    return _quote_page("visits_admin.consult", "visits_admin.consult_page", is_new=True)


@interface(
    "consultation.consult",
    POST="/pc/consultation/consult",
    permission=Permission.CONSULT,
    audit="接待报价",
    form_page=consult_page,
    is_wire=True,
)
def consult() -> Done:
    """Quote for the first time; the answer names the reviewers' openids for programs that notify by themselves."""
    form = read_lines(ConsultForm)
    visit = get_advised(form.id, by=current_staff())
    if form.consultation_user_id != (visit.consultant_id or current_staff().id):
        raise Invalid({"consultation_user_id": "咨询师与分诊结果不一致，请刷新后重试"})
    offer = Offer(form.lines(), form.discount_price, form.edit_remark)
    return _quoted(form, visit, offer, again=False)


@interface(
    "physical.complete.page",
    GET="/pc/physical/complete",
    also=("/pc/consultation/edit",),
    permission=Permission.CONSULT,
    is_wire=True,
)
def requote_page() -> Page:
    """The form of a new revision of the quote."""
    return _quote_page("visits_admin.requote", "visits_admin.requote_page", is_new=False)


@interface(
    "physical.complete",
    POST="/pc/physical/complete",
    also=("/pc/consultation/edit",),
    permission=Permission.CONSULT,
    audit="修改报价",
    form_page=requote_page,
    is_wire=True,
)
def requote() -> Done:
    """Replace the quote by a new revision, which is reviewed again."""
    form = read_lines(RequoteForm)
    visit = get_advised(form.id, by=current_staff())
    offer = Offer(form.lines(), form.discount_price, form.edit_remark)
    return _quoted(form, visit, offer, again=True)


def _quoted(form: ConsultForm | RequoteForm, visit: Visit, offer: Offer, *, again: bool) -> Done:
    def work() -> str:
        quote = quoting.make_quote(visit.id, offer, by=current_staff().id, again=again, version=form.version)
        return str(quote.revision)

    revision = once("quote", form, work, visit=visit.id)
    audit.about(f"visit:{visit.id}", f"第{revision}版报价")
    is_passed = get_visit(visit.id).stage is S.APPROVED
    told = "报价已保存，无需审核，请到前台收银" if is_passed else "报价已提交审核"
    return done(told, location=visit_url(visit.id), openids=[] if is_passed else reviewer_openids())


def reviewer_openids() -> list[str]:
    """Return the openids of who reviews prices, at all official accounts. Our own messages don't need them."""
    return [one.openid for one in staff.wechat_of(staff.who_can(Permission.PRICE_REVIEW))]


# --- projects while typing -------------------------------------------------------------------------------------------


class FindForm(WireForm):
    name: str


@interface(
    "common.get_project_ajax",
    POST="/pc/common/get_project_ajax",
    permission=Permission.CONSULT,
    audit="查找项目",
    is_wire=True,
)
def find_projects() -> ResponseReturnValue:
    """Return active projects with this in their name, 50 at most, as an array without envelope."""
    form = read_wire(FindForm)
    return jsonify(wire_projects(form.name))


@interface("visits.projects", GET="/pc/visits/projects", permission=Permission.VISIT_READ)
def projects_while_typing() -> ResponseReturnValue:
    """The same for our own pages: looking for a project is nothing that the audit log should be full of."""
    return jsonify(wire_projects(request.args.get("name", "")[:60]))


def wire_projects(name: str) -> list[dict[str, str]]:
    """Return the projects that a part of a name finds, as programs know them."""
    return [
        {
            "id": text(project.id),
            "name": project.name,
            "operation_name": project.operation_name,
            "price": money(project.price_fen),
            "fid": text(project.category_id),
            "eng_name": project.english_name,
            "status": "1",
            "code": project.code,
            "second": text(project.second),
        }
        for project in hospital.find_projects(name)
    ]


# --- how the patient means to pay ------------------------------------------------------------------------------------


def plan_shown(head: Heading, *, endpoint: str) -> Page:
    """Show the form of a plan of payment; the reviewer's is the same."""
    visit = head.visit
    looked_at("visit", visit.id, "付款计划")
    if wants_json():
        return Page("visits/admin/plan.html", info=wire_visit(visit, whole=False, groups={Group.PLAN}))
    price = price_of(visit) or 0
    return Page(
        "visits/admin/plan.html",
        _head=head,
        _visit=visit,
        _stage=STAGES[visit.stage],
        _price_fen=price,
        _rows=payment_rows(planned_of(visit.id), price),
        _methods=hospital.methods(),
        _target=url_for(endpoint),
        _can=visit.stage in planning.PLANNED,
        _visit_url=visit_url(visit.id),
    )


def save_plan(visit: Visit) -> Done:
    """Read a plan of payment and keep it instead of the one before."""
    form = read_plan()
    payments = form.payments()

    def work() -> str:
        planning.plan_payments(
            visit.id, payments, total_fen=form.pay_price, by=current_staff().id, version=form.version
        )
        return str(visit.id)

    once("plan", form, work, visit=visit.id)
    audit.about(f"visit:{visit.id}", f"{len(payments)}笔，合计{yuan(form.pay_price)}元")
    return done("付款计划已保存", location=visit_url(visit.id))


@interface("consultation.pay.page", GET="/pc/consultation/pay", permission=Permission.CONSULT, is_wire=True)
def plan_page() -> Page:
    """The form of how the patient means to pay."""
    return plan_shown(advised_heading(asked_id(), by=current_staff()), endpoint="visits_admin.plan_payment")


@interface(
    "consultation.pay",
    POST="/pc/consultation/pay",
    permission=Permission.CONSULT,
    audit="付款计划",
    form_page=plan_page,
    is_wire=True,
)
def plan_payment() -> Done:
    """Note how the patient means to pay; the cashier begins with it."""
    return save_plan(get_advised(asked_id(), by=current_staff()))


# --- details ---------------------------------------------------------------------------------------------------------


@interface("consultation.particulars", GET="/pc/consultation/particulars", permission=Permission.CONSULT, is_wire=True)
def particulars() -> ResponseReturnValue | Page:
    """A visit for programs; people are led to its page. The look is logged."""
    if not wants_json():
        return redirect(visit_url(get_visit(asked_id(), seen_by=current_staff()).id))
    info = wire_details(seen_heading(asked_id(), by=current_staff()).visit)
    info["ct_img"], info["blood_img"] = joined(info["ct_img"]), joined(info["blood_img"])
    return Page("visits/admin/quote.html", info=info)


def wire_details(visit: Visit) -> dict[str, Any]:
    """Return a visit for a page of details, with escorts as texts; the phone is whole for who may reveal phones."""
    whole = current_staff().may(Permission.PATIENT_REVEAL)
    looked_at("visit", visit.id, "到院单详情、完整手机号" if whole else "到院单详情")
    info = wire_visit(visit, whole=whole, groups={Group.PICTURES, Group.LINES, Group.PLAN})
    info["accompany_name"], info["accompany_phone"] = joined(info["accompany_name"]), joined(info["accompany_phone"])
    return info


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _own_waiting() -> list[sa.ScalarSelect[Any]]:
    count = sa.select(sa.func.count()).select_from(Visit)
    own = count.where(Visit.consultant_id == current_staff().id)
    return [own.where(Visit.stage == stage).scalar_subquery() for stage in WITH_CONSULTANT]


def _cards(waiting: int, sent_back: int) -> dashboard.Card:
    return dashboard.Card(
        "待接待",
        str(waiting),
        f"已退回{sent_back}",
        url_for("visits_admin.consultation_list", status=WAITING if waiting or not sent_back else SENT_BACK),
        "messages",
        "attention" if waiting or sent_back else "plain",
    )


plugs.next_step(
    S.SENT_BACK, "修改报价", "visits_admin.requote_page", Permission.CONSULT, hint="等待咨询师修改报价"
)  # fmt: skip
dashboard.dashboard_counts(33, Permission.CONSULT, _own_waiting, _cards)
menu.group("现场咨询", "messages", 7)
menu.entry("现场咨询", "咨询列表", "visits_admin.consultation_list", Permission.CONSULT, 10)

"""收银 / 打印列表: the sheet of a visit's projects (客户项目单), on the screen, on paper and as PDF."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask.wrappers import Response
from markupsafe import Markup
from pydantic import Field

from wxapp.admin import audit, menu, sheets, shell
from wxapp.admin.answers import Page
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import wants_json
from wxapp.admin.sheets import PrintForm, Sheet
from wxapp.admin.tables import Action, Table
from wxapp.admin.wire import money, text
from wxapp.cashier import queries
from wxapp.cashier.admin.door import asked_visit_id, interface
from wxapp.core import clock, ids
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.patients.models import Patient
from wxapp.patients.queries import get_patient
from wxapp.till.queries import entries_of, receipts_of
from wxapp.till.receipt_sheets import COLUMNS, money_line
from wxapp.till.sold import Line, Sold, tell
from wxapp.visits import plugs
from wxapp.visits.listings import COUNTED, FILTERS, columns, rows, visit_url, visits, wire_row
from wxapp.visits.models import Part, Visit
from wxapp.visits.queries import get_visit, lines_of, people_of, sees_all
from wxapp.visits.rules.ages import age_on
from wxapp.visits.rules.codes import visit_word
from wxapp.visits.rules.subjects import subject_of
from wxapp.visits.wire import wire_visit

menu.entry("收银", "打印列表", "cashier_admin.print_list", Permission.PROJECT_SHEET_PRINT, 8)

TITLE = "客户项目单"


class SheetForm(PrintForm):
    """What the print button of a visit's sheet sends."""

    id: int = Field(title="到院单", ge=1, le=10**15)


PRINTABLE = Table(
    "cashier.print_list",
    count_up_to=COUNTED,
    title="打印列表",
    columns=columns(
        "visit_no", "patient", "day", "stage", "consultant", "list_total_fen", "final_fen", "collected_fen"
    ),
    filters=FILTERS,
    actions=(
        Action("打印", lambda row: url_for("cashier_admin.project_sheet", id=row.id), Permission.PROJECT_SHEET_PRINT),
    ),
    sort="-day",
    key=Visit.id,
    make_all=rows,
    wire=wire_row,
    empty="还没有已报价的客户",
)


def _quoted(**asked: Any) -> sa.Select[Any]:
    staff = current_staff()
    own = sa.true() if sees_all(staff) else Visit.consultant_id == staff.id
    return visits(None, **asked).where(Visit.quote_id.is_not(None), own)


@interface("collect.print_list", GET="/pc/collect/print_list", permission=Permission.PROJECT_SHEET_PRINT, is_wire=True)
def print_list() -> Page:
    """The visits with a quote; a consultant sees his own."""
    return Page("cashier/admin/print_list.html", table=PRINTABLE.load(_quoted))


@interface(
    "collect.all_details",
    GET="/pc/collect/all_details",
    permission=Permission.PROJECT_SHEET_PRINT,
    is_wire=True,
)
def project_sheet() -> Page:
    """The sheet as it will be printed. Looking at it is logged: it has the patient's whole name."""
    visit, patient = queries.visit_with_patient(asked_visit_id(), seen_by=current_staff())
    audit.looked_at("visit", visit.id, TITLE)
    template = "cashier/admin/project_sheet.html"
    if wants_json():
        return Page(template, infos={**wire_visit(visit, whole=False), "projects": _projects(visit)})
    return Page(template, _visit=visit, _sheet=_sheet(visit, patient, copy=0), _prints=_prints(visit.id))


def _projects(visit: Visit) -> list[dict[str, str]]:
    return [
        {"pname": line.name, "price": money(line.price_fen), "num": text(line.count)}
        for line in lines_of(visit.quote_id)
    ]


@interface(
    "collect.print_sheet",
    POST="/pc/collect/print_sheet",
    permission=Permission.PROJECT_SHEET_PRINT,
    audit="打印客户项目单",
)
def print_sheet() -> Page | Response:
    """Show the sheet as it is printed; each time is counted, logged, and stands on it from the second on."""
    form = read_form(SheetForm)
    visit = get_visit(form.id, seen_by=current_staff())
    copy = ids.next_number(_counter(visit.id))
    audit.about(f"visit:{visit.id}", f"{visit.visit_no}第{copy}次，{form.paper.value.upper()}")
    return sheets.printed(
        _sheet(visit, get_patient(visit.patient_id), copy=copy), form, file_name=f"{TITLE}-{visit.visit_no}"
    )


def _counter(visit_id: int) -> str:
    return f"cashier.sheet:{visit_id}"


def _prints(visit_id: int) -> int:
    """Return how often the sheet of a visit was printed."""
    return ids.last_number(_counter(visit_id))


def _sheet(visit: Visit, patient: Patient, *, copy: int) -> Sheet:
    people = people_of([visit.id])[visit.id]
    paid = entries_of(subject_of(visit.id))
    about = _sold_for(visit)
    totals = [(label, yuan(fen)) for label, fen in about.sums]
    totals += [(f"已收 {entry.method_name}", yuan(entry.amount_fen)) for entry in paid]
    if len(paid) > 1:
        totals.append(("已收合计", yuan(sum(entry.amount_fen for entry in paid))))
    return Sheet(
        hospital=HOSPITAL_NAME(),
        title=TITLE,
        number=visit.visit_no,
        copy=copy,
        facts=[
            ("客户", patient.name),
            ("病历号", patient.record_no),
            ("性别年龄", _sex_and_age(patient)),
            ("就诊", visit_word(is_first=visit.is_first)),
            ("咨询师", "、".join(person.name for person in people.get(Part.CONSULTANT, []))),
            ("日期", f"{visit.day:%Y-%m-%d}"),
        ],
        columns=COLUMNS,
        rows=[money_line(line) for line in about.lines],
        totals=totals,
        notes=[f"备注：{visit.quote_remark}"] if visit.quote_remark else [],
        signatures=("客户签字", "咨询师签字"),
        printed=f"打印：{current_staff().name} {clock.local(clock.now()):%Y-%m-%d %H:%M}",
    )


def _sex_and_age(patient: Patient) -> str:
    if patient.birthday is None:
        return patient.sex.label
    return f"{patient.sex.label} {age_on(clock.today(), patient.birthday)}岁"


def _sold_for(visit: Visit) -> Sold:
    """Return what a visit's sheet and its receipts are about: the quote that counts."""
    sums = [("总价", visit.list_total_fen)]
    if visit.final_fen is not None:
        sums.append(("最终价", visit.final_fen))
    elif visit.offered_fen is not None:
        sums.append(("报价", visit.offered_fen))
    lines = [Line(line.name, line.price_fen, line.count) for line in lines_of(visit.quote_id)]
    return Sold("到院单", visit.visit_no, visit_url(visit.id), lines, sums)


tell("visit", lambda visit_id: _sold_for(get_visit(visit_id)))


# --- on the page of a visit ------------------------------------------------------------------------------------------


def _panel(visit: Visit) -> Markup | None:
    """Show what of a visit can be printed, to those who may."""
    staff = current_staff()
    may_print = staff.may(Permission.PROJECT_SHEET_PRINT) and visit.quote_id is not None
    receipts = receipts_of(subject_of(visit.id)) if staff.may(Permission.VISIT_COLLECT) else []
    if not may_print and not receipts:
        return None
    return Markup(  # noqa: S704 - made by a template, which escapes
        shell.render(
            "cashier/admin/_prints_panel.html",
            {
                "sheet_url": url_for("cashier_admin.project_sheet", id=visit.id) if may_print else "",
                "prints": _prints(visit.id) if may_print else 0,
                "receipts": receipts,
            },
        )
    )


plugs.panel("prints", Permission.VISIT_READ, _panel, 62)

"""Staff pages: the lists of the cashier (收银 / 客户列表), and the details of a visit with what was paid."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from wxapp.admin import dashboard, menu
from wxapp.admin.answers import Page
from wxapp.admin.audit import looked_at
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import wants_json
from wxapp.admin.tables import Action, Table
from wxapp.cashier import queries
from wxapp.cashier.admin.door import asked_visit, interface
from wxapp.cashier.services.collecting import CHANGEABLE
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.patients.queries import get_patient
from wxapp.visits.listings import COUNTED, FILTERS, STAGES, columns, rows, visit_url, visits, wire_row
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries.around import Group
from wxapp.visits.rules.codes import settled_word
from wxapp.visits.wire import in_one_text, wire_visit

P = Permission
TABS = {"1": ("待收银", queries.WAITING), "2": ("待再次收银", queries.AGAIN), "3": ("已收银", queries.DONE)}

menu.entry("收银", "客户列表", "cashier_admin.collect_list", P.VISIT_COLLECT, 5)


def _url(endpoint: str) -> Any:
    return lambda row: url_for(f"cashier_admin.{endpoint}", id=row.id)


ACTIONS = (
    Action("收银", _url("collect_page"), P.VISIT_COLLECT, when=lambda row: row.stage is Stage.APPROVED),
    Action("再次收银", _url("again_page"), P.VISIT_COLLECT, when=lambda row: row.stage is Stage.COLLECT_AGAIN),
    Action("变更", _url("change_page"), P.VISIT_COLLECT, when=lambda row: row.stage in CHANGEABLE),
    Action("详情", _url("details"), P.VISIT_COLLECT),
)


def _table(name: str, title: str, *, newest_first: bool) -> Table:
    return Table(
        f"cashier.{name}",
        count_up_to=COUNTED,
        title=title,
        columns=columns(
            "visit_no", "patient", "stage", "consultant", "final_fen", "collected_fen", "cashier", "day", "waiting"
        ),
        filters=tuple(one for one in FILTERS if one.name != "stage"),
        actions=ACTIONS,
        sort="-day" if newest_first else "day",
        key=Visit.id,
        make_all=rows,
        wire=wire_row,
        empty="没有符合条件的客户",
    )


TABLES = {
    "1": _table("waiting", "待收银", newest_first=False),
    "2": _table("again", "待再次收银", newest_first=False),
    "3": _table("collected", "已收银", newest_first=True),
}


@interface("collect.index", GET="/pc/collect/index", permission=P.VISIT_COLLECT, is_wire=True)
def collect_list() -> Page:
    """Who waits for the cashier, whose price was changed afterwards, and who has paid: today, or as filtered."""
    tab = request.args.get("status", "1")
    tab = tab if tab in TABS else "1"
    return Page(
        "cashier/admin/list.html",
        table=TABLES[tab].load(lambda **asked: _wanted(tab, **asked)),
        _tab=tab,
        _tabs=[
            (value, label, url_for("cashier_admin.collect_list", status=value)) for value, (label, _) in TABS.items()
        ],
    )


def _wanted(tab: str, **asked: Any) -> sa.Select[Any]:
    found = visits(current_staff(), scope=TABS[tab][1], **asked)
    if tab == "3" and not any(asked.get(name) for name in ("q", "since", "until")):
        return found.where(queries.is_of_today())
    return found


@interface("collect.details", GET="/pc/collect/details", permission=P.VISIT_COLLECT, is_wire=True)
def details() -> Page:
    """A visit with all that was paid for it. Programs get name and phone whole, if who looks may see them: logged."""
    if wants_json():
        return _wired()
    visit = asked_visit()
    patient = get_patient(visit.patient_id)
    shown: dict[str, Any] = {
        "_facts": {
            "客户": masked_name(patient.name),
            "手机": masked_phone(patient.phone),
            "病历号": patient.record_no,
            "总价": f"¥{yuan(visit.list_total_fen)}",
            "最终价": f"¥{yuan(visit.final_fen or 0)}",
        },
        "_visit": {
            "id": visit.id, "no": visit.visit_no, "collected_fen": visit.collected_fen, "url": visit_url(visit.id),
        },
        "_stage": STAGES[visit.stage],
        "_settled": settled_word(collected_fen=visit.collected_fen, final_fen=visit.final_fen),
        "_actions": [(action.label, action.url(visit)) for action in ACTIONS[:-1] if action.when(visit)],
    }  # fmt: skip
    visit_id = visit.id
    looked_at("visit", visit_id, "收银详情")
    return Page("cashier/admin/details.html", **shown, _money=queries.money_of(visit_id))


def _wired() -> Page:
    visit = asked_visit()
    whole = current_staff().may(P.PATIENT_REVEAL)
    info = wire_visit(visit, whole=whole, groups={Group.PICTURES, Group.LINES, Group.PAYMENTS})
    arrays = {"preoperative_img": info["preoperative_img"]}
    looked_at("visit", visit.id, "收银详情、手机号" if whole else "收银详情")
    return Page("cashier/admin/details.html", info=in_one_text(info) | arrays)


# --- the start page --------------------------------------------------------------------------------------------------


def _waiting() -> list[sa.ScalarSelect[Any]]:
    return [queries.count_in(queries.WAITING), queries.count_in(queries.AGAIN)]


def _cards(waiting: int, again: int) -> list[dashboard.Card]:
    cards = [
        dashboard.Card(
            "待收银",
            str(waiting),
            "审核通过的到院单",
            url_for("cashier_admin.collect_list"),
            "cash",
            "attention" if waiting else "plain",
        )
    ]
    if again:
        address = url_for("cashier_admin.collect_list", status="2")
        cards.append(dashboard.Card("待再次收银", str(again), "收银后价格有变", address, "cash", "attention"))
    return cards


dashboard.dashboard_counts(35, P.VISIT_COLLECT, _waiting, _cards)

"""A whole hospital with so many rows in every list, and the addresses of all its pages."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, g
from werkzeug.routing import Rule

from tests.factories.booking import make_visits
from tests.factories.cashier import fill_collections
from tests.factories.configuration import fill_configuration
from tests.factories.diagnostics import fill_diagnostics
from tests.factories.distribution import fill_people, make_distributor
from tests.factories.income import fill_income
from tests.factories.intake import fill_visits
from tests.factories.mall import CONTACT, make_category, make_goods
from tests.factories.operations import fill_flow_end
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.promotion import fill_terms
from tests.factories.quoting import fill_quotes
from tests.factories.recharge import ask_back, make_recharge
from tests.factories.recharge import place as place_recharge
from tests.factories.reports import make_report, make_rich_report
from tests.factories.retail import fill_retail
from tests.factories.rosters import make_roster
from tests.factories.senders import make_refused_message
from tests.factories.sharing import fill_sharing
from tests.factories.shopping import shop
from tests.factories.staff import make_member, make_role
from tests.factories.wallet import make_balance
from tests.factories.website import fill_website
from tests.factories.withdrawals import fill_withdrawals
from wxapp.admin import audit
from wxapp.core import actors, clock, sessions
from wxapp.core.db import db, transaction
from wxapp.core.job_runs import JobRun
from wxapp.core.permissions import Permission
from wxapp.directory.services import PhysicianText, add_physician
from wxapp.mall import queries as mall_queries
from wxapp.mall.models import Goods, GoodsPicture
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering, redemption, refunds
from wxapp.messages.models import Message
from wxapp.messages.services.broadcasts import draft_broadcast
from wxapp.patients import services as patients
from wxapp.patients.consent_models import Purpose
from wxapp.patients.models import Binding, Patient
from wxapp.patients.reply_models import AnswerKind, Match
from wxapp.patients.services import erasures, replies
from wxapp.payments import services as payments
from wxapp.payments.models import Difference, Method
from wxapp.payments.rules import Kind
from wxapp.payments.services.differences import write_difference
from wxapp.wallet import services as wallet
from wxapp.wallet.models import Transfer

LINES = 3
MOST_BINDINGS = 9
"""Bindings one user or patient may have is limited; of everything else there may be any number."""

_numbers = itertools.count(1)


@dataclass
class Hospital:
    """Who looks, and what the rules' parts stand for."""

    user_id: int
    patient_id: int
    member_id: int
    distributor_id: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    rows: int = 0


def open_hospital() -> Hospital:
    """Make the two who look at the pages: a WeChat user with a patient who is a distributor, too, and a member of staff
    who may do all.
    """
    patient = make_patient(balance_password="739164")
    user = make_wechat_user(patient=patient)
    member = make_member(everything=True)
    return Hospital(user.id, patient.id, member.id, make_distributor(user=user).id)


def fill(hospital: Hospital, rows: int) -> None:
    """Bring every list up to so many rows."""
    goods = [_make_goods(rows) for _ in range(hospital.rows, rows)]
    for number in range(hospital.rows, rows):
        _one_of_each(hospital, number)
    for _ in range(hospital.rows, rows):
        _orders(hospital, goods)
    _reports(hospital, rows)
    for _ in range(hospital.rows, rows):
        _recharges(hospital)
        hospital.arguments |= fill_sharing(hospital.distributor_id, goods[0])
        hospital.arguments |= fill_terms()
        hospital.arguments |= fill_visits(hospital.patient_id)
        hospital.arguments |= fill_retail(hospital.patient_id)
        hospital.arguments |= fill_flow_end(hospital.member_id)
        hospital.arguments |= fill_quotes(hospital.member_id)
        hospital.arguments |= fill_collections(hospital.patient_id)
        hospital.arguments |= fill_diagnostics(hospital.member_id)
    hospital.rows = rows
    db.session.commit()


def _make_goods(rows: int) -> Goods:
    goods = make_goods(items=tuple(f"项目{n}" for n in range(rows)), category_id=make_category().id, stock=10_000)
    with transaction():
        for position in range(rows):
            db.session.add(GoodsPicture(goods_id=goods.id, token=f"none-{goods.id}-{position}", position=position))
    return goods


def _one_of_each(hospital: Hospital, number: int) -> None:
    role = make_role({Permission.GOODS_READ})
    member = make_member(roles=[role])
    by = actors.staff(member.id)  # another in each row, as names are looked up
    now = clock.now()
    other, other_user = make_patient(name=f"甲{number}"), make_wechat_user()
    if number < MOST_BINDINGS:
        patients.bind_by_staff(hospital.user_id, other.id, by=by)
        patients.bind_by_staff(other_user.id, hospital.patient_id, by=by)
        patients.switch_patient(hospital.user_id, hospital.patient_id)
    make_balance(hospital.patient_id, 10_000)
    make_balance(other.id, 10_000)
    movement = wallet.request_pay_back(patient_id=other.id, amount_fen=100, method="cash", by=by, note="")
    physician = add_physician(PhysicianText(f"医生{number}", f"科室{number}", "主任医师"), by=by)
    with transaction():
        audit.record("test.row", f"goods:{number}", "", by=by)
        db.session.add(JobRun(job=f"job-{number}", started_at=now, ended_at=now, count=1, fence=1))
        db.session.add(_session(member.id, number))
        write_difference(Kind.MISMATCH, f"reference-{number}", day=clock.today(), channel_fen=1, ours_fen=2)
    broadcast = draft_broadcast(
        title="停电通知",
        body="请改期",
        group_name="bound_patients",
        with_template=False,
        per_minute=60,
        staff_id=hospital.member_id,
    )
    rule = replies.add_rule(
        replies.ReplyDraft(f"词{number}", Match.CONTAINS, AnswerKind.TEXT, "您好", "", "", 100, is_active=True), by=by
    )
    patients.request_erasure(other_user.id, reason="不再使用")
    text = patients.add_text(Purpose.REPORTS, f"第{number}版说明", valid_from=now, by=by)
    hospital.arguments |= {
        "purpose": text.purpose.value,
        "text_id": text.id,
        "erasure_id": erasures.find_erasure(other_user.id).id,
        "rule_id": rule.id,
        **make_refused_message(by=by),
        "category_id": None,
        "broadcast_id": broadcast.id,
        "physician_id": physician.id,
        **fill_website(number, by=by),
        **fill_configuration(number, by=by),
        **fill_people(hospital.distributor_id, by=by),
        **fill_withdrawals(hospital.distributor_id, by=by),
        **fill_income(hospital.distributor_id),
        "role_id": role.id,
        "member_id": member.id,
        "no": movement.no,
        **make_roster(
            physician_id=physician.id, patient_id=hospital.patient_id, other_id=other.id, number=number, by=by
        ),
        **make_visits(
            user_id=hospital.user_id, patient_id=hospital.patient_id, physician_id=physician.id, number=number
        ),
    }


def _reports(hospital: Hospital, rows: int) -> None:
    """A report with everything that has a page, so many others, and so many that wait for somebody to match them."""
    patient = db.session.get_one(Patient, hospital.patient_id)
    rich = make_rich_report(patient, lines=rows)
    for _ in range(hospital.rows, rows):
        make_report(patient)
        make_report()
    hospital.arguments |= {"report_no": rich.no, "revision": 1, "position": 1, "number": 1, "item": "T-0"}


def _recharges(hospital: Hospital) -> None:
    """A recharge that waits for its payment, and one of which a part is to go back."""
    waiting = place_recharge(hospital.patient_id, 100)
    paid = make_recharge(hospital.patient_id, 200)
    hospital.arguments |= {
        "recharge_no": waiting,
        "recharge_refund_no": ask_back(paid, 100, by=f"wechat:{hospital.user_id}"),
    }


def _session(member_id: int, number: int) -> sessions.SessionRow:
    now = clock.now()
    return sessions.SessionRow(
        token_hash=f"hospital-{number}",
        kind="staff",
        subject_id=member_id,
        created_at=now,
        seen_at=now,
        expires_at=now + sessions.STAFF.absolute,
        address="127.0.0.1",
        browser="test",
    )


def _orders(hospital: Hospital, goods: list[Goods]) -> None:
    """An order that waits for its payment, one in use, and one of which a part is to go back."""
    waiting = place(hospital.patient_id, goods)
    cashier, clerk, nurse = make_member(), make_member(), make_member()
    in_use = place(hospital.patient_id, goods)
    for order_no in (in_use, place(hospital.patient_id, goods)):
        order = mall_queries.get_order(order_no)
        payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by=actors.staff(cashier.id))
        db.session.expire_all()
    used = mall_queries.open_items(mall_queries.get_order(in_use).id)[0]
    redemption.redeem(in_use, wished={(used.line_id, used.position): 1}, by=actors.staff(nurse.id))
    pieces = {mall_queries.get_order(order_no).lines[0].id: 1}
    refund_no = refunds.request_refund(order_no, pieces=pieces, reason="不想要了", by=actors.staff(clerk.id))
    waits = mall_queries.get_order(waiting)
    hospital.arguments |= {
        "goods_id": goods[0].id,
        "category_id": goods[0].category_id,
        "order_no": order_no,
        "payment_no": waits.payment_no,
        "refund_no": refund_no,
        "item_id": used.id,
        "code": waits.redemption_code,
        **shop(hospital.user_id, hospital.patient_id, goods, order_no),
    }


def place(patient_id: int, goods: list[Goods]) -> str:
    """Place an order of some lines; each by another user, as one may hold few unpaid ones."""
    number = next(_numbers)
    return ordering.place_order(
        wechat_user_id=1_000_000 + number,
        patient_id=patient_id,
        wanted=[Wanted(each.id, 1, each.price_fen) for each in goods[:LINES]],
        contact=CONTACT,
        once_key=f"hospital-{number:08d}",
    )


# --- addresses -------------------------------------------------------------------------------------------------------

NO_PAGES = {
    "static": "served by WhiteNoise",
    "media": "a file",
    "uploads_admin.give": "a file",
    **dict.fromkeys(
        [f"reports{door}.{name}" for door in ("", "_admin") for name in ("picture", "document_page", "document")],
        "a file",
    ),
    **dict.fromkeys(
        [f"distribution.{name}_poster" for name in ("distributors", "members", "goods")],
        "a file",
    ),
    "distribution.open_shared": "leads to another page",
    "distribution.check_withdrawal": "asks WeChat",
    "distribution.join": "leads a distributor to the centre",
    "mall.review_picture": "a file",
    "mall_admin.review_picture": "a file",
    "mall.invoice_file": "a file",
    "mall_admin.invoice_document": "a file",
    "healthz": "asks nobody",
    "readyz": "is for machines",
    "reports_api.metadata": "is for machines",
    "h5.jssdk_config": "asks WeChat",
    "wechat.login": "leads to WeChat",
    "wechat.login_return": "comes from WeChat",
    "wechat.verify_callback": "comes from WeChat",
    "admin_any_spelling": "leads to the page with the right spelling",
    "staff_admin.login": "for those who have not signed in",
    "staff_admin.code_page": "for those who have not signed in",
}


def addresses(app: Flask, hospital: Hospital) -> dict[str, str]:
    """Return the address of each page by its endpoint.

    :raises KeyError: a rule has a part that :func:`fill` makes nothing for
    """
    found: dict[str, str] = {}
    values = {**hospital.arguments, **_looked_up(hospital)}
    with app.test_request_context(base_url=app.config["WXAPP"].app.base_url):
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint.rstrip("0123456789") not in NO_PAGES:
                found[rule.endpoint] = _address(app, rule, values)
    found["booking.wait_form"] += f"?session_id={values['full_session_id']}"
    found["mall.checkout"] += f"?goods_id={values['goods_id']}&quantity=1"
    found["retail_admin.sell_page"] += f"?id={values['patient_id']}"
    found["retail_admin.cancel_page"] += f"?order_no={values['retail_no']}"
    found["visits_admin.visit_details"] += f"?id={values['visit_id']}"
    for page in ("exam_page", "compare_page"):
        found[f"visits_admin.{page}"] += f"?id={values['examined_visit_id']}"
    found["visits_admin.arrive_page"] += f"?id={values['expected_visit_id']}"
    found["visits_admin.procedure_page"] += f"?id={values['arranged_visit_id']}"
    found["visits_admin.leave_page"] += f"?id={values['operated_visit_id']}"
    found["visits_admin.leaflet"] += f"?id={values['left_visit_id']}"
    found["visits_admin.wish_page"] += f"?id={values['expected_visit_id']}"
    found["visits_admin.triage_page"] += f"?id={values['waiting_visit_id']}"
    found["visits_admin.change_consultant_page"] += f"?id={values['triaged_visit_id']}"
    found["visits_admin.consult_page"] += f"?id={values['triaged_visit_id']}"
    for page in ("requote_page", "plan_page", "particulars", "review_page", "review_plan_page"):
        found[f"visits_admin.{page}"] += f"?id={values['reviewed_visit_id']}"
    for page in ("collect_page", "deposit_page"):
        found[f"cashier_admin.{page}"] += f"?id={values['to_collect_visit_id']}"
    for page in ("change_page", "details"):
        found[f"cashier_admin.{page}"] += f"?id={values['paid_visit_id']}"
    found["cashier_admin.again_page"] += f"?id={values['again_visit_id']}"
    found["cashier_admin.project_sheet"] += f"?id={values['reviewed_visit_id']}"
    found["mall.add_page"] += f"?goods_id={values['goods_id']}"
    return found


def _address(app: Flask, rule: Rule, values: dict[str, Any]) -> str:
    if rule.endpoint == "messages_admin.template_page":
        values = values | {"code": "pt_order_0000001", "channel": "oa_template"}
    return app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})


def _looked_up(hospital: Hospital) -> dict[str, Any]:
    account_id = wallet.patient_account(hospital.patient_id)
    own = sa.select(Binding.id).where(Binding.patient_id == hospital.patient_id)
    return {
        "patient_id": hospital.patient_id,
        "message_id": db.session.scalar(
            sa.select(sa.func.max(Message.id)).where(
                Message.receiver_kind == "patient", Message.receiver_id == hospital.patient_id
            )
        ),
        "difference_id": db.session.scalar(sa.select(sa.func.max(Difference.id))),
        "binding_id": db.session.scalar(own.where(Binding.wechat_user_id == hospital.user_id)),
        "other_id": db.session.scalar(own.where(Binding.wechat_user_id != hospital.user_id).limit(1)),
        "day": clock.today().isoformat(),
        "transfer_id": db.session.scalar(sa.select(sa.func.max(Transfer.id)).where(Transfer.payee_id == account_id)),
    }


def sign_in_both(app: Flask, hospital: Hospital) -> str:
    """Return the cookies of one browser that is signed in as the user and as the member of staff."""
    pairs: list[str] = []
    for door, subject_id in ((sessions.WECHAT, hospital.user_id), (sessions.STAFF, hospital.member_id)):
        with app.app_context(), app.test_request_context(headers={"User-Agent": "MicroMessenger"}):
            sessions.sign_in(door, subject_id)
            pairs += [f"{name}={kept[0]}" for name, kept in g.cookies.items()]
    return "; ".join(pairs)

"""A day at the hospital: visits at every stage, some of the days before, and those who are expected tomorrow."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.cashier.services import bills, collecting
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.demo import pictures
from wxapp.demo.content.people import DemoPatient, patients
from wxapp.demo.earlier import earlier
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import CodeKind, Method, Project
from wxapp.patients.models import Sex
from wxapp.staff import queries as staff_queries
from wxapp.staff import services as staff
from wxapp.staff.models import Member
from wxapp.till.services import Cashier, new_receipt_no
from wxapp.uploads.services import store_picture
from wxapp.visits.models import ExamKind, Stage, Visit
from wxapp.visits.queries.pickups import find_pickup
from wxapp.visits.services import (
    arrivals,
    diagnostics,
    intake,
    leaving,
    pickups,
    planning,
    procedures,
    quoting,
    refusing,
    reviewing,
    triage,
)
from wxapp.visits.services.catalogue import QuotedLine
from wxapp.visits.services.intake import DepositTaken, Intake

SYMBOLS = {ExamKind.CT: "lungs", ExamKind.BLOOD: "drop"}
CONSULTANTS = ("沈知夏", "陆明川")
"""Members of staff besides the one whose log-in is told, so that triage has somebody to choose."""
NEW = 14
"""Patients who come for the first time; the others have a record already."""
KNOWN_FROM = 40
"""Which of the demo's patients come again: those of whom no other list tells."""
LONGEST = timedelta(hours=7)
"""From the first arrival of the day until now; less in a demo that begins early in the morning."""

FAR = [
    Stage.BOOKED,
    Stage.ARRIVED,
    Stage.EXAMINING,
    Stage.TRIAGED,
    Stage.IN_REVIEW,
    Stage.APPROVED,
    Stage.COLLECTED,
    Stage.IN_PROCEDURE,
    Stage.LEFT,
]
"""How far a visit has come, each by the work of somebody."""


@dataclass(frozen=True)
class Life:
    """What becomes of a visit.

    :ivar reaches: how far it comes
    :ivar begins: when the patient arrives, as a share of the day until now; the steps follow in equal distances
    :ivar ends: when the last step is done
    :ivar discount_bp: off the list price
    :ivar loans: shares of the price, in percent, that lenders pay
    """

    reaches: Stage
    begins: float = 0.1
    ends: float = 0.9
    is_new: bool = True
    projects: int = 2
    discount_bp: int = 500
    loans: tuple[int, ...] = ()
    deposit_fen: int = 0
    is_fetched: bool = False
    then: Stage | None = None
    remark: str = ""
    channel: str = "熟人介绍"


TODAY = (
    Life(Stage.LEFT, 0.0, 0.7, is_new=False, projects=1, discount_bp=0, remark="复查，时间较紧"),
    Life(Stage.LEFT, 0.05, 0.95, projects=2, deposit_fen=50_000, channel="公众号"),
    Life(Stage.IN_PROCEDURE, 0.05, 0.85, projects=3, loans=(40,), is_fetched=True),
    Life(Stage.IN_PROCEDURE, 0.15, 0.9, is_new=False, projects=2),
    Life(Stage.COLLECTED, 0.1, 0.9, projects=3, loans=(30, 50), channel="网络搜索"),
    Life(Stage.COLLECTED, 0.3, 0.97, is_new=False, projects=1, discount_bp=0),
    Life(Stage.COLLECTED, 0.2, 0.8, projects=2, then=Stage.COLLECT_AGAIN, remark="加做一项"),
    Life(Stage.APPROVED, 0.4, 0.97, projects=3, loans=(60,), deposit_fen=100_000),
    Life(Stage.APPROVED, 0.5, 0.99, is_new=False, projects=2),
    Life(Stage.IN_REVIEW, 0.5, 0.98, projects=4, discount_bp=1_500, channel="公众号"),
    Life(Stage.IN_REVIEW, 0.6, 0.95, is_new=False, projects=1, discount_bp=800),
    Life(Stage.IN_REVIEW, 0.45, 0.8, projects=2, discount_bp=3_000, then=Stage.SENT_BACK),
    Life(Stage.TRIAGED, 0.7, 0.97, projects=2, is_fetched=True),
    Life(Stage.TRIAGED, 0.6, 0.9, is_new=False),
    Life(Stage.EXAMINING, 0.8, 0.97, channel="网络搜索"),
    Life(Stage.EXAMINING, 0.75, 0.9, is_new=False),
    Life(Stage.ARRIVED, 0.97, 0.97, channel="路过"),
    Life(Stage.ARRIVED, 0.9, 0.9, is_new=False, remark="已空腹"),
    Life(Stage.TRIAGED, 0.3, 0.6, is_new=False, then=Stage.REFUSED, remark="近期服用抗凝药"),
    Life(Stage.BOOKED, 0.95, remark="路上堵车，晚到", channel="公众号"),
    Life(Stage.BOOKED, 1.1, is_new=False),
    Life(Stage.BOOKED, 1.2, is_fetched=True, deposit_fen=20_000, channel="网络搜索"),
    Life(Stage.BOOKED, 1.3, is_new=False, is_fetched=True),
)
"""Times after 1 lie ahead."""
BEFORE = (
    Life(Stage.LEFT, 0.1, 0.9, is_new=False, projects=2, loans=(50,)),
    Life(Stage.LEFT, 0.3, 0.95, is_new=False, projects=1, discount_bp=0),
    Life(Stage.IN_REVIEW, 0.4, 0.8, is_new=False, then=Stage.REFUSED, remark="价格未谈妥"),
)
"""One a day on the days before, in turn."""
DAYS_BEFORE = 6
AHEAD = (Life(Stage.BOOKED, 0.2), Life(Stage.BOOKED, 0.4, is_new=False, is_fetched=True), Life(Stage.BOOKED, 0.6))
"""Expected tomorrow."""


@dataclass
class House:
    """Who works, with what, and who comes next."""

    staff: dict[str, Staff]
    consultants: list[int]
    projects: list[Project]
    lenders: list[Method]
    money: dict[str, Method]
    known: list[DemoPatient]
    new: list[DemoPatient]
    count: int = 0
    _pictures: dict[ExamKind, bytes] = field(default_factory=dict)

    @property
    def cashier(self) -> Cashier:
        desk = self.staff["前台"]
        return Cashier(desk.id, desk.name)

    def picture(self, kind: ExamKind) -> bytes:
        """Return an invented picture of this kind: nobody's body."""
        if kind not in self._pictures:
            hue = 0.1 + list(ExamKind).index(kind) * 0.17
            self._pictures[kind] = (
                pictures.draw_portrait(hue=hue, seed=7, is_woman=True)
                if kind is ExamKind.PREOPERATIVE
                else pictures.draw_goods(SYMBOLS[kind], hue=hue, seed=7)
            )
        return self._pictures[kind]


def fill() -> None:
    """Let a day pass: every menu gets visits that wait there, and every list some that are done."""
    house = _open_house()
    for days in range(DAYS_BEFORE, 0, -1):
        _live(house, BEFORE[days % len(BEFORE)], days_ago=days)
    for life in TODAY:
        _live(house, life)
    for life in AHEAD:
        _live(house, life, days_ago=-1)


def _open_house() -> House:
    for name in CONSULTANTS:
        role_ids = staff_queries.role_ids_by_label(["咨询师"])
        staff.create_member(username=name, name=name, role_ids=role_ids, by=None, password=secrets.token_urlsafe(18))
    members = {name: member_id for member_id, name in db.session.execute(sa.select(Member.id, Member.name))}
    methods = hospital.methods()
    new = patients(200 + NEW)[200:]
    return House(
        staff={name: found for name, member_id in members.items() if (found := staff.identity_of(member_id))},
        consultants=[members[name] for name in ("咨询师", *CONSULTANTS)],
        projects=list(db.session.scalars(sa.select(Project).where(Project.is_active).order_by(Project.id))),
        lenders=[method for method in methods if method.kind.is_loan],
        money={method.name: method for method in methods if not method.kind.is_loan},
        known=patients(200)[KNOWN_FROM:],
        new=new,
    )


# --- the steps of a life ---------------------------------------------------------------------------------------------


def _live(house: House, life: Life, *, days_ago: int = 0) -> None:
    """Let a visit come as far as it comes, at times of its day."""
    house.count += 1
    far = FAR.index(life.reaches)
    visit_id = _expect(house, life, days_ago)
    for number, stage in enumerate(FAR[1 : far + 1]):
        share = life.begins + (life.ends - life.begins) * number / max(1, far - 1)
        with _at(share, days_ago):
            STEPS[stage](house, life, visit_id)
    if life.then is not None:
        with _at(min(0.99, life.ends + 0.05), days_ago):
            ENDS[life.then](house, life, visit_id)


def _at(share: float, days_ago: int) -> AbstractContextManager[None]:
    back = _length(days_ago) * (1 - share)
    return earlier(days=days_ago, hours=back / timedelta(hours=1))


def _length(days_ago: int) -> timedelta:
    """Return how long the day has lasted, so that nothing of today happens before midnight."""
    begun = clock.now() - clock.day_bounds(clock.today())[0] - timedelta(minutes=10)
    return LONGEST if days_ago else max(min(LONGEST, begun), timedelta(minutes=5))


def _expect(house: House, life: Life, days_ago: int) -> int:
    """Write the patient down some days before; who is fetched waits for a driver or has one."""
    person = (house.new if life.is_new else house.known).pop(0)
    midnight = clock.day_bounds(clock.today() - timedelta(days=days_ago))[0]
    begun = clock.now() - timedelta(days=days_ago) - _length(days_ago)
    appointed = begun + _length(days_ago) * life.begins if days_ago >= 0 else midnight + timedelta(hours=9)
    chosen = _projects(house, life)
    money = house.money["现金"]
    wanted = Intake(
        name=person.name,
        phone=person.phone,
        sex=Sex(person.sex),
        birthday=person.birthday,
        lead_referrer_id=house.staff["开发"].id,
        referrer_ids=(),
        escort_ids=(house.staff["护士"].id,) if house.count % 3 == 0 else (),
        category_ids=tuple(dict.fromkeys(project.category_id for project in chosen)),
        referral_source=next(iter(hospital.codes(CodeKind.REFERRAL_SOURCE))).code,
        tag=next(iter(hospital.codes(CodeKind.PATIENT_TAG))).code,
        channel=life.channel,
        province="安和省",
        city="安和市",
        social_account=f"anhe_{house.count % 4 + 1:02d}" if life.channel == "网络搜索" else "",
        appointed_at=appointed,
        remark=life.remark if life.then is None else "",
        deposit=DepositTaken(life.deposit_fen, money) if life.deposit_fen else None,
        pickup=pickups.Wish("东站北广场出口", appointed - timedelta(minutes=40)) if life.is_fetched else None,
    )
    with earlier(days=max(days_ago, 0) + 2):
        numbers = intake.draw_numbers(with_deposit=bool(life.deposit_fen))
        visit_id = intake.add_visit(wanted, numbers, by=house.staff["前台"])
        pickup = find_pickup(visit_id)
        if pickup is not None and house.count % 2:
            pickups.assign([pickups.Seen(pickup.id)], house.staff["司机"].id, by=house.staff["前台"], anyway=True)
    return visit_id


def _projects(house: House, life: Life) -> list[Project]:
    return [house.projects[(house.count * 5 + number * 7) % len(house.projects)] for number in range(life.projects)]


def _arrive(house: House, _life: Life, visit_id: int) -> None:
    arrivals.confirm_arrival(visit_id, by=house.staff["前台"].id)


def _examine(house: House, _life: Life, visit_id: int) -> None:
    for kind, role in ((ExamKind.PREOPERATIVE, "拍照室"), (ExamKind.CT, "检验科"), (ExamKind.BLOOD, "检验科")):
        if kind is ExamKind.CT and house.count % 2:
            continue
        who = house.staff[role]
        stored = store_picture(io.BytesIO(house.picture(kind)), name=f"{kind.label}.png", by=who.actor)
        diagnostics.add_pictures(visit_id, kind, [stored.path], by=who)


def _triage(house: House, _life: Life, visit_id: int) -> None:
    consultant_id = house.consultants[house.count % len(house.consultants)]
    triage.assign_consultant(visit_id, consultant_id, by=house.staff["分诊"].id)


def _quote(house: House, life: Life, visit_id: int) -> None:
    chosen = list(dict.fromkeys(_projects(house, life)))
    total = sum(project.price_fen for project in chosen)
    offered = total - total * life.discount_bp // 10_000 // 10_000 * 10_000  # whole hundreds of yuan
    lines = [QuotedLine(project.id, 1, project.price_fen) for project in chosen]
    quoting.make_quote(visit_id, quoting.Offer(lines, offered), by=_visit(visit_id).consultant_id or 0)


def _approve(house: House, life: Life, visit_id: int) -> None:
    if _visit(visit_id).stage is Stage.IN_REVIEW:
        reviewing.pass_quote(visit_id, by=house.staff["超管"].id)
    planned = [
        planning.Planned(row.method, row.amount_fen, row.remark, row.periods, row.repayment_day)
        for row in _payments(house, life, visit_id)
    ]
    planning.plan_payments(visit_id, planned, by=_visit(visit_id).consultant_id or 0)


def _payments(house: House, life: Life, visit_id: int) -> list[bills.Row]:
    """Return who pays how: lenders their shares, the deposit what is left of it, the rest in cash and by a code."""
    price = _visit(visit_id).final_fen or 0
    rows = []
    for number, percent in enumerate(life.loans):
        lender = house.lenders[(house.count + number) % len(house.lenders)]
        amount = price * percent // 100 // 10_000 * 10_000
        if lender.least_fen <= amount <= lender.most_fen:
            rows.append(bills.Row(lender.name, amount, periods=lender.offered_periods[-1], repayment_day=12))
    left = price - sum(row.amount_fen for row in rows)
    deposit = min(life.deposit_fen, left)
    cash = min(20_000, left - deposit) if house.count % 2 else 0
    plain = (("定金", deposit), ("现金", cash), ("微信" if house.count % 3 else "刷卡", left - deposit - cash))
    return [bills.Row(name, amount) for name, amount in plain if amount] + rows


def _collect(house: House, life: Life, visit_id: int) -> None:
    parts = bills.check_rows(_payments(house, life, visit_id))
    collecting.collect(visit_id, parts, by=house.cashier, receipt_no=new_receipt_no())


def _operate(house: House, life: Life, visit_id: int) -> None:
    nurse, physician = house.staff["护士"], house.staff["医生"]
    room = f"{house.count % 3 + 1}号手术室"
    arrangement = procedures.Arrangement(
        physician.id, nurse.id, room, clock.now() + timedelta(minutes=20), has_consent=True
    )
    procedures.arrange(visit_id, arrangement, by=nurse)
    if life.reaches is Stage.LEFT or house.count % 2:
        procedures.start_operation(visit_id, by=nurse)
    if life.reaches is Stage.LEFT:
        procedures.end_operation(visit_id, by=nurse)


def _leave(house: House, _life: Life, visit_id: int) -> None:
    told = leaving.Leaving(
        results_handed_over=True,
        medicine_handed_over=True,
        next_visit_on=clock.today() + timedelta(days=14),
        advice="三天内伤口不沾水，按时服药，如有红肿请随时联系我们。",
    )
    leaving.leave(visit_id, told, by=house.staff["前台"])


def _send_back(house: House, _life: Life, visit_id: int) -> None:
    reviewing.send_back(visit_id, "折扣过大，请与客户再沟通", by=house.staff["超管"].id)


def _raise_price(house: House, life: Life, visit_id: int) -> None:
    """One more of the first project is added after the cashier has collected."""
    chosen = list(dict.fromkeys(_projects(house, life)))
    lines = [QuotedLine(one.id, 2 if one is chosen[0] else 1, one.price_fen) for one in chosen]
    final = (_visit(visit_id).final_fen or 0) + chosen[0].price_fen
    reviewing.change_price(visit_id, lines, final_fen=final, remark=life.remark, by=house.staff["超管"].id)


def _refuse(house: House, life: Life, visit_id: int) -> None:
    refusing.refuse(visit_id, remark=life.remark, by=house.staff["售后主管"].actor)


def _visit(visit_id: int) -> Visit:
    return db.session.get_one(Visit, visit_id, populate_existing=True)


Step = Callable[[House, Life, int], None]
STEPS: dict[Stage, Step] = {
    Stage.ARRIVED: _arrive,
    Stage.EXAMINING: _examine,
    Stage.TRIAGED: _triage,
    Stage.IN_REVIEW: _quote,
    Stage.APPROVED: _approve,
    Stage.COLLECTED: _collect,
    Stage.IN_PROCEDURE: _operate,
    Stage.LEFT: _leave,
}
"""What leads to a stage."""
ENDS: dict[Stage, Step] = {
    Stage.SENT_BACK: _send_back,
    Stage.COLLECT_AGAIN: _raise_price,
    Stage.REFUSED: _refuse,
}
"""What else may become of it."""

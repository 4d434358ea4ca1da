"""Visits as programs know them (contract/admin.yaml): every key of a visit, for lists and details alike.

However many visits are asked for, the number of questions to the database is the same. Ids, names and phones of one
part stand in the order of entry. Interfaces whose contract wants a text where this gives a list join it with
``wxapp.admin.wire.joined``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from wxapp.admin.wire import joined, money, seconds, text
from wxapp.core import clock
from wxapp.core.masking import masked_name, masked_phone
from wxapp.patients.models import Patient, Sex
from wxapp.till.models import Entry
from wxapp.visits.models import ExamKind, Part, PlannedPayment, Profile, Quote, QuoteLine, Step, StepKind, Visit
from wxapp.visits.queries.around import ALL_GROUPS, Around, Group, Shot, Somebody, Taken
from wxapp.visits.rules.ages import age_on
from wxapp.visits.rules.codes import codes_of, condition_word, method_word, settled_word, visit_word

NOBODY = "0"
"""What stands for an employee who is not set."""

_ONE_PERSON = {
    "main_reg_user": Part.LEAD_REFERRER,
    "driver": Part.DRIVER,
    "reception": Part.RECEPTIONIST,
    "triage_user": Part.TRIAGIST,
    "consultation_user": Part.CONSULTANT,
    "examine_user": Part.REVIEWER,
    "nurse": Part.NURSE,
    "collect": Part.CASHIER,
}
_STEP_NAMES = {
    "physical": StepKind.EXAMINATION,
    "triage": StepKind.TRIAGE,
    "consultation": StepKind.CONSULTATION,
    "examine": StepKind.REVIEW,
    "collect": StepKind.COLLECTION,
    "distribution": StepKind.ASSIGNMENT,
    "operation": StepKind.OPERATION,
}
_STEPS = list(StepKind)
_SEX = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNKNOWN: "0"}


def wire_visit(visit: Visit, *, whole: bool, groups: Collection[Group] = ALL_GROUPS) -> dict[str, Any]:
    """Return one visit for a page whose look is logged: the name is whole.

    :param whole: whether the patient's phone and address are
    :param groups: what is wanted besides visit, prices, patient and people; the rest has no keys
    """
    return _wired(visit, Around([visit], groups), whole=whole, with_name=True)


def wire_visits(
    visits: Sequence[Visit], *, whole: bool, groups: Collection[Group] = ALL_GROUPS
) -> list[dict[str, Any]]:
    """Return visits for a list, each with all keys; the patients' names and phones are masked unless ``whole``."""
    around = Around(visits, groups)
    return [_wired(visit, around, whole=whole, with_name=whole) for visit in visits]


def in_one_text(wired: Mapping[str, Any]) -> dict[str, Any]:
    """Return a visit with its lists of people and pictures as comma texts, where the contract wants those."""
    return {key: joined(value) if _may_be_text(key) else value for key, value in wired.items()}


def _may_be_text(key: str) -> bool:
    return key in {"accompany_name", "accompany_phone"} or key.endswith("_img")


def _wired(visit: Visit, around: Around, *, whole: bool, with_name: bool) -> dict[str, Any]:
    made = {
        **_of_visit(visit),
        **_of_patient(visit, *around.patients[visit.patient_id], whole=whole, with_name=with_name),
        **_of_people(around.people[visit.id]),
        **_of_interests(around.interests[visit.id]),
    }
    if Group.STEPS in around.groups:
        made |= _of_steps(around.steps[visit.id])
    if Group.PICTURES in around.groups:
        made |= _of_pictures(around.pictures[visit.id])
    if Group.LINES in around.groups:
        made |= _of_lines(around.lines[visit.quote_id] if visit.quote_id is not None else [])
    if Group.PAYMENTS in around.groups:
        made |= _of_payments(visit, around.payments[visit.id])
    if Group.PLAN in around.groups:
        made["start_collect"] = [_intention(one) for one in around.planned[visit.id]]
    return made


def _of_visit(visit: Visit) -> dict[str, Any]:
    codes = codes_of(visit.stage, stage_before=visit.stage_before)
    return {
        "id": text(visit.id),
        "user_number": visit.visit_no,
        "code": visit.visit_no,
        "status": text(codes.status),
        "type": text(codes.type),
        "is_pay": text(codes.is_pay),
        "zhuangtai": condition_word(visit.stage),
        "second_edit": "1",
        "first_again": visit_word(is_first=visit.is_first),
        "app_time": seconds(visit.appointed_at),
        "create_time": seconds(visit.created_at),
        "earnest_money": money(visit.deposit_fen),
        "reg_user_wx": visit.social_account,
        "source": visit.channel,
        "user_source": text(visit.referral_source),
        "remark": visit.remark,
        "all_price": money(visit.list_total_fen),
        "discount_price": money(visit.offered_fen),
        "pay_price": money(visit.final_fen),
        "old_pay_price": money(visit.collected_final_fen),
        "edit_remark": visit.quote_remark,
        "step_id": text(_STEPS.index(visit.current_step) + 1),
        "reach_time": seconds(visit.reached_at),
        "leave_time": seconds(visit.left_at),
        "stage": visit.stage.value,
        "version": text(visit.version),
        "video_list": [],
    }


def _of_patient(
    visit: Visit, patient: Patient, profile: Profile | None, *, whole: bool, with_name: bool
) -> dict[str, str]:
    name = patient.name if with_name else masked_name(patient.name)
    phone = "" if not patient.phone else patient.phone if whole else masked_phone(patient.phone)
    return {
        "user_id": text(visit.patient_id),
        "user_name": name,
        "username": name,
        "user_phone": phone,
        "phone": phone,
        "unum": patient.record_no,
        "only_number": "".join(char for char in patient.record_no if char.isdigit()),
        "sex": _SEX[patient.sex],
        "birthday": text(patient.birthday),
        "age": text(age_on(clock.today(), patient.birthday) if patient.birthday else None),
        "province": profile.province if profile else "",
        "city": profile.city if profile else "",
        "area": profile.area if profile else "",
        "address": (profile.address or "") if profile and whole else "",
        "user_type": text(profile.tag if profile else 0),
    }


def _of_people(people: Mapping[Part, list[Somebody]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, part in _ONE_PERSON.items():
        made |= _one(key, next(iter(people.get(part, ())), None))
    referrers, escorts = people.get(Part.REFERRER, []), people.get(Part.ESCORT, [])
    return made | {
        "reg_user_id": joined(one.id for one in referrers),
        "reg_user_name": joined(one.name for one in referrers),
        "reg_user_phone": joined(one.phone for one in referrers),
        "accompany_id": joined(one.id for one in escorts),
        "accompany_name": [one.name for one in escorts],
        "accompany_phone": [one.phone for one in escorts],
        "accompany_name_phone": joined(f"{one.name}--{one.phone}" for one in escorts),
        "physician_name": joined(one.name for one in people.get(Part.PHYSICIAN, ())),
    }


def _one(key: str, somebody: Somebody | None) -> dict[str, str]:
    if somebody is None:
        return {f"{key}_id": NOBODY, f"{key}_name": "", f"{key}_phone": ""}
    return {f"{key}_id": text(somebody.id), f"{key}_name": somebody.name, f"{key}_phone": somebody.phone}


def _of_interests(interests: list[tuple[int, str]]) -> dict[str, str]:
    return {
        "project_id": joined(category_id for category_id, _ in interests),
        "project_name": joined(name for _, name in interests),
        "project_price": "",
    }


def _of_steps(steps: Mapping[StepKind, Step]) -> dict[str, str]:
    made: dict[str, str] = {}
    for name, kind in _STEP_NAMES.items():
        step = steps.get(kind)
        made[f"{name}_start_time"] = seconds(step.started_at if step else None)
        made[f"{name}_end_time"] = seconds(step.ended_at if step else None)
    return made


def _of_pictures(pictures: Mapping[ExamKind, list[Shot]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for kind in ExamKind:
        shots = pictures.get(kind, [])
        made[f"{kind.value}_img"] = [shot.path for shot in shots]
        takers = [shot.taken_by for shot in shots if shot.taken_by is not None]
        made |= _one(f"nurse_{kind.value}", takers[-1] if takers else None)
    return made


def _of_lines(lines: list[tuple[QuoteLine, Quote]]) -> dict[str, Any]:
    projects = joined(f"{line.name}({line.count})" for line, _ in lines)
    return {"projects": projects, "pname": projects, "bus_project": [_wired_line(line, quote) for line, quote in lines]}


def _wired_line(line: QuoteLine, quote: Quote) -> dict[str, str]:
    return {
        "id": text(line.id),
        "bus_id": text(quote.visit_id),
        "fid": text(line.category_id),
        "cid": text(line.project_id),
        "pname": line.name,
        "price": money(line.price_fen),
        "num": text(line.count),
        "pro_code": line.project_code,
        "add_time": seconds(quote.made_at),
    }


def _of_payments(visit: Visit, payments: list[Taken]) -> dict[str, Any]:
    collected = sum(one.entry.amount_fen for one in payments)
    return {
        "collect_type": method_word([one.entry.method_name for one in payments]),
        "collect_remarks": settled_word(collected_fen=collected, final_fen=visit.final_fen),
        "collect_record": [_record(visit, one) for one in payments],
        "zhifu": [_payment(one.entry) for one in payments],
    }


def _payment(entry: Entry) -> dict[str, str]:
    return {
        "col_type": entry.method_name,
        "col_num": money(entry.amount_fen),
        "col_remark": entry.remark,
        "create_time": seconds(entry.made_at),
    }


def _record(visit: Visit, one: Taken) -> dict[str, str]:
    return {
        "id": text(one.entry.id),
        "bid": text(visit.id),
        **_payment(one.entry),
        **_one("col", one.cashier),
        "type": "1",
    }


def _intention(planned: PlannedPayment) -> dict[str, str]:
    return {
        "col_type": planned.method_name,
        "col_num": money(planned.amount_fen),
        "col_remark": planned.remark,
        "periods_num": text(planned.periods or 0),
        "repayment_date": " " if planned.repayment_day is None else text(planned.repayment_day),
    }

"""What patients put into the search box and on the start page."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import dashboard, search
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.patients import figures, queries
from wxapp.patients.admin.patients import PatientRow


def _find(text: str) -> list[search.Hit]:
    return [
        search.Hit(f"{row.name}　{row.record_no}", row.url, row.phone)
        for row in map(PatientRow.of, queries.find_patients(text, limit=search.MOST))
    ]


search.register("患者", Permission.PATIENT_READ, _find)


def _people(*found: int) -> list[dashboard.Card]:
    people = figures.People(*found)
    return [
        dashboard.Card(
            "今日建档", str(people.new), url=url_for("patients_admin.patient_list"), icon="user-plus", hint="新患者"
        ),
        dashboard.Card(
            "今日绑定",
            str(people.newly_bound),
            url=url_for("patients_admin.wechat_users", bound="1"),
            icon="link",
            hint=f"共{people.bound}位患者已绑定",
        ),
    ]


def _asked() -> dashboard.Counts:
    return figures.people_since(clock.day_bounds(clock.today())[0])


dashboard.dashboard_counts(60, Permission.PATIENT_READ, _asked, _people)

"""Staff pages: the words of each purpose in versions, and who said what to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.patients import consents, queries, services
from wxapp.patients.admin.door import interface
from wxapp.patients.admin.patients import PatientRow
from wxapp.patients.consent_models import Consent, ConsentText, Decision, Purpose
from wxapp.patients.forms import ConsentTextForm

menu.entry("患者", "授权文本", "patients_admin.consent_texts", Permission.PRIVACY_HANDLE, 40)

TEXTS = Table(
    "patients.consent_texts",
    title="历史版本",
    columns=(
        Column("purpose", "用途", value=lambda row: row.purpose.label),
        Column(
            "version",
            "版本",
            "code",
            link=lambda row: url_for("patients_admin.consent_text", text_id=row.id),
        ),
        Column("valid_from", "生效时间", sort=ConsentText.valid_from),
        Column("made_at", "编写时间", sort=ConsentText.made_at),
        Column("made_by", "编写人", "actor"),
    ),
    filters=(Filter("purpose", "用途", "choice", choices=tuple((one.value, one.label) for one in Purpose)),),
    sort="-made_at",
    key=ConsentText.id,
    empty="还没有修改过，各用途使用系统自带的说明",
)

ANSWERS = Table(
    "patients.consents",
    title="授权记录",
    columns=(
        Column("nickname", "微信用户"),
        Column("purpose", "用途"),
        Column("version", "版本", "code"),
        Column(
            "decision",
            "选择",
            "badge",
            badges={Decision.GIVEN: Badge("同意", "green"), Decision.WITHDRAWN: Badge("不同意", "grey")},
        ),
        Column("way", "方式"),
        Column("by", "操作人", "actor"),
        Column("at", "时间", sort=Consent.at),
    ),
    sort="-at",
    key=Consent.id,
    make=lambda row: AnswerRow.of(*row),
    empty="还没有授权记录",
)


@dataclass(frozen=True)
class AnswerRow:
    """What somebody said, as the list shows it."""

    nickname: str
    purpose: str
    version: str
    decision: Decision
    way: str
    by: str
    at: datetime

    @classmethod
    def of(cls, row: Consent, nickname: str) -> AnswerRow:
        return cls(nickname or "微信用户", row.purpose.label, row.version, row.decision, row.way.label, row.by, row.at)


@interface("patients.consent_texts", GET="/pc/privacy/texts", permission=Permission.PRIVACY_HANDLE)
def consent_texts() -> Page:
    return Page(
        "patients/admin/consent_texts.html",
        present=list(consents.present_texts().values()),
        table=TEXTS.load(consents.texts_for_staff),
    )


@interface("patients.consent_text", GET="/pc/privacy/texts/<int:text_id>", permission=Permission.PRIVACY_HANDLE)
def consent_text(text_id: int) -> Page:
    """One version as it was written; it is never changed."""
    return Page("patients/admin/consent_text.html", text=consents.get_text(text_id))


@interface("patients.new_consent_text", GET="/pc/privacy/<purpose>/new", permission=Permission.PRIVACY_HANDLE)
def new_consent_text(purpose: str) -> Page:
    words = consents.present_text(_known(purpose))
    values: dict[str, Any] = {"text": words.text, "valid_from": clock.today()}
    form = ShownForm(
        ConsentTextForm,
        values=values,
        kinds={"text": "textarea"},
        help={"valid_from": "从这一天起展示新版本；已同意旧版本的用户会看到“说明已更新”"},
    )
    return Page("patients/admin/consent_text_form.html", form=form, words=words)


@interface(
    "patients.add_consent_text",
    POST="/pc/privacy/<purpose>/new",
    permission=Permission.PRIVACY_HANDLE,
    audit="发布授权文本",
    form_page=new_consent_text,
)
def add_consent_text(purpose: str) -> Done:
    known, form = _known(purpose), read_form(ConsentTextForm)
    start, by = clock.day_bounds(form.valid_from)[0], current_staff().actor
    version = once(
        "patients.add_consent_text",
        form,
        lambda: services.add_text(known, form.text, valid_from=start, by=by).version,
        purpose=purpose,
    )
    audit.about(f"consent_text:{purpose}", f"版本{version}")
    return Done("已发布新版本", location=url_for("patients_admin.consent_texts"), version=version)


@interface("patients.consents", GET="/pc/patients/<int:patient_id>/consents", permission=Permission.AUDIT_READ)
def patient_consents(patient_id: int) -> Page:
    """Who said what about a patient's data; the look is logged."""
    found = queries.get_patient(patient_id)
    audit.looked_at("patient", patient_id, "授权记录")
    return Page(
        "patients/admin/consents.html",
        patient=PatientRow.of(found),
        table=ANSWERS.load(lambda: consents.answers_about(patient_id)),
    )


def _known(purpose: str) -> Purpose:
    """:raises NotFound: no such purpose"""
    try:
        return Purpose(purpose)
    except ValueError:
        raise NotFound from None

"""《分销员协议》 in its versions."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.door import interface
from wxapp.distribution.models import Agreement
from wxapp.distribution.people_forms import AgreementForm
from wxapp.distribution.queries import agreements as queries
from wxapp.distribution.services.agreements import add_agreement

VERSIONS = Table(
    "distribution.agreements",
    title="历史版本",
    columns=(
        Column(
            "version",
            "版本",
            "code",
            link=lambda row: url_for("distribution_admin.agreement", agreement_id=row.id),
        ),
        Column("valid_from", "生效时间", "moment", sort=Agreement.valid_from),
        Column("made_at", "编写时间", "moment", sort=Agreement.made_at),
        Column("made_by", "编写人", "actor"),
    ),
    sort="-made_at",
    key=Agreement.id,
    empty="还没有修改过，使用系统自带的协议",
)


@interface("distribution.agreements", GET="/pc/distribution/agreements", permission=Permission.DISTRIBUTION_READ)
def agreements() -> Page:
    return Page(
        "distribution/admin/agreements.html",
        present=queries.present(),
        table=VERSIONS.load(queries.all_versions),
    )


@interface(
    "distribution.agreement",
    GET="/pc/distribution/agreements/<int:agreement_id>",
    permission=Permission.DISTRIBUTION_READ,
)
def agreement(agreement_id: int) -> Page:
    """One version as it was written; it is never changed."""
    return Page("distribution/admin/agreement.html", text=queries.get_agreement(agreement_id))


@interface(
    "distribution.agreement_form", GET="/pc/distribution/agreements/new", permission=Permission.DISTRIBUTION_WRITE
)
def agreement_form() -> Page:
    words = queries.present()
    values: dict[str, Any] = {"text": words.text, "valid_from": clock.today()}
    form = ShownForm(
        AgreementForm,
        values=values,
        kinds={"text": "textarea"},
        help={"valid_from": "从这一天起申请的人同意新版本；已是分销员的人仍适用其同意的版本"},
    )
    return Page("distribution/admin/agreement_form.html", form=form, words=words)


@interface(
    "distribution.add_agreement",
    POST="/pc/distribution/agreements/new",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="发布分销员协议",
    form_page=agreement_form,
)
def publish_agreement() -> Done:
    form = read_form(AgreementForm)
    start, by = clock.day_bounds(form.valid_from)[0], current_staff().actor
    version = once(
        "distribution.add_agreement", form, lambda: add_agreement(form.text, valid_from=start, by=by).version
    )
    audit.about("distribution_agreement", f"版本{version}")
    return Done("已发布新版本", location=url_for("distribution_admin.agreements"), version=version)


menu.entry("分销", "分销员协议", "distribution_admin.agreements", Permission.DISTRIBUTION_READ, 80)

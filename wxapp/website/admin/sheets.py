"""Staff's pages of 医院简介 and 体检须知."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.core import richtext
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.website import queries, rules, services, shown
from wxapp.website.admin.door import interface, new_picture, picture_error
from wxapp.website.forms import SheetForm
from wxapp.website.models import Sheet

menu.entry("医院主页", "简介与须知", "website_admin.sheet_list", Permission.WEBSITE_WRITE, 25)


@interface("website.sheets", GET="/pc/website/sheets", permission=Permission.WEBSITE_WRITE)
def sheet_list() -> Page:
    return Page("website/admin/sheets.html", sheets=list(queries.sheets()), names=dict(rules.SHEET_NAMES))


@interface("website.sheet", GET="/pc/website/sheets/<slug>", permission=Permission.WEBSITE_WRITE)
def sheet_form(slug: str) -> Page:
    found = queries.sheet(slug)
    form = ShownForm(SheetForm, values={"body_html": found.body_html})
    return Page(
        "website/admin/sheet_form.html",
        form=form,
        sheet=found,
        title=rules.SHEET_NAMES[slug],
        picture_error=picture_error(),
    )


@interface(
    "website.save_sheet",
    POST="/pc/website/sheets/<slug>",
    permission=Permission.WEBSITE_WRITE,
    audit="修改简介或须知",
    form_page=sheet_form,
)
def save_sheet(slug: str) -> Done:
    form = read_form(SheetForm)
    by = current_staff().actor
    found = queries.sheet(slug)
    services.write_sheet(found.slug, form.body_html, seen_version=form.version, by=by, picture=new_picture(by))
    audit.about(f"sheet:{slug}", rules.SHEET_NAMES[slug])
    return Done("已保存", location=url_for("website_admin.sheet_list"))


@interface(
    "website.try_sheet",
    POST="/pc/website/sheets/<slug>/preview",
    permission=Permission.WEBSITE_WRITE,
    audit="预览简介或须知",
    form_page=sheet_form,
)
def try_sheet(slug: str) -> ResponseReturnValue:
    """Show what is typed as patients would see it; nothing is saved."""
    form, found = read_form(SheetForm), queries.sheet(slug)
    row = Sheet(id=0, slug=found.slug, picture=found.picture, body_html=richtext.clean(form.body_html))
    return shown.sheet(slug, row)

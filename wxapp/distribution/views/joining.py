"""Becoming a distributor: the form, what became of the application, and the agreement."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.forms import read_form
from wxapp.distribution import settings
from wxapp.distribution.access import is_distributor
from wxapp.distribution.models import DistributorStatus
from wxapp.distribution.people_forms import JoinForm
from wxapp.distribution.queries import agreements, people
from wxapp.distribution.rules.codes import read_code
from wxapp.distribution.services import applying
from wxapp.distribution.services.applying import Application
from wxapp.distribution.views.door import pages
from wxapp.h5 import registry
from wxapp.h5.identity import User
from wxapp.h5.notices import notice, say
from wxapp.h5.shell import keep_typed
from wxapp.patients import services as patients
from wxapp.patients.access import signed_in_user
from wxapp.patients.models import CodePurpose
from wxapp.patients.views.door import CODE_SENT, address
from wxapp.patients.views.patients import read_phone

IS_ONE = (DistributorStatus.ACTIVE, DistributorStatus.FROZEN)


@pages.page("/earn/join")
def join() -> ResponseReturnValue:
    """Show the form, or what has become of the application; a distributor is led to the centre."""
    user = signed_in_user()
    row = people.find_by_user(user.id)
    if row is not None and row.status in IS_ONE:
        return redirect(url_for("distribution.centre"))
    return render_template(
        "distribution/join.html",
        user=user,
        row=row,
        is_open=settings.IS_OPEN(),
        has_centre=row is not None and is_distributor(user),
        is_reviewed=settings.REVIEW_APPLICATIONS(),
        needs_code=settings.NEEDS_CODE(),
        invitation=_invitation(user.id),
        agreement=agreements.present(),
        sent=request.path == url_for("distribution.send_join_code"),
        D=DistributorStatus,
    )


def _invitation(user_id: int) -> str:
    """Return the code with which the form begins: from the address, else of the invitation that was scanned last."""
    return read_code(request.args.get("code", ""))[:6] or people.code_of_last_invitation(user_id)


@pages.action("/earn/join/code", shown_again_by=join)
def send_join_code() -> ResponseReturnValue:
    phone = read_phone()
    patients.send_code(CodePurpose.DISTRIBUTION, phone, asked_by=str(signed_in_user().id), address=address())
    keep_typed()
    say(CODE_SENT)
    return join()


@pages.action("/earn/join", shown_again_by=join)
def do_join() -> ResponseReturnValue:
    form = read_form(JoinForm)
    asked = Application(form.name, form.phone, form.code, form.invitation, form.agreement_version, form.once)
    row = applying.apply(signed_in_user(), asked, address=address())
    if row.status is DistributorStatus.APPLIED:
        notice("申请已提交，请等待审核")
        return redirect(url_for("distribution.join"), 303)
    notice("您已成为分销员")
    return redirect(url_for("distribution.centre"), 303)


@pages.page("/earn/agreement")
def agreement() -> ResponseReturnValue:
    """Show a distributor the words he agreed to, everybody else those that hold now."""
    row = people.find_by_user(signed_in_user().id)
    present = agreements.present()
    own = agreements.of_version(row.agreement_version) if row is not None and row.status in IS_ONE else None
    return render_template(
        "distribution/agreement.html", words=own or present, present=present, row=row if own else None
    )


def _is_other(user: User) -> bool:
    return settings.IS_OPEN() and not is_distributor(user)


registry.me_entry("成为分销员", "distribution.join", "share", 60, when=_is_other)
registry.me_entry("分销中心", "distribution.centre", "share", 60, when=is_distributor)

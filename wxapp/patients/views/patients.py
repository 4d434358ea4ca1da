"""Patients' pages: 我的, binding, balance password."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import sessions
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.web import CONTENT_POLICY
from wxapp.h5 import identity, registry
from wxapp.h5.choices import Choice
from wxapp.h5.notices import notice, say
from wxapp.h5.shell import keep_typed
from wxapp.patients import consents, queries, services
from wxapp.patients.access import current_patient, needs_patient, signed_in_user
from wxapp.patients.consent_models import Purpose
from wxapp.patients.forms import (
    BindForm,
    ChangePasswordForm,
    CodeForm,
    ForgottenPasswordForm,
    PhoneForm,
    SwitchForm,
)
from wxapp.patients.models import CodePurpose
from wxapp.patients.services.bindings import BindingRequest
from wxapp.patients.views.door import CODE_SENT, address, pages

# --- 我的 ------------------------------------------------------------------------------------------------------------


@pages.page("/me")
def me() -> ResponseReturnValue:
    user = signed_in_user()
    has_patient = user.current_patient_id is not None
    response = make_response(
        render_template(
            "patients/me.html",
            user=user,
            picture=_picture(user.avatar_url),
            patient=current_patient(user) if has_patient else None,
            panels=[panel.render(user) for panel in registry.me_panels()] if has_patient else [],
            groups=registry.me_entries(user),
        )
    )
    if origin := _picture(user.avatar_url) and _origin(user.avatar_url):
        response.headers["Content-Security-Policy"] = CONTENT_POLICY.replace("img-src ", f"img-src {origin} ")
    return response


def _picture(address: str) -> str:
    """Return the picture's address if it lies where WeChat keeps pictures."""
    host = urlsplit(address).hostname or ""
    is_wechats = host.endswith(".qlogo.cn") or _origin(address) == _origin(current_app.config["WXAPP"].wechat.api_url)
    return address if is_wechats and " " not in address else ""


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


# --- binding ---------------------------------------------------------------------------------------------------------


@pages.page("/me/bind")
def bind() -> ResponseReturnValue:
    return render_template(
        "patients/bind.html",
        user=signed_in_user(),
        next=identity.own_path(request.values.get("next"), default=""),
        consent=consents.present_text(Purpose.BINDING).text,
        sent=request.path == url_for("patients.send_bind_code"),
    )


@pages.action("/me/bind/code", shown_again_by=bind)
def send_bind_code() -> ResponseReturnValue:
    phone = read_phone()
    services.send_code(CodePurpose.BIND, phone, asked_by=str(signed_in_user().id), address=address())
    keep_typed()
    say(CODE_SENT)
    return bind()


def read_phone() -> str:
    """Return the phone of a form whose other fields do not matter yet."""
    typed = request.form.to_dict()
    return read_form(PhoneForm, type(request.form)({"phone": typed.get("phone", "")})).phone


@pages.action("/me/bind", shown_again_by=bind)
def do_bind() -> ResponseReturnValue:
    form = read_form(BindForm)
    asked = BindingRequest(form.name, form.document, form.phone, form.code, form.once)
    services.bind(signed_in_user(), asked, address=address())
    notice("绑定成功")
    return redirect(identity.own_path(form.next, default=url_for("patients.me")), 303)


@pages.page("/me/patients")
def bound() -> ResponseReturnValue:
    user = signed_in_user()
    found = queries.bound_patients(user.id)
    choices = [
        Choice(
            one.patient.id,
            masked_name(one.patient.name),
            note=one.patient.record_no,
            aside="当前" if one.patient.id == user.current_patient_id else "",
        )
        for one in found
    ]
    back = identity.own_path(request.values.get("next"), default="")
    return render_template("patients/bound.html", user=user, bound=found, choices=choices, next=back)


@pages.action("/me/patients", shown_again_by=bound)
def switch() -> ResponseReturnValue:
    form = read_form(SwitchForm)
    services.switch_patient(signed_in_user().id, form.patient)
    notice("已切换就诊人")
    return redirect(identity.own_path(form.next, default=url_for("patients.me")), 303)


@pages.page("/me/patients/<int:binding_id>")
def binding(binding_id: int) -> ResponseReturnValue:
    user = signed_in_user()
    own = queries.own_binding(user.id, binding_id)
    services.note_look(wechat_user_id=user.id, patient_id=own.patient_id, what="绑定详情")
    return render_template(
        "patients/binding.html",
        binding=own,
        patient=queries.get_patient(own.patient_id),
        others=queries.guardians(own.patient_id, except_user=user.id),
    )


@pages.page("/me/patients/<int:binding_id>/unbind")
def unbind(binding_id: int) -> ResponseReturnValue:
    own = queries.own_binding(signed_in_user().id, binding_id)
    return render_template("patients/unbind.html", binding=own, patient=queries.get_patient(own.patient_id))


@pages.action("/me/patients/<int:binding_id>/unbind")
def do_unbind(binding_id: int) -> ResponseReturnValue:
    session = sessions.current(sessions.WECHAT)
    services.unbind(signed_in_user().id, binding_id, session_id=session.id if session else None)
    notice("已解除绑定")
    return redirect(url_for("patients.bound"), 303)


@pages.page("/me/patients/<int:binding_id>/others/<int:other_id>")
def revoke(binding_id: int, other_id: int) -> ResponseReturnValue:
    user = signed_in_user()
    own = queries.own_binding(user.id, binding_id)
    others = [one for one in queries.guardians(own.patient_id, except_user=user.id) if one.binding_id == other_id]
    if not others:
        raise NotFound("该微信用户已解除绑定")
    return render_template(
        "patients/revoke.html",
        binding=own,
        other=others[0],
        patient=queries.get_patient(own.patient_id),
        sent=request.path.endswith("/code"),
    )


@pages.action("/me/patients/<int:binding_id>/others/<int:other_id>/code", shown_again_by=revoke)
def send_revoke_code(binding_id: int, other_id: int) -> ResponseReturnValue:
    user = signed_in_user()
    own = queries.own_binding(user.id, binding_id)
    patient = queries.get_patient(own.patient_id)
    services.send_code_to_patient(CodePurpose.REVOKE, patient, asked_by=str(user.id), address=address())
    keep_typed()
    say(CODE_SENT)
    return revoke(binding_id, other_id)


@pages.action("/me/patients/<int:binding_id>/others/<int:other_id>", shown_again_by=revoke)
def do_revoke(binding_id: int, other_id: int) -> ResponseReturnValue:
    form = read_form(CodeForm)
    services.revoke_binding(signed_in_user().id, own_binding_id=binding_id, other_binding_id=other_id, code=form.code)
    notice("已撤销该微信用户的绑定")
    return redirect(url_for("patients.binding", binding_id=binding_id), 303)


# --- balance password ------------------------------------------------------------------------------------------------


@pages.page("/me/balance-password")
@needs_patient
def balance_password() -> ResponseReturnValue:
    return render_template("patients/balance_password.html", patient=current_patient())


@pages.action("/me/balance-password", shown_again_by=balance_password)
def change_balance_password() -> ResponseReturnValue:
    form = read_form(ChangePasswordForm)
    _same(form.new, form.repeated)
    services.change_balance_password(current_patient().id, original=form.original, new=form.new)
    notice("余额密码已修改")
    return redirect(url_for("patients.me"), 303)


@pages.page("/me/balance-password/forgotten")
@needs_patient
def forgotten_password() -> ResponseReturnValue:
    return render_template(
        "patients/forgotten_password.html", patient=current_patient(), sent=request.path.endswith("/code")
    )


@pages.action("/me/balance-password/forgotten/code", shown_again_by=forgotten_password)
def send_password_code() -> ResponseReturnValue:
    user = signed_in_user()
    services.send_code_to_patient(
        CodePurpose.BALANCE_PASSWORD, current_patient(user), asked_by=str(user.id), address=address()
    )
    keep_typed()
    say(CODE_SENT)
    return forgotten_password()


@pages.action("/me/balance-password/forgotten", shown_again_by=forgotten_password)
def reset_forgotten_password() -> ResponseReturnValue:
    form = read_form(ForgottenPasswordForm)
    _same(form.new, form.repeated)
    services.reset_forgotten_password(current_patient().id, code=form.code, id_number=form.id_number, new=form.new)
    notice("余额密码已重新设置")
    return redirect(url_for("patients.me"), 303)


def _same(new: str, repeated: str) -> None:
    if new != repeated:
        raise Invalid({"repeated": "两次输入的新密码不一致"})


@pages.action("/me/sign-out")
def sign_out() -> ResponseReturnValue:
    sessions.sign_out(sessions.WECHAT)
    identity.forget_user()
    return redirect(identity.HOME, 303)

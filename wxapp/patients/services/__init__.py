"""Use cases of patients and WeChat users."""

from wxapp.patients.services.balance_password import (
    change_balance_password,
    check_balance_password,
    issue_balance_password,
    reset_forgotten_password,
    send_issued_password,
    set_balance_password,
)
from wxapp.patients.services.bindings import (
    bind,
    bind_by_staff,
    end_binding_by_staff,
    revoke_binding,
    stop_telling,
    switch_patient,
    unbind,
)
from wxapp.patients.services.consents import add_text, decide
from wxapp.patients.services.erasures import carry_out, reject, request_erasure, take_up, withdraw_erasure
from wxapp.patients.services.exports import allow_export
from wxapp.patients.services.looks import note_look
from wxapp.patients.services.menu import build_menu, publish_menu, published_menu
from wxapp.patients.services.pushes import take_push
from wxapp.patients.services.records import (
    PatientDetails,
    change_patient,
    complete_patient,
    new_record_no,
    register_patient,
)
from wxapp.patients.services.sms_codes import send_code, send_code_to_patient
from wxapp.patients.services.wechat_users import (
    enter,
    follow,
    hold,
    keep_profile,
    note_scene,
    stop_sending,
    unfollow,
    user_of,
)

__all__ = [
    "PatientDetails",
    "add_text",
    "allow_export",
    "bind",
    "bind_by_staff",
    "build_menu",
    "carry_out",
    "change_balance_password",
    "change_patient",
    "check_balance_password",
    "complete_patient",
    "decide",
    "end_binding_by_staff",
    "enter",
    "follow",
    "hold",
    "issue_balance_password",
    "keep_profile",
    "new_record_no",
    "note_look",
    "note_scene",
    "publish_menu",
    "published_menu",
    "register_patient",
    "reject",
    "request_erasure",
    "reset_forgotten_password",
    "revoke_binding",
    "send_code",
    "send_code_to_patient",
    "send_issued_password",
    "set_balance_password",
    "stop_sending",
    "stop_telling",
    "switch_patient",
    "take_push",
    "take_up",
    "unbind",
    "unfollow",
    "user_of",
    "withdraw_erasure",
]

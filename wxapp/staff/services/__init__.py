"""Use cases about staff: signing in, the second factor, members, roles."""

from __future__ import annotations

from wxapp.staff.services.members import (
    FirstPassword,
    change_member,
    create_member,
    end_session_of,
    reset_password,
    reset_second_factor,
    switch_member,
)
from wxapp.staff.services.roles import create_role, delete_role, install_default_roles, save_role
from wxapp.staff.services.second_factor import begin_totp, check_code, confirm_totp
from wxapp.staff.services.signing_in import authenticate, change_password, identity_of, note_log_in

__all__ = [
    "FirstPassword",
    "authenticate",
    "begin_totp",
    "change_member",
    "change_password",
    "check_code",
    "confirm_totp",
    "create_member",
    "create_role",
    "delete_role",
    "end_session_of",
    "identity_of",
    "install_default_roles",
    "note_log_in",
    "reset_password",
    "reset_second_factor",
    "save_role",
    "switch_member",
]

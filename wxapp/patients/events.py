"""Facts that this package tells."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class PatientBound(Event):
    """A WeChat user may from now on act for a patient."""

    wechat_user_id: int
    patient_id: int


@dataclass(frozen=True)
class BalancePasswordReset(Event):
    """A patient's balance password was replaced without the old one: by staff, or after an SMS code."""

    patient_id: int
    by_staff: bool
    at: str
    """ISO moment."""


@dataclass(frozen=True)
class PatientUnbound(Event):
    """A WeChat user may no longer act for a patient."""

    wechat_user_id: int
    patient_id: int

"""What may become of a cash-up."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.till.models import CashUpStatus as S

CASH_UP: Machine[S] = Machine({S.COUNTED: {S.COUNTED, S.CHECKED}, S.CHECKED: {S.COUNTED}})
"""Counted again as long as nobody has checked it, and when more was taken or given after that."""

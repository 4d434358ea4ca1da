"""The states of a binding."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.patients.models import BindingStatus

BINDING = Machine({BindingStatus.ACTIVE: {BindingStatus.ENDED}})

"""The states of bindings and of requests to delete."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.patients.erasure_models import ErasureStatus
from wxapp.patients.models import BindingStatus

BINDING = Machine({BindingStatus.ACTIVE: {BindingStatus.ENDED}})
ERASURE = Machine(
    {
        ErasureStatus.REQUESTED: {ErasureStatus.IN_REVIEW, ErasureStatus.WITHDRAWN},
        ErasureStatus.IN_REVIEW: {ErasureStatus.DONE, ErasureStatus.REJECTED, ErasureStatus.WITHDRAWN},
    }
)

"""A form of staff has its effect once, however often its button is pressed.

A page gives each of its forms a key (``{{ form_key() }}``); the door hands it on here. A program that sends no key
is not protected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from wxapp.admin.identity import current_staff
from wxapp.core import idempotency
from wxapp.core.crypto import keyring

_CONTEXT = "core_idempotency.answer"


class Keyed(Protocol):
    """A form with a field ``form_key: FormKey = ""``."""

    @property
    def form_key(self) -> str: ...

    def model_dump(self) -> dict[str, Any]: ...


def once(use_case: str, form: Keyed, work: Callable[[], str], *, is_secret: bool = False, **subject: int | str) -> str:
    """Do the work at the first press; this and every later press of the same form by the same person gets its answer.

    The work runs inside one transaction with the key: a refusal must leave the session usable, and nothing in it may
    call outside.

    :param is_secret: the answer is kept encrypted, e.g. a password that is read out once
    :param subject: what the address names, e.g. the patient
    :raises KeyReused: the same key came with another form or for somebody else
    """
    if not form.form_key:
        return work()
    scope = f"{current_staff().actor}/{use_case}"
    asked = {**subject, **form.model_dump()}
    if not is_secret:
        return idempotency.once(scope, form.form_key, asked, work)
    kept = idempotency.once(scope, form.form_key, asked, lambda: keyring().encrypt(work(), context=_CONTEXT))
    return keyring().decrypt(kept, context=_CONTEXT)

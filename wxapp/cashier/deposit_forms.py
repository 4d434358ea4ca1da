"""Forms of deposits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from wxapp.core.forms import Form, FormKey, Yuan


class TakeForm(Form):
    """A deposit for a visit."""

    id: Annotated[int, Field(title="到院单", ge=1, le=10**15)]
    amount: Annotated[Yuan, Field(title="定金金额")]
    method: Annotated[str, Field(title="付款方式", max_length=30)]
    remark: Annotated[str, Field(title="备注", max_length=200)] = ""
    form_key: FormKey = ""


class ReturnForm(Form):
    """Giving a deposit back."""

    reason: Annotated[str, Field(title="退定金原因", max_length=200)]
    left_fen: Annotated[int | None, Field(title="可退金额", ge=0, le=10**12)] = None
    form_key: FormKey = ""

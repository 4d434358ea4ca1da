"""Input of the staff's pages about systems that send reports."""

from __future__ import annotations

from pydantic import Field

from wxapp.core.forms import Form, FormKey


class ClientForm(Form):
    """A system that sends reports. ``networks`` has one address or network a line."""

    form_key: FormKey = ""
    version: int = Field(0, ge=0)
    label: str = Field(title="名称", max_length=60)
    takes_fhir: bool = Field(False, title="FHIR R4（HTTP）")
    takes_hl7: bool = Field(False, title="HL7 v2（HTTP或MLLP）")
    networks: str = Field("", title="允许的来源地址", max_length=1000)


class RotateForm(Form):
    """A new key. ``keep_hours`` is how long the present one stays good."""

    form_key: FormKey = ""
    keep_hours: int = Field(24, title="旧密钥继续有效的小时数", ge=0, le=720)


class PressForm(Form):
    """A button that asks nothing more."""

    form_key: FormKey = ""

"""Input of the JSON API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.callback.envelopes import Twist
from sandbox.config import Mode
from sandbox.faults import Kind

Phone = Annotated[str, Field(pattern=r"^(1\d{10})?$")]


class Form(BaseModel):
    """Strict about names, so that a typing error in a test is told."""

    model_config = ConfigDict(extra="forbid")


class NewPerson(Form):
    id: str | None = Field(None, pattern=r"^[a-z0-9]{1,20}$")
    name: str = Field(min_length=1, max_length=40)
    nickname: str = Field("", max_length=40)
    phone: Phone = ""
    follows: bool = False


class PersonChange(Form):
    name: str | None = Field(None, min_length=1, max_length=40)
    nickname: str | None = Field(None, min_length=1, max_length=40)
    phone: Phone | None = None
    blocks_messages: bool | None = None
    blacklisted: bool | None = None
    snapshot: bool | None = None
    granted: bool | None = None
    """False: the authorize page asks again."""
    follows: bool | None = None
    """Set without any event; ``/follow`` and ``/unfollow`` push one."""
    password_changed: Literal[True] | None = None
    """Kills the refresh tokens (42007)."""


class Say(Form):
    text: str = Field(min_length=1, max_length=2000)
    msgmenu_id: str = ""


class Tap(Form):
    position: list[int] = Field(min_length=1, max_length=2)
    scanned: str = ""


class Scan(Form):
    text: str = Field(min_length=1, max_length=4096)


class NewFault(Form):
    endpoint: str = Field(min_length=1, max_length=200)
    kind: Kind
    count: int | None = Field(1, ge=1)
    seconds: float = Field(0.0, ge=0, le=3600)
    status: int = Field(502, ge=400, le=599)
    code: str = ""
    message: str = ""
    probability: float = Field(1.0, gt=0, le=1)
    seed: int = 0


class NewPush(Form):
    person: str
    name: str = Field(min_length=1, max_length=60)
    """Type of the message, or of the event if ``fields`` hold ``Event``."""
    fields: dict[str, Any] = {}
    """Added to the four common fields, and may override them (``CreateTime``, ``MsgId``, ``FromUserName``)."""
    twists: list[Twist] = []
    key: Literal["current", "previous"] | None = None
    as_json: bool = False
    delay: float = Field(0.0, ge=0, le=3600)
    wait: bool = True
    """Answer only when the outcome is known."""


class Again(Form):
    twists: list[Twist] = []
    wait: bool = True


class TemplateEvent(Form):
    status: str = "success"
    delay: float = Field(0.0, ge=0, le=3600)


class CallbackChange(Form):
    mode: Mode | None = None
    token: str | None = Field(None, min_length=3, max_length=32)
    aes_key: str | None = Field(None, min_length=43, max_length=43)
    """A new key; the one in force becomes the previous one."""
    use_key: Literal["current", "previous", "alternate"] | None = None


class ClockChange(Form):
    advance: float | None = None
    offset: float | None = None


class QuotaChange(Form):
    path: str = Field(pattern=r"^/cgi-bin/")
    limit: int = Field(ge=0)


def outlined(errors: list[Any]) -> str:
    """Return pydantic's complaints in a line."""
    return "; ".join(f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in errors)

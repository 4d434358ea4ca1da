"""Why a message is not taken, in the terms of HL7's tables 0008 and 0357."""

from __future__ import annotations

from dataclasses import dataclass

WRONG, REJECTED = "AE", "AR"
"""Acknowledgement codes: its content is wrong; it is not for us, or not now."""

MISSING = ("101", "Required field missing")
SEQUENCE = ("100", "Segment sequence error")
DATA_TYPE = ("102", "Data type error")
NO_TABLE_VALUE = ("103", "Table value not found")
MESSAGE_TYPE = ("200", "Unsupported message type")
EVENT = ("201", "Unsupported event code")
PROCESSING = ("202", "Unsupported processing id")
VERSION = ("203", "Unsupported version id")
UNKNOWN_KEY = ("204", "Unknown key identifier")
INTERNAL = ("207", "Application internal error")


@dataclass(frozen=True)
class Place:
    """Where in a message something is wrong: segment, which one of its name, field."""

    segment: str
    number: int = 1
    field: int = 0

    def __str__(self) -> str:
        field = f"-{self.field}" if self.field else ""
        number = f"[{self.number}]" if self.number > 1 else ""
        return f"{self.segment}{number}{field}"


class Refusal(Exception):
    """The message is not taken; nothing of it was kept.

    :ivar code: ``AE`` or ``AR``
    :ivar error: of table 0357: number and English text
    :ivar text: a Chinese sentence for whoever reads the sender's log; never medical text
    """

    def __init__(self, text: str, *, error: tuple[str, str], place: Place | None = None, code: str = WRONG) -> None:
        self.code = code
        self.error = error
        self.place = place
        self.text = text
        super().__init__(text)

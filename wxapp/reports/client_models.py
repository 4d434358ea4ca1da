"""Tables of the hospital's other systems: who may send reports by machine, and what they have sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import keyring
from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class Way(Labelled):
    """How a message came."""

    FHIR = "fhir", "FHIR"
    HL7 = "hl7", "HL7（HTTP）"
    MLLP = "mllp", "HL7（MLLP）"


class Verdict(Labelled):
    """What became of a message."""

    TAKEN = "taken", "已接收"
    UNCHANGED = "unchanged", "无变化"
    REFUSED = "refused", "未接收"


class SealedBytes(sa.types.TypeDecorator[bytes]):
    """Bytes at rest under the key of personal data; up to 16 MB."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.MEDIUMBLOB())
        return dialect.type_descriptor(sa.LargeBinary())

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else keyring().seal(value, context=self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else keyring().open(value, context=self.context)


class Client(Model):
    """A system that may send reports. Of its key only a hash is kept; the one before it lives on for a while."""

    __tablename__ = "reports_client"
    __table_args__ = (sa.CheckConstraint("takes_fhir OR takes_hl7", name="ways"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(60), unique=True)
    takes_fhir: Mapped[bool] = mapped_column(sa.Boolean)
    takes_hl7: Mapped[bool] = mapped_column(sa.Boolean)
    networks: Mapped[str] = mapped_column(sa.String(1000), default="", comment="one a line; empty: from anywhere")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    key_end: Mapped[str] = mapped_column(sa.String(4), comment="last characters, for people")
    previous_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    previous_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    key_made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="to the minute")
    last_address: Mapped[str] = mapped_column(sa.String(45), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class ReceivedMessage(Model):
    """A message of a client that we know, with what became of it. Kept for some days."""

    __tablename__ = "reports_message"
    __table_args__ = (
        sa.UniqueConstraint("client_id", "once_key"),
        sa.Index(None, "received_at"),
        sa.Index(None, "client_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    client_id: Mapped[int] = mapped_column(sa.BigInteger)
    way: Mapped[Way] = mapped_column(status_type(Way))
    control_id: Mapped[str] = mapped_column(sa.String(200), default="", comment="MSH-10 or the Bundle's identifier")
    report_nos: Mapped[str] = mapped_column(sa.String(500), default="", comment="the sender's, separated by blanks")
    our_nos: Mapped[str] = mapped_column(sa.String(500), default="", comment="ours, separated by blanks")
    verdict: Mapped[Verdict] = mapped_column(status_type(Verdict))
    detail: Mapped[str] = mapped_column(sa.String(1000), default="", comment="reason or warnings; never medical text")
    once_key: Mapped[str | None] = mapped_column(
        sa.String(64), comment="keyed hash of control id and content, of a message that was taken"
    )
    charset: Mapped[str] = mapped_column(sa.String(20), default="", comment="that the transport named")
    body: Mapped[bytes | None] = mapped_column(SealedBytes("reports_message.body"), comment="compressed, without keys")
    size: Mapped[int] = mapped_column(sa.Integer, comment="bytes as it came")
    address: Mapped[str] = mapped_column(sa.String(45))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retaken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    retaken_by: Mapped[str] = mapped_column(sa.String(60), default="")

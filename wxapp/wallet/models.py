"""Tables of the ledger and of the counter."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from wxapp.core import clock
from wxapp.core.db import APPEND_ONLY, AppendOnly, BigId, Fen, Model, UTCDateTime, status_type
from wxapp.wallet.house import HOUSE_BY_ID

PATIENT = "patient"
"""Kind of the accounts that hold patients' stored value."""


class Account(Model):
    """One account. Of a person by (kind, owner_id); of the house by its name as kind and owner 0."""

    __tablename__ = "wallet_account"
    __table_args__ = (
        sa.UniqueConstraint("kind", "owner_id"),
        sa.CheckConstraint("balance_fen IS NULL OR balance_fen >= floor_fen", name="floor"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), comment="patient, or the name of a house account")
    owner_id: Mapped[int] = mapped_column(sa.BigInteger, comment="0 for the house")
    balance_fen: Mapped[int | None] = mapped_column(Fen, comment="null: a house account, summed from transfers")
    floor_fen: Mapped[int] = mapped_column(Fen, default=0, comment="the balance never falls below")
    is_frozen: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="nothing may be paid from it")
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Transfer(Model):
    """Money that moved from one account to another. Rows are only ever added."""

    __tablename__ = "wallet_transfer"
    __table_args__ = (
        sa.UniqueConstraint("kind", "source"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("payer_id <> payee_id", name="sides"),
        sa.Index(None, "payer_id", "id"),
        sa.Index(None, "payee_id", "id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), comment="which step of which business")
    source: Mapped[str] = mapped_column(sa.String(64), comment="number of the business event; once per kind")
    payer_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    payee_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    amount_fen: Mapped[int] = mapped_column(Fen)
    payer_after_fen: Mapped[int | None] = mapped_column(Fen, comment="balance after it; null for the house")
    payee_after_fen: Mapped[int | None] = mapped_column(Fen, comment="balance after it; null for the house")
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("wallet_transfer.id"), comment="what it corrects")
    memo: Mapped[str] = mapped_column(sa.String(120), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Closing(Model):
    """Balance of an account at the end of a hospital day. The row of account 0 stands for the whole book."""

    __tablename__ = "wallet_closing"
    __table_args__ = (sa.UniqueConstraint("day", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date)
    account_id: Mapped[int] = mapped_column(sa.BigInteger)
    balance_fen: Mapped[int] = mapped_column(Fen)
    received_fen: Mapped[int] = mapped_column(Fen)
    paid_fen: Mapped[int] = mapped_column(Fen)
    transfers: Mapped[int] = mapped_column(sa.Integer)
    hash: Mapped[str] = mapped_column(sa.String(64), default="", comment="of the day's transfers and the day before")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Movement(StrEnum):
    """Direction of a counter movement."""

    TOP_UP = "top_up"
    PAY_BACK = "pay_back"


class CounterStatus(StrEnum):
    REQUESTED = "requested"
    DONE = "done"
    REJECTED = "rejected"


class CounterMovement(Model):
    """Stored value bought or given back at the counter."""

    __tablename__ = "wallet_counter_movement"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("second_by IS NULL OR second_by <> requested_by", name="two_people"),
        sa.Index(None, "account_id", "requested_at"),
        sa.Index(None, "status", "requested_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    movement: Mapped[Movement] = mapped_column(status_type(Movement))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    patient_id: Mapped[int] = mapped_column(sa.BigInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)
    method: Mapped[str] = mapped_column(sa.String(20), comment="cash, card, …; with channel. before it the account")
    status: Mapped[CounterStatus] = mapped_column(status_type(CounterStatus))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    reason: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was rejected")
    requested_by: Mapped[str] = mapped_column(sa.String(60))
    second_by: Mapped[str | None] = mapped_column(sa.String(60), comment="who approved or rejected; another person")
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DayTotal(Model):
    """What one account was topped up by on one hospital day: the guard of the daily limit."""

    __tablename__ = "wallet_day_total"
    __table_args__ = (sa.UniqueConstraint("account_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    day: Mapped[date] = mapped_column(sa.Date)
    topped_up_fen: Mapped[int] = mapped_column(Fen, default=0, comment="asked for and not rejected")
    online_fen: Mapped[int] = mapped_column(Fen, default=0, server_default="0", comment="of it by WeChat Pay")


class Card(Model):
    """A stored-value card (充值卡) handed to a patient; a lost one is replaced, its number stays taken."""

    __tablename__ = "wallet_card"
    __table_args__ = (sa.Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(20), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    active_for: Mapped[int | None] = mapped_column(
        sa.BigInteger, unique=True, comment="account while the card is valid: one valid card per account"
    )
    issued_by: Mapped[str] = mapped_column(sa.String(60))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_by: Mapped[str] = mapped_column(sa.String(60), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class TransfersAreNeverChanged(AppendOnly):
    """Somebody tried to change or remove a transfer through the ORM."""


@event.listens_for(Session, "do_orm_execute")
def _refuse_changes(state: ORMExecuteState) -> None:
    mapper = state.bind_mapper
    if (state.is_update or state.is_delete) and mapper is not None and mapper.class_ is Transfer:
        raise TransfersAreNeverChanged


@event.listens_for(Transfer, "before_update")
@event.listens_for(Transfer, "before_delete")
def _refuse_row(*_: Any) -> None:
    raise TransfersAreNeverChanged


def house_rows() -> list[dict[str, Any]]:
    """Return the rows of the house's accounts, for whoever creates the table."""
    now = clock.now()
    return [
        {"id": house.id, "kind": house.name, "owner_id": 0, "balance_fen": None, "floor_fen": 0, "is_frozen": False,
         "opened_at": now}
        for house in HOUSE_BY_ID.values()
    ]  # fmt: skip


@event.listens_for(Account.__table__, "after_create")
def _open_house(_table: sa.Table, connection: Connection, **_: Any) -> None:
    connection.execute(sa.insert(Account), house_rows())

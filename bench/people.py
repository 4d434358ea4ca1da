"""Who buys and what is sold, made through the services as in real life."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, g

from tests.factories.mall import make_category, make_goods
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.wallet import make_balance
from wxapp.core import sessions
from wxapp.core.db import Model, db

PASSWORD = "739164"  # the same for all: invented people
BALANCE_FEN = 50_000_000
GOODS = 30
STOCK = 200_000
SCARCE = 20
"""Pieces of the goods that are meant to run out while everybody wants them."""


@dataclass(frozen=True)
class Buyer:
    """A signed-in WeChat user with a patient who has money."""

    user_id: int
    patient_id: int
    account_id: int
    cookie: str
    csrf: str
    rows: dict[str, int | str] = field(repr=False)
    """Keys and texts of the rows that are his own, by table and column."""

    def for_loader(self) -> dict[str, str]:
        return {"cookie": self.cookie, "csrf": self.csrf, "password": PASSWORD}


@dataclass(frozen=True)
class Ware:
    id: int
    price_fen: int
    stock: int

    @property
    def rows(self) -> dict[str, int | str]:
        return {"mall_goods.id": self.id}

    def for_loader(self) -> dict[str, object]:
        return {"id": str(self.id), "price": str(self.price_fen), "is_scarce": self.stock == SCARCE}


@dataclass(frozen=True)
class Time:
    """A slot that can be booked; ``physician_id`` says on whose page."""

    id: int
    physician_id: int
    capacity: int

    @property
    def rows(self) -> dict[str, int | str]:
        return {"booking_slot.id": self.id}

    def for_loader(self) -> dict[str, object]:
        return {"id": str(self.id), "physician": str(self.physician_id), "is_scarce": self.capacity == SCARCE}


def make_wares(count: int = GOODS, *, scarce: bool) -> list[Ware]:
    """Make goods with plenty in stock; with ``scarce`` the last of them has few."""
    category = make_category()
    stocks = [STOCK] * count
    if scarce:
        stocks[-1] = SCARCE
    return [
        Ware(goods.id, goods.price_fen, goods.stock)
        for number, stock in enumerate(stocks, start=1)
        for goods in [make_goods(category_id=category.id, price_fen=990 + number * 110, stock=stock, position=number)]
    ]


def make_buyers(app: Flask, count: int) -> list[Buyer]:
    return [_make_buyer(app) for _ in range(count)]


def _make_buyer(app: Flask) -> Buyer:
    patient = make_patient(balance_password=PASSWORD)
    user = make_wechat_user(patient=patient)
    account_id = make_balance(patient.id, BALANCE_FEN)
    user_id, patient_id = user.id, patient.id
    cookie, csrf = sign_in(app, sessions.WECHAT, user_id)
    return Buyer(user_id, patient_id, account_id, cookie, csrf, _rows_of(user_id, patient_id, account_id))


def sign_in(app: Flask, door: sessions.Door, subject_id: int) -> tuple[str, str]:
    """Open a session; return the cookie as a browser sends it, and the token of its forms."""
    # An application context of its own: a request inside another one would share what that one remembers.
    with app.app_context(), app.test_request_context(headers={"User-Agent": "bench"}):
        sessions.sign_in(door, subject_id)
        pairs = [f"{name}={kept[0]}" for name, kept in g.cookies.items()]
        return "; ".join(pairs), sessions.csrf_token(door)


def _rows_of(user_id: int, patient_id: int, account_id: int) -> dict[str, int | str]:
    """Return what statements may name of this buyer's rows: every key and every text of some length."""
    found: dict[str, int | str] = {}
    for table, column, value in (
        ("patients_wechat_user", "id", user_id),
        ("patients_patient", "id", patient_id),
        ("patients_binding", "patient_id", patient_id),
        ("wallet_account", "id", account_id),
        ("core_session", "subject_id", user_id),
    ):
        part = Model.metadata.tables[table]
        names = [each.name for each in part.c if isinstance(each.type, sa.String | sa.Text) or each.name == "id"]
        raw: list[sa.ColumnElement[Any]] = [sa.literal_column(f"`{table}`.`{name}`") for name in names]
        row = db.session.execute(sa.select(*raw).select_from(part).where(part.c[column] == value)).one()
        for name, kept in zip(names, row, strict=True):
            if name == "id" or (isinstance(kept, str) and len(kept) > 8):
                found[f"{table}.{name}"] = kept
    db.session.commit()
    return found

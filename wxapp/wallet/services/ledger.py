"""Moving money: the only writer of balances and transfers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import db, in_transaction, insert_row, insert_rows, run, transaction
from wxapp.core.events import publish
from wxapp.wallet.errors import AccountFrozen, InsufficientBalance, TransferDiffers
from wxapp.wallet.events import BalanceChanged
from wxapp.wallet.house import HOUSE_BY_ID, is_house
from wxapp.wallet.kinds import REVERSAL, label_of
from wxapp.wallet.models import PATIENT, Account, Transfer

_Event = tuple[str, str]
"""Kind and source of a transfer."""


@dataclass(frozen=True)
class Asked:
    """A transfer that is to be booked; what each part means is told at :func:`transfer`."""

    kind: str
    source: str
    payer_id: int
    payee_id: int
    amount_fen: int
    memo: str = ""
    reverses_id: int | None = None
    least_left_fen: int | None = None

    @property
    def event(self) -> _Event:
        return self.kind, self.source


@dataclass(frozen=True)
class Booked:
    """A transfer that happened. ``is_new`` is False when it had happened before."""

    id: int
    is_new: bool
    payer_after_fen: int | None
    payee_after_fen: int | None


def account_of(kind: str, owner_id: int, *, floor_fen: int = 0) -> int:
    """Return the number of a person's account; it is opened when there is none.

    :param floor_fen: of an account that is opened: below zero where a debt may arise
    """
    found = run(_ACCOUNT, kind=kind, owner_id=owner_id).scalar_one_or_none()
    if found is not None:
        return int(found)
    with transaction():
        account = Account(kind=kind, owner_id=owner_id, balance_fen=0, floor_fen=floor_fen, opened_at=clock.now())
        try:
            with db.session.begin_nested():
                db.session.add(account)
        except IntegrityError:  # somebody else opened it in this moment
            return db.session.scalars(
                sa.select(Account.id).where(Account.kind == kind, Account.owner_id == owner_id)
            ).one()
        return account.id


_ACCOUNT = sa.select(Account.id).where(
    Account.kind == sa.bindparam("kind"), Account.owner_id == sa.bindparam("owner_id")
)


def accounts_of(kind: str, owner_ids: Iterable[int], *, floor_fen: int = 0) -> dict[int, int]:
    """Return the numbers of many persons' accounts by owner, as :func:`account_of` does for one."""
    wanted = sorted(set(owner_ids))
    found = _accounts(kind, wanted)
    if not (missing := [owner_id for owner_id in wanted if owner_id not in found]):
        return found
    now = clock.now()
    rows = [
        {"kind": kind, "owner_id": owner_id, "balance_fen": 0, "floor_fen": floor_fen, "opened_at": now}
        for owner_id in missing
    ]
    with transaction():
        try:
            with db.session.begin_nested():
                insert_rows(Account, rows)
        except IntegrityError:  # somebody else opened one of them in this moment
            return found | {owner_id: account_of(kind, owner_id, floor_fen=floor_fen) for owner_id in missing}
        return found | _accounts(kind, missing)


def _accounts(kind: str, owner_ids: Sequence[int]) -> dict[int, int]:
    wanted = sa.select(Account.owner_id, Account.id).where(Account.kind == kind, Account.owner_id.in_(owner_ids))
    return dict(db.session.execute(wanted).all()) if owner_ids else {}


def patient_account(patient_id: int) -> int:
    return account_of(PATIENT, patient_id)


def transfer(
    *,
    kind: str,
    source: str,
    payer_id: int,
    payee_id: int,
    amount_fen: int,
    memo: str = "",
    reverses_id: int | None = None,
    least_left_fen: int | None = None,
) -> Booked:
    """Move money from the payer to the payee, once per (kind, source).

    Persons' balances change by a conditional UPDATE each, in the order of their numbers; the house has no row to
    wait for. A repetition changes nothing and returns what happened the first time.

    :param least_left_fen: what the payer has to keep at least, where the account's own floor allows a debt
    :raises InsufficientBalance: the payer would fall below the floor, or keep too little
    :raises AccountFrozen: nothing may be paid from the payer's account
    :raises TransferDiffers: the event was booked before with other accounts or another amount
    """
    asked = Asked(kind, source, payer_id, payee_id, amount_fen, memo, reverses_id, least_left_fen)
    return transfer_many([asked])[0]


def transfer_many(moves: Sequence[Asked]) -> list[Booked]:
    """Do up to some hundreds of transfers, all or none; return what was booked, in the same order.

    Each is promised what :func:`transfer` promises, as if they were done one after the other as they stand here: once
    per (kind, source), no balance too low on the way, the balances after each right to the fen. But an account's row
    changes once, by all that the moves do to it, and one statement writes the transfers.

    :raises InsufficientBalance: at one of the moves its payer would fall below the floor, or keep too little
    :raises AccountFrozen: nothing may be paid from the account of one of the payers
    :raises TransferDiffers: one of the events was booked before with other accounts or another amount
    """
    if any(move.amount_fen < 1 or move.payer_id == move.payee_id for move in moves):
        raise ValueError("a transfer moves at least one fen between two accounts")
    if len({move.event for move in moves}) != len(moves):
        raise ValueError("the same event stands here twice")
    if not moves:
        return []
    try:
        with transaction():
            return _book(moves)
    except IntegrityError:
        # The unique key saw what the look-up couldn't. Inside a larger use case that one has to begin anew.
        if in_transaction():
            raise
    with transaction():
        return _book(moves)


def _book(moves: Sequence[Asked]) -> list[Booked]:
    before, owners = _look_up(moves)
    booked = {move.event: _same(before[move.event], move) for move in moves if move.event in before}
    if new := [move for move in moves if move.event not in before]:
        booked |= _write(new, owners)
    return [booked[move.event] for move in moves]


def _look_up(moves: Sequence[Asked]) -> tuple[dict[_Event, Transfer], dict[int, int]]:
    """Return the transfers of these events that there are, and the patients that own the accounts."""
    account_ids = {account_id for move in moves for account_id in (move.payer_id, move.payee_id)}
    accounts = sa.select(Account.id, Account.kind, Account.owner_id)
    if len(moves) == 1:
        rows = db.session.execute(
            accounts.add_columns(Transfer).outerjoin(Transfer, _of(moves)).where(Account.id.in_(account_ids))
        ).all()
        found = [row.Transfer for row in rows if row.Transfer is not None]
    else:
        rows = db.session.execute(accounts.where(Account.id.in_(account_ids))).all()
        found = list(db.session.scalars(sa.select(Transfer).where(_of(moves))))
    for account_id in account_ids - {row.id for row in rows}:
        _open_house_account(account_id)
    owners = {row.id: row.owner_id for row in rows if row.kind == PATIENT}
    return {(transfer.kind, transfer.source): transfer for transfer in found}, owners


def _of(moves: Sequence[Asked]) -> sa.ColumnElement[bool]:
    """Return what is true of the transfers of these events."""
    sources: dict[str, list[str]] = {}
    for move in moves:
        sources.setdefault(move.kind, []).append(move.source)
    return sa.or_(*(sa.and_(Transfer.kind == kind, Transfer.source.in_(sources[kind])) for kind in sources))


def _open_house_account(account_id: int) -> None:
    """Open an account that came with a newer version of the program."""
    house = HOUSE_BY_ID.get(account_id)
    if house is None:
        raise LookupError(f"no account {account_id}")
    try:
        with db.session.begin_nested():
            db.session.add(
                Account(id=house.id, kind=house.name, owner_id=0, balance_fen=None, floor_fen=0, opened_at=clock.now())
            )
    except IntegrityError:
        return  # somebody else opened it in this moment


def _same(done: Transfer, move: Asked) -> Booked:
    if (done.payer_id, done.payee_id, done.amount_fen) != (move.payer_id, move.payee_id, move.amount_fen):
        raise TransferDiffers(f"{done.kind} {done.source}")
    return Booked(done.id, False, done.payer_after_fen, done.payee_after_fen)


def _write(moves: Sequence[Asked], owners: Mapping[int, int]) -> dict[_Event, Booked]:
    """Change the balances, write the transfers, and tell the patients whose balances changed."""
    courses = _courses(moves)
    for account_id in sorted(courses):
        course = courses[account_id]
        _change_balance(account_id, course.fen, course.lowest_fen, course.needed_fen)
    balances = _balances(list(courses))
    at = {account_id: balances[account_id] - course.fen for account_id, course in courses.items()}
    rows = [_row(move, at) for move in moves]
    ids = _insert(moves, rows)
    booked = {}
    for move, row in zip(moves, rows, strict=True):
        one = Booked(ids[move.event], True, row["payer_after_fen"], row["payee_after_fen"])
        booked[move.event] = one
        sides = (
            (move.payer_id, -move.amount_fen, one.payer_after_fen),
            (move.payee_id, move.amount_fen, one.payee_after_fen),
        )
        for account_id, fen, after_fen in sorted(sides):
            if account_id in owners and after_fen is not None:
                publish(
                    BalanceChanged(
                        patient_id=owners[account_id],
                        transfer_id=one.id,
                        label=label_of(move.kind),
                        amount_fen=fen,
                        balance_fen=after_fen,
                    )
                )
    return booked


@dataclass
class _Course:
    """What some moves do to one account, one after the other.

    :ivar fen: the change in all
    :ivar lowest_fen: the lowest of the changes up to each payment: the floor has to bear it
    :ivar needed_fen: what has to be there at the start, so that each payment leaves what it has to leave
    """

    fen: int = 0
    lowest_fen: int | None = None
    needed_fen: int | None = None

    def pay(self, move: Asked) -> None:
        self.fen -= move.amount_fen
        self.lowest_fen = self.fen if self.lowest_fen is None else min(self.lowest_fen, self.fen)
        if move.least_left_fen is not None:
            needed = move.least_left_fen - self.fen
            self.needed_fen = needed if self.needed_fen is None else max(self.needed_fen, needed)

    def receive(self, move: Asked) -> None:
        self.fen += move.amount_fen


def _courses(moves: Sequence[Asked]) -> dict[int, _Course]:
    """Return what the moves do to each account of a person."""
    courses: defaultdict[int, _Course] = defaultdict(_Course)
    for move in moves:
        if not is_house(move.payer_id):
            courses[move.payer_id].pay(move)
        if not is_house(move.payee_id):
            courses[move.payee_id].receive(move)
    return dict(courses)


_NEW_BALANCE = Account.balance_fen + sa.bindparam("fen", type_=sa.BigInteger())
_GIVE = sa.update(Account).where(Account.id == sa.bindparam("account_id")).values(balance_fen=_NEW_BALANCE)
_LOWEST = Account.balance_fen + sa.bindparam("lowest_fen", type_=sa.BigInteger())
_TAKE = _GIVE.where(Account.floor_fen <= _LOWEST, sa.not_(Account.is_frozen))
_TAKE_IF_THERE = _TAKE.where(sa.bindparam("needed_fen", type_=sa.BigInteger()) <= Account.balance_fen)


def _change_balance(account_id: int, fen: int, lowest_fen: int | None = None, needed_fen: int | None = None) -> None:
    values = {"account_id": account_id, "fen": fen}
    if lowest_fen is None and fen < 0:
        lowest_fen = fen
    step = _GIVE
    if lowest_fen is not None:
        step, values["lowest_fen"] = _TAKE, lowest_fen
    if needed_fen is not None:
        step, values["needed_fen"] = _TAKE_IF_THERE, needed_fen
    if run(step, **values).rowcount == 1:
        return
    if db.session.scalar(sa.select(Account.is_frozen).where(Account.id == account_id)):
        raise AccountFrozen
    raise InsufficientBalance


def _balances(account_ids: list[int]) -> dict[int, int]:
    if not account_ids:
        return {}
    rows = db.session.execute(sa.select(Account.id, Account.balance_fen).where(Account.id.in_(account_ids)))
    return {account_id: balance or 0 for account_id, balance in rows}


def _row(move: Asked, at: dict[int, int]) -> dict[str, Any]:
    """Return a transfer's columns; what the persons' balances stand ``at`` goes on by it."""
    for account_id, fen in ((move.payer_id, -move.amount_fen), (move.payee_id, move.amount_fen)):
        if account_id in at:
            at[account_id] += fen
    return {
        "kind": move.kind,
        "source": move.source,
        "payer_id": move.payer_id,
        "payee_id": move.payee_id,
        "amount_fen": move.amount_fen,
        "payer_after_fen": at.get(move.payer_id),
        "payee_after_fen": at.get(move.payee_id),
        "reverses_id": move.reverses_id,
        "memo": move.memo[:120],
        "at": clock.now(),
    }


def _insert(moves: Sequence[Asked], rows: Sequence[dict[str, Any]]) -> dict[_Event, int]:
    if len(rows) == 1:
        return {moves[0].event: insert_row(Transfer, **rows[0])}
    insert_rows(Transfer, rows)
    written = db.session.execute(sa.select(Transfer.kind, Transfer.source, Transfer.id).where(_of(moves)))
    return {(kind, source): transfer_id for kind, source, transfer_id in written}


def reverse(transfer_id: int, *, memo: str) -> Booked:
    """Correct a transfer by its mirror image, once. Nothing booked is ever edited."""
    with transaction():
        wrong = db.session.get_one(Transfer, transfer_id)
        return transfer(
            kind=REVERSAL,
            source=str(wrong.id),
            payer_id=wrong.payee_id,
            payee_id=wrong.payer_id,
            amount_fen=wrong.amount_fen,
            memo=memo,
            reverses_id=wrong.id,
        )

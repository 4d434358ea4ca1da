"""Moving money: the only writer of balances and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import db, in_transaction, insert_row, run, transaction
from wxapp.core.events import publish
from wxapp.wallet import queries
from wxapp.wallet.errors import AccountFrozen, InsufficientBalance, TransferDiffers
from wxapp.wallet.events import BalanceChanged
from wxapp.wallet.house import HOUSE_BY_ID, is_house
from wxapp.wallet.kinds import REVERSAL, label_of
from wxapp.wallet.models import PATIENT, Account, Transfer


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
    if amount_fen < 1 or payer_id == payee_id:
        raise ValueError("a transfer moves at least one fen between two accounts")
    try:
        with transaction():
            return _transfer(kind, source, payer_id, payee_id, amount_fen, memo, reverses_id, least_left_fen)
    except IntegrityError:
        # The unique key saw what the look-up couldn't. Inside a larger use case that one has to begin anew.
        if in_transaction() or (done := queries.find_transfer(kind, source)) is None:
            raise
        return _same(done, payer_id, payee_id, amount_fen)


def _transfer(
    kind: str,
    source: str,
    payer_id: int,
    payee_id: int,
    amount_fen: int,
    memo: str,
    reverses_id: int | None,
    least_left_fen: int | None,
) -> Booked:
    owners = _look_up(kind, source, payer_id, payee_id)
    if isinstance(owners, Transfer):
        return _same(owners, payer_id, payee_id, amount_fen)
    changes = sorted([(payer_id, -amount_fen), (payee_id, amount_fen)])
    for account_id, amount in changes:
        if not is_house(account_id):
            _change_balance(account_id, amount, least_left_fen if account_id == payer_id else None)
    after = _balances([account_id for account_id, _ in changes if not is_house(account_id)])
    transfer_id = insert_row(
        Transfer,
        kind=kind,
        source=source,
        payer_id=payer_id,
        payee_id=payee_id,
        amount_fen=amount_fen,
        payer_after_fen=after.get(payer_id),
        payee_after_fen=after.get(payee_id),
        reverses_id=reverses_id,
        memo=memo[:120],
        at=clock.now(),
    )
    for account_id, amount in changes:
        if account_id in owners:
            publish(
                BalanceChanged(
                    patient_id=owners[account_id],
                    transfer_id=transfer_id,
                    label=label_of(kind),
                    amount_fen=amount,
                    balance_fen=after[account_id],
                )
            )
    return Booked(transfer_id, True, after.get(payer_id), after.get(payee_id))


def _look_up(kind: str, source: str, payer_id: int, payee_id: int) -> Transfer | dict[int, int]:
    """Return the transfer of this event if there is one, else the patients that own the accounts."""
    rows = db.session.execute(
        sa.select(Account.id, Account.kind, Account.owner_id, Transfer)
        .outerjoin(Transfer, sa.and_(Transfer.kind == kind, Transfer.source == source))
        .where(Account.id.in_([payer_id, payee_id]))
    ).all()
    for row in rows:
        if row.Transfer is not None:
            return cast("Transfer", row.Transfer)
    for account_id in {payer_id, payee_id} - {row.id for row in rows}:
        _open_house_account(account_id)
    return {row.id: row.owner_id for row in rows if row.kind == PATIENT}


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


_NEW_BALANCE = Account.balance_fen + sa.bindparam("fen", type_=sa.BigInteger())
_GIVE = (
    sa.update(Account)
    .where(Account.id == sa.bindparam("account_id"), Account.floor_fen <= _NEW_BALANCE)
    .values(balance_fen=_NEW_BALANCE)
)
_TAKE = _GIVE.where(sa.not_(Account.is_frozen))


def _change_balance(account_id: int, amount_fen: int, least_left_fen: int | None) -> None:
    step = _TAKE if amount_fen < 0 else _GIVE
    if least_left_fen is not None:
        step = step.where(least_left_fen <= _NEW_BALANCE)
    if run(step, account_id=account_id, fen=amount_fen).rowcount == 1:
        return
    if amount_fen < 0 and db.session.scalar(sa.select(Account.is_frozen).where(Account.id == account_id)):
        raise AccountFrozen
    raise InsufficientBalance


def _balances(account_ids: list[int]) -> dict[int, int]:
    if not account_ids:
        return {}
    rows = db.session.execute(sa.select(Account.id, Account.balance_fen).where(Account.id.in_(account_ids)))
    return {account_id: balance or 0 for account_id, balance in rows}


def _same(done: Transfer, payer_id: int, payee_id: int, amount_fen: int) -> Booked:
    if (done.payer_id, done.payee_id, done.amount_fen) != (payer_id, payee_id, amount_fen):
        raise TransferDiffers(f"{done.kind} {done.source}")
    return Booked(done.id, False, done.payer_after_fen, done.payee_after_fen)


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

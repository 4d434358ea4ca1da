"""Rules of recharges: amounts to choose from, and what of each lot is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wxapp.core.money import parse_yuan

RETURN_WITHIN = timedelta(days=350)
"""WeChat Pay takes a payment back for one year. A request must also be decided and carried out within it."""

MOST_SUGGESTIONS = 9


def parse_suggestions(text: str) -> tuple[int, ...]:
    """Return the amounts in fen that a text such as ``50,100,500`` names, each once, in its order.

    :raises ValueError: something in it is no amount, or there are too many
    """
    parts = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    amounts = tuple(dict.fromkeys(parse_yuan(part) for part in parts))
    if len(amounts) > MOST_SUGGESTIONS or any(amount < 1 for amount in amounts):
        raise ValueError("too many amounts, or nothing as an amount")
    return amounts


@dataclass(frozen=True)
class Lot:
    """Money that was put into a balance at one time.

    :ivar gone_fen: of it given back already, or about to be
    :ivar is_online: paid by WeChat Pay, so it goes back there
    :ivar may_be_asked: no refund of it is under way
    """

    no: str
    at: datetime
    amount_fen: int
    gone_fen: int = 0
    is_online: bool = True
    may_be_asked: bool = True


@dataclass(frozen=True)
class LotLeft:
    """A lot with what was spent of it and what is left."""

    lot: Lot
    used_fen: int
    left_fen: int


def share_out(balance_fen: int, lots: Iterable[Lot], *, handed_back_fen: int = 0) -> list[LotLeft]:
    """Say what is left of each lot, newest first.

    Oldest money is spent first, so the balance belongs to the newest lots. What was handed back at the counter
    (``handed_back_fen``) counts against the lots paid there, the oldest first, and beyond them as spent. What is left
    of all lots together is never more than the balance.
    """
    newest_first = sorted(lots, key=lambda lot: (lot.at, lot.no), reverse=True)
    handed_back = _hand_out(handed_back_fen, [lot for lot in reversed(newest_first) if not lot.is_online])
    left = max(balance_fen, 0)
    shares = []
    for lot in newest_first:
        there = max(lot.amount_fen - lot.gone_fen - handed_back.get(lot.no, 0), 0)
        share = min(there, left)
        left -= share
        shares.append(LotLeft(lot, lot.amount_fen - lot.gone_fen - share, share))
    return shares


def _hand_out(amount_fen: int, lots: Sequence[Lot]) -> dict[str, int]:
    parts: dict[str, int] = {}
    for lot in lots:
        parts[lot.no] = min(lot.amount_fen, amount_fen)
        amount_fen -= parts[lot.no]
    return parts


def is_returnable(share: LotLeft, *, now: datetime) -> bool:
    """Whether what is left of a lot can go back the way it came now."""
    lot = share.lot
    return lot.is_online and lot.may_be_asked and share.left_fen > 0 and now < lot.at + RETURN_WITHIN


@dataclass(frozen=True)
class Calculation:
    """A balance by its lots, newest first."""

    balance_fen: int
    shares: Sequence[LotLeft]
    now: datetime

    @property
    def returnable(self) -> list[LotLeft]:
        """The lots that money can go back over now, oldest first: those whose year ends soonest."""
        return [share for share in reversed(self.shares) if is_returnable(share, now=self.now)]

    @property
    def returnable_fen(self) -> int:
        return sum(share.left_fen for share in self.returnable)

    @property
    def counter_fen(self) -> int:
        """What is in the balance and can't go back over WeChat Pay now."""
        return self.balance_fen - self.returnable_fen

    def why_not(self, share: LotLeft) -> str:
        """Return why a lot can't go back the way it came, for people; "" if it can."""
        if not share.lot.is_online:
            return "到店充值，请到前台办理"
        if not share.lot.may_be_asked:
            return "退款处理中"
        if share.left_fen and self.now >= share.lot.at + RETURN_WITHIN:
            return "已超过微信退款期限，请到前台办理"
        return ""

    def plan(self, amount_fen: int) -> list[tuple[LotLeft, int]]:
        """Split an amount over the lots that it can go back over, oldest first.

        :raises ValueError: more than can go back
        """
        if not 0 < amount_fen <= self.returnable_fen:
            raise ValueError("more than can go back")
        parts = []
        for share in self.returnable:
            part = min(share.left_fen, amount_fen)
            amount_fen -= part
            if part:
                parts.append((share, part))
        return parts

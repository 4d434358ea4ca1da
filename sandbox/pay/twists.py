"""Orders to misbehave that only Pay knows: on answers, on notifications, on bills, at a close.

The general ones (time-outs, broken bodies, HTTP errors) are in ``sandbox.faults``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.pay.errors import ORDERABLE

if TYPE_CHECKING:
    from sandbox.world import World


class Twist(StrEnum):
    """What can be ordered. The value is what the control route takes."""

    # Answers (the effect has taken place).
    ANSWER_PROBE = "answer_probe"
    """The signature begins with ``WECHATPAY/SIGNTEST/``."""
    ANSWER_WRONG_SIGNATURE = "answer_wrong_signature"
    ANSWER_UNKNOWN_SERIAL = "answer_unknown_serial"
    ANSWER_UNSIGNED = "answer_unsigned"
    ANSWER_OLD = "answer_old"
    """Rightly signed, but six minutes old."""
    ERROR_BEFORE = "error_before"
    """The error named by ``code``, and no effect."""
    ERROR_AFTER = "error_after"
    """The error named by ``code``, although the effect took place."""
    # Close.
    PAID_BEFORE_CLOSE = "paid_before_close"
    """The user pays while the close is on its way; the close is refused."""
    PAID_DESPITE_CLOSE = "paid_despite_close"
    """The close is answered 204, and the payment still succeeds."""
    # Refunds.
    REFUND_ABNORMAL = "refund_abnormal"
    REFUND_CLOSED = "refund_closed"
    REFUND_STUCK = "refund_stuck"
    """Stays PROCESSING until it is settled by hand."""
    # Transfers.
    TRANSFER_STUCK = "transfer_stuck"
    """Stays PROCESSING until it is settled by hand."""
    TRANSFER_FAILS = "transfer_fails"
    """Is accepted and then fails, whatever the name."""
    TRANSFER_UNASKED = "transfer_unasked"
    """Needs no confirmation of the person."""
    # Notifications, whole.
    NOTICE_LOST = "notice_lost"
    """Never delivered."""
    NOTICE_HELD = "notice_held"
    """Kept back until another notification of the same order has been sent."""
    NOTICE_TWICE = "notice_twice"
    """Two copies at the same moment."""
    NOTICE_AGAIN = "notice_again"
    """Once more after a good answer."""
    # Notifications, one attempt.
    NOTICE_PROBE = "notice_probe"
    NOTICE_WRONG_SIGNATURE = "notice_wrong_signature"
    NOTICE_WRONG_SERIAL = "notice_wrong_serial"
    NOTICE_OLD = "notice_old"
    NOTICE_CHANGED_BODY = "notice_changed_body"
    NOTICE_WRONG_KEY = "notice_wrong_key"
    """Encrypted with another APIv3 key."""
    NOTICE_EMPTY_ASSOCIATED_DATA = "notice_empty_associated_data"
    """Unusual but right: must be accepted."""
    NOTICE_NO_ASSOCIATED_DATA = "notice_no_associated_data"
    """The same with the field missing."""
    NOTICE_UNKNOWN_EVENT = "notice_unknown_event"
    NOTICE_OTHER_AMOUNT = "notice_other_amount"
    NOTICE_OTHER_MCHID = "notice_other_mchid"
    NOTICE_OTHER_APPID = "notice_other_appid"
    NOTICE_UNKNOWN_ORDER = "notice_unknown_order"
    # Bills.
    BILL_MISSING_ROW = "bill_missing_row"
    BILL_EXTRA_ROW = "bill_extra_row"
    BILL_OTHER_AMOUNT = "bill_other_amount"
    BILL_WRONG_HASH = "bill_wrong_hash"


ANSWER_SIGNATURES = frozenset(
    {
        Twist.ANSWER_PROBE,
        Twist.ANSWER_WRONG_SIGNATURE,
        Twist.ANSWER_UNKNOWN_SERIAL,
        Twist.ANSWER_UNSIGNED,
        Twist.ANSWER_OLD,
    }
)
CLOSES = frozenset({Twist.PAID_BEFORE_CLOSE, Twist.PAID_DESPITE_CLOSE})
REFUNDS = frozenset({Twist.REFUND_ABNORMAL, Twist.REFUND_CLOSED, Twist.REFUND_STUCK})
TRANSFERS = frozenset({Twist.TRANSFER_STUCK, Twist.TRANSFER_FAILS, Twist.TRANSFER_UNASKED})
WHOLE_NOTICES = frozenset({Twist.NOTICE_LOST, Twist.NOTICE_HELD, Twist.NOTICE_AGAIN})
ATTEMPTS = frozenset(twist for twist in Twist if twist.name.startswith("NOTICE_")) - WHOLE_NOTICES
GENUINE_ATTEMPTS = frozenset({Twist.NOTICE_TWICE, Twist.NOTICE_EMPTY_ASSOCIATED_DATA, Twist.NOTICE_NO_ASSOCIATED_DATA})
"""Attempts that carry the true notification: a good answer ends the matter."""
BILLS = frozenset(twist for twist in Twist if twist.name.startswith("BILL_"))
ERRORS = frozenset({Twist.ERROR_BEFORE, Twist.ERROR_AFTER})


@dataclass(kw_only=True)
class TwistOrder:
    """One order; ``left`` counts the occasions it still spoils, None means all."""

    id: int
    twist: Twist
    left: int | None = 1
    at: str = ""
    """Endpoint (``pay/jsapi``, ``pay/tradebill``) or event type (``REFUND.SUCCESS``); empty means each."""
    number: str = ""
    """out_trade_no, out_refund_no or out_bill_no; empty means each."""
    code: str = ""
    hits: int = 0


class Twists:
    """The standing orders, kept in the world's pay state and under its lock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def order(
        self, twist: Twist | str, *, count: int | None = 1, at: str = "", number: str = "", code: str = ""
    ) -> TwistOrder:
        """Order a twist.

        :raises ValueError: unknown twist, count below 1, or an error without a code that WeChat Pay knows.
        """
        twist = Twist(twist)
        if count is not None and count < 1:
            raise ValueError("count must be at least 1, or null for 'until taken back'")
        if (twist in ERRORS) != (code in ORDERABLE):
            raise ValueError("error_before and error_after need a code that WeChat Pay has; others have none")
        with self._world.change():
            state = self._world.pay
            state.twist_count += 1
            order = TwistOrder(id=state.twist_count, twist=twist, left=count, at=at, number=number, code=code)
            state.twists.append(order)
        return order

    def take(self, among: Collection[Twist], *, at: str = "", numbers: Collection[str] = ()) -> TwistOrder | None:
        """Return the first order that fits this occasion, and count it down."""
        with self._world.lock:
            for order in self._world.pay.twists:
                if order.twist not in among or (order.at and order.at != at):
                    continue
                if order.number and order.number not in numbers:
                    continue
                order.hits += 1
                if order.left is not None:
                    order.left -= 1
                    if order.left == 0:
                        self._world.pay.twists.remove(order)
                return order
        return None

    def standing(self) -> list[dict[str, object]]:
        with self._world.lock:
            return [asdict(order) for order in self._world.pay.twists]

    def take_back(self, order_id: int) -> bool:
        """Drop one order; tell whether it was there."""
        with self._world.change():
            kept = [order for order in self._world.pay.twists if order.id != order_id]
            dropped = len(kept) < len(self._world.pay.twists)
            self._world.pay.twists = kept
            return dropped

    def clear(self) -> None:
        with self._world.change():
            self._world.pay.twists = []

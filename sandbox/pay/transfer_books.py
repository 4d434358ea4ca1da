"""What WeChat Pay knows of transfers to people: states, and whose money it is at each moment."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum

CONFIRM_LIFE = 24 * 3600
FOUND_FOR = 30 * 24 * 3600


class TransferState(StrEnum):
    ACCEPTED = "ACCEPTED"
    PROCESSING = "PROCESSING"
    WAIT_USER_CONFIRM = "WAIT_USER_CONFIRM"
    TRANSFERING = "TRANSFERING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    CANCELING = "CANCELING"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        return self in (TransferState.SUCCESS, TransferState.FAIL, TransferState.CANCELLED)


@dataclass(kw_only=True)
class Transfer:
    """One bill. ``outcome`` becomes the state at ``due_at``; without it the bill waits for a hand, or the person."""

    out_bill_no: str
    transfer_bill_no: str
    appid: str
    mchid: str
    openid: str
    person_id: str
    fen: int
    remark: str
    user_name: str
    notify_url: str | None
    request: dict[str, object]
    """As sent, the name in plain: a repeated one must be equal."""
    made_at: float
    updated_at: float
    state: TransferState
    due_at: float | None = None
    outcome: TransferState = TransferState.SUCCESS
    fail_reason: str = ""
    package_info: str = field(default_factory=lambda: secrets.token_urlsafe(60))

    def is_over(self, now: float) -> bool:
        """Tell whether the person is too late to confirm."""
        return now >= self.made_at + CONFIRM_LIFE


@dataclass
class TransferBooks:
    """All transfers of one merchant; lock the world around it."""

    bills: dict[str, Transfer] = field(default_factory=dict)
    by_bill_no: dict[str, str] = field(default_factory=dict)
    by_package: dict[str, str] = field(default_factory=dict)
    unsettled: list[str] = field(default_factory=list)
    """out_bill_no of those that are not final."""

    def add(self, bill: Transfer) -> None:
        self.bills[bill.out_bill_no] = bill
        self.by_bill_no[bill.transfer_bill_no] = bill.out_bill_no
        self.by_package[bill.package_info] = bill.out_bill_no
        self.unsettled.append(bill.out_bill_no)

    def find(self, *, out_bill_no: str = "", transfer_bill_no: str = "", now: float) -> Transfer | None:
        """Return a bill by one of its numbers; an old one is not found any more."""
        bill = self.bills.get(out_bill_no or self.by_bill_no.get(transfer_bill_no, ""))
        return bill if bill is not None and now < bill.made_at + FOUND_FOR else None

    def transferred(self) -> dict[str, int]:
        """Return per person what has reached them for certain."""
        money: dict[str, int] = {}
        for bill in self.bills.values():
            if bill.state is TransferState.SUCCESS:
                money[bill.person_id] = money.get(bill.person_id, 0) + bill.fen
        return money

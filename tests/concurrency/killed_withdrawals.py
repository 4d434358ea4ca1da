"""Withdrawals whose worker is killed at every step, from asking to the money, against a real database and the sandbox.

Run as a program: ``python -m tests.concurrency.killed_withdrawals CONFIG SCENARIO [TWIN]``; see ``killed_purchases``,
whose walk it is, and ``killed_payouts``, whose world it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from http.server import HTTPServer
from typing import Any

import sqlalchemy as sa

from tests.concurrency.killed_payouts import PayoutWorld
from tests.concurrency.killed_purchases import again
from tests.concurrency.killed_walk import play
from tests.concurrency.killed_world import Listener
from tests.factories.distribution import make_distributor
from tests.factories.withdrawals import CASHIER, REVIEWER, ask, give_money
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.distribution import kinds, settings
from wxapp.distribution.models import Distributor, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import paying_withdrawals, withdrawal_checks, withdrawing
from wxapp.messages.models import Message
from wxapp.patients.models import WechatUser
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.wallet import services as wallet

FEN, FEE, TAX = 5_000, 50, 500
NET = FEN - FEE - TAX


class WithdrawalWorld(PayoutWorld):
    """The world of payouts, with a distributor who has earned much."""

    def __init__(self, sandbox: str, listener: HTTPServer) -> None:
        super().__init__(sandbox, listener)
        for setting, value in (
            (settings.WITHDRAWAL_FEE, 100),
            (settings.WITHDRAWAL_TAX, 1_000),
            (settings.WITHDRAWALS_PER_DAY, 10_000),
        ):
            core_settings.write(setting, value, by="system:tests")
        self.ask("PATCH", "people/1", {"name": "陈晓"})
        user = db.session.get_one(WechatUser, self.payer.user_id)
        self.distributor_id = make_distributor(user=user, name="陈晓", id_number="999999198506150079").id
        self.balance_account_id = give_money(self.distributor_id, 10_000_000)

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        for check in withdrawal_checks.invariants():
            if not check.holds:
                yield f"{check.name}: {check.text}"


class Scenario(ABC):
    """One withdrawal, and what its people do when it has gone silent."""

    no = ""
    ends = W.PAID

    def __init__(self, world: WithdrawalWorld, number: int) -> None:
        self.world = world
        self.key = f"press-{number:06d}"
        self.sent_before = world.sent()
        self.had = wallet.balance_of(world.balance_account_id)
        self.count_before = self.count()
        self.told_before = self.told()

    def count(self) -> int:
        return db.session.scalar(sa.select(sa.func.count(Withdrawal.id))) or 0

    def told(self) -> int:
        ends = sa.select(Message.body).where(Message.code == "fx_withdraw_0000001")
        texts = [body.rpartition("：")[2] for body in db.session.scalars(ends)]
        return len([text for text in texts if text in {"已到账。", "未通过。", "打款失败。", "打款已撤销。"}])

    def ask(self) -> None:
        ask(db.session.get_one(Distributor, self.world.distributor_id), FEN, key=self.key)
        self.no = db.session.scalars(sa.select(Withdrawal.no).order_by(Withdrawal.id.desc()).limit(1)).one()

    def approve(self) -> None:
        withdrawing.approve_withdrawal(self.no, by=REVIEWER)

    def row(self) -> Withdrawal:
        return queries.get_withdrawal(self.no)

    def confirm(self) -> None:
        package = payments.confirm_params(self.row().payout_no)["package"]
        self.world.ask("POST", "pay/transfer/confirm", {"person": "1", "package": package})

    def prepare(self) -> None:
        self.ask()

    @abstractmethod
    def act(self) -> None:
        """The use case whose worker is killed."""

    @abstractmethod
    def finish(self) -> None:
        """What people do next: they press again."""

    def problems(self) -> Iterator[str]:
        status, is_paid = self.row().status, self.ends is W.PAID
        if status is not self.ends:
            yield f"the withdrawal is {status}, not {self.ends}"
        if (count := self.count() - self.count_before) != 1:
            yield f"{count} withdrawals for one press"
        if (gone := self.had - wallet.balance_of(self.world.balance_account_id)) != (FEN if is_paid else 0):
            yield f"{gone} fen are gone from the balance"
        if (sent := self.world.sent() - self.sent_before) != (NET if is_paid else 0):
            yield f"WeChat has sent {sent} fen"
        if (told := self.told() - self.told_before) != 1:
            yield f"told {told} times how it ended"


class FromApprovalToTheMoney(Scenario):
    def act(self) -> None:
        self.approve()
        payments.carry_out_payouts()

    def finish(self) -> None:
        again(self.approve)
        self.world.catch_up()
        self.confirm()


class AskingWithoutReview(Scenario):
    """The press itself begins the paying: the same form comes again."""

    def prepare(self) -> None:
        core_settings.write(settings.REVIEW_WITHDRAWALS, False, by="system:tests")
        db.session.commit()

    def act(self) -> None:
        self.ask()

    def finish(self) -> None:
        self.ask()
        self.world.catch_up()
        again(self.confirm)


class HearingThatItIsPaid(Scenario):
    """The notification comes once and its worker dies."""

    def prepare(self) -> None:
        self.ask()
        self.approve()
        payments.carry_out_payouts()
        self.confirm()
        self.world.tick()
        Listener.heard.clear()
        number = payments_number(self.row())
        (notice,) = self.world.ask("GET", f"pay/notices?number={number}")["notices"]
        self.world.ask("POST", f"pay/notices/{notice['id']}/send")
        while not Listener.heard:
            self.world.listener.handle_request()

    def act(self) -> None:
        payments.receive_transfer_notice(*Listener.heard[-1])

    def finish(self) -> None:
        pass


class HearingThatItFailed(HearingThatItIsPaid):
    ends = W.FAILED

    def confirm(self) -> None:
        number = payments_number(self.row())
        body = {"state": "FAIL", "reason": "PAYEE_ACCOUNT_ABNORMAL"}
        self.world.ask("POST", f"pay/transfers/{number}/settle", body)


class Rejecting(Scenario):
    ends = W.REJECTED

    def act(self) -> None:
        self.reject()

    def reject(self) -> None:
        withdrawing.reject_withdrawal(self.no, reason="资料不全", by=REVIEWER)

    def finish(self) -> None:
        again(self.reject)


class PayingByHand(Scenario):
    def prepare(self) -> None:
        self.ask()
        withdrawing.approve_withdrawal(self.no, by=REVIEWER, is_by_hand=True)

    def act(self) -> None:
        self.pay()

    def pay(self) -> None:
        paying_withdrawals.pay_by_hand(self.no, channel=Method.CASH, note="签收", by=CASHIER)

    def finish(self) -> None:
        again(self.pay)

    def problems(self) -> Iterator[str]:
        self.sent_before -= NET  # people have paid it, not WeChat
        yield from super().problems()


class CallingBackWhatWasNotSent(Scenario):
    ends = W.FAILED

    def prepare(self) -> None:
        self.ask()
        self.approve()

    def act(self) -> None:
        self.cancel()

    def cancel(self) -> None:
        paying_withdrawals.cancel_payout(self.no, reason="本人要求", by=CASHIER)

    def finish(self) -> None:
        again(self.cancel)


def payments_number(row: Withdrawal) -> str:
    """Return the number that WeChat knows."""
    return queries.payouts_of([row])[row.payout_no].out_bill_no


SCENARIOS: dict[str, type[Scenario]] = {
    scenario.__name__: scenario
    for scenario in (
        FromApprovalToTheMoney,
        AskingWithoutReview,
        HearingThatItIsPaid,
        HearingThatItFailed,
        Rejecting,
        PayingByHand,
        CallingBackWhatWasNotSent,
    )
}


# --- twins: what the house would be without a guard ------------------------------------------------------------------


def _apart(*which: str) -> None:
    """Let transfers of these kinds be a transaction of their own, after what they belong to."""
    transfer = wallet.transfer

    def after_a_commit(*, kind: str, **values: Any) -> Any:
        if kind in which:
            db.session.commit()
        return transfer(kind=kind, **values)

    wallet.transfer = after_a_commit


def money_apart_from_the_request() -> None:
    _apart(kinds.WITHDRAWAL)


def fee_apart_from_the_end() -> None:
    _apart(kinds.WITHDRAWAL_FEE)


def money_back_apart_from_the_end() -> None:
    _apart(kinds.WITHDRAWAL_VOID)


TWINS: dict[str, Callable[[], None]] = {
    twin.__name__: twin
    for twin in (money_apart_from_the_request, fee_apart_from_the_end, money_back_apart_from_the_end)
}


if __name__ == "__main__":
    play(WithdrawalWorld, SCENARIOS, TWINS)

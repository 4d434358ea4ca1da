"""Payouts whose worker is killed at every step, one after the other, against a real database and the sandbox.

Run as a program: ``python -m tests.concurrency.killed_payouts CONFIG SCENARIO [TWIN]``; see ``killed_purchases``,
whose walk it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import HTTPServer
from typing import Any

import sqlalchemy as sa

from tests.concurrency.killed_purchases import again
from tests.concurrency.killed_walk import play
from tests.concurrency.killed_world import CHIEF, Listener, World
from tests.factories.payments import KIND, SET_ASIDE
from wxapp.core import clock, events, ids
from wxapp.core.db import change, db, transaction
from wxapp.patients.models import WechatUser
from wxapp.payments import queries, tasks
from wxapp.payments import services as payments
from wxapp.payments.models import Method, Payout, PayoutStatus
from wxapp.payments.services import paying_out, payout_news
from wxapp.wallet import services as wallet
from wxapp.wechat import connected

FEN = 5_000
LOST = "MCHTRANSFER.BILL.FINISHED"


class PayoutWorld(World):
    """The world of purchases, with what is paid to people in its books."""

    def __init__(self, sandbox: str, listener: HTTPServer) -> None:
        super().__init__(sandbox, listener)
        with transaction():
            change(sa.update(WechatUser).values(appid=connected.clients().appid))
        self.ask("POST", "pay/twists", {"twist": "notice_lost", "at": LOST, "count": None})
        self.hasty: Callable[[], object] | None = None
        """What people do before the scheduler has noticed anything, once."""

    def catch_up(self) -> None:
        """Let the scheduler do its work as time goes by, until what was lost is surely over."""
        if self.hasty is not None:
            again(self.hasty)
            self.hasty = None
        for seconds in (90, 700, 120):
            self.offset += timedelta(seconds=seconds)
            self.tick()
            for task in (events.deliver_due, tasks.query_payouts, tasks.carry_out_payouts, events.deliver_due):
                task()
                db.session.remove()
        self.tick()

    def tick(self) -> None:
        """Let WeChat do what is due, its delays included."""
        self.ask("POST", "clock", {"advance": 5})
        self.ask("POST", "pay/tick")

    def sent(self) -> int:
        return int(self.ask("GET", "pay/money")["merchant"]["transferred_fen"])

    def problems(self) -> Iterator[str]:
        for check in [*wallet.invariants(), *payments.invariants()]:
            if not check.holds:
                yield f"{check.name}: {check.text}"
        ours = wallet.balance_of(wallet.house_account("channel.wechat"))
        if ours != self.sent():
            yield f"WeChat has sent {self.sent()}, our books say {ours}"


class Scenario(ABC):
    """One payout, and what its people do when it has gone silent."""

    def __init__(self, world: PayoutWorld, number: int) -> None:
        self.world = world
        self.subject_no = f"W{number:05d}"
        self.sent_before = world.sent()

    def ask(self) -> None:
        aside = wallet.house_account("clearing.withdrawal")
        with transaction():
            wallet.transfer(
                kind=SET_ASIDE,
                source=self.subject_no,
                payer_id=wallet.house_account("house.mall"),
                payee_id=aside,
                amount_fen=FEN,
            )
            payments.ask_payout(
                payments.PayoutAsked(
                    subject_kind=KIND,
                    subject_no=self.subject_no,
                    amount_fen=FEN,
                    wechat_user_id=self.world.payer.user_id,
                    real_name="",
                    remark="佣金提现",
                    from_account_id=aside,
                )
            )

    def payout(self) -> Payout:
        payout = queries.payout_of(KIND, self.subject_no)
        assert payout is not None
        return payout

    def confirm(self) -> None:
        package = payments.confirm_params(self.payout().no)["package"]
        self.world.ask("POST", "pay/transfer/confirm", {"person": "1", "package": package})

    def prepare(self) -> None:
        self.ask()

    @abstractmethod
    def act(self) -> None:
        """The use case whose worker is killed."""

    def finish(self) -> None:  # noqa: B027 - most need nothing
        """What people do next."""

    def problems(self) -> Iterator[str]:
        yield from self.expect(PayoutStatus.SUCCEEDED, FEN)

    def expect(self, status: PayoutStatus, fen: int) -> Iterator[str]:
        if self.payout().status is not status:
            yield f"the payout is {self.payout().status}, not {status}"
        if (sent := self.world.sent() - self.sent_before) != fen:
            yield f"WeChat has sent {sent} fen, not {fen}"


class AskingForAPayout(Scenario):
    def prepare(self) -> None:
        pass

    def act(self) -> None:
        self.ask()

    def finish(self) -> None:
        self.ask()
        self.world.catch_up()
        self.confirm()

    def problems(self) -> Iterator[str]:
        made = sa.select(sa.func.count()).where(Payout.subject_no == self.subject_no)
        if (count := db.session.scalar(made)) != 1:
            yield f"{count} payouts for one press"
        yield from super().problems()


class SendingToWhoConfirms(Scenario):
    def act(self) -> None:
        payments.carry_out_payouts()

    def finish(self) -> None:
        self.confirm()


class SendingWithoutConfirmation(Scenario):
    def prepare(self) -> None:
        super().prepare()
        if self.subject_no == "W00001":
            self.world.ask("POST", "pay/twists", {"twist": "transfer_unasked", "count": None})

    def act(self) -> None:
        payments.carry_out_payouts()


class SendingWhatStaffLoseFaithIn(SendingWithoutConfirmation):
    """Staff see nothing happen and pay it themselves, as far as they may."""

    def prepare(self) -> None:
        super().prepare()
        number = self.payout().no
        self.world.hasty = lambda: payments.pay_by_hand(number, channel=Method.CASH, note="", by=CHIEF)

    def problems(self) -> Iterator[str]:
        yield from self.expect(PayoutStatus.SUCCEEDED, FEN if self.payout().way is Method.WECHAT else 0)


class HearingOfATransfer(Scenario):
    """The notification comes once and its worker dies: the end has to be found by asking."""

    def prepare(self) -> None:
        self.ask()
        payments.carry_out_payouts()
        self.confirm()
        self.world.tick()
        Listener.heard.clear()
        (notice,) = self.world.ask("GET", f"pay/notices?number={self.payout().out_bill_no}")["notices"]
        self.world.ask("POST", f"pay/notices/{notice['id']}/send")
        while not Listener.heard:
            self.world.listener.handle_request()

    def act(self) -> None:
        payments.receive_transfer_notice(*Listener.heard[-1])


class CallingBack(Scenario):
    def prepare(self) -> None:
        super().prepare()
        payments.carry_out_payouts()

    def cancel(self) -> None:
        payments.cancel_payout(self.payout().no, by=CHIEF)

    def act(self) -> None:
        self.cancel()
        payments.query_payouts()

    def finish(self) -> None:
        again(self.cancel)

    def problems(self) -> Iterator[str]:
        yield from self.expect(PayoutStatus.FAILED, 0)


SCENARIOS: dict[str, type[Scenario]] = {
    scenario.__name__: scenario
    for scenario in (
        AskingForAPayout,
        SendingToWhoConfirms,
        SendingWithoutConfirmation,
        SendingWhatStaffLoseFaithIn,
        HearingOfATransfer,
        CallingBack,
    )
}


# --- twins: what the house would be without a guard ------------------------------------------------------------------


def a_new_number_for_each_try() -> None:
    """A payout whose answer was lost is sent again under another number."""
    query = paying_out.query_payout

    def send_again(payout_id: int) -> bool:
        if payout_news.get(payout_id).channel_state:
            return query(payout_id)
        with transaction():
            values = {
                "out_bill_no": ids.outside_number("PB"),
                "status": PayoutStatus.QUEUED,
                "next_try_at": clock.now(),
            }
            change(sa.update(Payout).where(Payout.id == payout_id).values(values))
        return True

    paying_out.query_payout = send_again


def sent_without_a_claim() -> None:
    """Nothing is written down before the call: who dies after it leaves a payout that looks unsent."""

    def send(payout_id: int) -> bool:
        bill = connected.pay().transfer(paying_out.order_of(payout_news.get(payout_id)))
        with transaction():
            values = {"status": PayoutStatus.SENDING, "next_try_at": clock.now()}
            change(sa.update(Payout).where(Payout.id == payout_id).values(values))
        payout_news.act_on(payout_id, bill, by="system:twin")
        return True

    paying_out.send_payout = send


def booked_apart_from_the_status() -> None:
    """The payout is marked as paid, and then its money is moved."""
    book = payout_news.transfer

    def apart(**more: Any) -> object:
        db.session.commit()
        return book(**more)

    payout_news.transfer = apart  # type: ignore[attr-defined]


TWINS: dict[str, Callable[[], None]] = {
    twin.__name__: twin for twin in (a_new_number_for_each_try, sent_without_a_claim, booked_apart_from_the_status)
}


if __name__ == "__main__":
    play(PayoutWorld, SCENARIOS, TWINS)

"""Two senders at work on one queue: each delivery goes out once. Each guard has a twin that shows what it prevents."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.messages import make_receiver, make_template
from tests.fakes.wechat import FakeOfficialAccount
from wxapp.core import clock
from wxapp.core.db import change, db, repeat_on_conflict, transaction
from wxapp.messages import catalogue
from wxapp.messages.channels import NoConsent
from wxapp.messages.entry import Channel
from wxapp.messages.models import Delivery, DeliveryState, Message
from wxapp.messages.services import delivering, notify, notifying, template_result
from wxapp.messages.tasks import deliver_due
from wxapp.wechat import connected
from wxapp.wechat.values import TemplateMessage

pytestmark = pytest.mark.mariadb

MOVED = "pt_booking_0000003"
COUNT = 120
S = DeliveryState


@pytest.fixture
def account(real_database: Flask) -> Iterator[FakeOfficialAccount]:
    before, fake = connected.clients(), FakeOfficialAccount()
    connected.use(replace(before, official_account=fake))
    yield fake
    connected.use(before)


@pytest.fixture
def queue(real_database: Flask) -> Flask:
    """A database with many deliveries that are due."""
    with real_database.app_context():
        make_template(MOVED)
        make_template(MOVED, Channel.SMS)
        with transaction():
            for number in range(COUNT):
                notify(MOVED, make_receiver(number), _moved())
        db.session.remove()
    return real_database


def _moved() -> dict[str, object]:
    texts = {"booking_no": "YY1", "patient": "张*", "department": "体检中心", "place": "二楼", "reason": "停诊"}
    return texts | {"starts_at": clock.now()}


def together(app: Flask, *works: Callable[[], object]) -> None:
    """Run each work in a thread of its own, all beginning at the same moment."""
    ready = threading.Barrier(len(works))
    faults: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            ready.wait()
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 - handed to the test
                faults.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def states(app: Flask, channel: Channel = Channel.OA_TEMPLATE) -> Counter[str]:
    with app.app_context():
        rows = db.session.execute(sa.select(Delivery.state).where(Delivery.channel == channel)).scalars().all()
        db.session.remove()
    return Counter(state.value for state in rows)


def calls_by_two_senders(app: Flask, account: FakeOfficialAccount) -> Counter[str]:
    work = lambda: deliver_due(in_flight=8)  # noqa: E731
    together(app, work, work)
    return Counter(call.message_id for call in account.sent)


def test_two_senders_send_each_delivery_once(queue: Flask, account: FakeOfficialAccount) -> None:
    calls = calls_by_two_senders(queue, account)
    assert len(calls) == COUNT
    assert set(calls.values()) == {1}
    assert states(queue) == {"sent": COUNT}


def test_without_the_claim_both_would_send(
    queue: Flask, account: FakeOfficialAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken away: who reads what is due without claiming it sends what the other one sends."""
    seen = threading.Barrier(2)

    def read_only(limit: int) -> list[delivering.Claimed]:
        found = _unclaimed(limit)
        seen.wait(timeout=20)
        return found

    monkeypatch.setattr(delivering, "claim", read_only)
    work = lambda: deliver_due(limit=4, in_flight=4)  # noqa: E731
    together(queue, work, work)
    assert set(Counter(call.message_id for call in account.sent).values()) == {2}


def _unclaimed(limit: int) -> list[delivering.Claimed]:
    rows = db.session.execute(
        sa.select(Delivery, Message.texts)
        .join(Message)
        .where(Delivery.state == S.NEW)
        .order_by(Delivery.id)
        .limit(limit)
    ).all()
    return [
        delivering.Claimed(
            d.id, d.message_id, d.code, Channel(d.channel), d.address, catalogue.find(d.code).texts(_moved()), "",
            d.client_msg_id, "", 1, d.queued_at, d.is_urgent, False,
        )
        for d, _ in rows
    ]  # fmt: skip


def test_of_two_claims_at_once_no_row_is_in_both(queue: Flask) -> None:
    taken: list[list[int]] = []
    work = lambda: taken.append([one.id for one in repeat_on_conflict(lambda: delivering.claim(COUNT))])  # noqa: E731
    together(queue, work, work, work)
    everything = [number for one in taken for number in one]
    assert len(everything) == len(set(everything))


def test_the_lease_of_a_killed_sender_runs_out(queue: Flask, account: FakeOfficialAccount) -> None:
    with queue.app_context():
        held = delivering.claim(10)
        db.session.remove()
        deliver_due()  # the others; what is held stays with the one that was killed
        assert states(queue) == {"sent": COUNT - 10, "sending": 10}
        _let_leases_end()
        deliver_due()
    assert states(queue) == {"sent": COUNT}
    calls = Counter(call.message_id for call in account.sent)
    assert {one.client_msg_id for one in held} <= set(calls)
    assert set(calls.values()) == {1}


def _let_leases_end() -> None:
    with transaction():
        change(sa.update(Delivery).where(Delivery.state == S.SENDING).values(due_at=clock.now()))


def test_who_comes_too_late_overwrites_no_result(queue: Flask, account: FakeOfficialAccount) -> None:
    with queue.app_context():
        (slow,) = delivering.claim(1)
        _let_leases_end()
        deliver_due()
        assert delivering.record_failure(slow, NoConsent("43004", "too late")) is False
        assert states(queue) == {"sent": COUNT}


def test_without_the_lease_the_late_one_would_overwrite(queue: Flask, account: FakeOfficialAccount) -> None:
    """The guard taken away: an update by the id alone turns what was sent into what was not."""
    with queue.app_context():
        (slow,) = delivering.claim(1)
        _let_leases_end()
        deliver_due()
        with transaction():
            change(sa.update(Delivery).where(Delivery.id == slow.id).values(state=S.UNREACHABLE))
        assert states(queue)["unreachable"] == 1


class Poisoned(FakeOfficialAccount):
    """An account whose client breaks on one message, every time."""

    poison = ""

    def send_template(self, message: TemplateMessage) -> int:
        if message.openid == self.poison:
            raise ZeroDivisionError("poison")
        return super().send_template(message)


def test_a_poison_row_stops_nobody(queue: Flask, account: FakeOfficialAccount) -> None:
    poisoned = Poisoned()
    poisoned.poison = "oTESTER0000000000000000000500"
    connected.use(replace(connected.clients(), official_account=poisoned))
    with queue.app_context():
        deliver_due(in_flight=4)
    found = states(queue)
    assert found["sent"] == COUNT - 1
    assert found["new"] == 1


def test_two_refusals_at_once_open_the_next_channel_once(real_database: Flask) -> None:
    """Each sees the other's delivery still under way unless one of them waits: the message's row is held."""
    with real_database.app_context():
        make_template(MOVED)
        make_template(MOVED, Channel.SMS)
        with transaction():
            notify(MOVED, make_receiver(1, openids=2), _moved())
        first, second = delivering.claim(2)
        db.session.remove()
    refusal = NoConsent("43004", "")
    together(
        real_database,
        lambda: repeat_on_conflict(lambda: delivering.record_failure(first, refusal)),
        lambda: repeat_on_conflict(lambda: delivering.record_failure(second, refusal)),
    )
    assert states(real_database, Channel.SMS) == {"new": 1}


def test_without_holding_the_message_nobody_would_open_it(
    real_database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken away: both look before either has ended its own transaction, and both see the other at work."""
    with real_database.app_context():
        make_template(MOVED)
        make_template(MOVED, Channel.SMS)
        with transaction():
            notify(MOVED, make_receiver(1, openids=2), _moved())
        first, second = delivering.claim(2)
        db.session.remove()
    both_wrote, both_looked = threading.Barrier(2), threading.Barrier(2)
    looking = threading.local()
    real_change = notifying.change

    def not_held(statement: sa.Update) -> int:
        if statement.table.name == "messages_message":
            both_wrote.wait(timeout=20)
            looking.is_first_commit = True
            return 1
        return real_change(statement)

    def before_commit(_connection: sa.Connection) -> None:
        if getattr(looking, "is_first_commit", False):
            looking.is_first_commit = False
            both_looked.wait(timeout=20)

    monkeypatch.setattr(notifying, "change", not_held)
    sa.event.listen(sa.Engine, "commit", before_commit)
    refusal = NoConsent("43004", "")
    try:
        together(
            real_database,
            lambda: delivering.record_failure(first, refusal),
            lambda: delivering.record_failure(second, refusal),
        )
    finally:
        sa.event.remove(sa.Engine, "commit", before_commit)
    assert states(real_database, Channel.SMS) == {}


def test_a_receipt_that_is_told_twice_at_once_counts_once(queue: Flask, account: FakeOfficialAccount) -> None:
    with queue.app_context():
        deliver_due(limit=1, in_flight=1)
        msgid = db.session.execute(
            sa.select(Delivery.platform_id).where(Delivery.platform_id.is_not(None))
        ).scalar_one()
        db.session.remove()
    told = lambda: repeat_on_conflict(lambda: template_result(msgid, "failed:user block"))  # noqa: E731
    together(queue, told, told)
    assert states(queue, Channel.SMS) == {"new": 1}


def test_the_same_occurrence_told_at_once_is_one_message(real_database: Flask) -> None:
    def tell() -> None:
        with transaction():
            notify(MOVED, make_receiver(1), _moved(), once="closed-5")

    together(real_database, *[lambda: repeat_on_conflict(tell)] * 4)
    with real_database.app_context():
        assert db.session.query(Message).count() == 1
        db.session.remove()

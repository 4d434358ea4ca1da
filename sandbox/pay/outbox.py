"""Sending notifications: when due, one attempt each, spoilt where that was ordered."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from sandbox.faults import Kind
from sandbox.pay.envelopes import Envelope, envelope
from sandbox.pay.notices import Attempt, Notice, NoticeState, is_good
from sandbox.pay.twists import ATTEMPTS, GENUINE_ATTEMPTS, WHOLE_NOTICES, Twist
from sandbox.recorder import readable

if TYPE_CHECKING:
    from sandbox.pay.desk import Desk

ENDPOINT = "pay/notify"
KEEP = 5_000
PARALLEL = 8
MOST_READ = 4096
_SUMMARIES = {"transaction": "支付成功", "refund": "退款结果", "mch_payment": "商家转账单据终态通知"}


@dataclass(frozen=True)
class Reply:
    """What the backend answered; status None: nothing in time."""

    status: int | None
    body: bytes = b""
    note: str = ""


Send = Callable[[str, Envelope, float], Reply]
"""Posts an envelope to a URL within so many seconds. Never raises."""


def post(url: str, sent: Envelope, timeout: float) -> Reply:
    """Post over HTTP, without redirects and proxies; the whole answer must be there in time.

    The answer is read byte by byte, so that one that drips in can't outstay its time; 4 KiB of it are enough.
    """
    end = time.monotonic() + timeout
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                url, data=sent.body, headers=sent.headers, timeout=timeout, allow_redirects=False, stream=True
            )
            body = b""
            for piece in answer.iter_content(1):
                body += piece
                if time.monotonic() > end:
                    return Reply(None, note="answer took too long")
                if len(body) >= MOST_READ:
                    break
            return Reply(answer.status_code, body)
    except requests.RequestException as error:
        return Reply(None, note=type(error).__name__)


class Outbox:
    """Notifications of one desk. State is in the world; sending happens without its lock."""

    def __init__(self, desk: Desk, *, send: Send | None = None) -> None:
        self._desk = desk
        self._send = send or post
        self.hurry = threading.Event()
        """Set when something new waits, so that the worker needn't sleep on."""
        for notice in desk.world.pay.notices.values():
            notice.is_busy = False

    def tell(
        self, *, event_type: str, original_type: str, number: str, out_trade_no: str, url: str, plain: dict[str, Any]
    ) -> Notice:
        """Write a notification down; the next tick sends it, unless another fate was ordered."""
        desk, world = self._desk, self._desk.world
        now = desk.now()
        notice = Notice(
            id=str(uuid.uuid4()),
            event_type=event_type,
            original_type=original_type,
            summary=_SUMMARIES[original_type],
            number=number,
            out_trade_no=out_trade_no,
            url=url,
            plain=plain,
            made_at=now,
            next_at=now,
        )
        for fault in world.faults.take(ENDPOINT, {Kind.LOST, Kind.OUT_OF_ORDER, Kind.DELAY}):
            if fault.kind is Kind.LOST:
                notice.state = NoticeState.LOST
            elif fault.kind is Kind.OUT_OF_ORDER:
                notice.state = NoticeState.HELD
            else:
                notice.next_at = now + fault.seconds
        order = desk.twists.take(WHOLE_NOTICES, at=event_type, numbers=(number, out_trade_no))
        if order is not None:
            if order.twist is Twist.NOTICE_AGAIN:
                notice.again = True
            else:
                notice.state = NoticeState.LOST if order.twist is Twist.NOTICE_LOST else NoticeState.HELD
        with world.change():
            world.pay.notices[notice.id] = notice
            while len(world.pay.notices) > KEEP:
                oldest = next(iter(world.pay.notices))
                del world.pay.notices[oldest]
                if oldest in world.pay.open_notices:
                    world.pay.open_notices.remove(oldest)
            if notice.state is not NoticeState.LOST:
                world.pay.open_notices.append(notice.id)
        self.hurry.set()
        return notice

    def let_go(self, notice_id: str) -> Notice:
        """Send a notification (again) at the next tick, whatever its state; KeyError if there is none."""
        world = self._desk.world
        with world.change():
            notice = world.pay.notices[notice_id]
            self._release(notice)
        self.hurry.set()
        return notice

    def _release(self, notice: Notice) -> None:
        notice.state = NoticeState.WAITING
        notice.next_at = self._desk.now()
        if notice.id not in self._desk.world.pay.open_notices:
            self._desk.world.pay.open_notices.append(notice.id)

    def send_due(self) -> int:
        """Make the attempts that are due and wait for them; return how many there were.

        Orders go side by side; what is due of one order goes one after the other, oldest first, so that nothing
        overtakes by chance: that is what ``notice_held`` is for.
        """
        world = self._desk.world
        with world.lock:
            now = self._desk.now()
            waiting = [world.pay.notices[each] for each in world.pay.open_notices if each in world.pay.notices]
            due = [notice for notice in waiting if notice.is_due(now)]
            for notice in due:
                notice.is_busy = True
        by_order: dict[str, list[Notice]] = {}
        for notice in due:
            by_order.setdefault(notice.out_trade_no, []).append(notice)
        if len(by_order) == 1:
            self._attempt_all(due)
        elif by_order:
            with ThreadPoolExecutor(max_workers=min(PARALLEL, len(by_order))) as pool:
                list(pool.map(self._attempt_all, by_order.values()))
        return len(due)

    def _attempt_all(self, notices: list[Notice]) -> None:
        for notice in notices:
            self._attempt(notice)

    def _attempt(self, notice: Notice) -> None:
        desk, world = self._desk, self._desk.world
        twist = self._twist_for(notice)
        sent = envelope(
            notice,
            signer=desk.keys.signer(),
            apiv3_key=desk.keys.apiv3_key,
            wall=int(desk.wall()),
            twist=twist,
        )
        if twist is Twist.NOTICE_TWICE:
            with ThreadPoolExecutor(max_workers=2) as pool:
                attempts = list(pool.map(lambda copy: self._deliver(notice, copy, twist), (sent, sent)))
        else:
            attempts = [self._deliver(notice, sent, twist)]
        genuine = twist is None or twist in GENUINE_ATTEMPTS
        with world.change():
            notice.record(attempts, genuine=genuine, now=desk.now(), scale=world.config.timing.notify_scale)
            if notice.state is not NoticeState.WAITING and notice.id in world.pay.open_notices:
                world.pay.open_notices.remove(notice.id)
            for other_id in list(world.pay.open_notices):
                other = world.pay.notices[other_id]
                if other.state is NoticeState.HELD and other.out_trade_no == notice.out_trade_no:
                    self._release(other)
        self.hurry.set()

    def _twist_for(self, notice: Notice) -> Twist | None:
        desk = self._desk
        order = desk.twists.take(ATTEMPTS, at=notice.event_type, numbers=(notice.number, notice.out_trade_no))
        if order is not None:
            return order.twist
        for fault in desk.world.faults.take(ENDPOINT, {Kind.WRONG_SIGNATURE, Kind.DUPLICATE}):
            return Twist.NOTICE_TWICE if fault.kind is Kind.DUPLICATE else Twist.NOTICE_WRONG_SIGNATURE
        # A probe only comes first: the good one follows it.
        if notice.tries == 0 and desk.dice.random() < desk.probe_rate:
            return Twist.NOTICE_PROBE
        return None

    def _deliver(self, notice: Notice, sent: Envelope, twist: Twist | None) -> Attempt:
        world = self._desk.world
        parts = urlsplit(notice.url)
        call = world.recorder.begin(
            at=world.now(),
            direction="out",
            endpoint=ENDPOINT,
            method="POST",
            path=parts.path,
            query={},
            headers=sent.headers,
            body=sent.body,
        )
        started = time.monotonic()
        reply = self._send(notice.url, sent, world.config.timing.notify_timeout)
        call.took_ms = round((time.monotonic() - started) * 1000)
        call.status = reply.status
        call.answer = readable(reply.body)
        call.note = ", ".join(part for part in (twist.value if twist else "", reply.note) if part)
        return Attempt(
            at=world.now(),
            twist=twist.value if twist else "",
            status=reply.status,
            good=reply.status is not None and is_good(reply.status, reply.body),
            answer=readable(reply.body[:500]),
            note=reply.note,
        )

"""Delivering pushes: five seconds, three more tries, and whatever was ordered to go wrong."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

from sandbox.account.errors import ApiError
from sandbox.account.media import find as find_media
from sandbox.callback import crypto, replies
from sandbox.callback.envelopes import Fields, Keys, Twist, pack
from sandbox.faults import Fault, Kind
from sandbox.people import HOSPITAL, Person
from sandbox.world import World

FAULTS = frozenset({Kind.DELAY, Kind.WRONG_SIGNATURE, Kind.DUPLICATE, Kind.OUT_OF_ORDER, Kind.LOST})
NO_REPLY = frozenset({"TEMPLATESENDJOBFINISH", "unsubscribe", "VIEW", "view_miniprogram"})
"""Events whose answer is ignored, as is every ``subscribe_msg_…`` event."""
HOLD = 5.0
"""Seconds after which a push that was held back is sent even if no other came."""
LARGEST_ANSWER = 1024 * 1024


@dataclass(kw_only=True)
class Delivery:
    """One attempt."""

    at: float
    status: int | None
    answer: str
    outcome: str
    """``taken``, ``replied``, ``bad reply``, ``refused`` (HTTP status), ``no answer``."""


@dataclass(kw_only=True)
class Push:
    """A message or event and how it fared."""

    id: int
    name: str
    """Its type: ``text``, ``subscribe``, …"""
    person_id: str
    fields: dict[str, Any]
    twists: list[str] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    outcome: str = "waiting"
    """``waiting``, ``taken``, ``replied``, ``failed`` or ``lost``."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


class Pusher:
    """Sends what happens in the chats to the backend."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pushes: deque[Push] = deque(maxlen=1_000)
        self._numbers = itertools.count(1)
        self._turn = 0
        self._held: list[threading.Event] = []
        self._lock = threading.Lock()

    # -- settings ------------------------------------------------------------------------------------------

    def keys(self, *, which: str | None = None) -> Keys:
        """Return what the next push is signed with; ``which`` overrides the rotation (current, previous)."""
        account, chosen = self.world.config.official_account, self.world.account.callback
        current, previous = chosen.aes_key or account.aes_key, chosen.previous_aes_key
        which = which or chosen.use_key
        if which == "alternate":
            with self._lock:
                self._turn += 1
                which = "previous" if self._turn % 2 else "current"
        return Keys(
            mode=chosen.mode or account.mode,
            token=chosen.token or account.token,
            aes_key=previous if which == "previous" and previous else current,
            appid=account.appid,
        )

    @property
    def url(self) -> str:
        """The address that pushes go to."""
        backend = self.world.config.backend
        return backend.url.rstrip("/") + backend.callback_path

    def verify(self) -> tuple[bool, str]:
        """Check the address as the console does on saving; tell whether it passed, and why not."""
        keys = self.keys()
        moment, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        echo = str(secrets.randbelow(10**19))
        query = {
            "signature": crypto.sign(keys.token, moment, nonce),
            "timestamp": moment,
            "nonce": nonce,
            "echostr": echo,
        }
        status, answer, note = self._send("GET", "callback/verify", query, b"", "")
        passed = status == 200 and answer == echo.encode()
        with self.world.change():
            self.world.account.callback.verified = passed
        return passed, note or ("ok" if passed else f"HTTP {status}, and the body is not exactly the echostr")

    # -- pushing -------------------------------------------------------------------------------------------

    def new(self, person: Person, name: str, fields: Fields, *, twists: Collection[str] = ()) -> Push:
        """Make a push without sending it; ``fields`` follow after the four common ones and may override them."""
        common = {
            "ToUserName": self.world.config.official_account.original_id,
            "FromUserName": self.world.openid(person),
            "CreateTime": int(self.world.now()),
            "MsgType": name if "Event" not in fields else "event",
        }
        push = Push(
            id=next(self._numbers),
            name=name,
            person_id=person.id,
            fields={**common, **fields},
            twists=[Twist(twist) for twist in twists],
        )
        self.pushes.append(push)
        return push

    def push(self, person: Person, name: str, fields: Fields) -> Push:
        """Send something in the background."""
        made = self.new(person, name, fields)
        self.world.later(0, self.run, made)
        return made

    def run(self, push: Push, *, as_json: bool = False, key: str | None = None) -> Push:
        """Deliver a push, faults included, and return when its outcome is known."""
        hit = self.world.faults.take(f"callback/{push.name}", FAULTS)
        kinds = {fault.kind for fault in hit}
        if Kind.LOST in kinds:
            push.outcome = "lost"
            return push
        self._wait(hit)
        twists = {Twist(twist) for twist in push.twists}
        if Kind.WRONG_SIGNATURE in kinds:
            twists.add(Twist.WRONG_SIGNATURE)
        copies = 2 if Kind.DUPLICATE in kinds or Twist.DUPLICATE in twists else 1
        if copies == 1:
            self._deliver(push, twists, as_json=as_json, key=key)
        else:
            with ThreadPoolExecutor(max_workers=copies) as both:
                for _ in range(copies):
                    both.submit(self._deliver, push, twists, as_json=as_json, key=key)
        self._release()
        return push

    def _wait(self, hit: list[Fault]) -> None:
        for fault in hit:
            if fault.kind is Kind.DELAY:
                self.world.pause(fault.seconds)
            elif fault.kind is Kind.OUT_OF_ORDER:
                gate = threading.Event()
                with self._lock:
                    self._held.append(gate)
                gate.wait(fault.seconds or HOLD)
                with self._lock, contextlib.suppress(ValueError):
                    self._held.remove(gate)

    def _release(self) -> None:
        with self._lock:
            for gate in self._held:
                gate.set()

    def _deliver(self, push: Push, twists: Collection[Twist], *, as_json: bool, key: str | None) -> None:
        timing = self.world.config.timing
        for attempt in range(1 + timing.callback_retries):
            if attempt:
                self.world.pause(timing.callback_retry_gap)
            if self.world.stopping.is_set():
                return
            keys = self.keys(which=key)
            envelope = pack(push.fields, keys, twists=twists, as_json=as_json)
            status, answer, _ = self._send(
                "POST", f"callback/{push.name}", envelope.query, envelope.body, envelope.mime
            )
            delivery = Delivery(
                at=self.world.now(), status=status, answer=answer[:4096].decode(errors="replace"), outcome="no answer"
            )
            with self._lock:
                push.deliveries.append(delivery)
            if status is None:
                continue
            if status != 200:
                delivery.outcome = "refused"
                continue
            delivery.outcome = self._take(push, keys, answer)
            return
        self._settle(push, "failed")
        if self._may_reply(push):
            self._fail(push)

    def _take(self, push: Push, keys: Keys, answer: bytes) -> str:
        """Act on an answer with 200 and return the outcome."""
        if not self._may_reply(push):
            self._settle(push, "taken")
            return "taken"
        account = self.world.config.official_account
        try:
            reply = replies.read(answer, keys, openid=str(push.fields["FromUserName"]), original_id=account.original_id)
            if reply is not None and reply.kind == "image":
                find_media(self.world, reply.body["media_id"])
        except (replies.BadReply, ApiError) as error:
            self._settle(push, "failed")
            self._fail(push)
            return f"bad reply: {error}"
        if reply is None:
            self._settle(push, "taken")
            return "taken"
        # Of two parallel deliveries one reply is shown.
        if self._settle(push, "replied"):
            person = self.world.person(push.person_id)
            self.world.post(
                person, chat=HOSPITAL, side="note" if reply.kind == "note" else "them", kind=reply.kind, **reply.body
            )
        return "replied"

    def _settle(self, push: Push, outcome: str) -> bool:
        """Write the outcome; the first reply wins. Tell whether it was written."""
        with self._lock:
            if push.outcome == "replied":
                return False
            push.outcome = outcome
            return True

    def _fail(self, push: Push) -> None:
        with contextlib.suppress(LookupError):
            self.world.note(self.world.person(push.person_id), replies.SERVICE_FAILURE)

    @staticmethod
    def _may_reply(push: Push) -> bool:
        return push.name not in NO_REPLY and not push.name.startswith("subscribe_msg_")

    def _send(
        self, method: str, name: str, query: dict[str, str], body: bytes, mime: str
    ) -> tuple[int | None, bytes, str]:
        """Send one request; the connection is cut when the whole answer is not there in time."""
        world, limit = self.world, self.world.config.timing.callback_timeout
        headers = {"User-Agent": "Mozilla/4.0", **({"Content-Type": mime} if mime else {})}
        call = world.recorder.begin(
            at=world.now(),
            direction="out",
            endpoint=name,
            method=method,
            path=self.url,
            query=query,
            headers=headers,
            body=body,
        )
        started = time.monotonic()
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.request(
                    method,
                    self.url,
                    params=query,
                    data=body,
                    headers=headers,
                    timeout=limit,
                    allow_redirects=False,
                    stream=True,
                )
                answer = b""
                for piece in response.iter_content(8192):
                    answer += piece
                    if time.monotonic() - started > limit or len(answer) > LARGEST_ANSWER:
                        raise requests.Timeout("answer too slow or too large")
                call.status, call.answer = response.status_code, answer[:65536].decode(errors="replace")
                call.answer_headers = dict(response.headers)
                return response.status_code, answer, ""
        except requests.RequestException as error:
            call.note = f"no answer: {type(error).__name__}"
            return None, b"", call.note
        finally:
            call.took_ms = round((time.monotonic() - started) * 1000)

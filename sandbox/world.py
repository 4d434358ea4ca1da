"""All state of the sandbox behind one lock, its clock, and the file it is kept in."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from sandbox.config import Config
from sandbox.faults import Faults
from sandbox.people import CHAT_NAMES, HOSPITAL, PAY, TEXTS, ChatEntry, Person
from sandbox.recorder import Recorder

if TYPE_CHECKING:
    from sandbox.account.state import AccountState
    from sandbox.callback.pusher import Pusher
    from sandbox.pay.state import PayState
    from sandbox.sms import SmsState

BEIJING = ZoneInfo("Asia/Shanghai")
CHAT_LIMIT = 500

log = logging.getLogger(__name__)


class UnknownPerson(LookupError):
    """There is no such person, openid or phone."""


class World:
    """Everything the sandbox knows.

    Read under ``lock``, write inside ``change()``; both are re-entrant. Never call out over HTTP while holding
    the lock. ``account``, ``pay`` and ``sms`` are plain dataclasses owned by their packages; they must survive
    a trip through JSON (``pydantic.TypeAdapter``), so dict keys are strings.
    """

    account: AccountState
    pay: PayState
    sms: SmsState
    pusher: Pusher

    def __init__(self, config: Config, parts: dict[str, type[Any]]) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.recorder = Recorder()
        self.faults = Faults()
        self.stopping = threading.Event()
        self._parts = parts
        self._workers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="world")
        self._dirty = False
        self.start_over()
        self._read_file()

    # -- state ---------------------------------------------------------------------------------------------

    def start_over(self) -> None:
        """Forget everything but the configuration."""
        with self.lock:
            self.clock_offset = 0.0
            self.version = int(time.time() * 1000)
            self.people: dict[str, Person] = {}
            self.chats: dict[str, list[ChatEntry]] = {}
            self._entry_numbers = itertools.count(1)
            for name, part in self._parts.items():
                setattr(self, name, part())
            for entry in self.config.people:
                self.add_person(
                    person_id=entry.id,
                    name=entry.name,
                    nickname=entry.nickname,
                    phone=entry.phone,
                    follows=entry.follows,
                    blocks_messages=entry.blocks_messages,
                    snapshot=entry.snapshot,
                )
            self.touch()

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock and mark the state as changed, for the file and for the phones."""
        with self.lock:
            yield
            self.touch()

    def touch(self) -> None:
        """Mark the state as changed; call it with the lock held."""
        self.version += 1
        self._dirty = True

    # -- clock ---------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return Unix seconds on the sandbox's clock."""
        return time.time() + self.clock_offset

    def today(self) -> str:
        """Return the date in Beijing, where quotas start anew."""
        return f"{self.local_time():%Y-%m-%d}"

    def local_time(self) -> datetime:
        """Return the sandbox's time as an aware datetime in Beijing."""
        return datetime.fromtimestamp(self.now(), tz=UTC).astimezone(BEIJING)

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number moves it back."""
        with self.change():
            self.clock_offset += seconds

    # -- people --------------------------------------------------------------------------------------------

    def add_person(
        self,
        *,
        person_id: str | None = None,
        name: str,
        nickname: str = "",
        phone: str = "",
        follows: bool = False,
        blocks_messages: bool = False,
        snapshot: bool = False,
    ) -> Person:
        """Add a WeChat user; without an id the next free number is taken.

        :raises ValueError: the id is taken.
        """
        with self.change():
            if person_id is None:
                person_id = next(str(number) for number in itertools.count(1) if str(number) not in self.people)
            if person_id in self.people:
                raise ValueError(f"person {person_id} exists")
            person = Person(
                id=person_id,
                name=name,
                nickname=nickname or name,
                phone=phone,
                follows=follows,
                followed_at=int(self.now()) if follows else 0,
                blocks_messages=blocks_messages,
                snapshot=snapshot,
            )
            self.people[person_id] = person
            self.chats[person_id] = []
            return person

    def person(self, person_id: str) -> Person:
        """Return a person by id.

        :raises UnknownPerson: there is none.
        """
        with self.lock:
            try:
                return self.people[person_id]
            except KeyError:
                raise UnknownPerson(person_id) from None

    def person_by_openid(self, openid: str, appid: str | None = None) -> Person:
        """Return whose openid this is under the AppID (the hospital's account by default).

        :raises UnknownPerson: nobody's, or somebody's under another AppID.
        """
        appid = appid or self.config.official_account.appid
        with self.lock:
            for person in self.people.values():
                if person.openid_for(appid) == openid:
                    return person
        raise UnknownPerson(openid)

    def openid(self, person: Person) -> str:
        """Return the person's openid under the hospital's account."""
        return person.openid_for(self.config.official_account.appid)

    # -- chats ---------------------------------------------------------------------------------------------

    def chat_name(self, chat: str) -> str:
        """Return the title of a chat."""
        return self.config.official_account.name if chat == HOSPITAL else CHAT_NAMES[chat]

    def post(self, person: Person, *, chat: str, side: Any, kind: Any, **body: Any) -> ChatEntry:
        """Write a line into a person's chat."""
        with self.change():
            entry = ChatEntry(
                id=next(self._entry_numbers), at=self.now(), chat=chat, side=side, kind=kind, body=dict(body)
            )
            lines = self.chats.setdefault(person.id, [])
            lines.append(entry)
            del lines[:-CHAT_LIMIT]
            return entry

    def note(self, person: Person, text: str, *, chat: str = HOSPITAL) -> ChatEntry:
        """Write a grey line in the middle of the chat."""
        return self.post(person, chat=chat, side="note", kind="note", text=text)

    def deliver_text(self, phone: str, body: str) -> bool:
        """Show a short message on every phone with this number; tell whether there was one.

        ``phone`` may carry ``+86``.
        """
        number = phone.removeprefix("+86")
        with self.change():
            owners = [person for person in self.people.values() if person.phone == number]
            for person in owners:
                self.post(person, chat=TEXTS, side="them", kind="text", text=body)
            return bool(owners)

    def deliver_pay_notice(self, person: Person, *, title: str, rows: list[tuple[str, str]]) -> None:
        """Show a voucher in the chat of WeChat Pay (微信支付)."""
        self.post(person, chat=PAY, side="them", kind="template", title=title, rows=[list(row) for row in rows], url="")

    # -- work in the background ----------------------------------------------------------------------------

    def later(self, seconds: float, work: Any, *args: Any, **kwargs: Any) -> None:
        """Run something in the background after real seconds; dropped when the sandbox ends."""
        if seconds <= 0:
            self._workers.submit(self._run, work, args, kwargs)
            return
        timer = threading.Timer(seconds, self._run, (work, args, kwargs))
        timer.daemon = True
        timer.start()

    def pause(self, seconds: float) -> None:
        """Sleep, but wake up when the sandbox ends."""
        self.stopping.wait(seconds)

    def _run(self, work: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.stopping.is_set():
            return
        try:
            work(*args, **kwargs)
        except Exception:  # the outermost frame of a background job: nobody else would see it
            log.exception("background work failed")

    # -- the file ------------------------------------------------------------------------------------------

    def start_saving(self) -> None:
        """Write the state file each second on change, until ``stop``."""
        if self.config.server.state_file is not None:
            threading.Thread(target=self._save_loop, name="save", daemon=True).start()

    def stop(self) -> None:
        """End background work and write the file a last time."""
        self.stopping.set()
        self.faults.clear()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self.save()

    def _save_loop(self) -> None:
        while not self.stopping.wait(1.0):
            self.save()

    def snapshot(self) -> dict[str, Any]:
        """Return all that is worth keeping as JSON values."""
        with self.lock:
            kept: dict[str, Any] = {
                "clock_offset": self.clock_offset,
                "people": _PEOPLE.dump_python(self.people, mode="json"),
                "chats": _CHATS.dump_python(self.chats, mode="json"),
            }
            for name, part in self._parts.items():
                kept[name] = TypeAdapter(part).dump_python(getattr(self, name), mode="json")
            return kept

    def save(self) -> None:
        """Write the state file if something changed; a crash leaves the old or the new one, never half."""
        path = self.config.server.state_file
        with self.lock:
            if path is None or not self._dirty:
                return
            self._dirty = False
            kept = self.snapshot()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)

    def _read_file(self) -> None:
        path = self.config.server.state_file
        if path is None or not path.exists():
            return
        try:
            self._restore(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, ValidationError):
            aside = Path(f"{path}.unreadable")
            path.replace(aside)
            log.warning("state file could not be read and was put aside as %s", aside)

    def _restore(self, kept: dict[str, Any]) -> None:
        people = _PEOPLE.validate_python(kept["people"])
        chats = _CHATS.validate_python(kept["chats"])
        parts = {name: TypeAdapter(part).validate_python(kept[name]) for name, part in self._parts.items()}
        with self.lock:
            # People who were added to the configuration since then join in.
            self.people = people | {pid: person for pid, person in self.people.items() if pid not in people}
            self.chats = {pid: chats.get(pid, []) for pid in self.people}
            self.clock_offset = float(kept["clock_offset"])
            latest = max((entry.id for lines in self.chats.values() for entry in lines), default=0)
            self._entry_numbers = itertools.count(latest + 1)
            for name, value in parts.items():
                setattr(self, name, value)


_PEOPLE = TypeAdapter(dict[str, Person])
_CHATS = TypeAdapter(dict[str, list[ChatEntry]])

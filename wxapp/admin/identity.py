"""Who is signed in at the staff door. The package staff says how a person is loaded; the shell only asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import g, has_request_context, request

from wxapp.core import actors, sessions
from wxapp.core.errors import SignInRequired
from wxapp.core.permissions import Permission


@dataclass(frozen=True)
class Staff:
    """A member of staff who may sign in, as the shell sees one.

    :ivar must_visit: endpoint of the page that has to be dealt with before anything else, or ""
    """

    id: int
    username: str
    name: str
    permissions: frozenset[Permission]
    roles: tuple[str, ...] = ()
    must_visit: str = ""

    @property
    def actor(self) -> str:
        return actors.staff(self.id)

    def may(self, permission: Permission | None) -> bool:
        """Whether this person has the right; None stands for any signed-in member of staff."""
        return permission is None or permission in self.permissions


_load: Callable[[int], Staff | None] = lambda staff_id: None  # noqa: E731
_names: Callable[[list[int]], dict[int, str]] = lambda ids: {}  # noqa: E731


def use_identity(load: Callable[[int], Staff | None], names: Callable[[list[int]], dict[int, str]]) -> None:
    """Set how a person is loaded by id (None when there is none or the account is off) and how ids become names."""
    global _load, _names
    _load, _names = load, names


def find_staff() -> Staff | None:
    """Return who is signed in at this browser, or None."""
    if not has_request_context():
        return None
    row = sessions.current(sessions.STAFF)
    if row is None:
        return None
    if g.get("staff_of") != row.id:
        g.staff_of, g.staff = row.id, _load(row.subject_id)
    found: Staff | None = g.staff
    return found


def current_staff() -> Staff:
    """Return who is signed in.

    :raises SignInRequired: nobody is
    """
    staff = find_staff()
    if staff is None:
        raise SignInRequired
    return staff


@dataclass(frozen=True)
class Device:
    """A workstation or machine of the house that calls with a token of its own."""

    id: int
    name: str

    @property
    def actor(self) -> str:
        return actors.system(f"device:{self.id}")


_load_device: Callable[[str], Device | None] = lambda token: None  # noqa: E731


def use_devices(load: Callable[[str], Device | None]) -> None:
    """Set how a device is found by its token (None for an unknown or revoked one)."""
    global _load_device  # noqa: PLW0603 - as above
    _load_device = load


def shows_device_token() -> bool:
    """Whether the request carries a token instead of a session's cookie."""
    return _authorization()[0] == "bearer"


def _authorization() -> tuple[str, str]:
    """Return scheme, in small letters as it may be written in any, and what follows it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), token.strip()


def current_device() -> Device:
    """Return the device whose token the request carries.

    :raises SignInRequired: no token, an unknown or a revoked one
    """
    scheme, token = _authorization()
    device = _load_device(token) if scheme == "bearer" and token else None
    if device is None:
        raise SignInRequired("设备令牌无效，请在“电脑配置”中重新生成")
    return device


def current_actor() -> str:
    """Return who does this, a member of staff or a device.

    :raises SignInRequired: nobody who may
    """
    staff = find_staff()
    return staff.actor if staff is not None else current_device().actor


def actor_name(actor: str) -> str:
    """Return a name for people: ``staff:12`` becomes that person's name, others keep their text."""
    kind, _, number = actor.partition(":")
    if kind == "system":
        return "系统"
    if kind == "wechat":
        return f"微信用户{number}"
    if actor == "nobody":
        return "未登录"
    if kind != "staff" or not number.isdigit():
        return actor
    known: dict[int, str] = g.setdefault("staff_names", {}) if has_request_context() else {}
    if int(number) not in known:
        # Who is not there any more is remembered too, else every row of a list would ask for him.
        known.update({int(number): actor} | _names([int(number)]))
    return known[int(number)]


def remember_names(all_actors: list[str]) -> None:
    """Load the names of a page's actors with one query; :func:`actor_name` then finds them."""
    numbers = {int(a.removeprefix("staff:")) for a in all_actors if a.startswith("staff:") and a[6:].isdigit()}
    if numbers:
        g.setdefault("staff_names", {}).update(_names(sorted(numbers)))

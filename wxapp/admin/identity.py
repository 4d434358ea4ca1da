"""Who is signed in at the staff door. The package staff says how a person is loaded; the shell only asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import g, has_request_context

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

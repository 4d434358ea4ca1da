"""Who is told, and how they are reached. Packages above register their kinds of receivers and groups of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wxapp.messages.entry import Channel, Entry


@dataclass(frozen=True)
class Receiver:
    """Somebody who is told something, e.g. ``Receiver("patient", 5)``."""

    kind: str
    id: int


@dataclass(frozen=True)
class Address:
    """One way to a receiver: an openid for official-account templates, a mobile number for SMS."""

    channel: Channel
    to: str


Resolver = Callable[[int], Sequence[Address]]
Wish = Callable[[Receiver, Entry, Sequence[Address]], Sequence[Address]]
Owner = Callable[[object], Sequence[Receiver]]


@dataclass(frozen=True)
class Group:
    """Many receivers that staff can address at once.

    :ivar size: how many they are now
    :ivar members: up to ``limit`` receivers whose id is greater than ``after``, in the order of their ids
    """

    name: str
    label: str
    size: Callable[[], int]
    members: Callable[[int, int], Sequence[Receiver]]


_resolvers: dict[str, Resolver] = {}
_owners: list[Owner] = []
_wishes: list[Wish] = []
_groups: dict[str, Group] = {}


def register(kind: str, resolver: Resolver) -> None:
    """Say how receivers of this kind are reached: the resolver gives an id's present addresses."""
    _resolvers[kind] = resolver


def register_owner(owner: Owner) -> None:
    """Say whose site messages a signed-in patient user reads: the function gives the user's receivers."""
    if owner not in _owners:
        _owners.append(owner)


def register_wish(wish: Wish) -> None:
    """Say to which of a receiver's addresses a message may go; the function gives those that stay."""
    if wish not in _wishes:
        _wishes.append(wish)


def register_group(group: Group) -> None:
    _groups[group.name] = group


def addresses(receiver: Receiver) -> Sequence[Address]:
    """Return how a receiver is reached now.

    :raises LookupError: nobody registered this kind
    """
    return _resolvers[receiver.kind](receiver.id)


def owned_by(user: object) -> list[Receiver]:
    """Return the receivers whose site messages this user reads."""
    return [receiver for owner in _owners for receiver in owner(user)]


def agreed_addresses(receiver: Receiver, entry: Entry) -> Sequence[Address]:
    """Return how a receiver may be told this message now: without the addresses whose owners refused it.

    :raises LookupError: nobody registered this kind
    """
    found = addresses(receiver)
    for wish in _wishes:
        found = wish(receiver, entry, found) if found else found
    return found


def groups() -> list[Group]:
    return list(_groups.values())


def group(name: str) -> Group | None:
    return _groups.get(name)

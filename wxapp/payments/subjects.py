"""What can be paid for. Each package above registers its kind; payments know it by kind and number only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from wxapp.payments.errors import WayOff

_WAYS = {"wechat": "微信支付", "balance": "余额支付", "hospital": "到院支付"}
ALL_WAYS = frozenset(_WAYS)


@dataclass(frozen=True)
class Line:
    """One line of what is to be paid, for the cashier and the receipt."""

    name: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True)
class Bookable:
    """Something paid for, for which a patient may make an appointment: its number, and what a list calls it."""

    no: str
    label: str


@dataclass(frozen=True)
class Subject:
    """A kind of thing that is paid for.

    :param page: endpoint of the patient's page of one, which gets its number as ``argument``
    :param staff_page: endpoint of the staff's page of one
    :param find: numbers that a text typed by the cashier may mean (order number, redemption code)
    :param lines: what a number consists of
    :param ways: returns the ways it may be paid now; stored value can't be bought with stored value
    :param wait_at_hospital: called in the transaction that chooses 到院支付, with the number and who chose; lets the
        subject wait and returns until when. None: this kind can't be paid at the hospital.
    :param bookable: what a patient has of it that an appointment can be made for
    """

    kind: str
    label: str
    page: str
    argument: str = "no"
    staff_page: str = ""
    find: Callable[[str], Sequence[str]] | None = None
    lines: Callable[[str], Sequence[Line]] | None = None
    wait_at_hospital: Callable[[str, str], datetime] | None = None
    bookable: Callable[[int], Sequence[Bookable]] | None = None
    ways: Callable[[], frozenset[str]] = lambda: ALL_WAYS


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Make a kind known; called once when its package is imported."""
    _subjects[subject.kind] = subject


def subject_of(kind: str) -> Subject | None:
    return _subjects.get(kind)


def ways_of(kind: str) -> frozenset[str]:
    """Return the ways a kind may be paid, whatever is switched on."""
    subject = _subjects.get(kind)
    return subject.ways() if subject is not None else ALL_WAYS


def check_way(kind: str, way: str) -> None:
    """:raises WayOff: what is paid for can't be paid this way, whatever is switched on"""
    if way not in ways_of(kind):
        raise WayOff(f"{label_of(kind)}不支持{_WAYS[way]}")


def subjects() -> list[Subject]:
    return list(_subjects.values())


def label_of(kind: str) -> str:
    subject = _subjects.get(kind)
    return subject.label if subject else kind


def lines_of(kind: str, no: str) -> Sequence[Line]:
    subject = _subjects.get(kind)
    return subject.lines(no) if subject and subject.lines else ()


def bookable_of(patient_id: int) -> list[Bookable]:
    """Return what a patient has paid for and may make an appointment for."""
    return [one for subject in _subjects.values() if subject.bookable for one in subject.bookable(patient_id)]


def numbers_meant(text: str) -> list[tuple[str, str]]:
    """Return (kind, number) of whatever a typed text may mean."""
    return [(subject.kind, no) for subject in _subjects.values() if subject.find for no in subject.find(text)]

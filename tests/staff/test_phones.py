"""By which phone a member of staff is known elsewhere."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.staff import make_member
from wxapp.admin.identity import Staff
from wxapp.core.db import change, db, transaction
from wxapp.core.events import EventRow, _listeners, on
from wxapp.staff import known_as, queries, services
from wxapp.staff.events import MemberAtWork
from wxapp.staff.models import Member
from wxapp.staff.services.signing_in import identity_of

PHONE, OTHER = "13800000077", "13800000078"


@pytest.fixture
def boss(app: Flask) -> Staff:
    found = identity_of(make_member(everything=True).id)
    assert found is not None
    return found


def test_who_works_here_is_known_by_the_phone(boss: Staff) -> None:
    services.create_member(username="new.one", name="新人", phone=PHONE, by=boss)
    assert queries.is_staff_phone(PHONE)
    assert queries.staff_phones([PHONE, OTHER, ""]) == {PHONE}
    assert not queries.is_staff_phone("")


def test_a_changed_phone_is_known_and_the_old_one_is_not(boss: Staff) -> None:
    member = make_member(phone=PHONE)
    services.change_member(member.id, name="员工", phone=OTHER, role_ids=[], version=1, by=boss)
    assert queries.staff_phones([PHONE, OTHER]) == {OTHER}


def test_an_account_that_is_off_is_nobody_who_works_here(boss: Staff) -> None:
    member = make_member(phone=PHONE)
    services.switch_member(member.id, on=False, by=boss)
    assert not queries.is_staff_phone(PHONE)


def test_rows_from_before_the_index_are_found_too(app: Flask) -> None:
    member = make_member(phone=PHONE)
    with transaction():
        change(sa.update(Member).where(Member.id == member.id).values(phone_index=None))
    assert queries.is_staff_phone(PHONE)
    assert not queries.is_staff_phone(OTHER)


def test_a_person_at_work_is_told_of(boss: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setitem(_listeners, "MemberAtWork", {})

    @on(MemberAtWork)
    def hear(event: MemberAtWork) -> None:
        heard.append(event.member_id)

    made = services.create_member(username="new.one", name="新人", phone=PHONE, by=boss).member
    services.change_member(made.id, name="新人", phone=OTHER, role_ids=[], version=made.version, by=boss)
    services.switch_member(made.id, on=False, by=boss)
    services.switch_member(made.id, on=True, by=boss)
    assert heard == [made.id] * 3
    payloads = db.session.scalars(sa.select(EventRow.payload).where(EventRow.name == "MemberAtWork")).all()
    assert not any(phone in text for text in payloads for phone in (PHONE, OTHER))


def test_packages_say_what_a_phone_is_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_as, "_notes", {})
    known_as.register("nothing", lambda phone: "")
    known_as.register("something", lambda phone: f"尾号{phone[-4:]}")
    assert known_as.notes(PHONE) == ["尾号0077"]
    assert known_as.notes("") == []

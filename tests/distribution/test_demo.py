"""What the demo of distribution stands on: whose telephone is the first distributor's, and a clock that comes back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sandbox.people import Person
from wxapp.core import clock
from wxapp.demo.content.people import SANDBOX_PEOPLE
from wxapp.demo.content.promoters import PROMOTERS, SALES, Life, sandbox_openid
from wxapp.demo.earlier import earlier


def test_the_first_distributor_has_a_telephone_in_the_sandbox() -> None:
    person = Person(**SANDBOX_PEOPLE[1])
    assert sandbox_openid("wx1", person.id) == person.openid_for("wx1")
    assert PROMOTERS[0].name == person.name


def test_earlier_ends_with_its_block() -> None:
    now, held = clock.now(), clock.now
    with pytest.raises(LookupError), earlier(days=3, hours=2):
        assert held() == now - timedelta(days=3, hours=2)
        assert clock.day_bounds(clock.today())[0] == clock.day_bounds(date(2026, 2, 27))[0]
        raise LookupError
    assert clock.now() == now


def test_people_are_invited_and_sell_only_when_they_are_there() -> None:
    for number, one in enumerate(PROMOTERS):
        assert one.inviter is None or (one.inviter < number and PROMOTERS[one.inviter].days > one.days)
    for sale in SALES:
        assert PROMOTERS[sale.seller].days > sale.days
        assert sale.buyer is None or PROMOTERS[sale.buyer].days > sale.days
        assert PROMOTERS[sale.seller].life not in (Life.REFUSED, Life.WAITING)

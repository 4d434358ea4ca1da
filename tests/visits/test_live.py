"""Lists that keep up by themselves don't keep anybody signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.permissions import Permission

NEWEST = "/pc/visits/newest"
JSON = {"Accept": "application/json"}
Move = Callable[[timedelta], None]


def test_the_newest_change_is_told(client: FlaskClient, sign_in_staff: Callable[..., str], at: Move) -> None:
    sign_in_staff(client, make_member([Permission.VISIT_READ]))
    assert client.get(NEWEST, headers=JSON).get_json()["newest"] == 0

    make_visit()
    first = client.get(NEWEST, headers=JSON).get_json()["newest"]
    at(timedelta(seconds=3))
    make_visit()

    assert first == int((clock.now() - timedelta(seconds=3)).timestamp() * 1000)
    assert client.get(NEWEST, headers=JSON).get_json()["newest"] == first + 3000


def _status_after_an_hour_of_asking(client: FlaskClient, at: Move, headers: dict[str, str]) -> Any:
    for _ in range(6):
        at(timedelta(minutes=10))
        status = client.get(NEWEST, headers={**JSON, **headers}).status_code
    return status


def test_asking_in_the_background_does_not_keep_the_session(
    client: FlaskClient, sign_in_staff: Callable[..., str], at: Move
) -> None:
    sign_in_staff(client, make_member([Permission.VISIT_READ]))
    assert _status_after_an_hour_of_asking(client, at, {"X-Background": "yes"}) == 401


def test_asking_by_hand_does(client: FlaskClient, sign_in_staff: Callable[..., str], at: Move) -> None:
    sign_in_staff(client, make_member([Permission.VISIT_READ]))
    assert _status_after_an_hour_of_asking(client, at, {}) == 200

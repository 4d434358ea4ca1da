"""Somebody at the doors of quotes and reviews, and the two ways in which quotes are sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from wxapp.core.db import db
from wxapp.hospital.models import Project
from wxapp.staff.models import Member
from wxapp.visits.models import Stage, Visit

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


@dataclass
class Desk:
    """A member of staff at a browser or a program."""

    client: FlaskClient
    csrf: str
    member: Member

    def post(self, path: str, *, html: bool = False, **fields: Any) -> Any:
        data = {"csrf_token": self.csrf, **fields}
        return self.client.post(f"/pc/{path}", data=data, headers=HTML if html else None)

    def page(self, path: str) -> str:
        answer = self.client.get(f"/pc/{path}", headers=HTML)
        assert answer.status_code == 200, answer.text
        return answer.text

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}", headers=JSON).json


Sit = Callable[[Member], Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[..., str]) -> Sit:
    return lambda member: Desk(client, sign_in_staff(client, member), member)


def lists(projects: list[Project], **over: Any) -> dict[str, Any]:
    """Return the parallel lists of the contract's example."""
    categories = "".join(f"{project.category_id}," for project in projects)
    return {
        "pname": "".join(f"{project.name}," for project in projects),
        "cid": "".join(f"{project.id}," for project in projects),
        "fid": categories,
        "project_id": categories,
        "price": "".join(f"{project.price_fen // 100}.00," for project in projects),
        "num": "1," * len(projects),
        **over,
    }


def rows(projects: list[Project]) -> dict[str, Any]:
    """Return the fields of our own page."""
    made: dict[str, Any] = {}
    for number, project in enumerate(projects, start=1):
        made |= {f"cid-{number}": project.id, f"price-{number}": project.price_fen // 100, f"num-{number}": 1}
    return made


def stage_of(visit: Visit) -> Stage:
    db.session.refresh(visit)
    return visit.stage

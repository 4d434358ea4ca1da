"""How long staff's page of a distributor in the tree takes, with ten thousand people below."""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, g

from bench.figures import Figure, Report, Rounds
from bench.world import World
from tests.engines.processes import free_port
from tests.factories.distribution import make_distributor
from tests.factories.staff import make_member
from tests.settings import APPID
from wxapp.admin.filters import keep_privately
from wxapp.core import clock, sessions
from wxapp.core.db import db, insert_rows, transaction
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.queries.people import counts_below, name_index, phone_index
from wxapp.distribution.rules.codes import draw_code
from wxapp.patients.models import WechatUser

NAME = "tree"
BELOW = 10_000
ABOVE = 20
MOST_MS = 100
AT_ONCE = 1_000


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("tree", port=port)
    with app.app_context():
        tops, last_code = _grow()
        cookie, search = _sign_in(app, last_code)
        counted = {shape: counts_below(top) for shape, top in tops.items()}
        db.session.remove()
    web, empty = world.web(config, port=port), world.empty()
    pages = {
        f"{shape}: {what}": f"/pc/distribution/tree/{top}{query}"
        for shape, top in tops.items()
        for what, query in (("first page", "?"), ("last page", "?page=500"), ("search", f"?f={search}"))
    }
    took: dict[str, list[float]] = {name: [] for name in pages}
    beside: list[float] = []
    with (
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as ours,
        closing(http.client.HTTPConnection("127.0.0.1", empty.port, timeout=20)) as baseline,
    ):
        for number in range(-2, world.effort.rounds * 4):
            for name, address in pages.items():
                ms, other = _ask(ours, address, cookie), _ask(baseline, "/", "")
                if number >= 0:
                    took[name].append(ms)
                    beside.append(other)
    web.running.stop()
    for name, values in took.items():
        rounds = Rounds(tuple(values))
        report.add(
            Figure(
                NAME,
                f"{name}, half of its answers within (slowest {max(values):.0f} ms)",
                f"{rounds.median:.0f} ms",
                f"{Rounds(tuple(beside)).median:.1f} ms empty view",
                "",
                f"< {MOST_MS} ms",
                rounds.median < MOST_MS,
            )
        )
    told = "; ".join(
        f"{shape}: {each.direct:,} directly, {each.second:,} below those" for shape, each in counted.items()
    )
    report.note(f"people below: {told}; {ABOVE} above each")


def _grow() -> tuple[dict[str, int], str]:
    """Make two trees of the same size; return their tops, and the code of somebody deep in the second."""
    agreed = clock.now()
    wide, deep = _chain(), _chain()
    _add([wide] * BELOW, agreed=agreed)
    firsts = _add([deep] * 100, agreed=agreed)
    _add([inviter_id for inviter_id in firsts for _ in range(BELOW // 100 - 1)], agreed=agreed)
    last = sa.select(Distributor.code).order_by(Distributor.id.desc()).limit(1)
    return {"all directly below": wide, "a hundred with a hundred each": deep}, db.session.scalars(last).one()


def _chain() -> int:
    """Return the lowest of a chain."""
    lowest = make_distributor()
    for _ in range(ABOVE):
        lowest = make_distributor(inviter=lowest)
    return lowest.id


def _add(inviter_ids: Sequence[int], *, agreed: datetime) -> list[int]:
    """Add a distributor below each of these; return their keys."""
    made: list[int] = []
    for start in range(0, len(inviter_ids), AT_ONCE):
        part = inviter_ids[start : start + AT_ONCE]
        with transaction():
            openids = [f"o-{secrets.token_hex(10)}" for _ in part]
            insert_rows(
                WechatUser,
                [{"appid": APPID, "openid": one, "nickname": "小陈", "created_at": agreed} for one in openids],
            )
            users = list(db.session.scalars(sa.select(WechatUser.id).where(WechatUser.openid.in_(openids))))
            rows = [_row(user_id, inviter_id, agreed) for user_id, inviter_id in zip(users, part, strict=True)]
            insert_rows(Distributor, rows)
            made += db.session.scalars(sa.select(Distributor.id).where(Distributor.wechat_user_id.in_(users))).all()
    return made


def _row(user_id: int, inviter_id: int, agreed: datetime) -> dict[str, Any]:
    phone = f"138{secrets.randbelow(10**8):08d}"
    name = "陈" + secrets.choice("一二三四五六七八九十") + str(user_id % 1000)
    return {
        "wechat_user_id": user_id,
        "code": draw_code(secrets.choice),
        "name": name,
        "name_index": name_index(name),
        "phone": phone,
        "phone_index": phone_index(phone),
        "phone_taken": phone_index(f"{phone}:{user_id}"),
        "status": DistributorStatus.ACTIVE,
        "inviter_id": inviter_id,
        "agreement_version": "2026-01",
        "agreed_at": agreed,
        "applied_at": agreed,
        "decided_at": agreed,
    }


def _sign_in(app: Flask, searched: str) -> tuple[str, str]:
    """Return the cookie of a member of staff who may do all, and the token of a kept search."""
    member_id = make_member(everything=True).id
    base = app.config["WXAPP"].app.base_url
    with app.test_request_context(base_url=base):
        sessions.sign_in(sessions.STAFF, member_id)
        cookie = "; ".join(f"{name}={kept[0]}" for name, kept in g.cookies.items())
    with app.test_request_context(base_url=base, headers={"Cookie": cookie}):
        return cookie, keep_privately({"q": searched})


def _ask(connection: http.client.HTTPConnection, address: str, cookie: str) -> float:
    """Return how many milliseconds an answer took."""
    began = time.perf_counter()
    connection.request("GET", address, headers={"Cookie": cookie, "Accept": "text/html"})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status != 200 or (cookie and b"sheet__table" not in body and "没有符合".encode() not in body):
        raise RuntimeError(f"{address}: {answer.status}")
    return took

"""Lists of visits where there are 300,000 of them: each filter, each order, and the search."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode

from bench import crowded_visits, people
from bench.figures import Figure, Report, Rounds
from bench.world import Served, World
from tests.engines.processes import free_port
from wxapp.core import clock, sessions

NAME = "visits"
COUNT, FEW = 300_000, 30_000
MOST_MS = 30
SEARCH_MS = 50
ROUNDS = 9

LISTS: tuple[tuple[str, str], ...] = (
    ("前台", "/pc/user/index"),
    ("拍照室", "/pc/physical/index"),
    ("分诊", "/pc/triage/index"),
    ("咨询师", "/pc/consultation/index"),
    ("超管", "/pc/consultation/index"),
    ("超管", "/pc/examine/index"),
    ("前台", "/pc/collect/index"),
    ("咨询师", "/pc/collect/print_list"),
    ("超管", "/pc/collect/print_list"),
    ("超管", "/pc/procedure/index"),
    ("前台", "/pc/leave/index"),
    ("前台", "/pc/driver/waiting"),
    ("前台", "/pc/driver/assigned"),
    ("司机", "/pc/driver/mine"),
)
"""Who looks at which list."""

_SELECT = re.compile(r'<select[^>]*\bname="(?P<name>\w+)"[^>]*>(?P<options>.*?)</select>', re.DOTALL)
_OPTION = re.compile(r'<option[^>]*\bvalue="(?P<value>[^"]+)"')
_INPUT = re.compile(r'<input[^>]*\bname="(?P<name>since|until|day)"')
_SORT = re.compile(r'href="[^"]*[?&;]sort=(?P<sort>-?\w+)')


@dataclass(frozen=True)
class Timed:
    """What was asked for, and how long half of its answers took."""

    what: str
    ms: float


@dataclass(frozen=True)
class Looker:
    """A signed-in member of staff, and the connections to our server and to the empty view, which take turns.

    :ivar beside: how long the empty view took
    """

    cookie: str
    csrf: str
    ours: http.client.HTTPConnection
    baseline: http.client.HTTPConnection
    beside: list[float]

    def page(self, address: str, *, form: Mapping[str, str] | None = None) -> str:
        """:raises RuntimeError: the answer is no page"""
        headers = {"Cookie": self.cookie, "Accept": "text/html", "User-Agent": "bench"}
        if form is None:
            self.ours.request("GET", address, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            self.ours.request("POST", address, urlencode({**form, "csrf_token": self.csrf}), headers)
        answer = self.ours.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        return text

    def timed(self, address: str, *, form: Mapping[str, str] | None = None) -> Timed:
        took: list[float] = []
        for number in range(-1, ROUNDS):
            began = time.perf_counter()
            self.page(address, form=form)
            between = time.perf_counter()
            self.baseline.request("GET", "/")
            self.baseline.getresponse().read()
            if number >= 0:
                took.append((between - began) * 1000)
                self.beside.append((time.perf_counter() - between) * 1000)
        return Timed(f"{address} {form['q'] if form else ''}".strip(), Rounds(tuple(took)).median)


def measure(world: World, report: Report) -> None:
    count = COUNT if world.effort.rounds >= 5 else FEW
    port = free_port()
    app, config = world.application("visits", port=port)
    with app.app_context():
        crowded = crowded_visits.fill(count)
    signed_in = {role: people.sign_in(app, sessions.STAFF, member_id) for role, member_id in crowded.staff.items()}
    web, empty = world.web(config, port=port), world.empty()
    with _connected(web) as ours, _connected(empty) as baseline:
        beside: list[float] = []
        lookers = {role: Looker(*pair, ours, baseline, beside) for role, pair in signed_in.items()}
        texts = [crowded.name, crowded.phone, crowded.record_no, crowded.visit_no, "没有此人", "13800009999"]
        for role, path in LISTS:
            looker = lookers[role]
            timed = [looker.timed(address) for address in _ways_to_look(looker.page(path), path, texts)]
            _tell(report, f"{path} as {role}, {count:,} visits", timed, MOST_MS, beside)
        for role in ("前台", "咨询师"):
            searched = [lookers[role].timed("/pc/search", form={"q": text}) for text in texts]
            _tell(report, f"search among {count:,} visits as {role}", searched, SEARCH_MS, beside)
    web.running.stop()


def _ways_to_look(page: str, path: str, texts: Sequence[str]) -> list[str]:
    """Return the list's address as it opens, with each choice of each filter, and in each order, also far behind."""
    today = clock.today()
    ways: list[dict[str, str]] = [{}, {"page": "2"}, {"page": "500"}]
    for select in _SELECT.finditer(page):
        values = _OPTION.findall(select["options"])
        ways += [{select["name"]: unescape(value)} for value in [*values[:6], *values[-1:]]]
    for field in _INPUT.finditer(page):
        ways += [{field["name"]: f"{today.replace(day=1)}"}, {field["name"]: f"{today.replace(year=today.year - 1)}"}]
    sorts = {sort.lstrip("-") for sort in _SORT.findall(page)}
    ways += [{"sort": f"{sign}{name}"} for name in sorted(sorts) for sign in ("", "-")]
    if 'name="q"' in page:
        ways += [{"q": text} for text in texts]
    if path == "/pc/user/index":
        ways += [{"status": "1"}, {"status": "2"}, {"status": "3"}, {"status": "3", "page": "400"}]
        ways += [{"status": "3", "q": text} for text in texts]
    return list(dict.fromkeys(f"{path}?{urlencode(way)}" for way in ways))


# --- asking ----------------------------------------------------------------------------------------------------------


@contextmanager
def _connected(served: Served) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        yield connection


def _tell(report: Report, what: str, timed: Sequence[Timed], most_ms: float, beside: list[float]) -> None:
    slowest = sorted(timed, key=lambda one: -one.ms)
    empty_ms = Rounds(tuple(beside)).median
    report.add(
        Figure(
            NAME,
            f"{what}: slowest of {len(timed)} ways to look",
            f"{slowest[0].ms:.0f} ms",
            f"{empty_ms:.1f} ms empty view",
            f"{slowest[0].ms / empty_ms:.0f} ×",
            f"< {most_ms:.0f} ms",
            slowest[0].ms < most_ms,
        )
    )
    beside.clear()  # the next list has the empty view of its own minutes beside it
    report.note("slowest: " + ", ".join(f"{one.what} {one.ms:.0f} ms" for one in slowest[:3]))

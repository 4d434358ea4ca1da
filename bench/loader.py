"""A small HTTP client that keeps several connections busy; a program of its own: job in, result out, both JSON.

Only to 127.0.0.1, and bounded in count and in time. A *visit* is a generator that yields requests and is sent the
answers; each connection walks through its own visits one after the other, as one person would.

Imports the standard library only: it has to start fast and use little of the machine it shares with the server.
"""

from __future__ import annotations

import json
import re
import resource
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any
from urllib.parse import urlencode, urlsplit

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        """Where the answer leads to, as a path."""
        found = _LOCATION.search(self.head)
        return urlsplit(found[1].decode()).path if found else ""


Visit = Generator[bytes, Answer, str]
"""Yields requests, is sent answers, returns what it ended in: ``ok`` or why not."""


def request(method: str, path: str, port: int, *, cookie: str = "", form: dict[str, str] | None = None) -> bytes:
    """Return the bytes of a request as WeChat's browser sends it."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0.50",
        "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
        "Accept-Language: zh-CN,zh;q=0.9",
    ]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    body = b""
    if form is not None:
        body = urlencode(form).encode()
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


# --- visits ----------------------------------------------------------------------------------------------------------


def look(job: dict[str, Any], _connection: int) -> Iterator[Visit]:
    """Look at the job's pages, one after the other."""
    requests = [request("GET", path, job["port"], cookie=job.get("cookie", "")) for path in job["paths"]]
    return (_look(each) for each in cycle(requests))


def _look(page: bytes) -> Visit:
    answer = yield page
    return "ok" if answer.status == 200 else f"status {answer.status}"


def buy(job: dict[str, Any], connection: int) -> Iterator[Visit]:
    """Place an order and pay it by balance; each connection has buyers of its own."""
    buyers = job["buyers"][connection :: job["connections"]]
    for number, buyer in zip(count(), cycle(buyers), strict=False):
        goods = job["goods"][(number * 7 + connection) % len(job["goods"])]
        yield _buy(job, buyer, goods, once=f"{job['run']}-{connection:03d}-{number:07d}")


def _buy(job: dict[str, Any], buyer: dict[str, str], goods: dict[str, Any], *, once: str) -> Visit:
    port, cookie = job["port"], buyer["cookie"]
    order = {
        "csrf_token": buyer["csrf"],
        "goods_id": goods["id"],
        "quantity": "1",
        "price": goods["price"],
        "once": once,
        "remark": "",
    }
    placed = yield request("POST", "/mall/checkout", port, cookie=cookie, form=order)
    if placed.status != 303 or not placed.path.startswith("/pay/"):
        return "sold out" if goods["is_scarce"] and placed.status == 409 else f"order: status {placed.status}"
    pay = {"csrf_token": buyer["csrf"]} | ({"password": buyer["password"]} if job["asks_password"] else {})
    paid = yield request("POST", f"{placed.path}/balance", port, cookie=cookie, form=pay)
    return "ok" if paid.status == 303 else f"payment: status {paid.status}"


STRIDE = 7
"""Has no common divisor with the number of times."""


def book(job: dict[str, Any], connection: int) -> Iterator[Visit]:
    """Choose a time and confirm it; each connection has people of its own, who never come to the same time twice."""
    buyers = job["buyers"][connection :: job["connections"]]
    for number, buyer in zip(count(job["first"]), cycle(buyers), strict=False):
        chosen = job["times"][(number * STRIDE + connection) % len(job["times"])]
        yield _book(job, buyer, chosen, once=f"{job['run']}-{connection:03d}-{number:07d}")


def _book(job: dict[str, Any], buyer: dict[str, str], chosen: dict[str, Any], *, once: str) -> Visit:
    port, cookie = job["port"], buyer["cookie"]
    form = {"csrf_token": buyer["csrf"], "slot_id": chosen["id"]}
    kept = yield request("POST", f"/booking/physicians/{chosen['physician']}", port, cookie=cookie, form=form)
    if kept.status != 303 or not kept.path.startswith("/booking/holds/"):
        return "full" if chosen["is_scarce"] and kept.status == 409 else f"time: status {kept.status}"
    form = {"csrf_token": buyer["csrf"], "once": once, "patient_id": buyer["patient"], "remark": ""}
    booked = yield request("POST", kept.path, port, cookie=cookie, form=form)
    return "ok" if booked.status == 303 else f"booking: status {booked.status}"


def send_hl7(job: dict[str, Any], connection: int) -> Iterator[Visit]:
    """Send messages of a laboratory, each a report of its own."""
    for number in count():
        yield _send_hl7(job, f"{connection:02d}{number:06d}")


def _send_hl7(job: dict[str, Any], name: str) -> Visit:
    lines = [
        f"MSH|^~\\&|LIS|LAB|WXAPP|HOSP|20260302100000||ORU^R01^ORU_R01|M{name}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{job['record_no']}^^^HOSP^MR",
        f"OBR|1||L{name}|CBC^血常规^L|||20260302080000|||||||||||||||20260302100000||HM|F",
        *(f"OBX|{at}|NM|T{at}^项目{at}^L||{at}.5|g/L|1-{at + 1}|N|||F" for at in range(1, 21)),
    ]
    body = "\r".join([*lines, ""]).encode()
    head = [
        "POST /hl7 HTTP/1.1",
        f"Host: 127.0.0.1:{job['port']}",
        f"Authorization: Bearer {job['key']}",
        "Content-Type: application/hl7-v2; charset=utf-8",
        f"Content-Length: {len(body)}",
    ]
    answer = yield "\r\n".join([*head, "", ""]).encode() + body
    return "ok" if answer.status == 200 and b"MSA|AA" in answer.body else f"status {answer.status} {answer.body[:90]!r}"


VISITS: dict[str, Callable[[dict[str, Any], int], Iterator[Visit]]] = {
    "look": look,
    "buy": buy,
    "book": book,
    "send_hl7": send_hl7,
}


# --- connections -----------------------------------------------------------------------------------------------------


class Connection:
    """One keep-alive connection with the visit it is in."""

    def __init__(self, port: int, visits: Iterator[Visit]) -> None:
        self.port = port
        self.visits = visits
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.visit: Visit
        self.began = 0.0

    def begin(self) -> None:
        """Send the first request of the next visit."""
        self.visit = next(self.visits)
        self.began = time.perf_counter()
        self.socket.sendall(next(self.visit))

    def receive(self) -> str | None:
        """Take what has arrived; return how the visit ended when it has."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.received += part
        answer = _parse(self.received)
        if answer is None:
            return None
        self.received = b""
        try:
            self.socket.sendall(self.visit.send(answer))
        except StopIteration as end:
            return str(end.value)
        return None


def _parse(received: bytes) -> Answer | None:
    """Return the answer once all of it is here. Answers never overlap: a request waits for the one before."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, body = received[: end + 2], received[end + 4 :]
    status = _STATUS.match(head)
    if status is None:
        raise ConnectionError(f"no HTTP answer: {head[:80]!r}")
    if length := _LENGTH.search(head):
        if len(body) < int(length[1]):
            return None
    elif _CHUNKED.search(head) and not body.endswith(b"0\r\n\r\n"):
        return None
    return Answer(int(status[1]), head, body)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do the job.

    :param job: ``port``, ``visit`` (name), ``connections``, ``seconds``, ``most`` (visits) and what the visit needs
    """
    selector = selectors.DefaultSelector()
    for number in range(job["connections"]):
        connection = Connection(job["port"], VISITS[job["visit"]](job, number))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    ends: Counter[str] = Counter()
    took: list[float] = []
    before = _processor_time()
    began = time.perf_counter()
    for key in selector.get_map().values():
        key.data.begin()
    running, started, deadline = job["connections"], job["connections"], began + job["seconds"]
    while running:
        ready = selector.select(timeout=20)
        if not ready:
            raise TimeoutError("no answer for twenty seconds")
        for key, _events in ready:
            connection = key.data
            if (end := connection.receive()) is None:
                continue
            now = time.perf_counter()
            ends[end] += 1
            took.append(now - connection.began)
            if now < deadline and started < job["most"]:
                started += 1
                connection.begin()
            else:  # what has begun is awaited, so that no half purchase is left
                selector.unregister(connection.socket)
                connection.socket.close()
                running -= 1
    seconds = time.perf_counter() - began
    return {"ends": dict(ends), "seconds": seconds, "took": _summary(took), "processor": _processor_time() - before}


def _summary(took: list[float]) -> dict[str, float]:
    took.sort()
    return {name: took[int(len(took) * share)] for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)

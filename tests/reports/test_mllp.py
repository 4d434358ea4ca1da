"""The listener for HL7 over plain connections, over real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.reports.senders import Ack, make_sender, obr, obx, oru, pid
from tests.settings import make_config
from wxapp.core.config import ConfigError
from wxapp.core.db import db
from wxapp.reports.client_models import ReceivedMessage, Way
from wxapp.reports.mllp import END, START, Listener, Patience, Reply, serve
from wxapp.reports.models import Report
from wxapp.reports.services import listening
from wxapp.reports.services.listening import take_frame

SOON = Patience(first_seconds=0.4, idle_seconds=0.4, frame_seconds=0.4, most_bytes=100_000)
LATER = Patience(most_bytes=100_000)


@contextmanager
def listening_with(work: Callable[[bytes, str], Reply], **over: object) -> Iterator[Listener]:
    listener = Listener(("127.0.0.1", 0), work, **{"patience": LATER, **over})
    thread = threading.Thread(target=listener.serve)
    thread.start()
    try:
        yield listener
    finally:
        listener.stop()
        thread.join(20)
    assert not thread.is_alive()


def echo(message: bytes, _address: str) -> Reply:
    return Reply(b"<" + message + b">", goes_on=message != b"bad")


def called(listener: Listener) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", listener.port), timeout=10)
    connection.settimeout(10)
    return connection


def framed(*messages: bytes) -> bytes:
    return b"".join(START + message + END + b"\r" for message in messages)


def answers(connection: socket.socket, count: int) -> list[bytes]:
    found = b""
    while found.count(END + b"\r") < count and (more := connection.recv(65_536)):
        found += more
    return [part.removeprefix(START) for part in found.split(END + b"\r") if part]


# --- frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (framed(b"a"), [b"<a>"]),
        (framed(b"a", b"b", b"c"), [b"<a>", b"<b>", b"<c>"]),
        (framed(b""), [b"<>"]),
        (b"\r\n" + framed(b"a") + b"\n" + framed(b"b"), [b"<a>", b"<b>"]),
        (b"junk" + framed(b"a"), [b"<a>"]),
        (START + b"cut off" + framed(b"a"), [b"<a>"]),
        (START + b"a" + END + START + b"b" + END, [b"<a>", b"<b>"]),
        (framed("多字节\r第二行".encode("gb18030")), ["<多字节\r第二行>".encode("gb18030")]),
        (framed(b"x" * 90_000), [b"<" + b"x" * 90_000 + b">"]),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("piece", [1 << 20, 7])
def test_messages_are_found_whatever_pieces_they_come_in(sent: bytes, expected: list[bytes], piece: int):
    piece = max(piece, len(sent) // 2000)
    with listening_with(echo) as listener, called(listener) as connection:
        for at in range(0, len(sent), piece):
            connection.sendall(sent[at : at + piece])
        assert answers(connection, len(expected)) == expected


@pytest.mark.parametrize(
    "sent", [START + b"never ends", b"", b"x" * 10_000, START + b"x" * 150_000, framed(b"bad") + framed(b"a")]
)
def test_what_is_no_frame_ends_the_connection_and_nothing_else(sent: bytes):
    with listening_with(echo, patience=SOON) as listener, called(listener) as other:
        with called(listener) as connection:
            connection.sendall(sent)
            rest = b""
            try:
                while more := connection.recv(65_536):
                    rest += more
            except ConnectionResetError:  # it was still sending
                pass
            assert rest in (b"", framed(b"<bad>"))
        other.close()
        with called(listener) as another:
            another.sendall(framed(b"a"))
            assert answers(another, 1) == [b"<a>"]


def test_several_connections_are_served_at_once_and_too_many_are_sent_away():
    meet = threading.Barrier(3, timeout=10)

    def together(message: bytes, _address: str) -> Reply:
        meet.wait()
        return Reply(message)

    with listening_with(together, most_connections=3) as listener:
        some = [called(listener) for _ in range(3)]
        for one in some:
            one.sendall(framed(b"a"))
        assert [answers(one, 1) for one in some] == [[b"a"]] * 3
        with called(listener) as beyond:
            assert beyond.recv(10) == b""
        for one in some:
            one.close()


def test_what_is_being_taken_is_answered_before_the_end():
    begun, may_end = threading.Event(), threading.Event()

    def slow(message: bytes, _address: str) -> Reply:
        begun.set()
        may_end.wait(10)
        return Reply(message)

    with listening_with(slow) as listener, called(listener) as connection, called(listener) as idle:
        connection.sendall(framed(b"a", b"b"))
        assert begun.wait(10)
        listener.stop()
        threading.Timer(0.3, may_end.set).start()
        assert answers(connection, 2) == [b"a"]
        assert idle.recv(10) == b""


# --- messages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hospital(real_database: Flask) -> Flask:
    return real_database


def test_messages_of_several_connections_are_taken_once_each(hospital: Flask):
    with hospital.app_context():
        key = make_sender().key

    def work(message: bytes, address: str) -> Reply:
        with hospital.app_context():
            answer = take_frame(message, address)
        return Reply(answer.body, goes_on=answer.is_known)

    def send(number: int) -> list[str]:
        lines = [(pid(), obr(f"R{n}"), obx(value=f"{n}")) for n in range(10)]
        sent = [oru(*one, key=key, control_id=f"C{n}").encode() for n, one in enumerate(lines)]
        with called(listener) as connection:
            connection.sendall(framed(*sent))
            return [Ack.of(body).code for body in answers(connection, len(sent))]

    found: list[list[str]] = []
    with listening_with(work) as listener:
        threads = [threading.Thread(target=lambda: found.append(send(0))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with called(listener) as stranger:
            stranger.sendall(framed(oru(key="wrong").encode(), oru(key=key, control_id="late").encode()))
            assert [Ack.of(body).code for body in answers(stranger, 2)] == ["AR"]
    assert found == [["AA"] * 10] * 3
    with hospital.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Report.id))) == 10
        taken = db.session.scalars(sa.select(ReceivedMessage.way)).all()
        assert list(taken) == [Way.MLLP] * 10


def test_without_a_database_it_is_told_to_come_again(app: Flask, tmp_path: Path):
    """The tables are missing: whatever is asked of the database fails."""
    from wxapp.app import create_app

    broken = create_app(make_config(f"sqlite:///{tmp_path}/empty.sqlite", tmp_path))
    with broken.app_context():
        answer = listening.take_frame(oru(key="wxr_" + "x" * 43).encode(), "127.0.0.1")
        db.engine.dispose()
    ack = Ack.of(answer.body)
    assert (ack.code, ack.control_id, ack.error) == ("AR", "C1", "207")


# --- the process -----------------------------------------------------------------------------------------------------


def test_switched_off_it_does_not_start(app: Flask):
    with pytest.raises(ConfigError, match=r"mllp\.enabled"):
        serve(app)


def test_the_process_listens_until_sigterm(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = (
        "from pathlib import Path; from tests.settings import make_config; from wxapp.app import create_app;"
        "from wxapp.core.config import Mllp; from wxapp.reports.mllp import serve;"
        f"config = make_config('sqlite://', Path({str(tmp_path)!r}));"
        f"serve(create_app(config.model_copy(update=dict(mllp=Mllp(enabled=True, port={port})))))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": "."})
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        with connection:
            connection.sendall(framed(b"rubbish"))
            assert b"MSA|AR" in answers(connection, 1)[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()

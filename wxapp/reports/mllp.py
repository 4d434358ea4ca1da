"""Listener for HL7 messages over MLLP: ``VT message FS CR`` on a plain connection, answered in the same way.

One thread a connection; a connection carries any number of messages, one after the other. Each message is one
transaction, acknowledged after its commit. The key stands in MSH-8; a connection whose key is wrong is closed.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from wxapp.core.config import Config, ConfigError
from wxapp.core.web import MAX_BODY
from wxapp.reports.services.listening import take_frame

log = logging.getLogger(__name__)

START, END, CR = b"\x0b", b"\x1c", b"\r"
_CHUNK = 65_536
_MOST_JUNK = 4096
"""Bytes between two messages; a line feed or two is usual."""


class Broken(Exception):
    """What comes is no frame, too long or too slow; the connection is of no more use."""


@dataclass(frozen=True)
class Patience:
    """How much a connection may ask for.

    :ivar first_seconds: until its first message has been taken
    :ivar idle_seconds: between two messages afterwards
    :ivar frame_seconds: from the first byte of a message to its last
    """

    first_seconds: float = 30
    idle_seconds: float = 600
    frame_seconds: float = 60
    most_bytes: int = MAX_BODY


@dataclass(frozen=True)
class Reply:
    """The acknowledgement of a message, and whether its sender may go on."""

    body: bytes
    goes_on: bool = True


Work = Callable[[bytes, str], Reply]
"""Takes a message and the sender's address."""


class Frames:
    """The messages of one connection."""

    def __init__(self, connection: socket.socket, patience: Patience) -> None:
        self._connection = connection
        self._patience = patience
        self._buffer = bytearray()
        self._deadline = 0.0

    def read(self, *, wait: float) -> bytes | None:
        """Return the next message, None when the other side has ended or stays silent for so many seconds.

        A message that is cut off by the beginning of the next one is dropped, as nobody waits for its answer.

        :raises Broken: no frame, too long, or too slow
        """
        self._deadline = time.monotonic() + wait
        while (start := self._buffer.find(START)) < 0:
            if len(self._buffer) > _MOST_JUNK:
                raise Broken("no start of a message")
            if not self._more():
                return None
        del self._buffer[:start]
        self._deadline = time.monotonic() + self._patience.frame_seconds
        searched = 0
        while (end := self._buffer.find(END, searched)) < 0:
            searched = len(self._buffer)
            if searched > self._patience.most_bytes:
                raise Broken("too long")
            if not self._more():
                raise Broken("ended or too slow within a message")
        frame = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        while self._buffer[:1] in (CR, b"\n"):
            del self._buffer[:1]
        return frame[frame.rfind(START) + 1 :]

    def _more(self) -> bool:
        left = self._deadline - time.monotonic()
        if left <= 0:
            return False
        self._connection.settimeout(left)
        try:
            found = self._connection.recv(_CHUNK)
        except TimeoutError:
            return False
        self._buffer += found
        return bool(found)


class Listener:
    """Accepts connections until it is stopped; what is being taken then is still answered."""

    def __init__(
        self, address: tuple[str, int], work: Work, *, most_connections: int = 32, patience: Patience | None = None
    ) -> None:
        self._work = work
        self._patience = patience or Patience()
        self._room = threading.BoundedSemaphore(most_connections)
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._stopping = threading.Event()
        self._socket = socket.create_server(address, backlog=64)
        self._socket.settimeout(0.5)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def serve(self) -> None:
        """Accept connections until :meth:`stop`, then let what runs come to its end."""
        while not self._stopping.is_set():
            try:
                connection, peer = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                break
            self._begin(connection, str(peer[0]))
        self._end()

    def stop(self) -> None:
        """End :meth:`serve`; may be called from a signal's handler or another thread."""
        self._stopping.set()

    def _begin(self, connection: socket.socket, address: str) -> None:
        if not self._room.acquire(blocking=False):
            log.warning("mllp: %s is sent away, there are too many connections", address)
            connection.close()
            return
        thread = threading.Thread(target=self._run, args=(connection, address), name=f"mllp {address}", daemon=True)
        with self._lock:
            self._open[connection] = thread
        thread.start()

    def _end(self) -> None:
        self._socket.close()
        with self._lock:
            running = dict(self._open)
        for connection in running:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)  # wakes who waits for a message; answers can still be sent
        deadline = time.monotonic() + 15
        for thread in running.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, connection: socket.socket, address: str) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._converse(connection, address)
        except Broken as error:
            log.warning("mllp: connection of %s is closed: %s", address, error)
        except OSError as error:
            log.info("mllp: connection of %s is lost: %s", address, error)
        finally:
            with contextlib.suppress(OSError):
                connection.close()
            with self._lock:
                self._open.pop(connection, None)
            self._room.release()

    def _converse(self, connection: socket.socket, address: str) -> None:
        frames, wait = Frames(connection, self._patience), self._patience.first_seconds
        while not self._stopping.is_set():
            message = frames.read(wait=wait)
            if message is None:
                return
            reply = self._work(message, address)
            connection.settimeout(self._patience.frame_seconds)
            connection.sendall(START + reply.body + END + CR)
            if not reply.goes_on:
                return
            wait = self._patience.idle_seconds


def serve(app: Flask) -> None:
    """Listen as the configuration says, until SIGTERM or SIGINT.

    :raises ConfigError: the listener is off, or its address is taken
    """
    config: Config = app.config["WXAPP"]
    wished = config.mllp
    if not wished.enabled:
        raise ConfigError("mllp.enabled: the listener is off in this configuration")

    def work(message: bytes, address: str) -> Reply:
        with app.app_context():
            answer = take_frame(message, address)
        return Reply(answer.body, goes_on=answer.is_known)

    try:
        listener = Listener(
            (wished.host, wished.port),
            work,
            most_connections=wished.max_connections,
            patience=Patience(idle_seconds=wished.idle_seconds),
        )
    except OSError as error:
        raise ConfigError(f"mllp: {wished.host}:{wished.port}: {error.strerror}") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: listener.stop())
    log.warning("mllp: listening on %s:%d", wished.host, listener.port)
    listener.serve()
    log.warning("mllp: ended")

"""A real port for the application: one process, one thread per connection.

Threads per connection rather than a pool, because calls are made to hang on purpose and must not use up a pool
that the next, healthy call needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.world import World


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the recorder keeps better notes."""


class Server:
    """The running sandbox. Port 0 lets the system choose; ``port`` tells which it was."""

    def __init__(self, app: Flask, *, host: str, port: int) -> None:
        self.world: World = app.extensions["world"]
        self._background: list[Callable[[], None]] = app.extensions.get("background", [])
        self._server = make_server(host, port, app, threaded=True, request_handler=_Handler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._server.block_on_close = False  # type: ignore[attr-defined]
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="server", daemon=True)

    def start(self) -> None:
        """Begin to listen, and start the threads that parts of the application asked for."""
        self.world.start_saving()
        for begin in self._background:
            begin()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, end background work, save the state."""
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()
        self.world.stop()

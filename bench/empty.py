"""The baseline of pages: a Flask application with one empty view, under the same server with the same options."""

from __future__ import annotations

import argparse

from flask import Flask


def application() -> Flask:
    app = Flask("empty", static_folder=None)
    app.add_url_rule("/", "empty", lambda: "")
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    return app


def main() -> None:
    """Serve it as ``wxapp web`` serves ours."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    chosen = parser.parse_args()
    Server(
        "bench.empty:application",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=chosen.port,
        workers=chosen.workers,
        blocking_threads=chosen.threads,
        backpressure=256,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()

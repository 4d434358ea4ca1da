"""``python -m sandbox --config FILE``: serve until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from pathlib import Path
from types import FrameType

from sandbox.app import create_app
from sandbox.config import load
from sandbox.server import Server


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="WeChat's side of the wire, locally.")
    parser.add_argument("--config", type=Path, required=True, help="sandbox.toml")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    config = load(arguments.config)
    server = Server(create_app(config), host=config.server.host, port=config.server.port)
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server.start()
    logging.getLogger("sandbox").info("phone: %s/phone   control: %s/control", *[config.server.public_url] * 2)
    ended.wait()
    server.stop()


if __name__ == "__main__":
    main()

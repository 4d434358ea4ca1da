"""Start the real programs (web, scheduler, sandbox, demo) for tests of concurrency and for journeys.

Everything started through a :class:`Processes` is ended with it, children included. Ports are the system's choice;
as addresses stand in configurations, ask :func:`free_port` first and write the files then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.engines.servers import PATIENCE, Started, free_port, start, wait_until

__all__ = ["Processes", "Running", "free_port", "processes", "write_toml"]

ROOT = Path(__file__).resolve().parent.parent.parent
WXAPP = [sys.executable, "-m", "wxapp"]


@dataclass
class Running(Started):
    """A program of ours that answers."""

    base_url: str = ""

    def children(self) -> list[int]:
        """Return the process ids of its direct children, e.g. a web server's workers."""
        answer = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False).stdout
        return [int(pid) for pid in answer.split()]


class Processes:
    """Programs that end together; a context manager, for fixtures of any scope."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[Running] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for running in reversed(self._running):
            running.stop()

    def web(self, config: Path, *, port: int, workers: int = 1, threads: int = 8) -> Running:
        """Serve the application with this configuration file."""
        command = [*WXAPP, "--config", str(config), "web", "--port", str(port)]
        return self.start(
            "web",
            [*command, "--workers", str(workers), "--threads", str(threads)],
            f"http://127.0.0.1:{port}",
            "/healthz",
        )

    def scheduler(self, config: Path) -> Running:
        """Run the timed work with this configuration file; returns at once."""
        return self.start("scheduler", [*WXAPP, "--config", str(config), "scheduler"])

    def sandbox(self, config: Path, *, port: int) -> Running:
        """Run WeChat's side of the wire with this sandbox.toml."""
        command = [sys.executable, "-m", "sandbox", "--config", str(config)]
        return self.start("sandbox", command, f"http://127.0.0.1:{port}", "/")

    def start(
        self,
        name: str,
        command: list[str],
        base_url: str = "",
        ready: str = "/",
        *,
        env: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> Running:
        """Start a program; with a base URL wait until its path `ready` answers with anything but a 5xx.

        :raises ServerDied: it ended or stayed silent; the text holds the end of its output
        """
        log = self.folder / f"{name}-{len(self._running)}.log"
        started = start(command, log=log, folder=ROOT, env=env)
        running = Running(started.process, log, base_url)
        self._running.append(running)
        if base_url:
            wait_until(lambda: _answers(base_url + ready), running, what=name, patience=patience)
        return running


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def write_toml(path: Path, tables: Mapping[str, Any]) -> Path:
    """Write a configuration file from nested dictionaries, lists, texts, numbers, booleans and paths."""
    lines = [f"{_text(name)} = {_toml(value)}" for name, value in tables.items() if not isinstance(value, Mapping)]
    for name, table in tables.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{_text(name)}]", *(f"{_text(key)} = {_toml(value)}" for key, value in table.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_text(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)


@pytest.fixture
def processes(tmp_path: Path, real_clock: None) -> Iterator[Processes]:
    """Programs of this test, ended after it. They live in real time, and so does the test."""
    with Processes(tmp_path) as started:
        yield started

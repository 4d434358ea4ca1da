"""Start and stop private MariaDB and Redis servers."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pymysql
import redis

PLACES = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/mariadb/bin",
    "/usr/local/opt/mariadb/bin",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_OF_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
PATIENCE = 60.0
"""Seconds a server may take until it answers."""


class ServerDied(Exception):
    """A server ended, or never answered; the text holds the end of its log."""


def find_program(*names: str) -> str | None:
    """Return the first of these programs that is on the machine, also where a user's PATH does not look."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def find_browser() -> str | None:
    """Return a Chromium that Playwright can drive."""
    if found := find_program(*BROWSERS):
        return found
    return str(BROWSER_OF_MACOS) if BROWSER_OF_MACOS.exists() else None


_PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections: none of the many that tests open may take one of them."""


def free_port() -> int:
    """Return a port nobody uses now; another one each time, so that workers do not choose the same."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _die_with_parent() -> None:
    """On Linux, let the kernel end a server whose test run was killed before it could do so itself."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@dataclass
class Started:
    """A program that was started, with its whole process group as ours to end."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def tail(self, lines: int = 30) -> str:
        """Return the end of what the program printed."""
        if not self.log.is_file():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def kill(self) -> None:
        """End the program and its children at once, without any chance to tidy up."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, *, within: float = 10.0) -> None:
        """Ask the program to end; end it when it does not."""
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()
        self._signal(signal.SIGKILL)  # children that outlived it

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def start(
    command: list[str], *, log: Path, folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Started:
    """Start a program in a process group of its own, its output going to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - see there
        )
    return Started(process, log)


def wait_until(answers: Callable[[], bool], started: Started, *, what: str, patience: float = PATIENCE) -> None:
    """Wait until a started program answers.

    :raises ServerDied: it ended or stayed silent; it has been ended then
    """
    deadline = time.monotonic() + patience
    pause = 0.02
    while time.monotonic() < deadline and started.is_running():
        if answers():
            return
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    state = "did not answer" if started.is_running() else f"ended with status {started.process.returncode}"
    started.kill()
    raise ServerDied(f"{what} {state}; the end of its log:\n{started.tail()}")


@dataclass
class Server:
    """A private server and how it is reached."""

    name: str
    version: str
    url: str
    started: Started

    def stop(self) -> None:
        """End the server; what it holds is thrown away, so it need not tidy up."""
        self.started.kill()


def start_mariadb(folder: Path, *, durable: bool = False) -> Server:
    """Start a private MariaDB with an empty data folder.

    :param durable: write each commit to the disk before it is answered, as in production; the tests, whose data
        outlives no crash anyway, run several times faster without
    """
    program, installer = find_program("mariadbd"), find_program("mariadb-install-db")
    if program is None or installer is None:
        raise FileNotFoundError("mariadbd and mariadb-install-db are not on this machine")
    data, log, unix_socket, port = folder / "mariadb", folder / "mariadb.log", folder / "mariadb.sock", free_port()
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [
            *(installer, "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"),
            *(f"--datadir={data}", *user),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    started = start(
        [
            *(program, "--no-defaults", *user, f"--datadir={data}", f"--socket={unix_socket}", f"--port={port}"),
            *("--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF"),
            *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--max-connections=400"),
            f"--innodb-flush-log-at-trx-commit={1 if durable else 0}",
            f"--innodb-doublewrite={'ON' if durable else 'OFF'}",
        ],
        log=log,
    )
    wait_until(lambda: _mariadb_version(str(unix_socket)) is not None, started, what="MariaDB")
    version = _mariadb_version(str(unix_socket)) or ""
    return Server("MariaDB", version.partition("-")[0], f"mysql+pymysql://root@127.0.0.1:{port}/", started)


def _mariadb_version(unix_socket: str) -> str | None:
    with socket.socket(socket.AF_UNIX) as probe:  # PyMySQL leaves a socket open when nobody listens
        if probe.connect_ex(unix_socket):
            return None
    try:
        with pymysql.connect(user="root", unix_socket=unix_socket) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            row = cursor.fetchone()
    except pymysql.err.OperationalError:
        return None
    return str(row[0]) if row else None


def start_redis(folder: Path) -> Server:
    """Start a private Redis that keeps nothing on the disk."""
    program = find_program("redis-server", "valkey-server")
    if program is None:
        raise FileNotFoundError("redis-server is not on this machine")
    port = free_port()
    started = start(
        [
            *(program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ],
        log=folder / "redis.log",
    )
    url = f"redis://127.0.0.1:{port}/"
    client = redis.Redis.from_url(url)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.exceptions.ConnectionError:
            return False

    try:
        wait_until(answers, started, what="Redis")
        version = str(client.info("server")["redis_version"])
    finally:
        client.close()
    return Server("Redis", version, url, started)

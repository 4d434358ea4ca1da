"""Where a run takes place: a temporary folder, a private MariaDB, configurations, and the programs that serve."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from bench import machine
from tests.engines.processes import Processes, Running, free_port, write_toml
from tests.engines.servers import Server, start_mariadb
from wxapp.app import create_app
from wxapp.core.config import load
from wxapp.core.db import Model, db

ROOT = Path(__file__).resolve().parent.parent

ID_STEP = 10**12
"""Each table's keys begin at a multiple of this, so a number in a statement says which table's row it names."""


@dataclass(frozen=True)
class Effort:
    """How much a run measures."""

    rounds: int
    seconds: float
    buyers: int
    orders: int
    requests: int


FULL = Effort(rounds=5, seconds=6, buyers=300, orders=10_000, requests=10_000)
QUICK = Effort(rounds=2, seconds=2, buyers=96, orders=1_000, requests=2_000)


@dataclass(frozen=True)
class Served:
    """A program that answers, with the processes that it is made of."""

    running: Running
    port: int

    def pids(self) -> list[int]:
        return [self.running.pid, *self.running.children()]

    def workers(self) -> list[int]:
        return self.running.children()

    def processor_seconds(self) -> float:
        return machine.processor_seconds(self.pids())


class World:
    """Everything that a run has started. Use as a context manager's value, see :func:`open_world`."""

    def __init__(self, folder: Path, mariadb: Server, processes: Processes, effort: Effort) -> None:
        self.folder = folder
        self.mariadb = mariadb
        self.processes = processes
        self.effort = effort
        self._empty: Served | None = None

    def application(self, name: str, *, port: int) -> tuple[Flask, Path]:
        """Make a database of this name with all tables, and an application on it; return its configuration too."""
        server = sa.create_engine(self.mariadb.url)
        with server.begin() as connection:
            connection.execute(sa.text(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
        server.dispose()
        path = _write_config(self.folder, name, url=f"{self.mariadb.url}{name}?charset=utf8mb4", port=port)
        app = create_app(load(path))
        with app.app_context():
            db.create_all()
            _part_keys()
        return app, path

    def web(self, config: Path, *, port: int) -> Served:
        """Serve with two workers of eight threads."""
        command = [sys.executable, "-m", "wxapp", "--config", str(config), "web", "--port", str(port)]
        command += ["--workers", "2", "--threads", "8"]
        return Served(self.processes.start("web", command, f"http://127.0.0.1:{port}", "/healthz"), port)

    def empty(self) -> Served:
        """Serve the empty view in the same way; one for all benches."""
        if self._empty is None:
            port = free_port()
            command = [sys.executable, "-m", "bench.empty", "--port", str(port)]
            running = self.processes.start("empty", command, f"http://127.0.0.1:{port}", "/healthz")
            self._empty = Served(running, port)
        return self._empty

    def scheduler(self, config: Path) -> Running:
        return self.processes.start("scheduler", [sys.executable, "-m", "wxapp", "--config", str(config), "scheduler"])


@contextmanager
def open_world(folder: Path, effort: Effort) -> Iterator[World]:
    """Start the database, and end everything at the end."""
    mariadb = start_mariadb(folder, durable=True)
    try:
        with Processes(folder) as processes:
            yield World(folder, mariadb, processes, effort)
    finally:
        mariadb.stop()


def _part_keys() -> None:
    with db.engine.begin() as connection:
        for number, table in enumerate(Model.metadata.sorted_tables, start=1):
            if table.autoincrement_column is not None:
                connection.execute(sa.text(f"ALTER TABLE `{table.name}` AUTO_INCREMENT = {number * ID_STEP + 1}"))


def table_of(number: int) -> str | None:
    """Return the table whose row has this key."""
    tables = Model.metadata.sorted_tables
    position = number // ID_STEP
    return tables[position - 1].name if 1 <= position <= len(tables) else None


# --- programs of our own that measure --------------------------------------------------------------------------------


def run_programs(module: str, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a program once for each job, all at the same time; return their results.

    :raises RuntimeError: one of them failed; the text holds what it said
    """
    command = [sys.executable, "-m", module]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in jobs]
    try:
        for process, job in zip(running, jobs, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps(job))
            process.stdin.close()
            process.stdin = None
        return [_result(module, process) for process in running]
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()


def _result(module: str, process: subprocess.Popen[str]) -> dict[str, Any]:
    said, complaint = process.communicate(timeout=300)
    if process.returncode:
        raise RuntimeError(f"{module} failed:\n{complaint[-3000:]}")
    result: dict[str, Any] = json.loads(said)
    return result


# --- configuration ---------------------------------------------------------------------------------------------------


def _write_config(folder: Path, name: str, *, url: str, port: int) -> Path:
    merchant, platform = _key(folder / "merchant.pem"), _key(folder / "platform.pem")
    nowhere = "http://127.0.0.1:9"
    return write_toml(
        folder / f"{name}.toml",
        {
            "app": {
                "mode": "demo",
                "base_url": f"http://127.0.0.1:{port}",
                "secret_key": _secret(folder, "secret_key", 48),
                "files": "files",
            },
            "database": {"url": url},
            "security": {
                "current_key": "k1",
                "keys": {"k1": _secret(folder, "field_key", 48)},
                "index_key": _secret(folder, "index_key", 48),
                "pepper": _secret(folder, "pepper", 48),
            },
            "wechat": {
                "api_url": nowhere,
                "open_url": nowhere,
                "mp_url": nowhere,
                "appid": "wx0000000000000001",
                "secret": _secret(folder, "wechat_secret", 32),
                "original_id": "gh_000000000001",
                "token": _secret(folder, "wechat_token", 24),
                "aes_key": _secret(folder, "wechat_aes_key", 43),
            },
            "pay": {
                "base_url": nowhere,
                "mchid": "1900000001",
                "merchant_serial": "0123456789ABCDEF",
                "private_key": {"file": str(merchant)},
                "apiv3_key": _secret(folder, "apiv3_key", 32),
                "public_keys": [{"id": "PUB_KEY_ID_0000000001", "file": str(platform.with_suffix(".pub"))}],
            },
            "sms": {
                "base_url": nowhere,
                "secret_id": "sms-id",
                "secret_key": _secret(folder, "sms_secret_key", 32),
                "sdk_app_id": "1400000000",
                "sign_name": "示例医院",
            },
        },
    )


def _secret(folder: Path, name: str, length: int) -> dict[str, str]:
    path = folder / name
    if not path.exists():
        path.write_text(secrets.token_hex(length)[:length], encoding="utf-8")
    return {"file": str(path)}


def _key(path: Path) -> Path:
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        path.with_suffix(".pub").write_bytes(public)
    return path

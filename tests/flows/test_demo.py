"""The demo of `make run`: it fills itself once, says where everything is, and ends as a whole."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.engines.processes import Processes, Running
from tests.engines.servers import wait_until
from tests.flows.hospital import free_pair
from wxapp.demo.content import visits

JSON = {"Accept": "application/json"}
SECOND_START = 10.0
"""Seconds; twice what is promised, as other tests run beside this one."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def start(processes: Processes, folder: Path, port: int) -> Running:
    command = [sys.executable, "-m", "wxapp", "demo", "--port", str(port), "--data", str(folder)]
    return processes.start("demo", command, f"http://127.0.0.1:{port}", "/healthz", patience=90)


def stop(demo: Running) -> int:
    """Press Ctrl-C; returns the exit status."""
    demo.process.send_signal(signal.SIGINT)
    return int(demo.process.wait(20))


def log_in(web: str, member: dict[str, str]) -> dict[str, str]:
    """Log in as programs do; returns the session's cookies."""
    body = {"username": member["username"], "password": member["password"]}
    answer = requests.post(f"{web}/pc/login", json=body, headers=JSON, timeout=20)
    assert answer.json()["csrf_token"], member["username"]
    return dict(answer.cookies.get_dict())


def total(web: str, path: str, cookies: dict[str, str]) -> int:
    return int(requests.get(f"{web}{path}", headers=JSON, cookies=cookies, timeout=20).json()["total"])


def test_the_demo_is_filled_once_and_ends_as_a_whole(processes: Processes, folder: Path) -> None:
    port = free_pair()
    demo = start(processes, folder, port)
    told = wait_for_summary(folder, demo)
    web = told["web"]
    assert {member["role"] for member in told["staff"]} >= {
        *("超管", "前台", "检验科", "拍照室", "咨询师", "售后", "售后主管", "客服", "医生", "护士", "财务")
    }
    sessions = {member["role"]: log_in(web, member) for member in told["staff"]}
    cookies = sessions["超管"]
    assert total(web, "/pc/mall/goods", cookies) == 30
    assert total(web, "/pc/distribution/goods?state=forbidden", cookies) == 7
    assert total(web, "/pc/physicians", cookies) == 12
    assert total(web, "/pc/patients", cookies) == 200 + visits.NEW
    assert requests.get(told["control"], timeout=20).status_code == 200
    assert stop(demo) == 0
    assert is_free(port)
    assert is_free(port + 1)

    begun = time.monotonic()
    again = start(processes, folder, port)
    assert time.monotonic() - begun < SECOND_START
    assert wait_for_summary(folder, again)["staff"] == told["staff"]
    assert total(web, "/pc/patients", log_in(web, told["staff"][0])) == 200 + visits.NEW
    assert stop(again) == 0


def wait_for_summary(folder: Path, demo: Running) -> Any:
    """Return demo.json, written when everything serves."""
    wait_until(lambda: "Ctrl-C" in demo.tail(), demo, what="the demo", patience=60)
    return json.loads((folder / "demo.json").read_text(encoding="utf-8"))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0

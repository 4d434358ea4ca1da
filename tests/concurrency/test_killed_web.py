"""The web process loses workers by SIGKILL while people work: it goes on, loses nothing, and does nothing twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.engines.processes import Processes, Running
from tests.engines.servers import wait_until
from tests.flows.hospital import PASSWORD, STOCK, configure, fill_in_a_process

PRESSES, AT_ONCE, PATIENCE = 120, 6, 30


@dataclass
class Desk:
    """A member of staff whose program presses again until it has an answer."""

    address: str
    cookies: dict[str, str]
    headers: dict[str, str]
    cut_off: int = 0
    """Presses that got no answer and were repeated."""

    def add_a_piece(self, number: int) -> None:
        body = {"by_pieces": 1, "form_key": f"press-{number:08d}"}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                answer = requests.post(self.address, json=body, cookies=self.cookies, headers=self.headers, timeout=10)
            except requests.RequestException:
                self.cut_off += 1
                time.sleep(0.05)  # as people's programs do: a worker takes a second to come back
                continue
            if answer.status_code == 200:
                return
        raise AssertionError("never answered")

    def stock(self) -> int:
        page = requests.get(self.address.removesuffix("/stock"), cookies=self.cookies, headers=self.headers, timeout=10)
        return int(page.json()["goods"]["stock"])


@pytest.fixture
def web(processes: Processes, tmp_path: Path, fresh_database_url: str) -> Running:
    files, port = configure(tmp_path, fresh_database_url)
    processes.sandbox(files.sandbox, port=port + 1)
    fill_in_a_process(files)
    return processes.web(files.config, port=port, workers=2)


@pytest.fixture
def desk(web: Running) -> Desk:
    headers = {"Accept": "application/json"}
    log_in = {"username": "客服", "password": PASSWORD}
    answer = requests.post(f"{web.base_url}/pc/login", json=log_in, headers=headers, timeout=20)
    token = {"X-CSRF-Token": answer.json()["csrf_token"]}
    return Desk(f"{web.base_url}/pc/mall/goods/1/stock", answer.cookies.get_dict(), headers | token)


def press_while_workers_die(web: Running, desk: Desk) -> None:
    done = threading.Semaphore(0)
    workers = web.children()

    def press(number: int) -> None:
        desk.add_a_piece(number)
        done.release()

    def kill() -> None:
        # Each of the first ones once: a server whose workers die again and again gives up, and its supervisor acts.
        for worker in workers:
            for _press in range(PRESSES // 4):
                done.acquire(timeout=PATIENCE)
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda: len(web.children()) == len(workers), web, what="a new worker")

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        killing = pool.submit(kill)
        list(pool.map(press, range(PRESSES)))
        killing.result()


def test_each_press_counts_once_whatever_dies(web: Running, desk: Desk) -> None:
    press_while_workers_die(web, desk)
    assert desk.stock() == STOCK + PRESSES
    assert desk.cut_off > 0

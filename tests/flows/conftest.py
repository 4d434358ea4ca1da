"""What journeys need: a hospital that runs, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.engines.processes import Processes
from tests.flows.hospital import Hospital, open_hospital


@pytest.fixture
def hospital(processes: Processes, tmp_path: Path, fresh_database_url: str) -> Hospital:
    return open_hospital(processes, tmp_path, fresh_database_url)


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()

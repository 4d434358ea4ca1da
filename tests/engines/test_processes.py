import os
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from tests.engines.processes import Processes, free_port, write_toml
from tests.engines.servers import ServerDied

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():  # Linux: what nobody has asked about yet is dead, too
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition: object, *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if callable(condition) and condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("real_clock")
def test_children_end_with_the_program(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        parent = processes.start("parent", [sys.executable, "-c", PARENT])
        assert until(lambda: parent.tail().strip().isdigit())
        child = int(parent.tail())
        assert parent.children() == [child]
    assert not parent.is_running()
    assert until(lambda: not is_alive(child))


def test_a_program_that_dies_at_its_start_tells_why(processes: Processes) -> None:
    with pytest.raises(ServerDied, match="no such luck"):
        processes.start("unlucky", [sys.executable, "-c", "raise SystemExit('no such luck')"], "http://127.0.0.1:9")


def test_a_program_is_ready_when_it_answers(processes: Processes, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    running = processes.start("files", command, f"http://127.0.0.1:{port}")
    with urllib.request.urlopen(running.base_url, timeout=5) as answer:
        assert answer.status == 200


def test_what_is_written_as_toml_reads_the_same(tmp_path: Path) -> None:
    tables = {
        "top": 1,
        "app": {"name": '示例"医院\\', "on": True, "hosts": ["a", "b"], "key": {"file": "x.pem"}, "rate": 0.5},
        "people": [{"id": "1", "name": "张三"}],
    }
    assert tomllib.loads(write_toml(tmp_path / "x.toml", tables).read_text(encoding="utf-8")) == tables

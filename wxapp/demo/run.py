"""Start the demo's processes, wait until they serve, say where, and end them all together."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

from wxapp.demo.set_up import Addresses, Folder

_PATIENCE = 60.0
"""Seconds until the pages must answer."""


class _Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def run(*, port: int, folder: Path, workers: int) -> int:
    """Serve the demo until Ctrl-C; return the exit status."""
    files, addresses = Folder(folder.resolve()), Addresses.on(port)
    for wanted in (port, port + 1, addresses.mllp_port):
        if _is_taken(wanted):
            click.echo(f"port {wanted} is in use; choose another with PORT=…", err=True)
            return 2
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        is_new = not files.is_ready(addresses, newest_migration=_newest_migration())
        if is_new:
            _write_files(files, port)
        processes["sandbox"] = _start(files, "sandbox", "-m", "sandbox", "--config", str(files.sandbox))
        told = _fill(files, addresses) if is_new else files.told()
        processes["web"] = _wxapp(files, "web", "--port", str(port), "--workers", str(workers))
        processes["scheduler"] = _wxapp(files, "scheduler")
        processes["mllp"] = _wxapp(files, "mllp")
        for name, url in (("sandbox", f"{addresses.sandbox}/phone"), ("web", f"{addresses.web}/healthz")):
            _wait_until_serving(name, url, processes)
        if is_new:
            _connect(files)
            files.summary.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        _announce(files, told, addresses)
        return _watch(processes)
    except _Stopped:
        return 0
    finally:
        _end(processes)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _wxapp(files: Folder, *arguments: str) -> subprocess.Popen[bytes]:
    return _start(files, arguments[0], "-m", "wxapp", "--config", str(files.config), *arguments)


def _start(files: Folder, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process only, which ends the others in order.
    with files.log(name).open("ab") as log:
        return subprocess.Popen([sys.executable, *arguments], stdout=log, stderr=log, start_new_session=True)


def _wait_until_serving(name: str, url: str, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        _check_alive(processes)
        if _answers(url):
            return
        time.sleep(0.05)
    raise click.ClickException(f"{name} does not answer at {url}")


def _answers(url: str) -> bool:
    """Whether somebody serves there; where a redirect would lead does not matter."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _check_alive(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise click.ClickException(f"{name} ended with status {process.returncode}; see its file in logs/")


def _watch(processes: dict[str, subprocess.Popen[bytes]]) -> int:
    while True:
        time.sleep(0.5)
        _check_alive(processes)


def _end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in reversed(processes.values()):
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + 10
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


# --- the first start; later ones need none of this, and load none of it ---------------------------------------------


def _newest_migration() -> str:
    versions = Path(__file__).parents[2] / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))


def _write_files(files: Folder, port: int) -> None:
    from wxapp.demo.content import texts
    from wxapp.demo.content.people import SANDBOX_PEOPLE
    from wxapp.demo.set_up import Outside, prepare

    outside = Outside(SANDBOX_PEOPLE, texts.config_templates(), texts.sms_texts(), texts.sandbox_templates())
    prepare(files, port=port, outside=outside)


def _fill(files: Folder, addresses: Addresses) -> dict[str, Any]:
    """Fill the database and return what programs that drive the demo need."""
    from wxapp.demo.content import fill

    summary = fill.prepare_database(files.config)
    return {
        "web": addresses.web,
        "phone": f"{addresses.sandbox}/phone",
        "control": f"{addresses.sandbox}/control",
        "staff_login": f"{addresses.web}/pc/login",
        "staff": summary.staff,
        "people": summary.people,
    }


def _connect(files: Folder) -> None:
    from wxapp.demo.content import fill

    fill.connect_account(files.config)


def _announce(files: Folder, told: dict[str, Any], addresses: Addresses) -> None:
    person = told["people"][0]
    lines = [
        "",
        f"  手机 (you are the patient)   {told['phone']}",
        f"  员工后台 (staff)             {told['staff_login']}",
        f"  沙箱控制台 (WeChat's side)    {told['control']}",
        f"  报告接口 (reports come in)    {addresses.web}/fhir, /hl7, MLLP 127.0.0.1:{addresses.mllp_port}",
        "",
        "  员工账号 / 密码:",
        *(f"    {member['username']:<6}  {member['password']}" for member in told["staff"]),
        "",
        f"  患者: {person['name']}  手机号 {person['phone']}  病历号 {person['record_no']}",
        f"        证件号 {person['id_number']}  余额密码 {person['balance_password']}",
        f"  更多: {files.summary}",
        "",
        "  Ctrl-C ends all of it.",
        "",
    ]
    click.echo("\n".join(lines))

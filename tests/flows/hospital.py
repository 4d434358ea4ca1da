"""A small hospital for journeys: real processes, a few people, a few goods.

Run as a program (``python -m tests.flows.hospital CONFIG``) it fills the database, in a process of its own so that
the tests' process keeps its own application. With the name of a job behind that, it does this job's work once.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from jobs.schedule import JOBS
from tests.engines.processes import ROOT, WXAPP, Processes, free_port
from tests.factories.booking import make_project, make_session
from wxapp.app import create_app
from wxapp.core import clock, settings
from wxapp.core.config import load
from wxapp.core.db import db, transaction
from wxapp.demo.content import people, texts, website
from wxapp.demo.set_up import Addresses, Folder, Outside, prepare
from wxapp.directory import queries as directory
from wxapp.distribution.settings import DEPTH, WAIT_DAYS
from wxapp.hospital import services as hospital
from wxapp.mall.models import GoodsKind
from wxapp.mall.services import catalogue
from wxapp.mall.services.catalogue import GoodsDraft
from wxapp.messages.services.templates import fill_defaults
from wxapp.messages.settings import QUIET_HOURS
from wxapp.patients import services as patients
from wxapp.patients.models import Patient, Sex
from wxapp.reports.services import clients
from wxapp.staff import queries as staff_queries
from wxapp.staff import services as staff
from wxapp.staff.models import Role
from wxapp.wallet import services as wallet

PASSWORD = "seven quiet herons"
BALANCE_PASSWORD = people.BALANCE_PASSWORD
PATIENT = people.patients(1)[0]
"""Lin Xiaoman, person 1 of the phone."""

FRIEND = people.patients(2)[1]
"""Person 2 of the phone, another patient."""

INVITER, SELLER = people.patients(4)[2:]
"""Persons 3 and 4 of the phone; no patients."""

GOODS, PRICE_FEN, STOCK = "入职体检套餐", 29_900, 20
SECOND_GOODS, SECOND_PRICE_FEN = "骨密度检测", 12_000
PROJECT = "腹部彩超"
BY = "system:tests"
FILLING = [sys.executable, "-m", "tests.flows.hospital"]


@dataclass(frozen=True)
class Hospital:
    """Where everything is, and WeChat's own view of the money."""

    web: str
    sandbox: str
    config: Path

    @property
    def told(self) -> dict[str, str]:
        """What filling the database has made: the laboratory's key, the patients' record numbers by name."""
        told: dict[str, str] = json.loads(_told_file(self.config).read_text(encoding="utf-8"))
        return told

    def send_report(self, resource: dict[str, Any]) -> int:
        """Send a FHIR report as the laboratory does; returns the answer's status."""
        headers = {"Authorization": f"Bearer {self.told['key']}", "Content-Type": "application/fhir+json"}
        body = json.dumps(resource).encode()
        request = urllib.request.Request(f"{self.web}/fhir/DiagnosticReport", body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)

    def truth(self, path: str) -> Any:
        """Return what the sandbox knows, e.g. ``pay/money``."""
        with urllib.request.urlopen(f"{self.sandbox}/__sandbox/{path}", timeout=10) as answer:
            return json.load(answer)

    def do_what_is_due(self, job: str) -> None:
        """Run a job of the schedule at once, whose next turn is minutes away."""
        _run([*FILLING, str(self.config), job])

    def ledger_is_right(self) -> bool:
        """Return what the nightly check of the books says."""
        command = [*WXAPP, "--config", str(self.config), "ledger", "check"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60).returncode == 0


def open_hospital(processes: Processes, folder: Path, database_url: str) -> Hospital:
    """Start web, scheduler and sandbox on a filled database."""
    files, port = configure(folder, database_url)
    processes.sandbox(files.sandbox, port=port + 1)
    fill_in_a_process(files)
    processes.web(files.config, port=port)
    processes.scheduler(files.config)
    addresses = Addresses.on(port)
    return Hospital(addresses.web, addresses.sandbox, files.config)


def configure(folder: Path, database_url: str) -> tuple[Folder, int]:
    """Write the configurations of web (on the port) and sandbox (on the next one)."""
    files, port = Folder(folder), free_pair()
    outside = Outside(people.SANDBOX_PEOPLE, texts.config_templates(), texts.sms_texts(), texts.sandbox_templates())
    prepare(files, port=port, outside=outside)
    config = files.config.read_text(encoding="utf-8")
    files.config.write_text(config.replace('"sqlite:///wxapp.sqlite"', json.dumps(database_url)), encoding="utf-8")
    with files.sandbox.open("a", encoding="utf-8") as sandbox:
        sandbox.write("[timing]\nrefund_delay = 0\n")
    return files, port


def fill_in_a_process(files: Folder) -> None:
    """Fill the database, beside a sandbox that runs."""
    _run([*FILLING, str(files.config)])


def free_pair() -> int:
    """Return a free port whose next one is free too."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
        return port


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]


# --- filling ---------------------------------------------------------------------------------------------------------


def fill(config: Path) -> None:
    """Fill an empty database through the use cases of people, and publish the menu."""
    with create_app(load(config)).app_context():
        fill_defaults(texts.template_ids(), by=BY)
        settings.write(QUIET_HOURS, False, by=BY)  # whatever the time is, messages are waited for
        settings.write(DEPTH, 2, by=BY)
        settings.write(WAIT_DAYS, 0, by=BY)  # processes live in real time
        _fill_staff()
        _fill_patients()
        _fill_goods()
        website.fill(BY)
        _fill_calendar()
        told = {"key": _let_a_laboratory_in(), **{one.name: one.record_no for one in db.session.query(Patient)}}
        _told_file(config).write_text(json.dumps(told), encoding="utf-8")
        patients.publish_menu()
        db.session.remove()
        db.engine.dispose()


def _fill_staff() -> None:
    staff.install_default_roles()
    hospital.install_defaults()
    with transaction():  # the second factor has tests of its own
        for role in db.session.query(Role):
            role.requires_totp = False
    for label in ("前台", "财务", "客服", "护士"):
        role_ids = staff_queries.role_ids_by_label([label])
        staff.create_member(username=label, name=label, role_ids=role_ids, by=None, password=PASSWORD)


def _fill_patients() -> None:
    for person in (PATIENT, FRIEND):
        details = patients.PatientDetails(
            name=person.name,
            phone=person.phone,
            id_number=person.id_number,
            sex=Sex(person.sex),
            birthday=person.birthday,
        )
        patient = patients.register_patient(details, by=BY)
        wallet.issue_card(patient.id, by=BY)
        wallet.top_up_at_counter(patient_id=patient.id, amount_fen=100_000, method="cash", by=BY, note="开卡充值")
        patients.set_balance_password(patient.id, BALANCE_PASSWORD)


def _fill_goods() -> None:
    category = catalogue.save_category(category_id=None, name="套餐", position=1, is_shown=True)
    package = GoodsDraft(
        kind=GoodsKind.PACKAGE,
        category_id=category.id,
        name=GOODS,
        summary="入职前一次查清",
        keywords="",
        price_fen=PRICE_FEN,
        original_price_fen=PRICE_FEN,
        audience="",
        notice="空腹8小时",
        detail_html="<p>两小时完成</p>",
        is_on_sale=True,
        position=1,
        items=(("血常规", "贫血及感染筛查"), ("胸片", "")),
    )
    catalogue.add_goods(package, stock=STOCK)
    single = replace(
        package,
        kind=GoodsKind.SINGLE,
        name=SECOND_GOODS,
        price_fen=SECOND_PRICE_FEN,
        original_price_fen=SECOND_PRICE_FEN,
        items=(),
    )
    catalogue.add_goods(single, stock=STOCK)


def _fill_calendar() -> None:
    """Let the first physician work in two days and in three, late enough to be moved, and the project be done too."""
    physician = directory.shown_physicians()[0]
    project = make_project(name=PROJECT)
    for days in (2, 3):
        day = clock.today() + timedelta(days=days)
        make_session(physician_id=physician.id, day=day, starts="09:00", ends="10:00", capacity=1)
        make_session(project_id=project.id, day=day, starts="09:00", ends="11:00", capacity=2)


def _let_a_laboratory_in() -> str:
    return clients.add_client(clients.ClientDraft("检验系统", takes_fhir=True, takes_hl7=False, networks=""), by=BY).key


def _told_file(config: Path) -> Path:
    return config.with_name("told.json")


def do(config: Path, job: str) -> None:
    """Do a job's work once."""
    with create_app(load(config)).app_context():
        next(one for one in JOBS if one.name == job).function()
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        do(Path(sys.argv[1]), sys.argv[2])
    else:
        fill(Path(sys.argv[1]))

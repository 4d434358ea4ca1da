"""A long report opened over HTTP, and messages of a laboratory taken in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bench import people
from bench.figures import Figure, Report
from bench.world import World, run_programs
from tests.engines.processes import free_port
from tests.factories.messages import make_template
from tests.factories.reports import make_report, make_values
from wxapp.core.db import db
from wxapp.patients.models import Patient
from wxapp.reports import models as reports
from wxapp.reports.services import clients

NAME = "reports"
VALUES = 300
MOST_MS = 60.0
MESSAGES = 1_000
MOST_SECONDS = 30.0
CONNECTIONS = 4


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("reports", port=port)
    with app.app_context():
        make_template("pt_report_0000001")
        (reader,) = people.make_buyers(app, 1)
        patient = db.session.get_one(Patient, reader.patient_id)
        long = make_report(patient, values=make_values(VALUES))
        path, record_no = f"/reports/{long.no}", patient.record_no
        key = clients.add_client(
            clients.ClientDraft("bench", takes_fhir=False, takes_hl7=True, networks=""), by="x"
        ).key
        db.session.commit()
    web, empty = world.web(config, port=port), world.empty()
    look = {"visit": "look", "connections": 1, "seconds": world.effort.seconds, "most": 10**6}
    (opened,) = run_programs("bench.loader", [{**look, "port": port, "paths": [path], "cookie": reader.cookie}])
    (bare,) = run_programs("bench.loader", [{**look, "port": empty.port, "paths": ["/"]}])
    _check(opened, web.running.tail())
    report.add(
        Figure(
            NAME,
            f"a report of {VALUES} values opened, half of the answers within",
            f"{opened['took']['p50'] * 1000:.0f} ms",
            f"{bare['took']['p50'] * 1000:.1f} ms empty view",
            "",
            f"< {MOST_MS:.0f} ms",
            opened["took"]["p50"] * 1000 < MOST_MS,
        )
    )
    send = {"visit": "send_hl7", "connections": CONNECTIONS, "seconds": 120, "most": MESSAGES, "port": port}
    (taken,) = run_programs("bench.loader", [{**send, "key": key, "record_no": record_no}])
    _check(taken, web.running.tail())
    web.running.stop()
    with app.app_context():
        there = (db.session.scalar(sa.select(sa.func.count()).select_from(reports.Report)) or 0) - 1
    report.add(
        Figure(
            NAME,
            f"{MESSAGES:,} HL7 messages of 20 values taken over HTTP, {CONNECTIONS} at a time, {there:,} reports kept",
            f"{taken['seconds']:.1f} s",
            "",
            "",
            f"< {MOST_SECONDS:.0f} s",
            taken["seconds"] < MOST_SECONDS and there == taken["ends"]["ok"],
        )
    )


def _check(result: dict[str, Any], log: str) -> None:
    if failed := {end: count for end, count in result["ends"].items() if end != "ok"}:
        raise RuntimeError(f"answers: {failed}; the end of the log:\n{log}")

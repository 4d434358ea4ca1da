from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from jobs.schedule import JOBS
from tests.factories.staff import make_member
from wxapp.core import clock, job_runs
from wxapp.core.permissions import Permission

SignIn = Callable[[FlaskClient, Any], str]


def sign_in(client: FlaskClient, sign_in_staff: SignIn, permission: Permission = Permission.SETTING_READ) -> None:
    sign_in_staff(client, make_member([permission]))


def test_staff_see_what_runs_when_and_how_it_went(client: FlaskClient, sign_in_staff: SignIn) -> None:
    sign_in(client, sign_in_staff)
    job_runs.declare([job_runs.Declared(job.name, job.label, job.rhythm) for job in JOBS])
    job_runs.record("messages.deliver_due", started_at=clock.now(), count=0, error="ValueError: x", fence=1)
    html = client.get("/pc/jobs").get_data(as_text=True)
    assert all(job.label in html for job in JOBS)
    assert "ValueError: x" in html
    runs = client.get("/pc/jobs/runs?job=messages.deliver_due&failed=1").get_data(as_text=True)
    assert "ValueError: x" in runs


def test_a_scheduler_that_does_not_run_is_told_of(client: FlaskClient, sign_in_staff: SignIn) -> None:
    from jobs.scheduler import LEASE, LEASE_NAME

    sign_in(client, sign_in_staff)
    assert "定时任务进程没有在运行" in client.get("/pc/jobs").get_data(as_text=True)
    job_runs.acquire(LEASE_NAME, "one", ttl=LEASE)
    assert "定时任务进程没有在运行" not in client.get("/pc/jobs").get_data(as_text=True)


def test_others_do_not_see_it(client: FlaskClient, sign_in_staff: SignIn) -> None:
    sign_in(client, sign_in_staff, Permission.GOODS_READ)
    assert client.get("/pc/jobs").status_code == 403

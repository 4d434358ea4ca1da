from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.schedule import JOBS, Job


def test_every_job_has_a_name_of_its_own() -> None:
    names = [job.name for job in JOBS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("job", [pytest.param(job, id=job.name) for job in JOBS])
def test_a_job_says_when_it_runs_and_how_late_it_may(job: Job) -> None:
    assert job.rhythm
    assert job.label
    assert job.late > timedelta(0)


def test_a_job_has_a_rhythm_or_a_time_of_day_and_not_both() -> None:
    with pytest.raises(ValueError, match="either"):
        Job("x", lambda: 0, "x")
    with pytest.raises(ValueError, match="either"):
        Job("x", lambda: 0, "x", every=timedelta(seconds=1), at="03:00")


@pytest.mark.parametrize(
    ("every", "text"),
    [
        (timedelta(seconds=1), "每1秒"),
        (timedelta(minutes=10), "每10分钟"),
        (timedelta(seconds=90), "每90秒"),
    ],
)
def test_a_rhythm_is_told_in_words(every: timedelta, text: str) -> None:
    assert Job("x", lambda: 0, "x", every=every).rhythm == text


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("job", [pytest.param(job, id=job.name) for job in JOBS])
def test_a_job_with_nothing_to_do_does_nothing(job: Job) -> None:
    assert job.function() == 0

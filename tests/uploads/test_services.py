"""Storing, attaching, and clearing away what was never attached."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.uploads import BY, make_upload, picture
from wxapp.admin.identity import Staff
from wxapp.core import files
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.core.files import File
from wxapp.uploads import queries, registry, services, tasks
from wxapp.uploads.models import Upload

pytestmark = pytest.mark.usefixtures("app")


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def staff(number: int) -> Staff:
    return Staff(number, f"user{number}", "员工", frozenset())


def attach(path: str, subject: str = "visit:1", *, by: str = BY) -> Upload:
    with transaction():
        return services.attach([path], subject=subject, by=by)[0]


def test_a_stored_picture_has_an_address_that_nobody_guesses() -> None:
    upload = services.store_picture(picture(), name="IMG_1.png", by=BY)
    assert re.fullmatch(r"/static/upload/20260302/[0-9a-f]{32}\.jpg", upload.path)
    file = queries.file_of(upload)
    assert (file.is_public, file.content_type, file.name) == (False, "image/jpeg", "IMG_1.png")
    assert files.path_of(file.token).read_bytes()[:2] == b"\xff\xd8"
    assert queries.file_of(upload, is_small=True).width == 480


def test_what_is_refused_leaves_nothing(app: Flask) -> None:
    with pytest.raises(Invalid):
        services.store_picture(io.BytesIO(b"no picture"), name="x.jpg", by=BY)
    assert count(Upload) == count(File) == 0


def test_attached_ones_come_back_in_the_order_that_was_asked_for() -> None:
    first, second = make_upload(), make_upload()
    with transaction():
        found = services.attach([second.path, first.path, second.path], subject="visit:1", by=BY)
    assert [upload.id for upload in found] == [second.id, first.id]
    assert {upload.subject for upload in found} == {"visit:1"}


def test_attaching_to_the_same_again_changes_nothing_whoever_does_it() -> None:
    upload = make_upload()
    attach(upload.path)
    assert attach(upload.path, by="staff:2").subject == "visit:1"


@pytest.mark.parametrize("path", ["/static/upload/20260302/none.jpg", "", "../../etc/passwd", "%"])
def test_an_address_that_is_not_ours_is_refused(path: str) -> None:
    with pytest.raises(Invalid, match="图片地址无效"):
        attach(path)


def test_somebody_elses_picture_is_refused_and_nothing_is_attached() -> None:
    mine, theirs = make_upload(), make_upload(by="staff:2")
    with pytest.raises(Invalid), transaction():
        services.attach([mine.path, theirs.path], subject="visit:1", by=BY)
    assert queries.get_upload(mine.path).subject == ""


def test_a_picture_that_is_attached_elsewhere_is_refused() -> None:
    upload = make_upload()
    attach(upload.path, "visit:1")
    with pytest.raises(Invalid):
        attach(upload.path, "visit:2")


def test_until_it_is_attached_only_who_stored_it_sees_it() -> None:
    upload = make_upload(by="staff:1")
    assert registry.is_seen_by(upload, staff(1))
    assert not registry.is_seen_by(upload, staff(2))


def test_afterwards_the_package_of_its_subject_says_who_sees_it() -> None:
    registry.may_see("toy", lambda who, number: (who.id, number) == (2, 7))
    upload = attach(make_upload(by="staff:1").path, "toy:7")
    assert registry.is_seen_by(upload, staff(2))
    assert not registry.is_seen_by(upload, staff(1))


@pytest.mark.parametrize("subject", ["unheard:7", "toy:", "toy:x", "toy"])
def test_what_belongs_to_nothing_that_is_known_is_seen_by_nobody(subject: str) -> None:
    registry.may_see("toy", lambda _who, _number: True)
    upload = attach(make_upload(by="staff:1").path, subject)
    assert not registry.is_seen_by(upload, staff(1))


def test_what_was_left_behind_for_two_days_goes_with_its_files(at) -> None:  # type: ignore[no-untyped-def]
    kept, left = make_upload(), make_upload()
    attach(kept.path)
    paths = [files.path_of(queries.file_of(left, is_small=small).token) for small in (False, True)]
    at(timedelta(days=1, hours=23))
    assert tasks.discard_left_behind() == 0
    at(timedelta(hours=2))
    assert tasks.discard_left_behind() == 1
    assert [path.exists() for path in paths] == [False, False]
    assert (count(Upload), count(File)) == (1, 2)
    assert files.path_of(queries.file_of(kept).token).exists()


def test_what_was_attached_in_the_meantime_is_kept() -> None:
    upload = make_upload()
    attach(upload.path)
    assert services.discard_left_behind(upload.id) == 0
    assert queries.get_upload(upload.path).subject == "visit:1"

"""Sending pictures and looking at them."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member
from tests.factories.uploads import heic, make_upload, picture
from wxapp.admin.models import AuditRow
from wxapp.core import actors
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission
from wxapp.uploads import pictures, registry, services
from wxapp.uploads.models import Upload

SENDER = {Permission.DASHBOARD_READ}
"""Any member of staff may send pictures."""


def looks() -> list[tuple[str, str]]:
    asked = sa.select(AuditRow.subject, AuditRow.detail).where(AuditRow.action == "audit.look")
    return [tuple(row) for row in db.session.execute(asked.order_by(AuditRow.number))]


def send(client, csrf: str, content: io.BytesIO | bytes, name: str = "a.jpg", **headers: str):
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    answer = client.post(
        "/pc/Common/upload_one.html", data={"file": (stream, name)}, headers={"X-CSRF-Token": csrf, **headers}
    )
    answer.request.environ["wsgi.input"].close()  # what the test's client wrote on the disk
    return answer


def look(client, path: str, **headers: str):
    answer = client.get(path, headers=headers)
    answer.get_data()
    answer.close()
    return answer


@pytest.fixture
def member():
    return make_member(SENDER)


def test_a_picture_is_kept_and_its_address_told(client, sign_in_staff, member):
    answer = send(client, sign_in_staff(client, member), picture())
    assert answer.json.keys() == {"success", "message"}
    assert answer.json["success"] == 1
    upload = db.session.scalars(sa.select(Upload)).one()
    assert (upload.path, upload.uploaded_by) == (answer.json["message"], actors.staff(member.id))


def test_what_telephones_write_is_taken_too(client, sign_in_staff, member):
    assert send(client, sign_in_staff(client, member), heic(), "IMG_0001.HEIC").json["success"] == 1


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"#!/bin/sh", "a.jpg", "请上传JPG、PNG、WebP或HEIC图片"),
        (b"", "", "请选择图片文件"),
        (b"\xff\xd8" + b"\0" * pictures.MAX_BYTES, "a.jpg", "图片不能超过20MB"),
    ],
)
def test_a_refusal_has_the_shape_of_uploads(client, sign_in_staff, member, content, name, why):
    answer = send(client, sign_in_staff(client, member), content, name)
    assert answer.status_code == 200
    assert (answer.json["success"], answer.json["message"], answer.json["code"]) == (0, why, 0)
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(Upload))


def test_far_too_much_is_refused_before_it_is_read(client, sign_in_staff, member):
    csrf = sign_in_staff(client, member)
    answer = send(client, csrf, b"\0" * (pictures.MAX_BYTES + 1_000_000))
    assert (answer.status_code, answer.json["success"], answer.json["message"]) == (200, 0, "上传内容过大")


def test_nearly_twenty_megabytes_are_read(client, sign_in_staff, member):
    whole = picture().getvalue()
    answer = send(client, sign_in_staff(client, member), whole + b"\0" * (19 * 1024 * 1024))
    assert answer.json["success"] == 1


def test_without_session_or_token_nothing_is_kept(client, sign_in_staff, member):
    assert send(client, "", picture()).status_code == 401
    sign_in_staff(client, member)
    assert send(client, "guessed", picture()).status_code == 419
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(Upload))


# --- looking ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def attached(subjects):
    """A picture that belongs to a toy, which only one member may see."""
    upload = make_upload()
    with transaction():
        services.attach([upload.path], subject="toy:7", by="staff:1")
    return upload


def test_who_may_see_it_gets_it_and_the_look_is_logged(client, sign_in_staff, member, attached):
    registry.may_see("toy", lambda who, number: (who.id, number) == (member.id, 7))
    sign_in_staff(client, member)
    answer = look(client, attached.path)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert looks() == [("toy:7", f"图片{attached.id}")]


def test_the_small_one_is_smaller_and_not_logged_by_itself(client, sign_in_staff, member, attached):
    registry.may_see("toy", lambda _who, _number: True)
    sign_in_staff(client, member)
    assert len(look(client, f"{attached.path}?small=1").data) <= len(look(client, attached.path).data)
    assert len(looks()) == 1


def test_a_browser_that_has_it_already_is_not_sent_it_again(client, sign_in_staff, member, attached):
    registry.may_see("toy", lambda _who, _number: True)
    sign_in_staff(client, member)
    tag = look(client, attached.path).headers["ETag"]
    assert look(client, attached.path, **{"If-None-Match": tag}).status_code == 304


def test_everybody_else_does_not_learn_that_it_is_there(client, sign_in_staff, member, attached):
    assert look(client, attached.path).status_code == 401
    registry.may_see("toy", lambda who, _number: who.id == member.id)
    sign_in_staff(client, make_member(SENDER))
    assert look(client, attached.path).status_code == 404
    assert looks() == []


def test_the_right_is_asked_each_time(client, sign_in_staff, member, attached):
    sign_in_staff(client, member)
    registry.may_see("toy", lambda _who, _number: True)
    assert look(client, attached.path).status_code == 200
    registry.may_see("toy", lambda _who, _number: False)
    assert look(client, attached.path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/upload/20260302/nothing.jpg",
        "/static/upload/20260302/..%2f..%2f..%2fetc%2fpasswd",
        "/static/upload/../../../etc/passwd",
        "/static/upload/%2e%2e/config.toml",
        "/static/upload/20260302/%00.jpg",
        "/static/upload/20260302/" + "a" * 300,
    ],
)
def test_other_addresses_lead_nowhere(client, sign_in_staff, member, path):
    sign_in_staff(client, member)
    assert look(client, path).status_code == 404


def test_before_the_first_password_is_changed_nothing_is_shown(client, sign_in_staff):
    fresh = make_member(SENDER, must_change_password=True)
    upload = make_upload(by=actors.staff(fresh.id))
    sign_in_staff(client, fresh)
    assert look(client, upload.path).status_code == 403

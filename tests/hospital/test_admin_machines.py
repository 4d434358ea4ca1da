"""The pages of workstations and of videos in 医院配置."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.configuration import (
    make_workstation,
)
from tests.factories.staff import make_member, make_role
from tests.hospital.conftest import Desk, told_of
from wxapp.admin import identity
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.hospital.models import (
    Workstation,
)
from wxapp.hospital.services import admit_device
from wxapp.hospital.settings import CONSENT_TEXT, PLAY_ROLES, VIDEO_FORMATS

# --- workstations ----------------------------------------------------------------------------------------------------


def token_in(page: str) -> str:
    found = re.search(r'<code class="once">([^<]+)</code>', page)
    assert found
    return found[1]


def test_a_token_is_shown_once_and_also_to_a_second_press(desk: Desk) -> None:
    member = make_member(set(), name="陈一")
    fields = {
        "form_key": "once-1",
        "machine": "MACHINE-01",
        "name": "咨询室一",
        "staff_id": member.id,
        "is_active": "1",
    }
    first, second = desk.post("computer/new", **fields), desk.post("computer/new", **fields)
    token = token_in(first.text)
    assert token_in(second.text) == token
    row = db.session.scalars(sa.select(Workstation)).one()
    assert token not in desk.get(f"computer/{row.id}").text
    assert "陈一" in desk.get("computer").text
    renewed = desk.post(f"computer/{row.id}/token", version="1")
    assert admit_device(token) is None
    assert admit_device(token_in(renewed.text)) is not None
    assert desk.post(f"computer/{row.id}/revoke", version="1").status_code == 409
    assert desk.post(f"computer/{row.id}/revoke", version="2").status_code == 303
    assert admit_device(token_in(renewed.text)) is None


def test_a_workstation_is_changed_and_found(desk: Desk) -> None:
    row = make_workstation(name="咨询室一", room="301")
    assert desk.post(f"computer/{row.id}", name="咨询室二", room="302", is_active="1", version="1").status_code == 303
    assert told_of("hospital.workstation_change") == "名称：咨询室一 → 咨询室二；房间：301 → 302"
    assert desk.post(f"computer/{row.id}", name="三", version="1").status_code == 409
    assert [one["name"] for one in desk.ask("computer?q=302").json["list"]] == ["咨询室二"]
    gone = make_member(set(), is_active=False)
    assert desk.post(f"computer/{row.id}", name="三", staff_id=gone.id, version="2").status_code == 422
    twice = desk.post("computer/new", machine=row.machine, name="四")
    assert (twice.status_code, "已登记" in twice.text) == (409, True)
    assert desk.post("computer/new", machine="机器", name="四").status_code == 422


def test_devices_are_known_to_the_doors(app: Any) -> None:
    made = make_workstation(token="wxd_known", name="咨询室一")
    with app.test_request_context(headers={"Authorization": "Bearer wxd_known"}):
        assert identity.current_device() == identity.Device(made.id, "咨询室一")


# --- media -----------------------------------------------------------------------------------------------------------


def media_fields(**over: Any) -> dict[str, Any]:
    return {
        "video_folder": "videos", "recording_folder": "recordings", "video_formats": ["mp4"],
        "recording_formats": ["mp3", "wav"], "video_megabytes": "500", "recording_megabytes": "50",
        "video_days": "0", "recording_days": "30", "watermark": "1", "consent_text": "同意", **over,
    }  # fmt: skip


def test_the_settings_of_videos_are_kept(desk: Desk) -> None:
    role = make_role(set())
    seen = re.search(r'name="seen" value="([^"]+)"', desk.get("media").text)
    assert seen
    fields = media_fields(play_roles=[role.name], seen=seen[1])
    assert desk.post("media", **fields).status_code == 303
    settings.forget()
    assert (VIDEO_FORMATS(), PLAY_ROLES(), CONSENT_TEXT()) == ("mp4", role.name, "同意")
    assert "视频格式" in told_of("hospital.media_save")
    stale = desk.post("media", **fields | {"consent_text": "别的"})
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"video_folder": "../x"}, "只能用字母"),
        ({"video_formats": ["exe"]}, "只能从"),
        ({"video_formats": []}, "不能为空"),
        ({"video_megabytes": "0"}, "应在1至20480之间"),
        ({"recording_days": "lang"}, "应为数字"),
        ({"play_roles": ["nobody"]}, "有的角色已不存在"),
        ({"consent_text": ""}, "不能为空"),
    ],
)
def test_settings_of_videos_that_make_no_sense_are_refused(desk: Desk, over: dict[str, Any], words: str) -> None:
    answer = desk.post("media", **media_fields(**over))
    assert (answer.status_code, words in answer.text) == (422, True)

"""The pages of 医技科: the list, the pictures of a visit, and two of them side by side."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_project
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.uploads import make_upload, picture
from tests.factories.visits import make_visit
from wxapp.admin.models import AuditRow
from wxapp.core import actors, clock
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission
from wxapp.hospital.models import ExamDepartment
from wxapp.staff.services import identity_of
from wxapp.visits.models import ExamKind, Part, Picture, Stage, Visit
from wxapp.visits.queries.pictures import pictures_of
from wxapp.visits.services import diagnostics
from wxapp.visits.services.people import set_people

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
PHOTO = ExamKind.PREOPERATIVE


@pytest.fixture
def member():
    return make_member({Permission.DIAGNOSTICS_WRITE}, name="周摄")


@pytest.fixture
def visit() -> Visit:
    return make_visit(patient=make_patient(name="陈小美", phone="13800008888"), stage=Stage.ARRIVED)


def put(visit: Visit, member, count: int = 1, kind: ExamKind = PHOTO) -> list[str]:
    paths = [make_upload(by=actors.staff(member.id)).path for _ in range(count)]
    diagnostics.add_pictures(visit.id, kind, paths, by=identity_of(member.id))
    return paths


def shown(visit: Visit, kind: ExamKind = PHOTO) -> list[str]:
    return [one.path for one in pictures_of(visit.id)[kind]]


def looks() -> list[tuple[str, str]]:
    asked = sa.select(AuditRow.subject, AuditRow.detail).where(AuditRow.action == "audit.look")
    return [tuple(row) for row in db.session.execute(asked.order_by(AuditRow.number))]


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_shows_who_is_here_today_and_what_is_missing(client, sign_in_staff, member, visit):
    with transaction():
        values = {"label": "术前照", "for_first_visits": True, "pictures_needed": 2}
        db.session.add(ExamDepartment(kind="preoperative", changed_at=clock.now(), changed_by="system:tests", **values))
    put(visit, member)
    make_visit(patient=make_patient(name="未到店"), stage=Stage.BOOKED)
    sign_in_staff(client, member)
    page = client.get("/pc/physical/index.html", headers=PAGE).text
    assert visit.visit_no in page
    assert "1张" in page
    assert "陈**" in page
    assert "13800008888" not in page
    listed = client.get("/pc/Physical/index").json
    assert (listed["count"], listed["list"][0]["id"]) == (1, str(visit.id))


def test_a_quoted_project_says_which_examinations_it_needs(client, sign_in_staff, member):
    project = make_project(exam_kinds="blood electrocardiogram")
    make_visit(stage=Stage.APPROVED, projects=[project], is_first=False)
    sign_in_staff(client, member)
    assert client.get("/pc/physical/index", headers=PAGE).text.count("缺") == 2


def test_the_list_finds_who_has_no_picture_of_a_kind_yet(client, sign_in_staff, member, visit):
    put(visit, member)
    other = make_visit(stage=Stage.ARRIVED)
    sign_in_staff(client, member)
    found = client.get("/pc/physical/index?without=preoperative").json["list"]
    assert [row["id"] for row in found] == [str(other.id)]


# --- the pictures of a visit -----------------------------------------------------------------------------------------


def test_programs_get_the_addresses_by_kind_and_the_look_is_logged(client, sign_in_staff, member, visit):
    paths = put(visit, member, 2)
    sign_in_staff(client, member)
    info = client.get(f"/pc/physical/info?id={visit.id}").json["info"]
    assert info["preoperative_img"] == paths
    assert info["blood_img"] == info["ct_img"] == info["electrocardiogram_img"] == info["radiation_img"] == []
    assert (info["id"], info["user_number"]) == (str(visit.id), visit.visit_no)
    assert info["nurse_preoperative_name"] == "周摄"
    assert looks() == [(f"visit:{visit.id}", "检查图片")]


def test_the_page_shows_them_with_who_took_them(client, sign_in_staff, member, visit):
    first, second = put(visit, member, 2)
    diagnostics.save_pictures(visit.id, PHOTO, [second], by=identity_of(member.id))
    sign_in_staff(client, member)
    page = client.get(f"/pc/physical/info.html?id={visit.id}", headers=PAGE).text
    assert f"{second}?small=1" in page
    assert "历史图片 1" in page
    assert first in page
    assert "陈小美" not in page
    assert "13800008888" not in page


def test_an_unknown_visit_is_no_page(client, sign_in_staff, member):
    sign_in_staff(client, member)
    assert client.get("/pc/physical/info?id=999999", headers=PAGE).status_code == 404
    answer = client.get("/pc/physical/info?id=999999")
    assert (answer.status_code, answer.json["code"]) == (200, 0)


def test_before_the_patient_is_there_the_page_says_so_and_has_no_form(client, sign_in_staff, member):
    visit = make_visit(stage=Stage.BOOKED)
    sign_in_staff(client, member)
    page = client.get(f"/pc/physical/info?id={visit.id}", headers=PAGE).text
    assert "请先由前台确认到店" in page
    assert "data-drop" not in page


# --- saving ----------------------------------------------------------------------------------------------------------


def save(client, csrf, **sent):
    return client.post("/pc/physical/save_img", data=sent, headers={"X-CSRF-Token": csrf})


@pytest.mark.parametrize("comma", [",", ""])
def test_a_program_saves_the_list_of_a_kind(client, sign_in_staff, member, visit, comma):
    csrf = sign_in_staff(client, member)
    paths = [make_upload(by=actors.staff(member.id)).path for _ in range(2)]
    answer = save(client, csrf, id=visit.id, kind="ct", images=",".join(paths) + comma)
    assert answer.json == {"code": 1, "msg": "操作成功"}
    assert shown(visit, ExamKind.CT) == paths


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"kind": "toes", "images": "x,"}, "检查类别不在可选范围内"),
        ({"kind": "ct", "images": "/static/upload/20260302/none.jpg,"}, "图片地址无效"),
        ({"kind": "ct"}, "请选择图片"),
        ({"images": "x"}, "请填写检查类别"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_saved(client, sign_in_staff, member, visit, sent, why):
    csrf = sign_in_staff(client, member)
    answer = save(client, csrf, id=visit.id, **sent)
    assert (answer.status_code, answer.json["code"]) == (200, 0)
    assert why in answer.json["msg"]
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(Picture))


def test_a_list_is_emptied_only_on_purpose(client, sign_in_staff, member, visit):
    put(visit, member)
    csrf = sign_in_staff(client, member)
    assert save(client, csrf, id=visit.id, kind="preoperative", images="").json["code"] == 0
    assert len(shown(visit)) == 1
    assert save(client, csrf, id=visit.id, kind="preoperative", images="", clear="1").json["code"] == 1
    assert shown(visit) == []


def test_without_script_files_come_with_the_form_and_bad_ones_are_named(client, sign_in_staff, member, visit):
    csrf = sign_in_staff(client, member)
    sent = {"id": visit.id, "kind": "blood", "form_key": "k" * 20, "csrf_token": csrf}
    files = [(picture(), "a.jpg"), (picture("PNG"), "b.png"), (picture("GIF"), "c.gif")]
    answer = client.post("/pc/physical/add", data={**sent, "files": files}, headers=PAGE)
    assert (answer.status_code, answer.location) == (303, f"/pc/physical/info?id={visit.id}#blood")
    assert len(shown(visit, ExamKind.BLOOD)) == 2
    page = client.get(answer.location, headers=PAGE).text
    assert "已添加2张检验科图片；c.gif：请上传JPG、PNG、WebP或HEIC图片" in page


def test_a_form_without_file_comes_back_with_what_is_missing(client, sign_in_staff, member, visit):
    csrf = sign_in_staff(client, member)
    answer = client.post("/pc/physical/add", data={"id": visit.id, "kind": "blood", "csrf_token": csrf}, headers=PAGE)
    assert answer.status_code == 422
    assert "请选择图片文件" in answer.text


def test_pressed_twice_the_form_adds_its_pictures_once(client, sign_in_staff, member, visit):
    csrf = sign_in_staff(client, member)
    path = make_upload(by=actors.staff(member.id)).path
    sent = {"id": visit.id, "kind": "blood", "images": path, "form_key": "k" * 20}
    answers = [client.post("/pc/physical/add", data=sent, headers={"X-CSRF-Token": csrf, **JSON}) for _ in range(2)]
    assert [answer.json["count"] for answer in answers] == [1, 1]
    assert shown(visit, ExamKind.BLOOD) == [path]


def arrange(client, csrf, visit, **sent):
    return client.post(
        "/pc/physical/arrange", data={"id": visit.id, "kind": "preoperative", "csrf_token": csrf, **sent}, headers=PAGE
    )


def test_the_page_puts_pictures_in_order_and_takes_some_out(client, sign_in_staff, member, visit):
    first, second, third = put(visit, member, 3)
    rows = [one.id for one in pictures_of(visit.id)[PHOTO]]
    csrf = sign_in_staff(client, member)
    assert arrange(client, csrf, visit, picture=rows, place=[3, 1, 2], out=[rows[1]]).status_code == 303
    assert shown(visit) == [third, first]
    assert second not in shown(visit)


def test_a_page_that_shows_an_older_list_is_told(client, sign_in_staff, member, visit):
    put(visit, member, 2)
    rows = [one.id for one in pictures_of(visit.id)[PHOTO]]
    put(visit, member)
    csrf = sign_in_staff(client, member)
    answer = arrange(client, csrf, visit, picture=rows, place=[1, 2], out=[rows[0]])
    assert answer.status_code == 409
    assert "图片已被他人更新" in answer.text
    assert len(shown(visit)) == 3


# --- before and after ------------------------------------------------------------------------------------------------


def test_pictures_of_two_visits_stand_side_by_side(client, sign_in_staff, member, visit):
    before = put(visit, member)[0]
    later = make_visit(patient=visit_patient(visit), stage=Stage.ARRIVED, is_first=False)
    after = put(later, member)[0]
    sign_in_staff(client, member)
    page = client.get(f"/pc/physical/compare?id={later.id}", headers=PAGE).text
    assert f'src="{before}" alt="左图' in page
    assert f'src="{after}" alt="右图' in page
    assert (f"visit:{later.id}", "对比照片") in looks()


def visit_patient(visit: Visit):
    from wxapp.patients.models import Patient

    return db.session.get_one(Patient, visit.patient_id)


def test_a_consultant_compares_pictures_of_own_visits_only(client, sign_in_staff, member, visit):
    put(visit, member)
    consultant = make_member({Permission.VISIT_READ, Permission.CONSULT})
    later = make_visit(patient=visit_patient(visit), stage=Stage.TRIAGED, consultant_id=consultant.id)
    own = put(later, member)[0]
    sign_in_staff(client, consultant)
    page = client.get(f"/pc/physical/compare?id={later.id}", headers=PAGE).text
    assert own in page
    assert shown(visit)[0] not in page
    assert client.get(f"/pc/physical/compare?id={visit.id}", headers=PAGE).status_code == 404


@pytest.mark.parametrize(
    ("rights", "part"),
    [
        ({Permission.VISIT_READ}, Part.LEAD_REFERRER),
        ({Permission.VISIT_READ}, Part.REFERRER),
        ({Permission.VISIT_READ}, Part.DRIVER),
        ({Permission.VISIT_READ, Permission.TILL_CHECK}, None),
    ],
)
def test_who_neither_treats_nor_advises_sees_the_visit_without_its_pictures(
    client, sign_in_staff, member, visit, rights, part
):
    path = put(visit, member)[0]
    other = make_member(rights)
    if part is not None:
        with transaction():
            set_people(visit.id, part, [other.id])
    sign_in_staff(client, other)
    page = client.get(f"/pc/visits/{visit.id}?part=pictures", headers=PAGE)
    assert page.status_code == 200
    assert path not in page.text
    assert client.get(f"/pc/physical/compare?id={visit.id}", headers=PAGE).status_code == 403
    assert client.get(path).status_code == 404


def test_who_escorts_the_patient_sees_the_pictures(client, sign_in_staff, member, visit):
    path = put(visit, member)[0]
    escort = make_member({Permission.VISIT_READ})
    with transaction():
        set_people(visit.id, Part.ESCORT, [escort.id])
    sign_in_staff(client, escort)
    assert path in client.get(f"/pc/visits/{visit.id}?part=pictures", headers=PAGE).text
    answer = client.get(path)
    assert answer.status_code == 200
    answer.close()


def test_who_sees_no_visits_compares_nothing(client, sign_in_staff, member, visit):
    put(visit, member)
    sign_in_staff(client, make_member({Permission.VISIT_INTAKE}))
    assert client.get(f"/pc/physical/compare?id={visit.id}", headers=PAGE).status_code == 403

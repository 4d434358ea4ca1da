"""Pictures of a visit: who may put them in, in which order they stand, and that nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member, make_role
from tests.factories.uploads import make_upload
from tests.factories.visits import make_visit
from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Forbidden, Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.hospital.models import ExamDepartment
from wxapp.staff.services import identity_of
from wxapp.uploads import queries as uploads
from wxapp.uploads import registry
from wxapp.visits.errors import NotExaminable
from wxapp.visits.models import ExamKind, Picture, Stage, Visit
from wxapp.visits.queries.pictures import all_pictures_of, pictures_of
from wxapp.visits.services import diagnostics

pytestmark = pytest.mark.usefixtures("app")
PHOTO, LAB = ExamKind.PREOPERATIVE, ExamKind.BLOOD


def staff_of(member) -> Staff:  # type: ignore[no-untyped-def]
    found = identity_of(member.id)
    assert found is not None
    return found


@pytest.fixture
def photographer() -> Staff:
    return staff_of(make_member({Permission.DIAGNOSTICS_WRITE}, name="周摄"))


@pytest.fixture
def visit() -> Visit:
    return make_visit(stage=Stage.ARRIVED)


def uploaded(by: Staff, count: int = 1) -> list[str]:
    return [make_upload(by=by.actor).path for _ in range(count)]


def shown(visit: Visit, kind: ExamKind = PHOTO) -> list[str]:
    return [picture.path for picture in pictures_of(visit.id)[kind]]


def set_department(kind: ExamKind, **values: object) -> None:
    with transaction():
        db.session.add(
            ExamDepartment(
                kind=kind.value, label=kind.label, changed_at=clock.now(), changed_by="system:tests", **values
            )
        )


def test_the_first_picture_begins_the_examination(visit: Visit, photographer: Staff) -> None:
    paths = uploaded(photographer, 2)
    diagnostics.save_pictures(visit.id, PHOTO, paths, by=photographer)
    assert shown(visit) == paths
    assert db.session.get_one(Visit, visit.id, populate_existing=True).stage is Stage.EXAMINING
    row = pictures_of(visit.id)[PHOTO][0]
    assert (row.taken_by, row.taken_by_name) == (photographer.id, "周摄")
    assert uploads.get_upload(paths[0]).subject == f"visit:{visit.id}"


@pytest.mark.parametrize("stage", [Stage.TRIAGED, Stage.APPROVED, Stage.LEFT])
def test_later_ones_leave_the_visit_where_it_is(photographer: Staff, stage: Stage) -> None:
    visit = make_visit(stage=stage)
    diagnostics.add_pictures(visit.id, LAB, uploaded(photographer), by=photographer)
    assert db.session.get_one(Visit, visit.id, populate_existing=True).stage is stage


@pytest.mark.parametrize(("stage", "why"), [(Stage.BOOKED, "尚未到店"), (Stage.REFUSED, "已拒绝")])
def test_before_the_patient_is_there_nothing_is_taken(photographer: Staff, stage: Stage, why: str) -> None:
    visit = make_visit(stage=stage)
    path = uploaded(photographer)[0]
    with pytest.raises(NotExaminable, match=why):
        diagnostics.save_pictures(visit.id, PHOTO, [path], by=photographer)
    assert uploads.get_upload(path).subject == ""


def test_a_new_list_replaces_the_old_one_and_the_old_one_stays_as_history(
    visit: Visit, photographer: Staff, at
) -> None:  # type: ignore[no-untyped-def]
    first, second, third = uploaded(photographer, 3)
    diagnostics.save_pictures(visit.id, PHOTO, [first, second], by=photographer)
    at(timedelta(minutes=5))
    other = staff_of(make_member({Permission.DIAGNOSTICS_WRITE}, name="吴拍"))
    replacement = uploaded(other)[0]
    diagnostics.save_pictures(visit.id, PHOTO, [second, replacement], by=other)
    assert shown(visit) == [second, replacement]
    assert [picture.taken_by_name for picture in pictures_of(visit.id)[PHOTO]] == ["周摄", "吴拍"]
    gone = all_pictures_of(visit.id)[1][PHOTO]
    assert [(picture.path, picture.replaced_by) for picture in gone] == [(first, other.actor)]
    assert uploads.get_upload(third).subject == ""


def test_putting_them_in_order_writes_no_new_rows(visit: Visit, photographer: Staff) -> None:
    paths = uploaded(photographer, 3)
    diagnostics.save_pictures(visit.id, PHOTO, paths, by=photographer)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Picture))
    diagnostics.save_pictures(visit.id, PHOTO, paths[::-1], by=photographer)
    assert shown(visit) == paths[::-1]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Picture)) == before


def test_a_picture_that_was_taken_out_comes_back_as_a_row_of_its_own(visit: Visit, photographer: Staff) -> None:
    paths = uploaded(photographer, 2)
    diagnostics.save_pictures(visit.id, PHOTO, paths, by=photographer)
    diagnostics.save_pictures(visit.id, PHOTO, [paths[1]], by=photographer)
    diagnostics.save_pictures(visit.id, PHOTO, paths, by=photographer)
    assert shown(visit) == paths
    assert len(all_pictures_of(visit.id)[1][PHOTO]) == 1


def test_adding_twice_adds_once(visit: Visit, photographer: Staff) -> None:
    paths = uploaded(photographer, 2)
    assert diagnostics.add_pictures(visit.id, PHOTO, paths, by=photographer) == 2
    assert diagnostics.add_pictures(visit.id, PHOTO, paths, by=photographer) == 0
    assert shown(visit) == paths


def test_each_kind_has_a_list_of_its_own(visit: Visit, photographer: Staff) -> None:
    photo, blood = uploaded(photographer, 2)
    diagnostics.save_pictures(visit.id, PHOTO, [photo], by=photographer)
    diagnostics.save_pictures(visit.id, LAB, [blood], by=photographer)
    assert (shown(visit), shown(visit, LAB)) == ([photo], [blood])


def test_who_saw_an_older_list_is_told(visit: Visit, photographer: Staff) -> None:
    first, second = uploaded(photographer, 2)
    diagnostics.save_pictures(visit.id, PHOTO, [first], by=photographer)
    seen = [picture.id for picture in pictures_of(visit.id)[PHOTO]]
    diagnostics.add_pictures(visit.id, PHOTO, [second], by=photographer)
    with pytest.raises(Stale, match="图片已被他人更新"):
        diagnostics.save_pictures(visit.id, PHOTO, [], by=photographer, seen=seen)
    assert shown(visit) == [first, second]


def test_a_picture_of_somebody_else_or_of_another_visit_is_refused(visit: Visit, photographer: Staff) -> None:
    theirs = make_upload(by="staff:999999").path
    elsewhere = uploaded(photographer)[0]
    diagnostics.save_pictures(make_visit(stage=Stage.ARRIVED).id, PHOTO, [elsewhere], by=photographer)
    for path in (theirs, elsewhere):
        with pytest.raises(Invalid, match="图片地址无效"):
            diagnostics.save_pictures(visit.id, PHOTO, [path], by=photographer)
    assert shown(visit) == []
    assert db.session.get_one(Visit, visit.id, populate_existing=True).stage is Stage.ARRIVED


def test_more_than_anybody_needs_are_refused(visit: Visit, photographer: Staff, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(diagnostics, "MOST_OF_A_KIND", 2)
    with pytest.raises(Invalid, match="不能超过2张"):
        diagnostics.save_pictures(visit.id, PHOTO, uploaded(photographer, 3), by=photographer)


# --- departments -----------------------------------------------------------------------------------------------------


def test_a_department_lets_its_own_roles_upload(visit: Visit) -> None:
    role = make_role({Permission.DIAGNOSTICS_WRITE})
    set_department(LAB, roles=f"somebody {role.name}")
    set_department(PHOTO, roles="photo_room")
    technician = staff_of(make_member(roles=[role]))
    diagnostics.save_pictures(visit.id, LAB, uploaded(technician), by=technician)
    with pytest.raises(Forbidden, match="术前照"):
        diagnostics.save_pictures(visit.id, PHOTO, uploaded(technician), by=technician)


def test_who_may_do_everything_uploads_everywhere(visit: Visit) -> None:
    set_department(PHOTO, roles="photo_room")
    head = staff_of(make_member(everything=True))
    diagnostics.save_pictures(visit.id, PHOTO, uploaded(head), by=head)
    assert len(shown(visit)) == 1


def test_a_department_that_is_switched_off_takes_nothing(visit: Visit, photographer: Staff) -> None:
    set_department(PHOTO, is_active=False)
    with pytest.raises(Invalid, match="已停用"):
        diagnostics.save_pictures(visit.id, PHOTO, uploaded(photographer), by=photographer)


# --- looking ---------------------------------------------------------------------------------------------------------


def test_pictures_are_seen_by_who_takes_them_and_by_who_sees_the_visit(photographer: Staff) -> None:
    consultant = make_member({Permission.VISIT_READ, Permission.CONSULT})
    visit = make_visit(stage=Stage.ARRIVED, consultant_id=consultant.id)
    path = uploaded(photographer)[0]
    diagnostics.save_pictures(visit.id, PHOTO, [path], by=photographer)
    upload = uploads.get_upload(path)
    stranger = make_member({Permission.VISIT_READ, Permission.CONSULT})
    referrer = make_member({Permission.DASHBOARD_READ})
    assert registry.is_seen_by(upload, photographer)
    assert registry.is_seen_by(upload, staff_of(consultant))
    assert not registry.is_seen_by(upload, staff_of(stranger))
    assert not registry.is_seen_by(upload, staff_of(referrer))

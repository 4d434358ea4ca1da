"""Pictures that devices leave in folders: matched by the number in their name, or parked until somebody looks."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.uploads import picture
from tests.factories.visits import make_visit
from wxapp.admin.models import AuditRow
from wxapp.core import clock, files
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission
from wxapp.hospital.models import ExamDepartment
from wxapp.patients.models import Patient
from wxapp.staff.services import identity_of
from wxapp.uploads import queries as uploads
from wxapp.uploads import registry
from wxapp.uploads.models import Upload
from wxapp.visits import tasks
from wxapp.visits.errors import FileHandled, NotExaminable
from wxapp.visits.models import DeviceFile, ExamKind, FileStatus, Stage, Visit
from wxapp.visits.queries.pictures import all_pictures_of, pictures_of
from wxapp.visits.services import device_files

pytestmark = pytest.mark.usefixtures("app")
CT = ExamKind.CT
PAGE = {"Accept": "text/html"}


@pytest.fixture
def folder() -> Path:
    """The folder of the ultrasound, empty."""
    with transaction():
        values = {"label": "B超", "import_folder": "devices/ct", "import_pattern": "{number}_*.jpg"}
        db.session.add(ExamDepartment(kind="ct", changed_at=clock.now(), changed_by="system:tests", **values))
    made = files.folder_below("devices/ct")
    for old in made.rglob("*") if made.is_dir() else ():
        if old.is_file():
            old.unlink()
    made.mkdir(parents=True, exist_ok=True)
    return made


def leave(folder: Path, name: str, content: bytes | None = None, *, age: timedelta = timedelta(minutes=1)) -> Path:
    """Put a file there as a device does; pictures differ from each other."""
    path = folder / name
    path.write_bytes(content if content is not None else picture(size=(40 + len(name), 30)).getvalue())
    at = (clock.now() - age).timestamp()
    os.utime(path, (at, at))
    return path


def record_no(visit: Visit) -> str:
    return db.session.get_one(Patient, visit.patient_id).record_no


def known() -> list[DeviceFile]:
    return list(
        db.session.scalars(sa.select(DeviceFile).order_by(DeviceFile.id).execution_options(populate_existing=True))
    )


def shown(visit: Visit) -> list[str]:
    return [one.taken_by_name for one in pictures_of(visit.id)[CT]]


# --- taking in -------------------------------------------------------------------------------------------------------


def test_a_file_named_after_the_record_goes_to_the_visit_that_has_begun(folder: Path) -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    left = leave(folder, f"{record_no(visit).lower()}_liver.jpg")
    assert tasks.import_device_files() == 1
    assert shown(visit) == ["设备导入"]
    assert db.session.get_one(Visit, visit.id, populate_existing=True).stage is Stage.EXAMINING
    assert [(one.status, one.visit_id) for one in known()] == [(FileStatus.MATCHED, visit.id)]
    assert not left.exists()
    assert len(list((folder / "done").iterdir())) == 1


def test_the_number_of_a_return_visit_is_its_own(folder: Path) -> None:
    patient = make_patient()
    visit = make_visit(patient=patient, stage=Stage.TRIAGED, is_first=False)
    make_visit(patient=patient, stage=Stage.ARRIVED, is_first=False)
    leave(folder, f"{visit.visit_no}_1.jpg")
    tasks.import_device_files()
    assert len(shown(visit)) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [("HOSP2603029999_1.jpg", "没有编号为HOSP2603029999且已到店的到院单"), ("IMG-1.jpg", "文件名中没有编号")],
)
def test_what_no_visit_fits_is_parked_with_the_reason(folder: Path, name: str, why: str) -> None:
    leave(folder, name)
    tasks.import_device_files()
    [file] = known()
    assert (file.status, file.reason, file.visit_id) == (FileStatus.PARKED, why, None)
    assert db.session.get_one(Upload, file.upload_id).subject == f"device_file:{file.id}"


def test_between_two_visits_nobody_guesses(folder: Path) -> None:
    patient = make_patient()
    for _ in range(2):
        make_visit(patient=patient, stage=Stage.ARRIVED)
    leave(folder, f"{patient.record_no}_1.jpg")
    tasks.import_device_files()
    assert "多张进行中的到院单" in known()[0].reason


@pytest.mark.parametrize("stage", [Stage.BOOKED, Stage.REFUSED, Stage.LEFT])
def test_a_visit_that_has_not_begun_or_is_over_gets_nothing_by_record_number(folder: Path, stage: Stage) -> None:
    visit = make_visit(stage=stage)
    leave(folder, f"{record_no(visit)}_1.jpg")
    tasks.import_device_files()
    assert known()[0].status is FileStatus.PARKED
    assert shown(visit) == []


def test_what_is_no_picture_is_put_aside(folder: Path) -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    leave(folder, f"{record_no(visit)}_1.jpg", b"%PDF-1.7 not a picture")
    assert tasks.import_device_files() == 1
    [file] = known()
    assert (file.status, file.upload_id) == (FileStatus.UNREADABLE, None)
    assert "请上传JPG" in file.reason


def test_the_same_content_comes_in_once_however_often_it_is_found(folder: Path) -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    name, content = f"{record_no(visit)}_1.jpg", picture().getvalue()
    for _ in range(3):
        leave(folder, name, content)
        tasks.import_device_files()
    assert len(shown(visit)) == len(known()) == 1


def test_a_parked_file_whose_name_was_put_right_is_matched(folder: Path) -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    content = picture().getvalue()
    leave(folder, "HOSP2603029999_1.jpg", content)
    tasks.import_device_files()
    leave(folder, f"{record_no(visit)}_1.jpg", content)
    tasks.import_device_files()
    assert [one.status for one in known()] == [FileStatus.MATCHED]
    assert len(shown(visit)) == 1


def test_what_is_still_being_written_is_hidden_or_leads_elsewhere_is_left(folder: Path) -> None:
    number = record_no(make_visit(stage=Stage.ARRIVED))
    leave(folder, f"{number}_new.jpg", age=timedelta(seconds=2))
    leave(folder, f".{number}_1.jpg")
    (folder / f"{number}_link.jpg").symlink_to(leave(folder.parent, "elsewhere.jpg"))
    (folder / "sub").mkdir(exist_ok=True)
    assert tasks.import_device_files() == 0
    assert known() == []


def test_a_department_that_is_switched_off_imports_nothing(folder: Path) -> None:
    leave(folder, "HOSP2603029999_1.jpg")
    with transaction():
        db.session.execute(sa.update(ExamDepartment).values(is_active=False))
    assert tasks.import_device_files() == 0


def test_the_devices_own_files_are_kept_for_a_week(folder: Path, at) -> None:  # type: ignore[no-untyped-def]
    leave(folder, "HOSP2603029999_1.jpg")
    tasks.import_device_files()
    at(timedelta(days=6))
    assert tasks.remove_imported_files() == 0
    at(timedelta(days=2))
    assert tasks.remove_imported_files() == 1


@pytest.mark.parametrize("name", ["../elsewhere", "/etc", "a/../../b", ".", "ct", "a/../ct/deeper"])
def test_no_folder_leads_out_of_the_folder_of_files(name: str) -> None:
    with pytest.raises(ValueError, match="not below"):
        files.folder_below(name)


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def parked(folder: Path) -> DeviceFile:
    leave(folder, "IMG-1.jpg")
    tasks.import_device_files()
    return known()[0]


def test_a_parked_picture_is_matched_by_hand_once(parked: DeviceFile) -> None:
    visit, other = make_visit(stage=Stage.ARRIVED), make_visit(stage=Stage.ARRIVED)
    device_files.match_file(parked.id, visit.id, by="staff:1")
    with pytest.raises(FileHandled):
        device_files.match_file(parked.id, other.id, by="staff:2")
    assert (len(shown(visit)), len(shown(other))) == (1, 0)
    assert known()[0].handled_by == "staff:1"


def test_a_visit_that_has_not_begun_takes_none_by_hand_either(parked: DeviceFile) -> None:
    with pytest.raises(NotExaminable):
        device_files.match_file(parked.id, make_visit(stage=Stage.BOOKED).id, by="staff:1")
    assert known()[0].status is FileStatus.PARKED


def test_a_wrong_match_is_taken_back_and_matched_anew(parked: DeviceFile) -> None:
    wrong, right = make_visit(stage=Stage.ARRIVED), make_visit(stage=Stage.ARRIVED)
    device_files.match_file(parked.id, wrong.id, by="staff:1")
    device_files.unmatch_file(parked.id, why="配错客户", by="staff:1")
    assert shown(wrong) == []
    assert len(all_pictures_of(wrong.id)[1][CT]) == 1
    assert known()[0].reason == "取消匹配：配错客户"
    device_files.match_file(parked.id, right.id, by="staff:1")
    assert len(shown(right)) == 1
    assert db.session.get_one(Upload, parked.upload_id, populate_existing=True).subject == f"visit:{right.id}"


def test_what_is_nobodys_is_discarded(parked: DeviceFile) -> None:
    device_files.discard_file(parked.id, why="测试图", by="staff:1")
    assert known()[0].status is FileStatus.DISCARDED
    with pytest.raises(FileHandled):
        device_files.match_file(parked.id, make_visit(stage=Stage.ARRIVED).id, by="staff:1")


def test_a_parked_picture_is_seen_by_diagnostics_only(parked: DeviceFile) -> None:
    upload = db.session.get_one(Upload, parked.upload_id)
    technician = identity_of(make_member({Permission.DIAGNOSTICS_WRITE}).id)
    consultant = identity_of(make_member({Permission.VISIT_READ, Permission.CONSULT}).id)
    assert technician is not None
    assert consultant is not None
    assert registry.is_seen_by(upload, technician)
    assert not registry.is_seen_by(upload, consultant)
    assert uploads.get_upload(upload.path).id == upload.id


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def csrf(client, sign_in_staff) -> str:
    return str(sign_in_staff(client, make_member({Permission.DIAGNOSTICS_WRITE})))


def test_the_list_shows_what_waits_and_one_can_be_matched_there(client, csrf, parked: DeviceFile) -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    assert "IMG-1.jpg" in client.get("/pc/physical/devices", headers=PAGE).text
    page = client.get(f"/pc/physical/devices/{parked.id}", headers=PAGE).text
    assert visit.visit_no in page
    sent = {"number": record_no(visit), "csrf_token": csrf}
    answer = client.post(f"/pc/physical/devices/{parked.id}/match", data=sent, headers=PAGE)
    assert (answer.status_code, answer.location) == (303, f"/pc/physical/info?id={visit.id}#ct")
    assert len(shown(visit)) == 1
    look = sa.select(AuditRow.subject).where(AuditRow.action == "audit.look").limit(1)
    assert db.session.scalar(look) == f"device_file:{parked.id}"


def test_one_of_todays_patients_can_be_chosen(client, csrf, parked: DeviceFile) -> None:
    visit = make_visit(stage=Stage.TRIAGED)
    sent = {"visit_id": visit.id, "csrf_token": csrf}
    assert client.post(f"/pc/physical/devices/{parked.id}/match", data=sent, headers=PAGE).status_code == 303
    assert len(shown(visit)) == 1


@pytest.mark.parametrize(("sent", "why"), [({}, "请选择客户或填写编号"), ({"number": "HOSP1"}, "没有编号为HOSP1")])
def test_without_a_patient_nothing_is_matched(client, csrf, parked: DeviceFile, sent, why) -> None:
    answer = client.post(f"/pc/physical/devices/{parked.id}/match", data={**sent, "csrf_token": csrf}, headers=PAGE)
    assert answer.status_code == 422
    assert why in answer.text
    assert known()[0].status is FileStatus.PARKED


def test_discarding_and_taking_back_need_a_reason(client, csrf, parked: DeviceFile) -> None:
    address = f"/pc/physical/devices/{parked.id}"
    visit = make_visit(stage=Stage.ARRIVED)
    device_files.match_file(parked.id, visit.id, by="staff:1")
    assert client.post(f"{address}/unmatch", data={"csrf_token": csrf}, headers=PAGE).status_code == 422
    sent = {"why": "配错", "csrf_token": csrf}
    assert client.post(f"{address}/unmatch", data=sent, headers=PAGE).status_code == 303
    assert client.post(f"{address}/discard", data=sent, headers=PAGE).status_code == 303
    assert known()[0].status is FileStatus.DISCARDED

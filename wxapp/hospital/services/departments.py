"""Departments of diagnostics (医技科设置)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import transaction
from wxapp.core.errors import Invalid
from wxapp.hospital.models import ExamDepartment
from wxapp.hospital.rules.file_names import is_pattern
from wxapp.hospital.services.names import check_name

_FOLDER = re.compile(r"devices(/[A-Za-z0-9_-]+)+")
"""Never one of those in which files are kept: whatever lies in a department's folder is taken away from there."""
MOST_PICTURES = 50


@dataclass(frozen=True)
class DepartmentText:
    """What staff write of a department; its kind is one of the five that programs know.

    :ivar roles: names of the roles that may upload; none: all who have the right
    :ivar import_folder: below the folder of files, where a device leaves its pictures
    :ivar import_pattern: how their names give the record number, see :mod:`wxapp.hospital.rules.file_names`
    """

    label: str
    roles: tuple[str, ...] = ()
    pictures_needed: int = 0
    for_first_visits: bool = False
    import_folder: str = ""
    import_pattern: str = ""
    position: int = 100
    is_active: bool = True


def change_department(department_id: int, text: DepartmentText, *, seen_version: int, by: str) -> None:
    """Change a department.

    :raises Invalid: a folder that leads elsewhere, or a pattern without the number
    :raises Stale: somebody else has changed it since the form was shown
    """
    errors = {}
    if text.import_folder and not _FOLDER.fullmatch(text.import_folder):
        errors["import_folder"] = "文件夹须以devices/开头，只能用字母、数字、横线和下划线，例如 devices/ct"
    if text.import_pattern and not is_pattern(text.import_pattern):
        errors["import_pattern"] = "请写出一次 {number}，最多三个 *，例如 {number}_*.jpg"
    if text.import_folder and not text.import_pattern:
        errors["import_pattern"] = "设置导入文件夹时，请填写文件名规则"
    if not 0 <= text.pictures_needed <= MOST_PICTURES:
        errors["pictures_needed"] = f"需要的张数应在0至{MOST_PICTURES}之间"
    if errors:
        raise Invalid(errors)
    values = {
        "label": check_name(text.label, "label"),
        "roles": " ".join(text.roles),
        "pictures_needed": text.pictures_needed,
        "for_first_visits": text.for_first_visits,
        "import_folder": text.import_folder,
        "import_pattern": text.import_pattern,
        "position": text.position,
        "is_active": text.is_active,
        "changed_at": clock.now(),
        "changed_by": by,
    }
    with transaction():
        save_version(ExamDepartment, department_id, seen=seen_version, **values)

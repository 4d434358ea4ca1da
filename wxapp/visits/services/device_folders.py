"""The folders into which devices put their files: read file by file, what was read is moved aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from wxapp.core import clock, files
from wxapp.hospital.queries import exam_departments
from wxapp.uploads.pictures import MAX_BYTES
from wxapp.visits.models import ExamKind
from wxapp.visits.services.device_files import Found, take_file

DONE = "done"
KEPT = timedelta(days=7)
"""What was read stays so long as the device wrote it, in case somebody asks."""
AT_REST = timedelta(seconds=10)
"""A file that was written to more recently may not be whole yet."""


@dataclass(frozen=True)
class Waiting:
    """A file that a department's device has left."""

    kind: ExamKind
    pattern: str
    path: Path

    def __str__(self) -> str:
        return f"a file of {self.kind}"  # its name may name a patient, and this goes into the log


def waiting(limit: int) -> list[Waiting]:
    """Return files that are at rest in the folders of working departments, the oldest first."""
    known = {kind.value: kind for kind in ExamKind}
    before = (clock.now() - AT_REST).timestamp()
    found = [
        (path.stat().st_mtime, Waiting(known[department.kind], department.import_pattern, path))
        for department in exam_departments()
        if department.import_folder and department.kind in known
        for path in _files_in(files.folder_below(department.import_folder))
    ]
    at_rest = sorted((one for one in found if one[0] <= before), key=lambda one: (one[0], one[1].path.name))
    return [one for _, one in at_rest[:limit]]


def take_in(one: Waiting) -> int:
    """Take a file in and move it aside; return 1, or 0 when it is gone already."""
    try:
        with one.path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return 0
    found = Found(one.kind, one.path.name, content, one.pattern)
    take_file(found)
    done = one.path.parent / DONE
    done.mkdir(exist_ok=True)
    one.path.replace(done / f"{found.sha256[:16]}{one.path.suffix.lower()}")
    return 1


def remove_done(limit: int = 1000) -> int:
    """Remove what was read a week ago; return how many files it was."""
    before = (clock.now() - KEPT).timestamp()
    removed = 0
    for department in exam_departments(only_active=False):
        if department.import_folder:
            for path in _files_in(files.folder_below(department.import_folder) / DONE):
                if removed < limit and path.stat().st_mtime < before:
                    path.unlink(missing_ok=True)
                    removed += 1
    return removed


def _files_in(folder: Path) -> list[Path]:
    """Return plain files; links lead elsewhere and hidden ones are being written."""
    if not folder.is_dir():
        return []
    return [
        path for path in folder.iterdir() if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    ]

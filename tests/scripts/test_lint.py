import json
from pathlib import Path

import pytest

from scripts import lint

MODULE = Path("wxapp/mall/services.py")
PHONE = "1" + "3912345678"

ADDRESS = "https:" + "//x/a.tgz"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (MODULE, f'phone = "{PHONE}"'),
        (Path("docs/a.md"), f"Call {PHONE}."),
        (MODULE, "raise NotImplemented" + "Error"),
        (MODULE, "# TO" + "DO: later"),
        (Path("wxapp/mall/templates/mall/page.html"), "<!-- FIX" + "ME -->"),
        (MODULE, "    db.session.com" + "mit()"),
        (Path("jobs/schedule.py"), "    session.roll" + "back()"),
        (Path("migrations/versions/0001_start.py"), "from wx" + "app.core import ids"),
    ],
)
def test_house_rules_are_found_broken(path: Path, line: str) -> None:
    assert lint.wrongs(path, line)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (MODULE, 'phone = "13800001234"'),
        (MODULE, 'order_no = "M13912345678"'),
        (MODULE, "at = 1772416800000"),
        (MODULE, "todo = open_tasks()"),
        (Path("wxapp/core/db.py"), "    db.session.com" + "mit()"),
        (Path("wxapp/app.py"), "    db.session.roll" + "back()  # the database did not answer"),
        (Path("migrations/versions/0001_start.py"), "import sqlalchemy as sa"),
    ],
)
def test_what_is_right_is_left_alone(path: Path, line: str) -> None:
    assert not lint.wrongs(path, line)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    for name in lint.LOCKS:
        (tmp_path / name).write_text("flask==3.1.3 \\\n    --hash=sha256:00\n    # via wxapp (pyproject.toml)\n")
    return tmp_path


def test_locks_without_addresses_are_in_order(project: Path) -> None:
    assert lint.addresses_in_locks() == ""


@pytest.mark.parametrize(
    "line",
    [
        "--index-" + "url https:" + "//example.org/simple",
        "wxapp @ file:" + "///somewhere",
        '"resolved"' + ': "https:' + '//x/a.tgz"',
    ],
)
def test_an_address_in_a_lock_is_found(project: Path, line: str) -> None:
    (project / "requirements.lock").write_text(line + "\n")
    assert "requirements.lock:1" in lint.addresses_in_locks()


def test_tidying_takes_the_addresses_out(project: Path) -> None:
    package = {"version": "1.0.0", "integrity": "sha512-x", "resolved": ADDRESS, "funding": {"url": "y"}}
    (project / "package-lock.json").write_text(json.dumps({"packages": {"node_modules/a": package}}))
    lint.tidy_package_lock()
    assert json.loads((project / "package-lock.json").read_text()) == {
        "packages": {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"}}
    }


def test_files_that_are_too_long_or_drawers_are_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "long.py").write_text("x = 1\n" * (lint.LONGEST_FILE + 1))
    (project / "utils.py").write_text("")
    (project / "short.py").write_text("x = 1\n" * lint.LONGEST_FILE)
    monkeypatch.setattr(lint, "tracked_files", lambda: [Path("long.py"), Path("short.py"), Path("utils.py")])
    assert [line.partition(":")[0] for line in lint.broken_house_rules().splitlines()] == ["long.py", "utils.py"]

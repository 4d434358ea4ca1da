import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import setup


@pytest.fixture
def icons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of icons with one drawing; the list names it."""
    folder = tmp_path / "icons" / "outline"
    folder.mkdir(parents=True)
    (folder / "user.svg").write_text('<svg\n class="x">\n<path d="M0 0h24v24H0z" />\n  <path d="M1 1" />\n</svg>')
    names = tmp_path / "icons.txt"
    names.write_text("user\n")
    monkeypatch.setattr(setup, "ICONS", names)
    return tmp_path


def test_the_sprite_holds_the_shapes_of_each_icon(icons: Path) -> None:
    sprite = setup.icon_sprite(icons).decode()
    assert '<symbol id="user"' in sprite
    assert '<path d="M1 1" />' in sprite
    assert "M0 0h24v24H0z" not in sprite


def test_an_icon_that_does_not_exist_is_named(icons: Path) -> None:
    setup.ICONS.write_text("user\nunicorn\n")
    with pytest.raises(setup.SetupError, match="unicorn"):
        setup.icon_sprite(icons)


def test_a_reference_to_a_source_map_is_taken_out(tmp_path: Path) -> None:
    script, sheet = tmp_path / "a.js", tmp_path / "a.css"
    script.write_text("run();\n//# sourceMappingURL=a.js.map\n")
    sheet.write_text("a{}\n/*# sourceMappingURL=a.css.map */\n")
    assert setup.without_source_map(script) == b"run();\n"
    assert setup.without_source_map(sheet) == b"a{}\n"


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where npm has installed a package with one font; a font of another version is in place."""
    (tmp_path / "work/node_modules/letters").mkdir(parents=True)
    (tmp_path / "work/node_modules/letters/bold.ttf").write_bytes(b"new")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts/Old.ttf").write_bytes(b"old")
    monkeypatch.setattr(setup, "BUILD", tmp_path / "work")
    monkeypatch.setattr(setup, "FONTS", tmp_path / "fonts")
    monkeypatch.setattr(setup, "FONT_FILES", {"Bold.ttf": "letters/bold.ttf"})
    return tmp_path / "work"


def test_fonts_take_the_place_of_older_ones(work: Path) -> None:
    setup.install_fonts(work)
    assert {path.name: path.read_bytes() for path in setup.FONTS.iterdir()} == {"Bold.ttf": b"new"}


def test_a_package_without_the_font_is_named_and_the_old_one_stays(work: Path) -> None:
    (work / "node_modules/letters/bold.ttf").unlink()
    with pytest.raises(setup.SetupError, match=r"letters/bold\.ttf"):
        setup.install_fonts(work)
    assert (setup.FONTS / "Old.ttf").exists()


def test_a_command_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.time, "sleep", lambda seconds: None)
    tries = tmp_path / "tries"
    tries.touch()
    note = f"p = __import__('pathlib').Path({str(tries)!r}); p.write_text(p.read_text() + 'x')"
    third_time = f"{note}; raise SystemExit(len(p.read_text()) < 3)"
    setup.run([sys.executable, "-c", third_time], doing="trying")
    assert tries.read_text() == "xxx"


def test_a_command_that_keeps_failing_shows_what_it_said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup.time, "sleep", lambda seconds: None)
    with pytest.raises(setup.SetupError, match="trying failed"):
        setup.run([sys.executable, "-c", "raise SystemExit('no such luck')"], doing="trying")
    assert "no such luck" in capfd.readouterr().err


def test_a_python_without_venv_is_told_which_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(setup.SetupError, match="python3-venv"):
        setup.make_venv()


def test_an_old_python_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(setup.SetupError, match=r"Python 3\.11 or newer is needed, this is 3\.9"):
        setup.use_recent_python()


@pytest.mark.parametrize(("answer", "major"), [("v20.20.2", 20), ("11.19.1", 11), ("", 0)])
def test_a_program_tells_its_major_version(tmp_path: Path, answer: str, major: int) -> None:
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {answer}\n")
    program.chmod(0o755)
    assert setup.major_version(str(program)) == major


def test_a_program_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    assert setup.major_version(str(tmp_path / "node")) == 0


def test_the_installed_front_end_is_what_the_locks_say() -> None:
    manifest = json.loads(setup.MANIFEST.read_text())
    assert manifest["made_from"] == setup.front_end_stamp()
    assert set(manifest["files"]) == {*setup.VENDOR_FILES, "icons.svg"}
    assert {path.name for path in setup.FONTS.iterdir()} == set(setup.FONT_FILES)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"])
def test_each_locked_package_has_hashes(lock: str) -> None:
    blocks = (setup.ROOT / lock).read_text().split("\n")
    pinned = [number for number, line in enumerate(blocks) if "==" in line and not line.startswith((" ", "#"))]
    assert pinned
    assert all("--hash=sha256:" in blocks[number + 1] for number in pinned)


def test_a_second_set_up_has_nothing_to_do() -> None:
    command = [sys.executable, str(setup.ROOT / "scripts" / "setup.py"), "--dev"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""

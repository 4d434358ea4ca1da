"""Run every check that needs no test: style, formatting, types, layers, templates, migrations, locks, house rules.

All of them run, also after one has failed, so that one run shows everything there is to mend.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock", "package-lock.json")

LONGEST_FILE = 400
EMPTY_NAMES = {"utils", "helpers", "common", "manager", "misc"}
PHONE = re.compile(r"(?<![0-9A-Za-z.])1[3-9][0-9]{9}(?![0-9])")
MADE_UP_PHONE = re.compile(r"1380000\d{4}")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|NotImplemented[E]rror)\b")
APPLICATION = re.compile(r"^\s*(?:import|from) wxapp\b")
TRANSACTION = re.compile(r"\bsession\.(?:commit|rollback)\(")
ADDRESS = re.compile(r"https?://|git\+|file:|\s@\s")
TEXT_FILES = {".py", ".html", ".js", ".css", ".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".xml", ".sh"}


def main() -> int:
    """Run the checks two at a time; return 0 if all are content."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tidy-locks", action="store_true", help="take addresses out of package-lock.json, then end")
    if parser.parse_args().tidy_locks:
        tidy_package_lock()
        return 0
    started = time.monotonic()
    templates = ("wxapp", "sandbox")
    commands: dict[str, list[Path | str]] = {
        "types": [BIN / "mypy"],
        "style": [BIN / "ruff", "check", "--quiet", "."],
        "formatting": [BIN / "ruff", "format", "--check", "--quiet", "."],
        "layers": [BIN / "lint-imports", "--no-logo"],
        "templates": [BIN / "djlint", *templates, "--lint", "--quiet", "--allow-empty-input"],
        "migrations": [BIN / "python", "scripts/check_migrations.py"],
    }
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = {name: pool.submit(run, command) for name, command in commands.items()}
        answers["locks"] = pool.submit(addresses_in_locks)
        answers["house rules"] = pool.submit(broken_house_rules)
    failed = []
    for name, answer in answers.items():
        problems = answer.result()
        print(f"lint: {name}: {'ok' if not problems else 'NOT OK'}", flush=True)
        if problems:
            failed.append(name)
            print(problems.rstrip() + "\n", flush=True)
    seconds = time.monotonic() - started
    print(f"lint: {'failed: ' + ', '.join(failed) if failed else 'all clean'} ({seconds:.0f} s)", flush=True)
    return 1 if failed else 0


def run(command: list[Path | str]) -> str:
    """Return what a checker printed if it is not content, else nothing."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout or f"exit status {done.returncode}"


def addresses_in_locks() -> str:
    """Return the lines of locks that name a place to download from; the user's own settings decide that."""
    problems = []
    for name in LOCKS:
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1):
            if ADDRESS.search(line):
                problems.append(f"{name}:{number}: an address or a path: {line.strip()[:80]}")
    return "\n".join(problems)


def tidy_package_lock() -> None:
    """Take out of package-lock.json where things come from and who may be paid for them."""
    path = ROOT / "package-lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


def tracked_files() -> list[Path]:
    """Return the files that git knows or would add, as paths below the project's folder."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    ).stdout  # fmt: skip
    return sorted(Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file())


def broken_house_rules() -> str:
    """Return where a file breaks a rule of this project that no linter knows."""
    problems = []
    for path in tracked_files():
        if path.stem in EMPTY_NAMES and path.suffix == ".py":
            problems.append(f"{path}: a helper lives with its subject, not in a drawer")
        if path.suffix not in TEXT_FILES or path.name in LOCKS:
            continue
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        if path.suffix == ".py" and len(lines) > LONGEST_FILE and "versions" not in path.parts:
            problems.append(f"{path}: {len(lines)} lines; past {LONGEST_FILE} a file becomes a folder")
        problems.extend(
            f"{path}:{number}: {wrong}" for number, line in enumerate(lines, 1) for wrong in wrongs(path, line)
        )
    return "\n".join(problems)


def wrongs(path: Path, line: str) -> list[str]:
    """Return what is wrong with one line."""
    found = []
    if any(not MADE_UP_PHONE.fullmatch(phone) for phone in PHONE.findall(line)):
        found.append("a telephone number outside the made-up range 1380000xxxx")
    if path.suffix in {".py", ".html", ".js"} and UNFINISHED.search(line):
        found.append("left unfinished")
    outside_core = path.parts[0] in {"wxapp", "jobs"} and path.parts[:2] != ("wxapp", "core")
    if outside_core and path.suffix == ".py" and TRANSACTION.search(line) and "  # " not in line:
        found.append("transactions are ended by core.db.transaction only; an exception has its reason beside it")
    if path.parts[0] == "migrations" and "versions" in path.parts and APPLICATION.search(line):
        found.append("a migration imports nothing of the application, which goes on changing")
    return found


if __name__ == "__main__":
    sys.exit(main())

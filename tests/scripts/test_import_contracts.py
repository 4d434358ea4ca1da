import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = """
[tool.importlinter]
root_package = "shop"
include_external_packages = true
contract_types = ["only: scripts.import_contracts.OnlyContract"]
[[tool.importlinter.contracts]]
name = "pure"
type = "only"
source_modules = ["shop.*.rules", "shop.*.rules.**"]
allowed_modules = ["shop.money"]
"""


def is_kept(tmp_path: Path, rules: str) -> bool:
    for folder in ("shop", "shop/mall", "shop/mall/rules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "shop" / "money.py").touch()
    (tmp_path / "shop" / "clock.py").touch()
    (tmp_path / "shop" / "mall" / "rules" / "prices.py").write_text(rules)
    (tmp_path / "shop" / "mall" / "rules" / "shares.py").touch()
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}:{ROOT}"}, capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.mark.parametrize("rules", ["import datetime, shop.money", "from shop.mall.rules import shares"])
def test_rules_may_import_the_standard_library_and_what_is_named(tmp_path: Path, rules: str) -> None:
    assert is_kept(tmp_path, rules)


@pytest.mark.parametrize("rules", ["import flask", "from shop import clock"])
def test_rules_may_import_nothing_else(tmp_path: Path, rules: str) -> None:
    assert not is_kept(tmp_path, rules)

"""What a hospital needs so that visits can go through it: people of each role, projects, ways to pay.

Run as a program (``python -m tests.flows.visits_house CONFIG``) it fills the database of a hospital that is open.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.engines.processes import ROOT
from tests.flows.hospital import BY, PASSWORD, Hospital
from wxapp.app import create_app
from wxapp.core.config import load
from wxapp.core.db import db
from wxapp.hospital import services as hospital
from wxapp.hospital.models import MethodKind
from wxapp.hospital.services import CategoryText, MethodText, ProjectText
from wxapp.staff import queries as staff_queries
from wxapp.staff import services as staff

ROLES = ("前台", "检验科", "拍照室", "咨询师", "售后", "售后主管", "超管")
"""The roles that the contract names; each has a browser."""
OTHERS = ("医生", "开发")
"""Who is named on pages besides."""
PROJECTS = {"重睑成形": 680_000, "下睑整复": 520_000, "光子治疗": 180_000}
LENDER, PERIODS = "安和分期", (6, 12)


def furnish(told: Hospital) -> None:
    """Fill the database in a process of its own."""
    command = [sys.executable, "-m", "tests.flows.visits_house", str(told.config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]


def fill(config: Path) -> None:
    with create_app(load(config)).app_context():
        hospital.install_defaults()
        for label in (*ROLES, *OTHERS):
            if staff_queries.find_by_username(label) is None:
                role_ids = staff_queries.role_ids_by_label([label])
                staff.create_member(username=label, name=label, role_ids=role_ids, by=None, password=PASSWORD)
        category_id = hospital.add_category(CategoryText("眼部整形"), by=BY)
        for name, price_fen in PROJECTS.items():
            hospital.add_project(ProjectText(category_id, name), price_fen=price_fen, by=BY)
        hospital.add_method(MethodText(LENDER, MethodKind.BANK, PERIODS), by=BY)
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    fill(Path(sys.argv[1]))

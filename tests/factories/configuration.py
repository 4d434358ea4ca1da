"""The hospital's configuration, valid by default."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.hospital import queries
from wxapp.hospital.models import (
    Category,
    Code,
    CodeKind,
    ExamDepartment,
    Flow,
    Method,
    MethodKind,
    PriceFloor,
    Project,
    ProjectPrice,
    Workstation,
)
from wxapp.hospital.rules.flows import BUILT_IN, FlowRules, to_text

_numbers = itertools.count(1)
BY = "system:tests"


def _add(row: Any) -> Any:
    with transaction():
        db.session.add(row)
    return row


def make_project_category(**over: Any) -> Category:
    number = next(_numbers)
    values: dict[str, Any] = {"name": f"分类{number}", "changed_at": clock.now(), "changed_by": BY, **over}
    made: Category = _add(Category(**values))
    return made


def make_project(*, category: Category | None = None, **over: Any) -> Project:
    number = next(_numbers)
    values: dict[str, Any] = {
        "category_id": (category or make_project_category()).id,
        "name": f"项目{number}",
        "code": f"{2_000_000_000 + number}",
        "price_fen": 100_000,
        "priced_from": clock.now(),
        "created_at": clock.now(),
        "changed_at": clock.now(),
        "changed_by": BY,
        **over,
    }
    made: Project = _add(Project(**values))
    return made


def make_method(name: str, kind: MethodKind = MethodKind.CASH, **over: Any) -> Method:
    """Return a method; a lender offers 6 and 12 periods unless ``periods`` says otherwise."""
    periods = "6 12" if kind.is_loan else ""
    values: dict[str, Any] = {
        "name": name, "kind": kind, "periods": periods, "changed_at": clock.now(), "changed_by": BY, **over,
    }  # fmt: skip
    made: Method = _add(Method(**values))
    return made


def make_methods() -> dict[str, Method]:
    """Return the methods of the contract's examples by name: three ways to pay and two lenders."""
    return {
        method.name: method
        for method in (
            make_method("支付宝", MethodKind.ALIPAY_CODE, position=1),
            make_method("微信", MethodKind.WECHAT_CODE, position=2),
            make_method("现金", MethodKind.CASH, position=3),
            make_method("刷卡", MethodKind.CARD, position=4),
            make_method("定金", MethodKind.DEPOSIT, position=5),
            make_method("分期甲", MethodKind.BANK, position=8),
            make_method("分期乙", MethodKind.IN_HOUSE, position=9),
        )
    }


def make_code(kind: CodeKind, code: int, label: str = "") -> Code:
    made: Code = _add(
        Code(kind=kind, code=code, label=label or f"{kind.label}{code}", changed_at=clock.now(), changed_by=BY)
    )
    return made


def make_flow(flow: FlowRules = BUILT_IN) -> Flow:
    follows = queries.newest_flow_id() or 0
    made: Flow = _add(Flow(steps=to_text(flow), follows=follows, made_at=clock.now(), made_by=BY))
    return made


def make_floor(role: str, floor_bp: int, *, category_id: int = 0) -> PriceFloor:
    values = {"role": role, "category_id": category_id, "floor_bp": floor_bp}
    made: PriceFloor = _add(PriceFloor(**values, changed_at=clock.now(), changed_by=BY))
    return made


def make_workstation(*, token: str = "", **over: Any) -> Workstation:
    number = next(_numbers)
    values: dict[str, Any] = {
        "machine": f"MACHINE-{number:02d}",
        "name": f"电脑{number}",
        "token_hash": queries.token_hash(token) if token else None,
        "changed_at": clock.now(),
        "changed_by": BY,
        **over,
    }
    made: Workstation = _add(Workstation(**values))
    return made


def fill_configuration(number: int, *, by: str) -> dict[str, int]:
    """Return what the addresses of 医院配置 are about, one more of each with every call, as other people made them."""
    category = make_project_category(changed_by=by)
    project = make_project(category=category, changed_by=by)
    now = clock.now()
    values = {"project_id": project.id, "made_at": now, "made_by": by}
    for days in range(number + 1):  # past and future prices of one project
        _add(ProjectPrice(price_fen=100_000 + number, valid_from=now + timedelta(days=days), **values))
    flow = Flow(steps=to_text(BUILT_IN), follows=queries.newest_flow_id() or 0, made_at=now, made_by=by)
    department = db.session.scalars(sa.select(ExamDepartment)).first()
    kind = f"kind-{number}"
    return {
        "project_category_id": category.id,
        "hospital_project_id": project.id,
        "price_id": db.session.scalars(sa.select(sa.func.max(ProjectPrice.id))).one(),
        "floor_id": make_floor(f"role-{number}", 8000, category_id=category.id).id,
        "method_id": make_method(f"方式{number}", changed_by=by).id,
        "department_id": (department or _add(ExamDepartment(kind=kind, label="B超", changed_at=now, changed_by=by))).id,
        "code_id": make_code(CodeKind.CHANNEL, 100 + number).id,
        "workstation_id": make_workstation(token=f"token-{number}", changed_by=by).id,
        "flow_id": _add(flow).id,
    }

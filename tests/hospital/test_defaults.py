"""What a hospital starts with."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from wxapp.core.db import change, db, transaction
from wxapp.hospital import queries
from wxapp.hospital.models import CodeKind, Method, MethodKind
from wxapp.hospital.services import install_defaults

pytestmark = pytest.mark.usefixtures("app")


def test_a_new_hospital_has_methods_departments_and_words() -> None:
    assert install_defaults() > 0
    assert [method.name for method in queries.methods()] == ["支付宝", "微信", "现金", "刷卡", "定金", "储值余额"]
    assert {method.kind for method in queries.methods()} >= {MethodKind.DEPOSIT, MethodKind.BALANCE}
    kinds = [department.kind for department in queries.exam_departments()]
    assert kinds == ["preoperative", "radiation", "electrocardiogram", "ct", "blood"]
    assert [code.code for code in queries.codes(CodeKind.REFERRAL_SOURCE)] == [0, 1, 2]


def test_what_staff_changed_stays_as_it_is() -> None:
    install_defaults()
    with transaction():
        change(sa.update(Method).where(Method.name == "现金").values(name="现金收款", is_active=False))
    assert install_defaults() == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Method)) == 6

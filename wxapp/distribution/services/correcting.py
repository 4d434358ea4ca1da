"""Correcting what a distributor is called and the phone: registered wrongly, or changed since."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin import audit
from wxapp.admin.versions import save_version
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.core.masking import masked_name, masked_phone
from wxapp.distribution.errors import PhoneTaken, StaffMayNotEarn
from wxapp.distribution.models import Distributor
from wxapp.distribution.queries import corrections, people
from wxapp.staff.queries import is_staff_phone

audit.label(corrections.CORRECTED, "更正分销员资料")


def correct(distributor_id: int, *, name: str | None, phone: str | None, reason: str, seen: int, by: str) -> None:
    """Give a distributor another real name, another phone, or both; None leaves what there is. It is written down.

    Withdrawals that were asked for before keep the name they were asked for with.

    :param seen: version of the row that the page showed
    :raises Invalid: nothing would change, or the data was deleted on the person's request
    :raises StaffMayNotEarn: somebody who works here has the phone
    :raises PhoneTaken: another distributor or applicant has it
    :raises Stale: somebody else has changed the distributor meanwhile
    :raises NotFound: there is no such distributor
    """
    with transaction():
        row = people.get_distributor(distributor_id)
        if not row.phone:
            raise Invalid(message="资料已按本人请求删除，不能更正")
        values: dict[str, Any] = {}
        told = []
        if name is not None and name != row.name:
            values |= {"name": name, "name_index": people.name_index(name)}
            told.append(f"姓名 {masked_name(row.name)} 改为 {masked_name(name)}")
        if phone is not None and phone != row.phone:
            values |= _phone(phone)
            told.append(f"手机号 {masked_phone(row.phone)} 改为 {masked_phone(phone)}")
        if not told and seen == row.version:
            raise Invalid({"name": "姓名和手机号都没有变化"})
        try:
            with db.session.begin_nested():
                save_version(Distributor, distributor_id, seen=seen, **values)
        except IntegrityError:  # the unique key alone sees two who save the same phone at once
            raise PhoneTaken(field="phone") from None
        detail = "，".join([*told, reason])
        audit.record(corrections.CORRECTED, corrections.subject_of(distributor_id), detail, by=by)


def _phone(phone: str) -> dict[str, Any]:
    """Return the columns of a phone."""
    if is_staff_phone(phone):
        raise StaffMayNotEarn("该手机号属于本院在职员工，本院员工不能成为分销员", field="phone")
    index = people.phone_index(phone)
    # Who has left or was refused holds no phone, also if that happens in this moment.
    held = sa.case((Distributor.phone_taken.is_not(None), index), else_=sa.null())
    return {"phone": phone, "phone_index": index, "phone_taken": held}

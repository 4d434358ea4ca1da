"""Letting a person take away what is stored about him."""

from __future__ import annotations

from wxapp.core.db import transaction
from wxapp.core.limits import Limit
from wxapp.patients import export
from wxapp.patients.models import CodePurpose, Patient
from wxapp.patients.services.looks import note_look
from wxapp.patients.services.sms_codes import check_code, use_code

EXPORTS = Limit("privacy.export", count=5, seconds=86_400, message="今日导出次数已达上限，请明天再试")
TRIES = Limit("privacy.export_try", count=20, seconds=86_400, message="今日尝试次数已达上限，请明天再试")


def allow_export(user_id: int, patient: Patient | None, *, code: str) -> str | None:
    """Use up the code that was sent to the current patient's phone, and note the look at each patient it opens.

    Return the index of that phone: patients with another number are not taken away with this code. Who has nobody
    bound takes away only what is stored of the WeChat user, without a code.

    :raises WrongCode: not the code
    :raises TooManyRequests: too many tries or exports of one user in a day
    """
    TRIES.hit(str(user_id))
    if patient is None:
        EXPORTS.hit(str(user_id))
        return None
    index = patient.phone_index
    code_id = check_code(CodePurpose.EXPORT, patient.phone, code)
    EXPORTS.hit(str(user_id))
    with transaction():
        use_code(code_id)
        for one in export.own_patients(user_id, phone_index=index):
            note_look(wechat_user_id=user_id, patient_id=one.patient.id, what="导出个人信息")
    return index

"""Staff interfaces: a code for the dialling client, and what the client trades it for."""

from __future__ import annotations

from pydantic import Field

from wxapp.admin import audit, identity
from wxapp.admin.answers import Done
from wxapp.admin.identity import current_staff
from wxapp.core.forms import Form, read_form
from wxapp.core.permissions import Permission
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import visit_url
from wxapp.visits.queries import get_visit
from wxapp.visits.services.dialling import SECONDS, new_dial_code, trade_dial_code


class TradeForm(Form):
    """What the dialling client sends."""

    telcode: str = Field(title="拨号码", max_length=64)


@interface(
    "visits.telcode",
    POST="/pc/visits/<int:visit_id>/telcode",
    permission=Permission.PATIENT_DIAL,
    audit="取得拨号码",
)
def dial_code(visit_id: int) -> Done:
    """Give out a code for the patient of a visit that one may see; the number itself is shown to nobody."""
    staff = current_staff()
    visit = get_visit(visit_id, seen_by=staff)
    code = new_dial_code(visit.patient_id, staff_id=staff.id)
    audit.about(f"visit:{visit_id}")
    sentence = f"拨号码：{code}，请在拨号客户端中使用，{SECONDS // 60}分钟内有效，只能用一次"
    return Done(sentence, location=visit_url(visit_id), telcode=code)


@interface(
    "visits.dial_number",
    POST="/pc/call/number",
    also=("/pf/call/number",),
    permission=Permission.PATIENT_DIAL,
    audit="拨号客户端取号",
    takes_devices=True,
)
def dial_number() -> Done:
    """Tell the dialling client whom to call: once for a code, to its owner or the machine he sits at."""
    form = read_form(TradeForm)
    if identity.shows_device_token():
        patient = trade_dial_code(form.telcode, workstation_id=identity.current_device().id)
    else:
        patient = trade_dial_code(form.telcode, staff_id=current_staff().id)
    audit.about(f"patient:{patient.id}", "手机号")
    return Done("请在拨号客户端中查看", user_phone=patient.phone, user_name=patient.name, unum=patient.record_no)

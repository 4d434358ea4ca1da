"""A receipt as it is printed: what it is for, what was taken by which method, and what was given back."""

from __future__ import annotations

from wxapp.admin.sheets import Head, Sheet
from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.patients.queries import get_patient
from wxapp.till import queries
from wxapp.till.models import Receipt
from wxapp.till.sold import Line, sold

COLUMNS = (Head("项目"), Head("单价（元）", True), Head("数量", True), Head("金额（元）", True))


def money_line(line: Line) -> tuple[str, ...]:
    """Return a line as the table of a sheet shows it."""
    return line.name, yuan(line.price_fen), str(line.count), yuan(line.amount_fen)


def receipt_sheet(receipt: Receipt, *, by: str) -> Sheet:
    """Return the sheet of a receipt whose print was counted.

    :param by: name of who prints it
    """
    patient, about = get_patient(receipt.patient_id), sold(receipt.subject)
    taken, voided = queries.entries_on(receipt.id), queries.voided_by(receipt.id)
    facts = [("客户", patient.name), ("病历号", patient.record_no)]
    facts += [(about.label, about.no)] if about else []
    facts += [
        ("业务", receipt.act.label),
        ("时间", f"{clock.local(receipt.made_at):%Y-%m-%d %H:%M}"),
        ("收银员", receipt.cashier_name),
    ]
    totals = [(label, yuan(fen)) for label, fen in (about.sums if about else ())]
    totals += [(f"收 {entry.method_name}", yuan(entry.amount_fen)) for entry in taken]
    totals += [(f"退 {entry.method_name}", yuan(-entry.amount_fen)) for entry in voided]
    totals.append(("本次实退" if receipt.net_fen < 0 else "本次实收", yuan(abs(receipt.net_fen))))
    lines = list(about.lines) if about else [Line(receipt.act.label, abs(receipt.net_fen), 1)]
    return Sheet(
        hospital=HOSPITAL_NAME(),
        title="退款凭证" if receipt.net_fen < 0 else "收款收据",
        number=receipt.no,
        copy=receipt.prints,
        facts=facts,
        columns=COLUMNS,
        rows=[money_line(line) for line in lines],
        totals=totals,
        notes=[f"原因：{receipt.reason}"] if receipt.reason else [],
        signatures=("客户签字", "收银员签字"),
        printed=f"打印：{by} {clock.local(clock.now()):%Y-%m-%d %H:%M}",
    )

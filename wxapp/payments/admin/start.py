"""What the start page shows of money."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import dashboard
from wxapp.admin.charts import Chart
from wxapp.admin.dashboard import Card
from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.payments import listings, queries


def takings_today() -> list[Card | Chart]:
    """Show today's takings, in all and by way of payment."""
    rows = queries.takings(clock.today())
    came = sum(row.amount_fen for row in rows)
    back = sum(row.refunded_fen for row in rows)
    count = sum(row.count for row in rows)
    shown: list[Card | Chart] = [
        Card(
            "今日收款",
            f"¥{yuan(came)}",
            f"{count}笔" + (f"，退款¥{yuan(back)}" if back else ""),
            url_for("payments_admin.payments"),
            "cash",
        )
    ]
    taken = [row for row in rows if row.amount_fen]
    if taken:
        labels = [row.channel.label for row in taken]
        shown.append(Chart("今日收款方式", "ring", labels, {"金额": [row.amount_fen for row in taken]}, unit="元"))
    return shown


def refunds_waiting(count: int) -> Card | None:
    if not count:
        return None
    return Card(
        "待处理退款", str(count), "待审核或异常", url_for("payments_admin.refunds"), "receipt-refund", "attention"
    )


def differences_open(count: int) -> Card | None:
    if not count:
        return None
    address = url_for("payments_admin.differences", status="open")
    return Card("对账差异", str(count), "待处理", address, "alert-triangle", "attention")


def payouts_stuck(count: int) -> Card | None:
    if not count:
        return None
    address = url_for("payments_admin.reconciliation")
    return Card("受阻的付款", str(count), "付款到个人未完成", address, "alert-triangle", "attention")


dashboard.dashboard_card(10, Permission.PAYMENT_READ, takings_today)
dashboard.dashboard_counts(20, Permission.REFUND_APPROVE, lambda: [queries.refunds_waiting()], refunds_waiting)
dashboard.dashboard_counts(30, Permission.LEDGER_READ, lambda: [listings.open_differences()], differences_open)
dashboard.dashboard_counts(31, Permission.LEDGER_READ, lambda: [listings.count_payouts_stuck()], payouts_stuck)

"""The roles a hospital starts with. An administrator may change all of them on the page of roles."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.permissions import Permission

P = Permission


@dataclass(frozen=True)
class DefaultRole:
    """A role as it is installed; what staff changed since then is not touched."""

    name: str
    label: str
    permissions: frozenset[P]
    requires_totp: bool = False


_SEES_PATIENTS = {P.DASHBOARD_READ, P.PATIENT_READ}
_SEES_ORDERS = {*_SEES_PATIENTS, P.ORDER_READ, P.GOODS_READ}

DEFAULT_ROLES = (
    DefaultRole("super_admin", "超管", frozenset(P), requires_totp=True),
    DefaultRole(
        "front_desk",
        "前台",
        frozenset(
            {
                *_SEES_ORDERS,
                P.PATIENT_WRITE,
                P.PATIENT_DIAL,
                P.PATIENT_REVEAL,
                P.PAYMENT_READ,
                P.PAYMENT_COLLECT,
                P.ORDER_CLOSE,
                P.REFUND_REQUEST,
                P.WALLET_READ,
                P.WALLET_RECHARGE,
                P.BALANCE_PASSWORD_RESET,
                P.ORDER_REDEEM,
                P.BOOKING_READ,
                P.BOOKING_WRITE,
                P.RECHARGE_READ,
                P.RECHARGE_REFUND,
                P.VISIT_READ,
                P.VISIT_INTAKE,
                P.VISIT_COLLECT,
                P.DEPARTURE_WRITE,
                P.PICKUP_ASSIGN,
                P.RETAIL_SELL,
            }
        ),
    ),
    DefaultRole(
        "lab", "检验科", frozenset({*_SEES_ORDERS, P.ORDER_REDEEM, P.REPORT_READ, P.REPORT_WRITE, P.DIAGNOSTICS_WRITE})
    ),
    DefaultRole("photo_room", "拍照室", frozenset({*_SEES_PATIENTS, P.DIAGNOSTICS_WRITE})),
    DefaultRole("triage", "分诊", frozenset({*_SEES_PATIENTS, P.VISIT_READ, P.TRIAGE})),
    DefaultRole(
        "consultant",
        "咨询师",
        frozenset(
            {*_SEES_ORDERS, P.PAYMENT_READ, P.BOOKING_READ, P.VISIT_READ, P.CONSULT, P.PROJECT_SHEET_PRINT},
        ),
    ),
    DefaultRole("referrer", "开发", frozenset({P.DASHBOARD_READ, P.VISIT_READ})),
    DefaultRole("driver", "司机", frozenset({P.DASHBOARD_READ, P.PICKUP_DRIVE})),
    DefaultRole("aftercare", "售后", frozenset({*_SEES_ORDERS, P.MESSAGE_READ, P.PATIENT_DIAL, P.VISIT_READ})),
    DefaultRole(
        "aftercare_lead",
        "售后主管",
        frozenset(
            {
                *_SEES_ORDERS,
                P.PATIENT_WRITE,
                P.PATIENT_DIAL,
                P.PATIENT_REVEAL,
                P.PAYMENT_READ,
                P.REFUND_REQUEST,
                P.MESSAGE_READ,
                P.TABLE_EXPORT,
                P.BOOKING_READ,
                P.STATISTICS_READ,
                P.VISIT_READ,
                P.VISIT_REFUSE,
                P.DEPARTURE_WRITE,
                P.PICKUP_ASSIGN,
            }
        ),
    ),
    DefaultRole(
        "customer_service",
        "客服",
        frozenset(
            {
                *_SEES_ORDERS,
                P.ORDER_CLOSE,
                P.REFUND_REQUEST,
                P.PAYMENT_READ,
                P.MESSAGE_READ,
                P.MESSAGE_WRITE,
                P.MENU_PUBLISH,
                P.WEBSITE_WRITE,
                P.GOODS_WRITE,
                P.REPLY_WRITE,
                P.REVIEW_HANDLE,
                P.PRIVACY_HANDLE,
                P.BOOKING_READ,
                P.BOOKING_WRITE,
                P.ROSTER_WRITE,
                P.DISTRIBUTION_READ,
                P.DISTRIBUTION_REVIEW,
                P.DISTRIBUTION_WRITE,
                P.COMMISSION_PROPOSE,
                P.RETAIL_WRITE,
                P.STATISTICS_READ,
            }
        ),
    ),
    DefaultRole(
        "doctor",
        "医生",
        frozenset(
            {*_SEES_ORDERS, P.ORDER_REDEEM, P.BOOKING_READ, P.REPORT_READ, P.VISIT_READ, P.PROCEDURE_WRITE},
        ),
    ),
    DefaultRole(
        "nurse",
        "护士",
        frozenset(
            {
                *_SEES_ORDERS,
                P.ORDER_REDEEM,
                P.BOOKING_READ,
                P.BOOKING_WRITE,
                P.VISIT_READ,
                P.PROCEDURE_WRITE,
                P.DEPARTURE_WRITE,
            }
        ),
    ),
    DefaultRole(
        "finance",
        "财务",
        frozenset(
            {
                *_SEES_ORDERS,
                P.PAYMENT_READ,
                P.REFUND_APPROVE,
                P.LEDGER_READ,
                P.DIFFERENCE_HANDLE,
                P.WALLET_READ,
                P.RECHARGE_READ,
                P.INVOICE_HANDLE,
                P.DISTRIBUTION_READ,
                P.COMMISSION_CONFIRM,
                P.WITHDRAWAL_READ,
                P.WITHDRAWAL_REVIEW,
                P.WITHDRAWAL_PAY,
                P.STATISTICS_READ,
                P.TABLE_EXPORT,
                P.VISIT_READ,
                P.TILL_CHECK,
            }
        ),
        requires_totp=True,
    ),
)

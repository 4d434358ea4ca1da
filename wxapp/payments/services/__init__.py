"""Use cases of payments."""

from wxapp.payments.services.at_counter import choose_at_hospital, collect
from wxapp.payments.services.balance import pay_by_balance
from wxapp.payments.services.checks import invariants
from wxapp.payments.services.closing import close_expired, close_payment
from wxapp.payments.services.landing import Landing
from wxapp.payments.services.late import give_back_late_money, refund_late, take_late
from wxapp.payments.services.opening import open_payment
from wxapp.payments.services.paying_back import (
    carry_out_part,
    carry_out_refunds,
    finish_by_hand,
    query_part,
    receive_refund_notice,
    retry_refund,
)
from wxapp.payments.services.paying_out import (
    carry_out_payouts,
    query_payout,
    query_payouts,
    receive_transfer_notice,
    refresh_payout,
    send_payout,
)
from wxapp.payments.services.payouts import (
    HAND_METHODS,
    PayoutAsked,
    ask_payout,
    cancel_payout,
    confirm_params,
    pay_by_hand,
    retry_payout,
    withdraw_payout,
)
from wxapp.payments.services.reconciliation import (
    assign_difference,
    compare_day,
    reconcile_missed_days,
    resolve_difference,
)
from wxapp.payments.services.refunds import approve_refund, reject_refund, request_refund, withdraw_refund
from wxapp.payments.services.wechat import begin_wechat, query_attempt, query_due, receive_notice, refresh

__all__ = [
    "HAND_METHODS",
    "Landing",
    "PayoutAsked",
    "approve_refund",
    "ask_payout",
    "assign_difference",
    "begin_wechat",
    "cancel_payout",
    "carry_out_part",
    "carry_out_payouts",
    "carry_out_refunds",
    "choose_at_hospital",
    "close_expired",
    "close_payment",
    "collect",
    "compare_day",
    "confirm_params",
    "finish_by_hand",
    "give_back_late_money",
    "invariants",
    "open_payment",
    "pay_by_balance",
    "pay_by_hand",
    "query_attempt",
    "query_due",
    "query_part",
    "query_payout",
    "query_payouts",
    "receive_notice",
    "receive_refund_notice",
    "receive_transfer_notice",
    "reconcile_missed_days",
    "refresh",
    "refresh_payout",
    "refund_late",
    "reject_refund",
    "request_refund",
    "resolve_difference",
    "retry_payout",
    "retry_refund",
    "send_payout",
    "take_late",
    "withdraw_payout",
    "withdraw_refund",
]

"""How the transfers of payments are called on statements."""

from __future__ import annotations

from wxapp.wallet.kinds import name_kind

PAY_CHANNEL = name_kind("pay.channel", "收款")
PAY_BALANCE = name_kind("pay.balance", "余额支付")
PAY_LATE = name_kind("pay.late", "迟到款入账")
PAY_TAKEN = name_kind("pay.taken", "迟到款转收入")
REFUND_ASIDE = name_kind("refund.aside", "退款预留")
REFUND_PAID = name_kind("refund.paid", "退款")
PAYOUT_PAID = name_kind("payout.paid", "付款到个人")

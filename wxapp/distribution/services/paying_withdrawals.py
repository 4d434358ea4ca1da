"""What becomes of approved withdrawals: payments say how their payouts stand, people pay by hand or call back."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import change, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.distribution import kinds
from wxapp.distribution.errors import SamePerson
from wxapp.distribution.models import Withdrawal, WithdrawalStatus
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services.withdrawing import HOUSE, end_unpaid, tell
from wxapp.distribution.states import WITHDRAWAL
from wxapp.payments import services as payments
from wxapp.payments.models import Method, PayoutStatus
from wxapp.payments.queries import get_payout
from wxapp.wallet import services as wallet

PAYMENTS = actors.system("payments")

W = WithdrawalStatus


# --- what payments tell ----------------------------------------------------------------------------------------------


def follow_waiting(no: str) -> None:
    """Follow a payout that waits for the person's confirmation, once; later news may have overtaken this."""
    with transaction():
        row = queries.get_withdrawal(no)
        if row.status is W.APPROVED:
            WITHDRAWAL.move(row, W.CONFIRMING, by=PAYMENTS)
            tell(row, "待确认收款")


def follow_success(no: str, *, why: str = "") -> None:
    """Follow money that is with the person: what was kept back gets its place in the books, once.

    The payout's own transaction has moved the net amount. Until this one nothing is wrong, only fee and tax still lie
    where the withdrawal lies.
    """
    with transaction():
        row = queries.get_withdrawal(no)
        if row.status is W.PAID:
            return
        WITHDRAWAL.move(row, W.PAID, by=PAYMENTS, why=why, reason="", ended_at=clock.now())
        for kind, account, amount_fen in (
            (kinds.WITHDRAWAL_FEE, "house.withdrawal_fee", row.fee_fen),
            (kinds.WITHDRAWAL_TAX, "clearing.commission_tax", row.tax_fen),
        ):
            if amount_fen:
                wallet.transfer(
                    kind=kind,
                    source=row.no,
                    payer_id=wallet.house_account(HOUSE),
                    payee_id=wallet.house_account(account),
                    amount_fen=amount_fen,
                )
        tell(row, "已到账")


def follow_failure(no: str, *, text: str) -> None:
    """Follow a payout that surely is not paid: the money is in the balance again, once."""
    with transaction():
        row = queries.get_withdrawal(no)
        if row.status is W.FAILED:
            return
        end_unpaid(row, W.FAILED, by=PAYMENTS, why=row.reason or text)  # whoever called it back has said why
        tell(row, "打款失败")


# --- what people do --------------------------------------------------------------------------------------------------


def pay_by_hand(no: str, *, channel: Method, note: str, by: str) -> None:
    """Record that people have paid a withdrawal themselves, what WeChat does not have and will not get any more.

    :raises SamePerson: who approved it
    :raises IllegalTransition: WeChat has it or may have it, or it is over
    """
    with transaction():
        row = queries.get_withdrawal(no)
        if row.status is not W.APPROVED:
            raise IllegalTransition
        if row.decided_by == by:
            raise SamePerson("打款须由审核人以外的同事登记")
        payments.pay_by_hand(row.payout_no, channel=channel, note=note, by=by)


def retry_payout(no: str) -> None:
    """Send at once what WeChat has not taken so far, instead of when its turn comes: the account was filled up.

    :raises IllegalTransition: it is not approved, or does not wait for WeChat
    """
    with transaction():
        row = queries.get_withdrawal(no)
        if row.status is not W.APPROVED:
            raise IllegalTransition
        payments.retry_payout(row.payout_no)


def cancel_payout(no: str, *, reason: str, by: str) -> bool:
    """Call back an approved withdrawal before the person has confirmed it.

    What was not sent yet ends here, and the money is in the balance again: True. What WeChat holds for the person is
    called back there; how that ends is told later, as paid if the person was faster: False.

    :raises IllegalTransition: WeChat is at work on it, or it is over
    """
    with transaction():
        row = queries.get_withdrawal(no)
        if row.status not in (W.APPROVED, W.CONFIRMING):
            raise IllegalTransition
        why = f"医院撤销打款：{reason}"[:200]
        if get_payout(row.payout_no).status is PayoutStatus.QUEUED:
            payments.withdraw_payout(row.payout_no, by=by)
            end_unpaid(row, W.FAILED, by=by, why=why)
            tell(row, "打款已撤销")
            return True
        payments.cancel_payout(row.payout_no, by=by)
        change(sa.update(Withdrawal).where(Withdrawal.id == row.id, Withdrawal.status == row.status).values(reason=why))
        return False

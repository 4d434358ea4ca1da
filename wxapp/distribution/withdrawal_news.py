"""What withdrawals do on hearing of their payouts."""

from __future__ import annotations

from wxapp.core.events import on
from wxapp.distribution.queries.withdrawals import SUBJECT
from wxapp.distribution.services import paying_withdrawals, withdrawal_checks
from wxapp.payments import invariants, subjects
from wxapp.payments.events import PayoutAwaitsUser, PayoutFailed, PayoutSucceeded
from wxapp.payments.models import Method

subjects.register(
    subjects.Subject(
        kind=SUBJECT,
        label="提现",
        page="distribution.withdrawal",
        argument="withdrawal_no",
        staff_page="distribution_admin.withdrawal",
        ways=frozenset,
    )
)
invariants.register(withdrawal_checks.invariants)


@on(PayoutAwaitsUser)
def wait_for_confirmation(event: PayoutAwaitsUser) -> None:
    if event.subject_kind == SUBJECT:
        paying_withdrawals.follow_waiting(event.subject_no)


@on(PayoutSucceeded)
def settle_withdrawal(event: PayoutSucceeded) -> None:
    if event.subject_kind == SUBJECT:
        paying_withdrawals.follow_success(event.subject_no, why=Method(event.way).label)


@on(PayoutFailed)
def give_back(event: PayoutFailed) -> None:
    if event.subject_kind == SUBJECT:
        paying_withdrawals.follow_failure(event.subject_no, text=event.text)

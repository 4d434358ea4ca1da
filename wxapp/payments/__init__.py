"""Payments: what is to be paid, how it was tried, what came, and what went back. Knows no order of any shop.

A *payment order* asks for one amount for one *subject* (an order of the mall, by kind and number). An *attempt* is one
way tried to pay it, with a number of its own at the channel; several may stand under one payment order. A *refund* is
asked for by one person and approved by another; its *parts* go back the way the money came. A *notice* is what WeChat
Pay told us. A *payout* sends money to a person for one *subject* (a withdrawal), by WeChat's transfer or by people's
hands. A *difference* is something that does not add up, with an owner until it is resolved.

payment order  open → paid | closed; closed → paid only by late money that its subject takes
attempt        created → prepared → succeeded | closed | failed; money that landed where nobody waits is *late* until
               it is taken or given back
refund         requested → approved → done | stuck, or rejected, or withdrawn; stuck → approved by a retry
refund part    waiting → sent → succeeded | failed; failed → waiting again under a new number
payout         queued → sending → awaiting_user (the person confirms in WeChat) | processing → succeeded | failed;
               awaiting_user → cancelling → failed | succeeded; queued → withdrawn, or succeeded by hand

Tells: PaymentReceived, PaymentClosed, RefundSucceeded, RefundFailed, RefundRejected, RefundWithdrawn, PayoutAwaitsUser,
PayoutSucceeded, PayoutFailed, PayoutDelayed.
"""

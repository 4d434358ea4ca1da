"""Recharge (在线充值): stored value bought by WeChat Pay, and its way back.

A *recharge* asks payments for money by WeChat Pay alone. What comes lies on the house's account ``clearing.recharge``
until the recharge books it to the patient's balance, once. Each booked recharge is a *lot*. A *recharge refund* takes
money out of the balance at once, back onto that account, and payments give it back the way it came once a second
person has agreed; a refusal puts it back into the balance.

recharge          awaiting → paid | closed; closed → paid by late money; paid → refunding → paid | part_refunded |
                  refunded; part_refunded → refunding
recharge refund   under_way → paid_back | rejected | withdrawn

What is spent is taken from the oldest lots first, so what is left belongs to the newest: those that WeChat Pay still
takes back. A lot never gives back more than is left of it, and no lot more than is left of the balance.

Hears: PaymentReceived, PaymentClosed, RefundSucceeded, RefundRejected, RefundWithdrawn. Tells nothing itself: the
wallet tells of each change of a balance, payments of each refund.
"""

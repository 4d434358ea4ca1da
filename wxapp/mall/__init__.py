"""The check-up mall (体检商城): packages and goods, and the orders for them.

A *package* (套餐) is made of items that are used up one by one at the hospital; *single* goods are one thing. An order
is awaiting payment (online, or at the hospital), paid, being refunded, refunded, or closed unpaid; a closed one comes
back to life only when late money finds its stock still there.

Hears: PaymentReceived, PaymentClosed, RefundSucceeded, RefundRejected. Tells: OrderPlaced, OrderPaid, OrderClosed,
OrderRefunded.
"""

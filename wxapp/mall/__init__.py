"""The check-up mall (体检商城): packages and goods, and the orders for them.

A *package* (套餐) is made of items that are used up one by one at the hospital; *single* goods are one thing. An order
is awaiting payment (online, or at the hospital), paid, in use, done, being refunded, refunded, or closed unpaid; a
closed one comes back to life only when late money finds its stock still there.

An *order item* is what is redeemed (核销) at once: it is open, used, being refunded or refunded. Items are written when
the order is paid, share what was paid for it, and say where the order stands. A *shipping* is the report of a
mini-program's order to WeChat, which keeps the money until it hears of it.

A *cart* (购物车) belongs to a WeChat user and holds no stock; its lines leave it with the order that takes them. A
*review* (评价) is said once of a line of an order that is done, and shown when staff have read it. An *invoice* (发票)
is asked for a paid order, over what was paid less what went back.

Hears: PaymentReceived, PaymentClosed, RefundSucceeded, RefundRejected, RefundWithdrawn. Tells: OrderPlaced, OrderPaid,
OrderClosed, OrderRedeemed, RedemptionUndone, OrderDone, OrderRefunded.
"""

"""The wallet: a double-entry ledger of all money the house touches, and the patients' stored value (余额).

A *transfer* has a payer, a payee and an amount, so the books balance by construction. It happens once per
(kind, source), is never changed, and is corrected by a transfer in the other direction. An *account* of a person
keeps a running balance that never falls below its floor. A *house account* (a channel, a clearing account, a line
of business) keeps none: it would be one hot row for every payment of the day. Its balance is the sum of its
transfers, written down once a day as a *closing*, whose hash also shows whether an old transfer was touched.

A *counter movement* is money that came in or went out at the desk: a top-up (到店充值) or the return of stored
value (退储值). Above a limit, and always on the way out, it needs a second person.

States of a counter movement: requested → done | rejected. Tells: BalanceChanged.
"""

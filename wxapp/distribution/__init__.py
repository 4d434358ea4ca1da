"""Distribution (分销): who brought whom to the hospital, and what that earns.

A *distributor* shares goods and invites; the *inviter* is who brought the distributor in. A *scene* is what a poster
or link of a distributor says when it is scanned or opened. An *attribution* says of each line of an order, at the
moment it is placed, whose sale it is and by which rule, also when nobody earns. A *commission* hangs on it, one for the
seller and one for the seller's inviter: what may be earned is frozen with the order, so that later settings, moves and
freezes change nothing.

commission   placed → pending → available → reversed; placed → void; void → pending (late money); pending → reversed
distributor  applied → active | refused; active ↔ frozen; active, frozen → closed; refused, closed → applied
terms        proposed → in force → ended; proposed → refused: one proposes, another confirms
withdrawal   requested → approved | rejected | withdrawn; approved → confirming → paid | failed

Money is in the ledger: ``house.commission`` pays into a distributor's account of what is pending, from there into the
one of what is available, from there by way of ``clearing.withdrawal`` out. What goes back after it was paid out leaves
a debt that later income settles.

Two levels, never more: 禁止传销条例. Medical services and drugs earn nothing, and nobody who works here is a
distributor: 医疗机构工作人员廉洁从业九项准则.

Hears: OrderPlaced (within the order's own transaction), OrderPaid, OrderClosed, OrderDone, RedemptionUndone,
OrderRefunded, PushReceived, MemberAtWork, and the payouts' events.
"""

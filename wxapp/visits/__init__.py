"""Visits (到院单): one arrival of a patient at the hospital and its steps, from intake to leaving.

The *stage* of a visit is the only state; the codes that programs know (``type/status/is_pay``) are derived from it.
A *step* is a piece of work with a beginning and an end. The people of a visit (lead referrer, consultant, cashier …)
are kept with the names they had at the moment. A *quote* is a list of projects with an offered price, in revisions;
*price review* is bound to exactly one revision. *Diagnostics* are the pictures taken in the house, the *procedure* is
the operation, a *pickup* brings the patient by car.

Reads booking: a booking turns into a visit. Tells VisitArrived, VisitLeft and QuoteMade, which it hears itself: the
reviewers are told. Money is the affair of the till below and of the cashier above.
"""

"""Loans (贷款): what patients owe to banks, lenders or the hospital itself for a visit, in instalments.

A *loan* is opened by the cashier together with its payment, and voided with it. Its *instalments* (分期) are the
schedule: equal parts in fen, the remainder on the last one, due on the repayment day of each following month.
"""

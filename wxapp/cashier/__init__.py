"""Collecting for visits (收银): the visit's price, the till's entries and the loans come together in one transaction.

*Collecting* takes the whole final price; *changing* (变更) voids what was booked and books anew; *collecting again*
(再次收银) takes the difference after review has raised the price. What a form brings as parallel lists is read here.
"""

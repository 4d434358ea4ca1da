"""Retail (零售): goods sold at the counter to a patient, outside a visit, with stock.

An *order* takes its stock and its money in one transaction; cancelling (撤单) gives both back, once.
"""

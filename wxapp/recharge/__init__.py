"""Recharge (在线充值): stored value bought by WeChat Pay, and its way back.

A recharge is a subject of payments; the money is booked by ``wallet`` once it has arrived.
"""

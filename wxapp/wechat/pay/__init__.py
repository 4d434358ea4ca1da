"""WeChat Pay v3 for one merchant in public-key mode.

An *order* at WeChat is one attempt of ours to have something paid (``out_trade_no``); a *notice* tells that it
was paid or refunded; a *transfer* sends money to a person, who may have to confirm it (``out_bill_no``); a *bill*
lists a day. Amounts are whole fen. No answer and no notice is believed before its signature has been checked with a
key that we already have.
"""

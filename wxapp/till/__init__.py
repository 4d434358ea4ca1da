"""The till (收银): what a cashier takes and gives back, line by line, and the count at the end of the day (日结).

A *receipt* is one act at the counter for one subject (a visit, a deposit, a retail order); its *entries* are the
methods with their amounts. Nothing is edited: a change voids entries and adds new ones on a receipt of its own. A
*deposit* (定金) is money taken before there is a bill; it is used up as a method of payment or given back. Each entry
of money moves it in the books in the same transaction. A *cash-up* compares what a cashier has counted with what the
entries, the mall's payments at the counter and stored value say.
"""

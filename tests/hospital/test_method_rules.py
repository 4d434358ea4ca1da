"""What a method takes, and how it lends."""

from __future__ import annotations

import pytest

from wxapp.hospital.rules.methods import Offer, find_fault

CASH = Offer(100, 10_000, None)
LOAN = Offer(1, 1_000_000, (3, 12))


@pytest.mark.parametrize(
    ("offer", "amount_fen", "periods", "day", "says"),
    [
        (CASH, 100, None, None, ""),
        (CASH, 10_000, None, None, ""),
        (CASH, 0, None, None, "amount: 金额应大于0"),
        (CASH, 99, None, None, "amount: 金额应在1.00至100.00元之间"),
        (CASH, 10_001, None, None, "amount: 金额应在1.00至100.00元之间"),
        (CASH, 100, 3, None, "periods: 不是贷款，不能填写期数和还款日"),
        (CASH, 100, None, 8, "periods: 不是贷款，不能填写期数和还款日"),
        (LOAN, 12, 12, 31, ""),
        (LOAN, 11, 12, 31, "amount: 金额太小，不够分12期"),
        (LOAN, 100, None, 8, "periods: 请填写贷款期数"),
        (LOAN, 100, 6, 8, "periods: 不提供6期，可选期数：3、12"),
        (LOAN, 100, 3, None, "day: 还款日应为1至31日"),
        (LOAN, 100, 3, 0, "day: 还款日应为1至31日"),
        (LOAN, 100, 3, 32, "day: 还款日应为1至31日"),
        (Offer(1, 100, ()), 100, 3, 8, "periods: 不提供3期，可选期数：无"),
    ],
)
def test_a_payment_is_compared_with_what_its_method_takes(
    offer: Offer, amount_fen: int, periods: int | None, day: int | None, says: str
) -> None:
    fault = find_fault(offer, amount_fen=amount_fen, periods=periods, repayment_day=day)
    assert (f"{fault.column}: {fault.says}" if fault else "") == says

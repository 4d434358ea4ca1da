"""Rules of items: shares, weights, codes, dates. No application, no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxapp.mall import rules
from wxapp.mall.models import ItemStatus, OrderStatus
from wxapp.mall.states import ORDER, status_by_items

WEIGHTS = st.lists(st.one_of(st.none(), st.integers(0, 999)), min_size=1, max_size=40)
AT = datetime(2026, 1, 31, 4, 0, tzinfo=UTC)


@given(st.integers(1, 10_000_000), WEIGHTS)
def test_shares_add_up_to_the_price(price_fen: int, weights: list[int | None]) -> None:
    shares = rules.shares_of(price_fen, weights)
    assert sum(shares) == price_fen
    assert len(shares) == len(weights)
    assert min(shares) >= 0


@given(st.integers(1, 10_000_000), WEIGHTS)
def test_only_the_last_share_has_the_rest(price_fen: int, weights: list[int | None]) -> None:
    shares = rules.shares_of(price_fen, weights)
    heavy = [1 if weight is None else weight for weight in weights]
    total = sum(heavy) or len(heavy)
    for share, weight in zip(shares[:-1], heavy[:-1], strict=True):
        assert share == price_fen * (weight if sum(heavy) else 1) // total
    assert shares[-1] - price_fen * (heavy[-1] if sum(heavy) else 1) // total < len(shares)


@pytest.mark.parametrize(
    ("price_fen", "weights", "shares"),
    [
        (10_000, [None, None, None], [3_333, 3_333, 3_334]),
        (10_000, [None], [10_000]),
        (10_000, [1, 3, None], [2_000, 6_000, 2_000]),
        (10_000, [0, 1], [0, 10_000]),
        (10_000, [0, 0], [5_000, 5_000]),
        (1, [None, None], [0, 1]),
    ],
)
def test_a_price_is_split_by_weight(price_fen: int, weights: list[int | None], shares: list[int]) -> None:
    assert rules.shares_of(price_fen, weights) == shares


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456789012", "123456789012"),
        (" 1234 5678 9012\r\n", "123456789012"),
        ("1234-5678-9012", "123456789012"),
        ("１２３４５６７８９０１２", "123456789012"),
        ("https://h.example.com/pc/mall/redeem/123456789012", "123456789012"),
        ("http://127.0.0.1:8000/pc/mall/redeem/123456789012?from=timeline", "123456789012"),
        ("", None),
        ("12345678901", None),
        ("1234567890123", None),
        ("N2026030210001", None),
        ("https://h.example.com/pc/mall/orders/N2026030210001", None),
    ],
)
def test_a_code_is_read_from_whatever_brings_it(text: str, code: str | None) -> None:
    assert rules.read_code(text) == code


@given(st.text(max_size=400))
def test_no_text_is_too_strange_for_a_code(text: str) -> None:
    code = rules.read_code(text)
    assert code is None or (len(code) == 12 and code.isdigit())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("彩超 看肝胆", ("彩超", "看肝胆", None)),
        ("胃镜 查胃部病变 ×3", ("胃镜", "查胃部病变", 3)),
        ("胃镜 *12", ("胃镜", "", 12)),
        ("胃镜", ("胃镜", "", None)),
    ],
)
def test_an_item_has_a_weight_at_its_end(typed: str, read: tuple[str, str, int | None]) -> None:
    ((name, purpose),) = rules.read_items(typed)
    assert (name, *rules.weighed(purpose)) == read
    again = rules.item_line(*read)
    ((name, purpose),) = rules.read_items(again)
    assert (name, *rules.weighed(purpose)) == read


@pytest.mark.parametrize(
    ("months", "day"),
    [(0, None), (1, date(2026, 2, 28)), (2, date(2026, 3, 31)), (12, date(2027, 1, 31)), (13, date(2027, 2, 28))],
)
def test_an_order_should_be_used_within_months(months: int, day: date | None) -> None:
    assert rules.use_by(AT.date(), months=months) == day
    assert rules.use_by(None, months=months) is None


def test_reports_come_in_growing_gaps() -> None:
    gaps = [rules.next_report(tries, now=AT) - AT for tries in range(rules.MOST_REPORTS + 3)]
    assert gaps[0] == timedelta(minutes=1)
    assert gaps == sorted(gaps)
    assert gaps[-1] == timedelta(hours=4)


COUNTS = st.dictionaries(st.sampled_from(ItemStatus), st.integers(0, 5)).filter(lambda counts: sum(counts.values()) > 0)


@given(COUNTS)
def test_where_an_order_stands_follows_from_its_items(counts: dict[ItemStatus, int]) -> None:
    status = status_by_items(counts)
    assert (status is OrderStatus.REFUNDING) == bool(counts.get(ItemStatus.REFUNDING))
    if status in (OrderStatus.DONE, OrderStatus.REFUNDED):
        assert not counts.get(ItemStatus.OPEN)
    if status in (OrderStatus.PAID, OrderStatus.REFUNDED):
        assert not counts.get(ItemStatus.USED)


def test_nothing_follows_a_refund_of_everything() -> None:
    assert OrderStatus.REFUNDED not in ORDER.moves

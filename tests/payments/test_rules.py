from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxapp.payments.rules import (
    Channel,
    Kind,
    Ours,
    Seen,
    Source,
    due_query,
    facts_problem,
    match,
    next_try,
    parts_problem,
    split_refund,
    ways_to_pay,
)
from wxapp.payments.rules.paying import channel_expiry, was_never_shown
from wxapp.payments.rules.refunding import ORDER_OF_WAYS

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OURS = Channel("wx1", "190", "openid", 19_900)


@pytest.mark.parametrize(
    ("told", "payment_order_fen", "problem"),
    [
        (OURS, 19_900, ""),
        (Channel("wx1", "190", "", 19_900), 19_900, ""),
        (Channel("wx2", "190", "openid", 19_900), 19_900, "公众账号或商户号不符"),
        (Channel("wx1", "191", "openid", 19_900), 19_900, "公众账号或商户号不符"),
        (Channel("wx1", "190", "another", 19_900), 19_900, "付款人不符"),
        (Channel("wx1", "190", "openid", 1), 19_900, "渠道金额与支付单不符"),
        (Channel("wx1", "190", "openid", None), 19_900, "渠道金额与支付单不符"),
        (OURS, 19_901, "支付尝试与应付金额不符"),
        (Channel("wx1", "190", "openid", 19_900, "USD"), 19_900, "币种不符：USD"),
    ],
)
def test_what_the_channel_tells_is_compared_with_ours(told: Channel, payment_order_fen: int, problem: str) -> None:
    assert facts_problem(told, OURS, payment_order_fen=payment_order_fen) == problem


def test_a_missing_notice_is_asked_for_after_1_5_15_and_60_minutes() -> None:
    moments = [due_query(NOW, queries) for queries in range(5)]
    assert moments == [*(NOW + timedelta(minutes=n) for n in (1, 5, 15, 60)), None]


def test_a_refund_is_asked_for_each_minute_and_then_more_seldom() -> None:
    gaps = [(next_try(tries, now=NOW) - NOW).seconds // 60 for tries in range(12)]
    assert gaps == [1, 1, 1, 1, 1, 1, 5, 10, 20, 30, 30, 30]


@pytest.mark.parametrize(
    ("left", "window"), [(timedelta(minutes=30), timedelta(minutes=30)), (timedelta(seconds=5), timedelta(seconds=65))]
)
def test_the_channel_takes_no_money_long_after_the_deadline(left: timedelta, window: timedelta) -> None:
    assert channel_expiry(NOW + left, now=NOW) == NOW + window


@pytest.mark.parametrize(("prepay_id", "age", "never_shown"), [("", 59, False), ("", 60, True), ("wx123", 3600, False)])
def test_only_a_number_without_prepay_id_was_never_shown(prepay_id: str, age: int, never_shown: bool) -> None:
    assert was_never_shown(prepay_id, NOW - timedelta(seconds=age), now=NOW) is never_shown


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([("cash", 10_000)], ""),
        ([("cash", 4_000), ("card", 6_000)], ""),
        ([("cash", 4_000), ("card", 5_999)], "各项收款金额之和与应收金额不一致"),
        ([], "各项收款金额之和与应收金额不一致"),
        ([("cash", 10_001), ("card", -1)], "每项收款金额都应大于零"),
        ([("cash", 4_000), ("cash", 6_000)], "同一种收款方式请合并为一项"),
    ],
)
def test_mixed_parts_add_up(parts: list[tuple[str, int]], problem: str) -> None:
    assert parts_problem(parts, 10_000) == problem


def test_a_way_that_is_off_shows_what_staff_wrote() -> None:
    ways = ways_to_pay(
        wechat=(False, "维护到18点"),
        balance=(True, ""),
        hospital=(True, ""),
        balance_text="1.00",
        is_short=True,
    )
    assert [(way.name, way.is_on) for way in ways] == [("wechat", False), ("balance", False), ("hospital", True)]
    assert ways[0].hint == "维护到18点"
    assert "余额不足" in ways[1].hint


# --- splitting -------------------------------------------------------------------------------------------------------

sources = st.lists(st.tuples(st.sampled_from(ORDER_OF_WAYS), st.integers(0, 100_000)), min_size=1, max_size=6).map(
    lambda rows: [Source(number, channel, left) for number, (channel, left) in enumerate(rows)]
)


@given(sources, st.data())
def test_a_refund_is_split_without_losing_a_fen(given_sources: list[Source], data: st.DataObject) -> None:
    whole = sum(source.left_fen for source in given_sources)
    amount = data.draw(st.integers(0, whole))
    parts = split_refund(amount, given_sources)
    assert sum(fen for _, fen in parts) == amount
    assert all(0 < fen <= source.left_fen for source, fen in parts)
    assert len({source.attempt_id for source, _ in parts}) == len(parts)


@given(sources, st.lists(st.integers(1, 50_000), max_size=4))
def test_many_small_refunds_end_where_one_large_one_does(given_sources: list[Source], steps: list[int]) -> None:
    left = {source.attempt_id: source.left_fen for source in given_sources}
    rest = sum(left.values())
    for step in [*steps, rest]:
        amount = min(step, rest)
        now = [Source(s.attempt_id, s.channel, left[s.attempt_id]) for s in given_sources]
        for source, fen in split_refund(amount, now):
            left[source.attempt_id] -= fen
        rest -= amount
    assert set(left.values()) == {0}


def test_the_order_of_a_split_is_fixed() -> None:
    mixed = [Source(1, "cash", 100), Source(2, "balance", 100), Source(3, "wechat", 100)]
    assert [(s.channel, fen) for s, fen in split_refund(250, mixed)] == [
        ("wechat", 100),
        ("balance", 100),
        ("cash", 50),
    ]


@pytest.mark.parametrize("amount", [-1, 101])
def test_more_than_is_left_can_not_be_split(amount: int) -> None:
    with pytest.raises(ValueError, match="left"):
        split_refund(amount, [Source(1, "cash", 100)])


# --- matching --------------------------------------------------------------------------------------------------------

PAID = Ours("A", 100, is_settled=True, is_booked=True)
OPEN = Ours("A", 100, is_settled=False, is_booked=False)
OTHER_DAY = Ours("A", 100, is_settled=True, is_booked=True, is_of_day=False)
A100, A90 = Seen("A", 100), Seen("A", 90)


@pytest.mark.parametrize(
    ("ours", "ledger", "bill", "kind"),
    [
        ([PAID], [A100], [A100], None),
        ([OPEN], [], [], None),
        ([OTHER_DAY], [A100], [], None),
        ([], [], [A100], Kind.CHANNEL_ONLY),
        ([OPEN], [], [A100], Kind.NOT_BOOKED),
        ([PAID], [A100], [], Kind.OURS_ONLY),
        ([PAID], [A100], [A90], Kind.AMOUNT),
        ([PAID], [], [A100], Kind.LEDGER_MISSING),
        ([PAID], [A90], [A100], Kind.LEDGER_AMOUNT),
        ([], [A100], [], Kind.LEDGER_ONLY),
        ([PAID], [A100], [Seen("A", 60), Seen("A", 40)], None),
    ],
)
def test_each_kind_of_difference_is_named(
    ours: list[Ours], ledger: list[Seen], bill: list[Seen], kind: Kind | None
) -> None:
    assert [found.kind for found in match(ours, ledger, bill)] == ([kind] if kind else [])


@given(st.dictionaries(st.text("ABC", min_size=1, max_size=3), st.integers(1, 100), max_size=8))
def test_three_equal_sides_have_no_difference(amounts: dict[str, int]) -> None:
    ours = [Ours(number, fen, is_settled=True, is_booked=True) for number, fen in amounts.items()]
    seen = [Seen(number, fen) for number, fen in amounts.items()]
    assert match(ours, seen, seen) == []

"""What transfers are called on statements. Packages above name their kinds here when they are imported."""

from __future__ import annotations

_labels: dict[str, str] = {}


def name_kind(kind: str, label: str) -> str:
    """Give a kind of transfer its Chinese name; return the kind.

    :raises ValueError: it has another name already
    """
    if _labels.setdefault(kind, label) != label:
        raise ValueError(f"{kind} is called {_labels[kind]} already")
    return kind


def label_of(kind: str) -> str:
    return _labels.get(kind, kind)


def kinds() -> dict[str, str]:
    return dict(_labels)


TOP_UP_COUNTER = name_kind("top_up.counter", "到店充值")
PAY_BACK_ASIDE = name_kind("pay_back.aside", "退储值")
PAY_BACK_COUNTER = name_kind("pay_back.counter", "退储值付出")
PAY_BACK_VOID = name_kind("pay_back.void", "退储值未通过，退回")
REVERSAL = name_kind("reversal", "冲正")

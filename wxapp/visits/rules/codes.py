"""The codes by which programs know where a visit stands (hospital-admin.md, part 6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Codes:
    """``type`` (has arrived), ``status`` (of the price) and ``is_pay`` (has been collected)."""

    type: int
    status: int
    is_pay: int


_BEFORE_REVIEW = Codes(1, 1, 0)
_OF_STAGE = {
    "booked": Codes(0, 1, 0),
    "arrived": _BEFORE_REVIEW,
    "examining": _BEFORE_REVIEW,
    "triaged": _BEFORE_REVIEW,
    "in_review": _BEFORE_REVIEW,
    "sent_back": Codes(1, 3, 0),
    "approved": Codes(1, 2, 0),
    "collected": Codes(1, 2, 1),
    "collect_again": Codes(1, 4, 1),
    "in_procedure": Codes(1, 2, 1),
    "left": Codes(1, 2, 1),
}


def codes_of(stage: str, *, stage_before: str = "") -> Codes:
    """Return the codes of a stage; a refused visit keeps those of the stage before.

    :raises KeyError: no such stage
    """
    return _OF_STAGE[stage_before if stage == "refused" else stage]


def condition_word(stage: str) -> str:
    """Return ``zhuangtai``."""
    return "已拒绝" if stage == "refused" else "正常"


def visit_word(*, is_first: bool) -> str:
    """Return ``first_again``."""
    return "初诊" if is_first else "复诊"


def settled_word(*, collected_fen: int, final_fen: int | None) -> str:
    """Return ``collect_remarks`` of the visit; empty before anything was collected."""
    if not collected_fen:
        return ""
    return "已结清" if collected_fen >= (final_fen or 0) else "未结清"


def method_word(names: list[str]) -> str:
    """Return ``collect_type``: the method, or 混合支付 when there were several."""
    different = list(dict.fromkeys(names))
    return "" if not different else different[0] if len(different) == 1 else "混合支付"

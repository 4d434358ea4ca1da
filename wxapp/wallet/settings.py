"""What staff may change about stored value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wxapp.core.errors import Invalid
from wxapp.core.settings import Setting

GROUP = "储值"


class Mode(StrEnum):
    """What stored value may still do. Public hospitals had to end prepayments in 2025: reliability 5.8."""

    OPEN = "open"
    RUN_DOWN = "run_down"
    OFF = "off"


MODE_LABELS = {Mode.OPEN: "开放", Mode.RUN_DOWN: "清退", Mode.OFF: "关闭"}


@dataclass(frozen=True)
class ChoiceSetting(Setting[str]):
    """One of a few words; both the word and its label are understood."""

    choices: tuple[tuple[str, str], ...] = ()

    def parse(self, text: str) -> Any:
        wanted = text.strip()
        for value, label in self.choices:
            if wanted in {value, label}:
                return value
        raise Invalid({self.name: f"{self.label}只能填：{'、'.join(label for _, label in self.choices)}"})


MODE = ChoiceSetting(
    "wallet.mode",
    "储值模式",
    Mode.OPEN.value,
    group=GROUP,
    help="开放：可充值可消费；清退：只可消费和退款；关闭：只可退款",
    choices=tuple((mode.value, label) for mode, label in MODE_LABELS.items()),
)
TOP_UP_LEAST = Setting("wallet.top_up_least", "单笔充值下限（元）", 100, kind="fen", group=GROUP, minimum=1)
TOP_UP_MOST = Setting("wallet.top_up_most", "单笔充值上限（元）", 1_000_000, kind="fen", group=GROUP, minimum=1)
TOP_UP_DAY = Setting("wallet.top_up_day", "每人每日充值上限（元）", 1_000_000, kind="fen", group=GROUP, minimum=1)
TOP_UP_ALONE = Setting(
    "wallet.top_up_alone",
    "柜台充值单人办理上限（元）",
    200_000,
    kind="fen",
    group=GROUP,
    help="同一患者当日柜台充值合计超过此金额时，需另一人复核",
)


def mode() -> Mode:
    return Mode(MODE())

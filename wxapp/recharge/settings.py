"""What staff may change about recharges. The limits of amounts are the wallet's: they hold at the counter as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wxapp.core.errors import Invalid
from wxapp.core.settings import Setting
from wxapp.recharge.rules import MOST_SUGGESTIONS, parse_suggestions
from wxapp.wallet.settings import GROUP


@dataclass(frozen=True)
class AmountsSetting(Setting[str]):
    """Some amounts in yuan with commas between."""

    def parse(self, text: str) -> Any:
        try:
            parse_suggestions(text)
        except ValueError:
            message = f"{self.label}应为用逗号分开的金额，最多{MOST_SUGGESTIONS}个，如50,100,500"
            raise Invalid({self.name: message}) from None
        return text.strip()


SUGGESTIONS = AmountsSetting(
    "recharge.suggestions",
    "建议充值金额（元）",
    "50,100,500,1000,2000,8888",
    group=GROUP,
    help="用逗号分开；超出限额的不显示",
)
UNPAID_MINUTES = Setting(
    "recharge.unpaid_minutes", "未付款充值保留分钟数", 15, kind="int", group=GROUP, minimum=5, maximum=120
)
MAX_UNPAID = Setting("recharge.max_unpaid", "每人未付款充值上限", 3, kind="int", group=GROUP, minimum=1, maximum=20)


def suggestions() -> tuple[int, ...]:
    """Return the suggested amounts in fen."""
    return parse_suggestions(SUGGESTIONS())

"""Rules of withdrawals: how much may be taken out, what is kept back of it, whose name it takes, all in words."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from wxapp.core.money import share, yuan

LEAST_NET_FEN = 30
"""WeChat compares the name from 0.30 yuan on, and nobody is paid unnamed."""

_HUNDRED = 100


@dataclass(frozen=True)
class Parts:
    """What an amount consists of. Fee and tax are rounded down to the fen, so the remainder is the person's."""

    amount_fen: int
    fee_fen: int
    tax_fen: int

    @property
    def net_fen(self) -> int:
        """What is paid out."""
        return self.amount_fen - self.fee_fen - self.tax_fen


@dataclass(frozen=True)
class Conditions:
    """On what terms money may be taken out now.

    :ivar fee_bp: of the amount
    :ivar tax_bp: of the amount, too: the fee lowers no income
    """

    least_fen: int
    most_fen: int
    per_day: int
    fee_bp: int
    tax_bp: int
    is_reviewed: bool

    @property
    def needs_id_number(self) -> bool:
        """What is withheld is declared under the person's number."""
        return self.tax_bp > 0

    def for_who_left(self) -> Conditions:
        """Return what holds for somebody who earns nothing more: the last of it is never too little to be his."""
        return replace(self, least_fen=min(self.least_fen, LEAST_NET_FEN))

    def parts_of(self, amount_fen: int) -> Parts:
        return Parts(amount_fen, share(amount_fen, self.fee_bp), share(amount_fen, self.tax_bp))

    def all_of(self, available_fen: int) -> int:
        """Return what 全部提现 means: all there is, at most what one withdrawal may be; 0 when that is too little."""
        whole = min(available_fen, self.most_fen)
        return 0 if self.limit_problem(whole, available_fen) else whole

    def limit_problem(self, amount_fen: int, available_fen: int) -> str:
        """Return why nobody may take out this amount, "" if one may who has it; it says what this person has."""
        if self.least_fen > self.most_fen:
            return "暂时不能提现，请联系医院"
        if not self.least_fen <= amount_fen <= self.most_fen:
            return f"每次可提现{self._limits}，当前可提现{yuan(max(available_fen, 0))}元"
        if self.parts_of(amount_fen).net_fen < LEAST_NET_FEN:
            return f"扣除手续费和税款后不足{yuan(LEAST_NET_FEN)}元，请提高提现金额"
        return ""

    def why_nothing(self, available_fen: int, pending_fen: int) -> tuple[str, ...]:
        """Return why nothing can be taken out of a balance, and what will change that; () when something can."""
        if self.all_of(available_fen):
            return ()
        if self.least_fen > self.most_fen or available_fen >= self.least_fen:
            return (self.limit_problem(available_fen, available_fen),)
        least = yuan(self.least_fen)
        if available_fen < 0:
            why = f"还有{yuan(-available_fen)}元待抵扣，抵扣完并且可提现余额满{least}元后可以提现。"
            then = "转为可提现后先用于抵扣。"
        else:
            why = f"可提现余额为{yuan(available_fen)}元，满{least}元后可以提现。"
            then = "转为可提现后计入余额。"
        return (why, f"您有待结算佣金{yuan(pending_fen)}元，{then}") if pending_fen > 0 else (why,)

    @property
    def _limits(self) -> str:
        return f"{yuan(self.least_fen)}至{yuan(self.most_fen)}元"

    def in_words(self) -> tuple[str, ...]:
        """Return the conditions as people read them (提现须知)."""
        after = "审核通过后" if self.is_reviewed else "提交后"
        return (
            f"每次可提现{self._limits}，每天最多{self.per_day}次，未通过审核的不计。",
            f"“全部提现”为当前可提现的全部金额，一次最多{yuan(self.most_fen)}元。",
            f"手续费为提现金额的{percent(self.fee_bp)}，不足一分的部分不收。" if self.fee_bp else "提现不收手续费。",
            *(
                (f"按提现金额的{percent(self.tax_bp)}代扣税款，并以您的身份证号申报，请如实填写。",)
                if self.needs_id_number
                else ()
            ),
            "姓名须与申请分销时登记的真实姓名一致，并与您微信支付的实名一致，否则无法到账。",
            f"金额在提交时从可提现余额中划出，{after}由微信转账到您的零钱。",
            "微信需要您确认收款：收到通知后请在24小时内打开提现记录，点“确认收款”。",
            "未通过审核、超时未确认或打款失败的，提现金额连同手续费和税款全部退回可提现余额，可以重新申请。",
        )


def percent(rate_bp: int) -> str:
    """Return a rate as people read it, e.g. ``0.6%``."""
    whole, part = divmod(rate_bp, _HUNDRED)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + "%"


def is_same_name(typed: str, registered: str) -> bool:
    """Whether two ways of writing are one name: blanks, and how wide a letter or a dot is written, do not matter."""
    return _plain(typed) == _plain(registered) != ""


def _plain(name: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", name).split())
    for dot in "•‧・･∙⋅":  # between the parts of a name; its right form is U+00B7
        text = text.replace(dot, "·")
    return text.upper()

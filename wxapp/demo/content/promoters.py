"""Invented distributors, and what they sold: who invited whom, when, and what became of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import Enum, auto

from wxapp.demo.content.people import SANDBOX_PEOPLE


class Life(Enum):
    """What becomes of an application."""

    ACTIVE = auto()
    FROZEN = auto()
    CLOSED = auto()
    REFUSED = auto()
    WAITING = auto()


@dataclass(frozen=True)
class Promoter:
    """A distributor before he applies; ``inviter`` is a position in the list."""

    name: str
    nickname: str
    inviter: int | None
    days: int
    life: Life = Life.ACTIVE
    reason: str = ""


PROMOTERS = (
    Promoter(SANDBOX_PEOPLE[1]["name"], SANDBOX_PEOPLE[1]["nickname"], None, 29),  # has a telephone in the sandbox
    Promoter("梁秋月", "秋月", 0, 27),
    Promoter("罗景行", "景行", 0, 26),
    Promoter("沈若水", "若水三千", 0, 22),
    Promoter("江一帆", "一帆", 1, 21),
    Promoter("白玉兰", "玉兰花开", 1, 19),
    Promoter("高远山", "远山", 2, 16),
    Promoter("夏小荷", "小荷", 4, 12),
    Promoter("方正文", "方老师", None, 25),
    Promoter("石磊", "磊磊落落", 8, 18),
    Promoter("陆文静", "文静", None, 15, Life.FROZEN, "朋友圈宣传“包治百病”，待核实"),
    Promoter("邱建国", "老邱", 8, 24, Life.CLOSED, "本人申请退出"),
    Promoter("钟灵", "灵灵", 0, 3, Life.REFUSED, "手机号与姓名不符，请核对后重新申请"),
    Promoter("叶知秋", "知秋", 0, 1, Life.WAITING),
    Promoter("骆驼祥", "祥子", None, 0, Life.WAITING),
)


class End(Enum):
    """How far an order came."""

    UNPAID = auto()
    CLOSED = auto()
    PAID = auto()
    PART_BACK = auto()
    ALL_BACK = auto()
    DONE = auto()


@dataclass(frozen=True)
class Sale:
    """An order that somebody placed by a share, or as a member; ``buyer`` is a distributor, by position in the list."""

    days: int
    seller: int
    goods: int
    end: End
    quantity: int = 1
    as_member: bool = False
    buyer: int | None = None

    @property
    def hours(self) -> int:
        """How much earlier than now on that day: not everybody buys at the same time. Today's are of this moment."""
        return (self.days * 5 + self.seller * 2) % 11 if self.days else 0


SALES = (
    Sale(20, 0, 0, End.DONE),
    Sale(19, 1, 1, End.DONE),
    Sale(18, 8, 2, End.DONE, 3),
    Sale(17, 0, 3, End.DONE, 2),
    Sale(16, 2, 0, End.DONE),
    Sale(15, 4, 4, End.DONE),
    Sale(14, 0, 5, End.DONE, as_member=True),
    Sale(13, 10, 1, End.DONE),
    Sale(12, 5, 2, End.DONE),
    Sale(11, 3, 6, End.DONE),
    Sale(10, 0, 2, End.DONE, buyer=2),
    Sale(9, 1, 7, End.ALL_BACK),
    Sale(8, 0, 1, End.PART_BACK),
    Sale(6, 6, 3, End.DONE),
    Sale(5, 0, 4, End.DONE, as_member=True),
    Sale(4, 9, 5, End.PAID),
    Sale(3, 0, 8, End.DONE),
    Sale(3, 7, 0, End.PAID),
    Sale(2, 1, 2, End.PAID),
    Sale(1, 2, 6, End.CLOSED),
    Sale(1, 8, 9, End.PAID),
    Sale(0, 0, 2, End.PAID),
    Sale(0, 1, 4, End.PAID),
    Sale(0, 0, 7, End.UNPAID),
)


def sandbox_openid(appid: str, number: str) -> str:
    """Return the openid that the sandbox gives one of its people, before that person has ever come in."""
    digest = hashlib.sha256(f"openid {appid} {number}".encode()).digest()
    text = base64.urlsafe_b64encode(digest).decode().replace("=", "").replace("-", "A").replace("_", "B")
    return f"o{text[:27]}"

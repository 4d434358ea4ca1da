"""Invented patients, and the people of the sandbox. Numbers follow the rules of real ones and belong to nobody."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹章苏潘葛范彭鲁马方任"
    "袁柳史唐薛雷贺倪汤罗毕郝安常于傅齐康伍余顾孟黄萧尹"
)
_GIVEN_WOMEN = (
    "静怡",
    "雨桐",
    "诗涵",
    "欣然",
    "梓萱",
    "若曦",
    "婉清",
    "思琪",
    "佳宁",
    "晓芸",
    "月华",
    "秀兰",
    "丽娟",
    "慧敏",
)
_GIVEN_MEN = (
    "子轩",
    "浩然",
    "俊杰",
    "宇航",
    "明远",
    "志强",
    "建国",
    "文博",
    "思远",
    "承志",
    "海波",
    "立新",
    "永康",
    "嘉树",
)
_AREAS = ("990101", "990102", "990203", "990305")
"""District codes that no real district has."""


@dataclass(frozen=True)
class DemoPatient:
    """A patient before it is registered."""

    name: str
    sex: str
    birthday: date
    id_number: str
    phone: str


def id_number(area: str, birthday: date, serial: int) -> str:
    """Return an identity number with a right check digit (GB 11643)."""
    body = f"{area}{birthday:%Y%m%d}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def patients(count: int = 200) -> list[DemoPatient]:
    """Return the same people every time; the first is called 林小满 and is the demo's main character."""
    chance = random.Random(20260301)
    born = date(1990, 5, 21)
    people = [DemoPatient("林小满", "female", born, id_number("990101", born, 128), "13800000001")]
    for number in range(2, count + 1):
        is_woman = chance.random() < 0.55
        birthday = date(1945, 1, 1) + timedelta(days=chance.randrange(22_000))
        name = chance.choice(_SURNAMES) + chance.choice(_GIVEN_WOMEN if is_woman else _GIVEN_MEN)
        serial = chance.randrange(0, 499) * 2 + (0 if is_woman else 1)
        people.append(
            DemoPatient(
                name,
                "female" if is_woman else "male",
                birthday,
                id_number(chance.choice(_AREAS), birthday, serial),
                f"1380000{number:04d}",
            )
        )
    return people


def _sandbox_people() -> list[dict[str, str]]:
    nicknames = ("小满", "山间清风", "阿杰", "晴天")
    return [
        {"id": str(number), "name": person.name, "nickname": nickname, "phone": person.phone}
        for number, (person, nickname) in enumerate(zip(patients(len(nicknames)), nicknames, strict=True), start=1)
    ]


SANDBOX_PEOPLE = _sandbox_people()
BALANCE_PASSWORD = "246813"  # noqa: S105 - the demo's people all have this one

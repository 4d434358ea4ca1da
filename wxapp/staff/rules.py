"""Pure rules: which passwords are good enough, what a role may be called, which codes are of this moment."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 64

TRIES_BEFORE_LOCK = 5
LOCK_MINUTES = 15
FIRST_PASSWORD_HOURS = 72

TOTP_SECONDS = 30
RECOVERY_CODES = 10

_LEET = str.maketrans("@401357$!", "aaoiestsi")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def password_problem(
    password: str,
    *,
    own_words: Iterable[str] = (),
    words: Collection[str] = (),
    whole: Collection[str] = (),
    rows: Iterable[str] = (),
) -> str:
    """Return what speaks against a password, "" when nothing does (S-04; no rules of composition).

    :param own_words: user name, own name, telephone: whatever others know of this person
    :param words: guessable words, refused also with digits and signs around them
    :param whole: guessable passwords, refused as they are
    :param rows: keyboard rows and alphabets; runs along them are guessed first
    """
    if len(password) < SHORTEST_PASSWORD:
        return f"密码至少{SHORTEST_PASSWORD}位，建议使用15位以上的短句"
    if len(password) > LONGEST_PASSWORD:
        return f"密码最多{LONGEST_PASSWORD}位"
    plain = password.lower()
    if len(set(plain)) < 4:
        return "密码重复的字符太多，容易被猜到"
    core = _AROUND.sub("", plain)
    if plain in whole or {plain, core, core.translate(_LEET)} & set(words):
        return "这个密码在常见密码中，容易被猜到"
    if any(word and len(word) >= 4 and word.lower() in plain for word in own_words):
        return "密码不能包含您的账号、姓名或手机号"
    if _without_runs(plain, rows) < SHORTEST_PASSWORD // 2:
        return "密码是键盘或数字的顺序排列，容易被猜到"
    return ""


def _without_runs(text: str, rows: Iterable[str]) -> int:
    """Return the length of a text in which each run of four or more along a row counts as one."""
    both_ways = [way for row in rows for way in (row, row[::-1])]
    length, at = 0, 0
    while at < len(text):
        end = at + 1
        while end < len(text) and any(text[at : end + 1] in row for row in both_ways):
            end += 1
        at = end if end - at >= 4 else at + 1
        length += 1
    return length


def is_username(text: str) -> bool:
    """Whether a text can be a user name: 2 to 40 Chinese characters, small letters, digits, dots, dashes.

    It begins with a character or a letter, so that no telephone number becomes one.
    """
    return re.fullmatch(r"[a-z\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._-]{1,39}", text) is not None


def totp_step(unix_seconds: float) -> int:
    return int(unix_seconds) // TOTP_SECONDS


def steps_to_try(now_step: int) -> tuple[int, ...]:
    """Return the steps whose codes count: this one, and one before and after for clocks that differ."""
    return (now_step, now_step - 1, now_step + 1)


def recovery_code_form(typed: str) -> str:
    """Return a recovery code as it was hashed, however it was typed."""
    return re.sub(r"[\s-]", "", typed).upper()


def may_give(own: Collection[str], given: Collection[str]) -> bool:
    """Whether somebody with these permissions may give, take or manage those: nobody gives what he does not have."""
    return set(given) <= set(own)

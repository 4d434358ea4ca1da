"""Editing the website: versions, schedules, what is referred to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.website import BY, make_article, make_category, make_equipment, make_physician, make_slide
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.website import queries, services
from wxapp.website.errors import CategoryInUse, CategoryNameTaken
from wxapp.website.models import Article, Category, Equipment, Slide
from wxapp.website.rules import FloorPlace
from wxapp.website.services import ArticleDraft, EquipmentDraft, SlideDraft

pytestmark = pytest.mark.usefixtures("client")

SLIDE = SlideDraft(title="一", picture="p", is_published=True)
MACHINE = EquipmentDraft(name="一", is_published=True)
HOUR = timedelta(hours=1)


def article(**over: Any) -> ArticleDraft:
    fields = {"category_id": make_category(), "title": "一", "is_published": True} | over
    return ArticleDraft(**fields)


@pytest.mark.parametrize(("make", "model"), [(make_slide, Slide), (make_equipment, Equipment), (make_article, Article)])
def test_of_two_who_write_the_second_is_told(make: Any, model: Any) -> None:
    number = make()
    draft = {Slide: SLIDE, Equipment: MACHINE}.get(model) or article()
    services.edit(number, draft, seen_version=1, by=BY)
    with pytest.raises(Stale):
        services.edit(number, draft, seen_version=1, by="staff:2")
    assert (queries.get(model, number).version, queries.get(model, number).changed_by) == (2, BY)


def test_sheets_and_floors_have_versions_too() -> None:
    services.write_sheet("about", "新", seen_version=1, by=BY)
    services.arrange_home([FloorPlace("医院简介", False)], seen_version=1, by=BY)
    with pytest.raises(Stale):
        services.write_sheet("about", "旧", seen_version=1, by="staff:2")
    with pytest.raises(Stale):
        services.arrange_home([], seen_version=1, by="staff:2")
    assert queries.sheet("about").body_html == "<p>新</p>"


@pytest.mark.parametrize("draft", [SLIDE, MACHINE])
def test_nothing_ends_before_it_begins(draft: Any) -> None:
    now = clock.now()
    for until in (now, now - HOUR):
        with pytest.raises(Invalid) as refused:
            services.add(replace(draft, visible_from=now, visible_until=until), by=BY)
        assert refused.value.errors == {"visible_until": "结束时间应晚于开始时间"}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(draft.model)) == 0


def test_an_article_published_now_can_not_have_ended() -> None:
    with pytest.raises(Invalid, match="结束时间"):
        services.add(article(visible_until=clock.now() - HOUR), by=BY)


def test_an_article_published_without_a_moment_is_published_now() -> None:
    draft, live = services.add(article(is_published=False), by=BY), services.add(article(), by=BY)
    assert queries.get(Article, draft).visible_from is None
    assert queries.get(Article, live).visible_from == clock.now()


def test_an_article_needs_a_category_that_is_there() -> None:
    with pytest.raises(Invalid, match="请选择分类"):
        services.add(article(category_id=99), by=BY)


def test_too_many_pictures() -> None:
    with pytest.raises(Invalid, match="最多9张"):
        services.add(replace(MACHINE, pictures=tuple("abcdefghij")), by=BY)


def test_rich_text_is_cleaned_when_it_is_written() -> None:
    hostile = "<p onclick=x>好</p><script>x</script>"
    numbers = services.add(replace(MACHINE, body_html=hostile), by=BY), services.add(article(body_html=hostile), by=BY)
    services.write_sheet("checkup-notice", hostile, seen_version=1, by=BY)
    written = [queries.get(Equipment, numbers[0]), queries.get(Article, numbers[1]), queries.sheet("checkup-notice")]
    assert [row.body_html for row in written] == ["<p>好</p>"] * 3
    assert make_physician(profile=hostile).profile == "<p>好</p>"


def test_what_is_looked_at_before_is_in_no_table() -> None:
    row = services.as_row(article(title="预览"), by=BY)
    assert row.title == "预览"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Article)) == 0


@pytest.mark.parametrize(("make", "model"), [(make_slide, Slide), (make_equipment, Equipment), (make_article, Article)])
def test_what_is_removed_is_gone(make: Any, model: Any) -> None:
    number = make()
    services.remove(model, number)
    with pytest.raises(NotFound):
        services.remove(model, number)


# --- categories ------------------------------------------------------------------------------------------------------


def test_a_category_with_articles_stays() -> None:
    used, free = make_category(), make_category()
    make_article(category_id=used)
    with pytest.raises(CategoryInUse):
        services.remove_category(used)
    services.remove_category(free)
    assert [row.id for row in queries.categories()] == [used]


def test_a_name_belongs_to_one_category() -> None:
    make_category("科普")
    other = make_category("公告")
    with pytest.raises(CategoryNameTaken):
        make_category("科普")
    with pytest.raises(CategoryNameTaken):
        services.edit_category(other, "科普", position=1, seen_version=1, by=BY)
    services.edit_category(other, "通知", position=1, seen_version=1, by=BY)
    with pytest.raises(Stale):
        services.edit_category(other, "通告", position=1, seen_version=1, by=BY)
    assert db.session.scalars(sa.select(Category.name).order_by(Category.id)).all() == ["科普", "通知"]

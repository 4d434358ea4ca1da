"""What stands on the website."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from wxapp.directory import services as directory
from wxapp.directory.models import Physician
from wxapp.directory.services import PhysicianText
from wxapp.website import services
from wxapp.website.services import ArticleDraft, EquipmentDraft, SlideDraft

BY = "staff:1"
_numbers = itertools.count(1)


def make_physician(*, picture: str = "", **over: Any) -> Physician:
    text = {"name": "陈建国", "department": "心血管内科", "title": "主任医师", "good_at": "高血压"} | over
    return directory.add_physician(PhysicianText(**text), by=BY, picture=picture)


def make_slide(*, since: datetime | None = None, until: datetime | None = None, **over: Any) -> int:
    fields = {"title": "春季体检", "picture": "none-slide", "is_published": True} | over
    return services.add(SlideDraft(visible_from=since, visible_until=until, **fields), by=BY)


def make_equipment(*, since: datetime | None = None, until: datetime | None = None, **over: Any) -> int:
    fields = {"name": "磁共振", "summary": "安静清晰", "body_html": "<p>1.5T</p>", "is_published": True} | over
    return services.add(EquipmentDraft(visible_from=since, visible_until=until, **fields), by=BY)


def make_category(name: str = "") -> int:
    return services.add_category(name or f"分类{next(_numbers)}", position=1, by=BY)


def make_article(
    *, since: datetime | None = None, until: datetime | None = None, category_id: int = 0, **over: Any
) -> int:
    fields = {"title": "秋季养生", "summary": "多喝水", "body_html": "<p>正文</p>", "is_published": True} | over
    draft = ArticleDraft(category_id=category_id or make_category(), visible_from=since, visible_until=until, **fields)
    return services.add(draft, by=BY)


def fill_website(number: int, *, by: str) -> dict[str, Any]:
    """Make one of each thing that staff show, and return the parts of its addresses."""
    category_id = services.add_category(f"资讯{number}", position=number, by=by)
    article = ArticleDraft(category_id=category_id, title="养生", body_html="<p>正文</p>", is_published=True)
    machine = EquipmentDraft(name="磁共振", pictures=("none-machine",), is_published=True)
    return {
        "news_category_id": category_id,
        "article_id": services.add(article, by=by),
        "equipment_id": services.add(machine, by=by),
        "slide_id": services.add(SlideDraft(title="春季体检", picture="none-slide", is_published=True), by=by),
        "slug": "about",
    }

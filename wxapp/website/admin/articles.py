"""Staff's pages of articles (健康资讯)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import YES_NO, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.website import queries, services, shown
from wxapp.website.admin.door import (
    SCHEDULE_HELP,
    interface,
    new_picture,
    picture_error,
    state_column,
    state_of,
    values_of,
)
from wxapp.website.forms import ArticleForm
from wxapp.website.models import Article
from wxapp.website.services import ArticleDraft

menu.entry("医院主页", "健康资讯", "website_admin.article_list", Permission.WEBSITE_WRITE, 50)


class _Line:
    """An article as the list shows it."""

    def __init__(self, row: Any) -> None:
        article: Article = row.Article
        self.id, self.title, self.category = article.id, article.title, row.category
        self.is_pinned, self.state = article.is_pinned, state_of(article)
        self.visible_from, self.changed_by = article.visible_from, article.changed_by

    def to_wire(self) -> dict[str, Any]:
        return dict(vars(self))


def _category_choices() -> list[tuple[str, str]]:
    return [(str(category.id), category.name) for category in queries.categories()]


ARTICLES = Table(
    "website.articles",
    title="健康资讯",
    columns=(
        Column("title", "标题", link=lambda row: url_for("website_admin.article_form", article_id=row.id)),
        Column("category", "分类"),
        state_column(),
        Column("is_pinned", "置顶", "badge", badges=YES_NO, sort=Article.is_pinned),
        Column("visible_from", "发布时间", sort=Article.visible_from),
        Column("changed_by", "修改人", "actor"),
    ),
    filters=(Filter("title", "标题"), Filter("category", "分类", kind="choice", choices=_category_choices)),
    actions=(
        Action("编辑", lambda row: url_for("website_admin.article_form", article_id=row.id)),
        Action("预览", lambda row: url_for("website_admin.preview_article", article_id=row.id)),
        Action(
            "删除",
            lambda row: url_for("website_admin.remove_article", article_id=row.id),
            post=True,
            confirm="确定删除这篇资讯吗？已分享出去的链接将打不开。",
            tone="danger",
        ),
    ),
    sort="-visible_from",
    key=Article.id,
    make=_Line,
    empty="还没有资讯",
)


@interface("website.articles", GET="/pc/website/articles", permission=Permission.WEBSITE_WRITE)
def article_list() -> Page:
    return Page("website/admin/list.html", table=ARTICLES.load(queries.articles_for_staff), kind="article")


def _form(found: Article | None) -> Page:
    values: dict[str, Any] = {} if found is None else values_of(found, ArticleForm)
    form = ShownForm(ArticleForm, values=values, options={"category_id": _category_choices()}, help=_HELP)
    return Page("website/admin/article_form.html", form=form, article=found, picture_error=picture_error())


_HELP = SCHEDULE_HELP | {
    "visible_from": "可填将来的时间，到时自动发布；不填则发布时取当前时间",
    "summary": "列表与分享卡片中显示；不填则取正文开头",
    "is_pinned": "置顶的资讯排在最前",
}


@interface("website.new_article", GET="/pc/website/articles/new", permission=Permission.WEBSITE_WRITE)
def new_article() -> Page:
    return _form(None)


@interface(
    "website.add_article",
    POST="/pc/website/articles",
    permission=Permission.WEBSITE_WRITE,
    audit="新增资讯",
    form_page=new_article,
)
def add_article() -> Done:
    form = read_form(ArticleForm)
    by = current_staff().actor
    made_id = once("website.add_article", form, lambda: str(services.add(_draft(form, new_picture(by) or ""), by=by)))
    audit.about(f"article:{made_id}", form.title)
    # A draft is looked at next, so its form stays open.
    stays = url_for("website_admin.article_form", article_id=int(made_id))
    told, location = ("已新增", url_for("website_admin.article_list")) if form.is_published else ("草稿已保存", stays)
    return Done(told, location=location, id=int(made_id))


@interface("website.article", GET="/pc/website/articles/<int:article_id>", permission=Permission.WEBSITE_WRITE)
def article_form(article_id: int) -> Page:
    return _form(queries.get(Article, article_id))


@interface(
    "website.save_article",
    POST="/pc/website/articles/<int:article_id>",
    permission=Permission.WEBSITE_WRITE,
    audit="修改资讯",
    form_page=article_form,
)
def save_article(article_id: int) -> Done:
    form, found = read_form(ArticleForm), queries.get(Article, article_id)
    by = current_staff().actor
    draft = _draft(form, new_picture(by) or found.cover)
    services.edit(article_id, draft, seen_version=form.version, by=by)
    audit.about(f"article:{article_id}", form.title)
    return Done("已保存", location=url_for("website_admin.article_list"))


@interface(
    "website.remove_article",
    POST="/pc/website/articles/<int:article_id>/remove",
    permission=Permission.WEBSITE_WRITE,
    audit="删除资讯",
)
def remove_article(article_id: int) -> Done:
    audit.about(f"article:{article_id}", queries.get(Article, article_id).title)
    services.remove(Article, article_id)
    return Done("已删除", location=url_for("website_admin.article_list"))


@interface(
    "website.preview_article", GET="/pc/website/articles/<int:article_id>/preview", permission=Permission.WEBSITE_WRITE
)
def preview_article(article_id: int) -> ResponseReturnValue:
    """Show what is saved as patients would see it."""
    return shown.article(queries.get(Article, article_id))


@interface(
    "website.try_article",
    POST="/pc/website/articles/<int:article_id>/preview",
    permission=Permission.WEBSITE_WRITE,
    audit="预览资讯",
    form_page=article_form,
)
def try_article(article_id: int) -> ResponseReturnValue:
    """Show what is typed as patients would see it; nothing is saved."""
    form, found = read_form(ArticleForm), queries.get(Article, article_id)
    row = services.as_row(_draft(form, found.cover), by=current_staff().actor)
    row.id = article_id
    return shown.article(row)


def _draft(form: ArticleForm, cover: str) -> ArticleDraft:
    return ArticleDraft(
        category_id=form.category_id,
        title=form.title,
        summary=form.summary,
        cover=cover,
        body_html=form.body_html,
        is_pinned=form.is_pinned,
        is_published=form.is_published,
        visible_from=form.visible_from,
        visible_until=form.visible_until,
    )

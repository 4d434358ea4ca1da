"""Categories and projects (项目设置): what can be quoted. Nothing is deleted, it is switched off."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.core.errors import Invalid
from wxapp.hospital.errors import CodeTaken, InUse, NameTaken
from wxapp.hospital.models import Category, Project, ProjectPrice
from wxapp.hospital.rules.flows import EXAMINATIONS
from wxapp.hospital.services.names import check_name


@dataclass(frozen=True)
class CategoryText:
    """What staff write of a category."""

    name: str
    position: int = 100
    is_active: bool = True


@dataclass(frozen=True)
class ProjectText:
    """What staff write of a project, without its price.

    :ivar code: ten digits; empty on adding: one is drawn. It stays as it was added
    :ivar share_bp: of incentives, in basis points
    :ivar exam_kinds: kinds of examination that it needs
    """

    category_id: int
    name: str
    operation_name: str = ""
    english_name: str = ""
    code: str = ""
    share_bp: int = 0
    exam_kinds: tuple[str, ...] = ()
    is_active: bool = True


# --- categories ------------------------------------------------------------------------------------------------------


def add_category(text: CategoryText, *, by: str) -> int:
    """Add a category and return its key.

    :raises Invalid: the name has a comma
    :raises NameTaken: another one has this name
    """
    with transaction():
        values = asdict(text) | {"name": check_name(text.name, "name"), "changed_at": clock.now(), "changed_by": by}
        try:
            return insert_row(Category, **values)
        except IntegrityError:
            raise NameTaken(field="name") from None


def change_category(category_id: int, text: CategoryText, *, seen_version: int, by: str) -> None:
    """Change a category; what was quoted keeps its words.

    :raises InUse: it is to be switched off and still has active projects
    :raises NameTaken: another one has this name
    :raises Stale: somebody else has changed it since the form was shown
    """
    with transaction():
        values = asdict(text) | {"name": check_name(text.name, "name"), "changed_at": clock.now(), "changed_by": by}
        try:
            save_version(Category, category_id, seen=seen_version, **values)
        except IntegrityError:
            raise NameTaken(field="name") from None
        # After the write: the category's row is held, and whoever adds a project to it waits for that.
        if not text.is_active and _has_active_projects(category_id):
            raise InUse("这个分类下还有启用的项目，请先停用或移走它们", field="is_active")


def _has_active_projects(category_id: int) -> bool:
    wanted = sa.select(sa.exists().where(Project.category_id == category_id, Project.is_active))
    return bool(db.session.scalar(wanted))


def _hold_category(category_id: int, *, must_be_active: bool) -> None:
    """Keep a category as it is until the end of the transaction.

    :raises Invalid: there is none, or it is switched off
    """
    held = db.session.scalar(sa.select(Category.is_active).where(Category.id == category_id).with_for_update())
    if held is None or (must_be_active and not held):
        raise Invalid({"category_id": "请选择启用的分类"})


# --- projects --------------------------------------------------------------------------------------------------------


def add_project(text: ProjectText, *, price_fen: int, by: str) -> int:
    """Offer a project from now on and return its key; its first price stands in the history.

    :raises Invalid: the name has a comma, the code is no ten digits, or the category is switched off
    :raises NameTaken: another one has this name
    :raises CodeTaken: another one has this code
    """
    if text.code and not (len(text.code) == 10 and text.code.isascii() and text.code.isdigit()):
        raise Invalid({"code": "编码应为10位数字"})
    text = replace(text, code=text.code or new_project_code())
    now = clock.now()
    with transaction():
        values = _values(text, by) | {"code": text.code, "price_fen": price_fen, "priced_from": now, "created_at": now}
        _hold_category(text.category_id, must_be_active=text.is_active)
        _ask_free(text.name, text.code, but=0)
        try:
            project_id = insert_row(Project, **values)
        except IntegrityError:
            raise NameTaken(field="name") from None
        insert_row(
            ProjectPrice, project_id=project_id, price_fen=price_fen, valid_from=now, made_at=now, made_by=by
        )  # fmt: skip
    return project_id


def change_project(project_id: int, text: ProjectText, *, seen_version: int, by: str) -> None:
    """Change what is told of a project; its code stays, its price is changed by ``set_price``.

    Quotes that name it keep the words and prices they were made with.

    :raises NameTaken: another one has this name
    :raises Stale: somebody else has changed it since the form was shown
    """
    with transaction():
        values = _values(text, by)
        _hold_category(text.category_id, must_be_active=text.is_active)
        _ask_free(text.name, "", but=project_id)
        try:
            save_version(Project, project_id, seen=seen_version, **values)
        except IntegrityError:
            raise NameTaken(field="name") from None


def new_project_code() -> str:
    """Return ten digits that no project is likely to have; the unique key decides."""
    return str(1_000_000_000 + secrets.randbelow(9_000_000_000))


def _values(text: ProjectText, by: str) -> dict[str, object]:
    if not set(text.exam_kinds) <= set(EXAMINATIONS):
        raise Invalid({"exam_kinds": "需要的检查不在可选范围内"})
    return {
        "category_id": text.category_id,
        "name": check_name(text.name, "name"),
        "operation_name": check_name(text.operation_name, "operation_name"),
        "english_name": text.english_name,
        "share_bp": text.share_bp,
        "exam_kinds": " ".join(dict.fromkeys(text.exam_kinds)),
        "is_active": text.is_active,
        "changed_at": clock.now(),
        "changed_by": by,
    }


def _ask_free(name: str, code: str, *, but: int) -> None:
    # A courtesy that tells name from code; the unique keys decide.
    if code and db.session.scalar(sa.select(Project.id).where(Project.code == code, Project.id != but)) is not None:
        raise CodeTaken(field="code")
    if db.session.scalar(sa.select(Project.id).where(Project.name == name, Project.id != but)) is not None:
        raise NameTaken(field="name")

"""项目设置: what can be quoted, with its prices."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.hospital import listings, queries
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import ACTIVE, category_options, exam_options, shown, told
from wxapp.hospital.forms import NewProjectForm, PriceForm, ProjectForm
from wxapp.hospital.models import Project, ProjectPrice
from wxapp.hospital.services import (
    ProjectText,
    add_project,
    change_project,
    set_price,
    withdraw_price,
)

P = Permission.HOSPITAL_WRITE
HELP = {
    "name": "不能含有逗号；已有的报价保留原来的名称",
    "code": "10位数字，留空则自动生成；保存后不能修改",
    "share": "员工提成占收款的百分比，没有提成填0",
    "price": "可以填0",
    "valid_from": "从这一天0点起生效；留空则立即生效",
}
KINDS = {"price": "money"}

menu.entry("医院配置", "项目设置", "hospital_admin.project_list", P, 20)


def _category_filter() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in queries.categories(only_active=False)]


def _rows(projects: list[Project]) -> list[dict[str, Any]]:
    names = queries.category_names({one.category_id for one in projects})
    return [
        {
            "id": one.id,
            "name": one.name,
            "operation_name": one.operation_name,
            "category": names.get(one.category_id, ""),
            "code": one.code,
            "price_fen": one.price_fen,
            "is_active": one.is_active,
            "changed_by": one.changed_by,
            "changed_at": one.changed_at,
        }
        for one in projects
    ]


PROJECTS = Table(
    "hospital.projects",
    title="项目",
    columns=(
        Column(
            "name",
            "项目",
            sort=Project.name,
            link=lambda row: url_for("hospital_admin.project_page", hospital_project_id=row["id"]),
            below=lambda row: row["operation_name"],
        ),
        Column("category", "分类", sort=(Project.category_id, Project.name)),
        Column("code", "编码", "code", sort=Project.code),
        Column("price_fen", "价格", "money", sort=Project.price_fen),
        Column("is_active", "状态", "badge", badges=ACTIVE),
        Column("changed_by", "修改人", "actor"),
        Column("changed_at", "修改时间", "moment", sort=Project.changed_at),
    ),
    filters=(
        Filter("q", "名称或编码", placeholder="项目、手术、英文名或编码"),
        Filter("category", "分类", "choice", choices=_category_filter),
        Filter("state", "状态", "choice", choices=listings.STATES),
    ),
    sort="category",
    key=Project.id,
    make_all=_rows,
    empty="还没有项目，可以新增或从表格导入",
)


@interface("hospital.projects", GET="/pc/config/project", permission=P)
def project_list() -> Page:
    """All projects, switched off ones too."""
    return Page("hospital/admin/projects.html", table=PROJECTS.load(listings.projects))


@interface("hospital.project_new", GET="/pc/config/project/new", permission=P)
def new_project() -> Page:
    """An empty form."""
    form = _form(NewProjectForm, {"is_active": True})
    return Page("hospital/admin/project_new.html", form=form, _has_categories=bool(queries.categories()))


@interface("hospital.project_add", POST="/pc/config/project/new", permission=P,
           audit="新增项目", form_page=new_project)  # fmt: skip
def create_project() -> Done:
    """Offer a project."""
    form, by = read_form(NewProjectForm), current_staff().actor
    text = _text(form, code=form.code)
    made = int(once("hospital.add_project", form, lambda: str(add_project(text, price_fen=form.price, by=by))))
    audit.about(f"hospital_project:{made}", f"{form.name}，{yuan(form.price)}元")
    return Done("项目已新增", location=url_for(".project_page", hospital_project_id=made), id=made)


@interface("hospital.project", GET="/pc/config/project/<int:hospital_project_id>", permission=P)
def project_page(hospital_project_id: int) -> Page:
    """One project with all its prices, past and future."""
    project = listings.get(Project, hospital_project_id)
    prices = listings.prices_of(hospital_project_id)
    now = clock.now()
    remember_names([*(one.made_by for one in prices), *(one.withdrawn_by or "" for one in prices)])
    options = _options()
    known = dict(options["category_id"])
    if str(project.category_id) not in known:  # its category is switched off: it can stay there, switched off itself
        names = queries.category_names([project.category_id])
        options["category_id"].append((str(project.category_id), f"{names[project.category_id]}（已停用）"))
    return Page(
        "hospital/admin/project.html",
        project=project,
        form=ShownForm(ProjectForm, values=shown(_values(project)), options=options, help=HELP),
        prices=[
            {
                "id": one.id,
                "price_fen": one.price_fen,
                "valid_from": one.valid_from,
                "state": _state_of(one, project, now),
                "made_by": one.made_by,
                "made_at": one.made_at,
                "withdrawn_by": one.withdrawn_by,
            }
            for one in prices
        ],
        _states=PRICE_STATES,
        _price_form=ShownForm(PriceForm, help=HELP | {"price": ""}, kinds=KINDS),
        _tomorrow=clock.today().isoformat(),
    )


@interface("hospital.project_change", POST="/pc/config/project/<int:hospital_project_id>", permission=P,
           audit="修改项目", form_page=project_page)  # fmt: skip
def save_project(hospital_project_id: int) -> Done:
    """Change what is told of a project."""
    form = read_form(ProjectForm)
    before = _values(listings.get(Project, hospital_project_id))
    change_project(hospital_project_id, _text(form), seen_version=form.version, by=current_staff().actor)
    audit.about(f"hospital_project:{hospital_project_id}", told(form, before, _options()))
    return Done("项目已保存", location=url_for(".project_page", hospital_project_id=hospital_project_id))


# --- prices ----------------------------------------------------------------------------------------------------------


@interface("hospital.price_set", POST="/pc/config/project/<int:hospital_project_id>/price", permission=P,
           audit="修改项目价格", form_page=project_page)  # fmt: skip
def change_price(hospital_project_id: int) -> Done:
    """Give a project another price, now or from a later day."""
    form, by = read_form(PriceForm), current_staff().actor
    before = listings.get(Project, hospital_project_id)
    told_before = yuan(before.price_fen)
    starts = None
    if form.valid_from is not None:
        starts = datetime.combine(form.valid_from, time(), tzinfo=clock.HOSPITAL_ZONE)

    def change() -> str:
        price = set_price(hospital_project_id, form.price, valid_from=starts, seen_version=form.version, by=by)
        return str(price.id)

    once("hospital.set_price", form, change, project=hospital_project_id)
    since = form.valid_from.isoformat() if form.valid_from else "立即"
    audit.about(f"hospital_project:{hospital_project_id}", f"{told_before} → {yuan(form.price)}元，{since}生效")
    message = f"新价格将于{since}生效" if form.valid_from else "新价格已生效"
    return Done(message, location=url_for(".project_page", hospital_project_id=hospital_project_id))


@interface("hospital.price_withdraw", POST="/pc/config/project/prices/<int:price_id>/withdraw", permission=P,
           audit="撤回项目价格")  # fmt: skip
def take_price_back(price_id: int) -> Done:
    """Take a future price back."""
    price = withdraw_price(price_id, by=current_staff().actor)
    audit.about(f"hospital_project:{price.project_id}", f"{yuan(price.price_fen)}元")
    return Done("已撤回", location=url_for(".project_page", hospital_project_id=price.project_id))


def _state_of(price: ProjectPrice, project: Project, now: datetime) -> str:
    if price.withdrawn:
        return "withdrawn"
    if price.valid_from > now:
        return "future"
    return "holds" if price.valid_from == project.priced_from else "past"


PRICE_STATES = {
    "withdrawn": Badge("已撤回", "grey"),
    "future": Badge("待生效", "amber"),
    "holds": Badge("生效中", "green"),
    "past": Badge("已过期", "grey"),
}


# --- the form --------------------------------------------------------------------------------------------------------


def _options() -> dict[str, list[tuple[str, str]]]:
    return {"category_id": category_options(), "exam_kinds": exam_options()}


def _form(model: type[ProjectForm], values: dict[str, Any]) -> ShownForm:
    return ShownForm(model, values=values, options=_options(), help=HELP, kinds=KINDS)


def _values(project: Project) -> dict[str, Any]:
    return {
        "name": project.name,
        "category_id": project.category_id,
        "operation_name": project.operation_name,
        "english_name": project.english_name,
        "share": project.share_bp,
        "exam_kinds": project.exam_kinds.split(),
        "is_active": project.is_active,
    }


def _text(form: ProjectForm, *, code: str = "") -> ProjectText:
    return ProjectText(
        category_id=form.category_id,
        name=form.name,
        operation_name=form.operation_name,
        english_name=form.english_name,
        code=code,
        share_bp=form.share,
        exam_kinds=form.exam_kinds,
        is_active=form.is_active,
    )

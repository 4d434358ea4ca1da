"""会员归属: whose member somebody is, and giving one to another distributor with a reason that is kept."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.door import interface
from wxapp.distribution.member_forms import MoveMemberForm
from wxapp.distribution.models import Distributor, Membership
from wxapp.distribution.queries import members as reads
from wxapp.distribution.queries import people
from wxapp.distribution.services.membership import move_member
from wxapp.patients.models import WechatUser


def _url(user_id: int) -> str:
    return url_for("distribution_admin.member", user_id=user_id)


MEMBERS = Table(
    "distribution.members",
    title="会员归属",
    columns=(
        Column("nickname", "微信昵称", link=lambda row: _url(row.id)),
        Column("patients", "绑定患者"),
        Column("distributor", "归属分销员"),
        Column("came_by", "方式"),
        Column("bound_at", "归属时间", "moment", sort=Membership.bound_at),
        Column("first_paid_at", "首次下单付款", "moment"),
    ),
    filters=(
        Filter("q", "会员", placeholder="昵称，或患者姓名、手机号、病历号，须完整", is_private=True),
        Filter("distributor", "分销员", placeholder="姓名、手机号或邀请码，须完整", is_private=True),
        Filter("since", "归属从", "day"),
        Filter("until", "归属至", "day"),
    ),
    actions=(Action("查看", lambda row: _url(row.id), Permission.DISTRIBUTION_READ),),
    sort="-bound_at",
    key=WechatUser.id,
    make_all=reads.member_rows,
    empty="没有找到会员",
)


@interface("distribution.members", GET="/pc/distribution/members", permission=Permission.DISTRIBUTION_READ)
def members() -> Page:
    """All members; whoever is looked for is found also when he is nobody's."""
    return Page("distribution/admin/members.html", table=MEMBERS.load(reads.members_for_staff))


@interface("distribution.member", GET="/pc/distribution/members/<int:user_id>", permission=Permission.DISTRIBUTION_READ)
def member(user_id: int) -> Page:
    """Whose member somebody is, the form that changes it, and what was changed before."""
    found = reads.get_member(user_id)
    audit.looked_at("wechat_user", user_id, "会员归属")
    moves = reads.moves_of(user_id)
    seen = found.distributor_id
    named = people.persons([seen, *(move.old_id for move in moves), *(move.new_id for move in moves)])
    return Page(
        "distribution/admin/member.html",
        id=user_id,
        nickname=found.nickname,
        patients=reads.bound_names([user_id]).get(user_id, []),
        distributor=reads.named(named.get(seen or 0)),
        distributor_id=seen,
        bound_at=found.bound_at,
        first_paid_at=found.first_paid_at,
        came_by=reads.came_by(seen, found.scene_id),
        moves=[
            {
                "at": move.at,
                "by": move.by,
                "reason": move.reason,
                "old": reads.named(named.get(move.old_id or 0)),
                "new": reads.named(named.get(move.new_id or 0)),
            }
            for move in moves
        ],
        _may_move=current_staff().may(Permission.DISTRIBUTION_WRITE),
        _form=ShownForm(
            MoveMemberForm,
            values={"seen": seen or 0},
            help={"code": "变更只影响之后的订单"},
            kinds={"reason": "textarea"},
        ),
    )


@interface(
    "distribution.move_member",
    POST="/pc/distribution/members/<int:user_id>",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="变更会员归属",
    form_page=member,
)
def change_member(user_id: int) -> Done:
    """Give somebody to another distributor, or to nobody."""
    reads.get_member(user_id)
    form = read_form(MoveMemberForm)
    new = _wanted(form)
    by = current_staff().actor

    def move() -> str:
        move_member(user_id, seen_id=form.seen or None, new=new, reason=form.reason, by=by)
        return "moved"

    once("distribution.move_member", form, move, member=user_id)
    audit.about(
        f"wechat_user:{user_id}", f"{form.seen or reads.NOBODY}→{new.id if new else reads.NOBODY}，{form.reason}"
    )
    return Done("已变更会员归属", location=_url(user_id))


def _wanted(form: MoveMemberForm) -> Distributor | None:
    """Return whose the member is to be; nobody's only when that was said.

    :raises Invalid: there is no such code, or it is not clear what is meant
    """
    if form.is_nobodys and form.code:
        raise Invalid({"code": "已勾选“不再归属任何分销员”，请不要填写邀请码"})
    if form.is_nobodys:
        return None
    found = people.find_by_code(form.code)
    if found is None:
        raise Invalid({"code": "没有这个邀请码" if form.code else "请填写新分销员的邀请码"})
    return found


menu.entry("分销", "会员归属", "distribution_admin.members", Permission.DISTRIBUTION_READ, 25)

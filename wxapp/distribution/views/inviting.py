"""邀请分销, 邀请会员: a poster to send, and a link that the page passes on."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.masking import masked_name
from wxapp.distribution import settings
from wxapp.distribution.access import active_distributor, needs_distributor
from wxapp.distribution.models import Distributor, SceneKind
from wxapp.distribution.posters import POSTERS, page_of, valid_until
from wxapp.distribution.services.scenes import scene_of
from wxapp.distribution.views.door import pages
from wxapp.h5.posters import Poster, poster_answer
from wxapp.h5.settings import HOSPITAL_NAME


@dataclass(frozen=True)
class Invitation:
    """What an invitation says, on its page, its poster and its card."""

    kind: SceneKind
    title: str
    headline: str
    about: str
    steps: tuple[str, ...]
    poster: str


DISTRIBUTORS = Invitation(
    SceneKind.INVITE_DISTRIBUTOR,
    "邀请分销",
    "邀请您成为分销员",
    "推荐健康体检，成交可得佣金",
    (
        "长按海报，保存或发送给朋友",
        "朋友扫码后，公众号会发来“申请分销”链接",
        "朋友提交申请时自动填好您的邀请码，通过后即为您邀请的分销员",
    ),
    "distribution.distributors_poster",
)
MEMBERS = Invitation(
    SceneKind.INVITE_MEMBER,
    "邀请会员",
    "邀请您享体检优惠",
    "关注公众号，预订健康体检享优惠",
    (
        "长按海报，保存或发送给朋友",
        "新朋友扫码后，公众号会发来“享优惠”链接",
        "未在本院消费过的朋友成为您的会员，之后购买推广商品，佣金归您",
    ),
    "distribution.members_poster",
)


@pages.page("/earn/invite/distributors")
@needs_distributor
def invite_distributors() -> ResponseReturnValue:
    """邀请分销: the poster and the link."""
    return _page(DISTRIBUTORS)


@pages.page("/earn/invite/members")
@needs_distributor
def invite_members() -> ResponseReturnValue:
    """邀请会员: the same for patients."""
    return _page(MEMBERS)


def _page(invitation: Invitation) -> ResponseReturnValue:
    distributor = active_distributor()
    shown = page_of(distributor, invitation.kind)
    return render_template(
        "distribution/invite.html",
        invitation=invitation,
        inviter=masked_name(distributor.name),
        code=distributor.code if invitation is DISTRIBUTORS else "",
        shown=shown,
        poster=url_for(invitation.poster),
        is_open=settings.IS_OPEN(),
    )


@pages.page("/earn/posters/distributors.png")
def distributors_poster() -> ResponseReturnValue:
    """The poster of 邀请分销, for who is invited by it and nobody else."""
    return _poster(DISTRIBUTORS)


@pages.page("/earn/posters/members.png")
def members_poster() -> ResponseReturnValue:
    """The poster of 邀请会员."""
    return _poster(MEMBERS)


def _poster(invitation: Invitation) -> ResponseReturnValue:
    distributor: Distributor = active_distributor()
    POSTERS.hit(str(distributor.id))
    scene = scene_of(distributor, invitation.kind)
    return poster_answer(
        Poster(
            hospital=HOSPITAL_NAME(),
            headline=invitation.headline,
            code=scene.qr_url,
            inviter=f"{masked_name(distributor.name)} 邀请您",
            title=invitation.about,
            valid_until=valid_until(scene),
        )
    )

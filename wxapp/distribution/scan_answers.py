"""What the official account answers to who scans a distributor's poster: a card with the link, or why there is none.

Nothing here depends on what a first scan has changed, so WeChat's repeat of a push gets the same answer.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from wxapp.core.addresses import absolute, path_of
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.distribution.models import SceneKind
from wxapp.distribution.queries import sharing
from wxapp.distribution.queries.sharing import Shared
from wxapp.distribution.rules.sharing import Bar, bar_of, has_expired, is_token
from wxapp.distribution.services.opening import is_open
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.mall import queries as mall
from wxapp.patients import scan_answers
from wxapp.patients.replies import welcome
from wxapp.wechat.pushes import Push
from wxapp.wechat.replies import News, Reply, Text
from wxapp.wechat.values import Article

_OWN = {
    SceneKind.INVITE_DISTRIBUTOR: "这是您自己的邀请分销码，请发给想加入的朋友扫描。",
    SceneKind.INVITE_MEMBER: "这是您自己的邀请会员码，请发给朋友扫描。",
    SceneKind.GOODS: "这是您自己的商品推广码，请发给朋友扫描。",
}


def answer(push: Push) -> Reply | None:
    """Return the answer to a scan; None when the scene has not the form of ours."""
    if not is_token(push.scene):
        return None
    shared = sharing.find_shared(push.scene)
    if shared is None:
        return Text(welcome())
    bar = bar_of(
        is_own=shared.owner_openid == push.openid,
        is_active=is_open(shared),
        has_expired=has_expired(shared.expires_at, at=push.created_at),
    )
    if bar is Bar.OWN:
        return Text(_OWN[shared.kind])
    if bar is Bar.INACTIVE:
        return _instead("您扫描的推广码已停用，不影响您使用本院的服务。")
    if bar is Bar.EXPIRED:
        return _instead("您扫描的二维码已过期，请向对方要一张新的海报。")
    return _card(shared)


def _card(shared: Shared) -> Reply:
    link = absolute(path_of("distribution.open_shared", {"token": shared.token}))
    inviter = masked_name(shared.name)
    if shared.kind is SceneKind.GOODS:
        return _goods_card(shared, link)
    if shared.kind is SceneKind.INVITE_MEMBER:
        return News(Article("享优惠", f"{inviter}邀请您成为{HOSPITAL_NAME()}的会员，点击查看优惠", link, _picture("")))
    return News(Article("申请分销", f"{inviter}邀请您成为分销员，点击填写申请", link, _picture("")))


def _goods_card(shared: Shared, link: str) -> Reply:
    try:
        goods = mall.get_goods(shared.goods_id)
    except NotFound:
        return _instead("您扫描的商品已下架。")
    if not goods.is_on_sale:
        return _instead(f"您扫描的商品“{goods.name}”已下架。")
    said = f"¥{yuan(goods.price_fen)}" + (f"\n{goods.summary}" if goods.summary else "")
    return News(Article(goods.name, said, link, _picture(goods.pictures[0].token if goods.pictures else "")))


def _picture(token: str) -> str:
    """Return the address of goods' cover, or of the hospital's picture for what is shared."""
    if token:
        return absolute(path_of("media", {"token": token}))
    return absolute(path_of("static", {"filename": "img/share.png"}))


def _instead(sentence: str) -> Text:
    """Say why there is no card, and lead to the mall."""
    return Text(f"{sentence}\n\n<a href={quoteattr(absolute(path_of('mall.home')))}>看看体检商城</a>")


scan_answers.register(answer)

"""Tables of scenes (posters and links), of who scanned and opened them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.distribution.models.people import Distributor


class SceneKind(Labelled):
    """What a poster or link is for."""

    INVITE_DISTRIBUTOR = "invite_distributor", "邀请分销"
    INVITE_MEMBER = "invite_member", "邀请会员"
    GOODS = "goods", "推广商品"


class Scene(Model):
    """What a distributor shows to others: one for each kind and goods.

    The token is the scene of a QR code of the official account and the end of a link. WeChat's ticket behind the
    picture lives 30 days at most and is renewed; the token stays.
    """

    __tablename__ = "distribution_scene"
    __table_args__ = (sa.UniqueConstraint("kind", "distributor_id", "goods_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="random, letters and digits")
    kind: Mapped[SceneKind] = mapped_column(status_type(SceneKind))
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    goods_id: Mapped[int] = mapped_column(sa.BigInteger, default=0, comment="0: not about goods")
    qr_url: Mapped[str] = mapped_column(
        sa.String(300), default="", comment="what WeChat's QR code says; empty: none yet"
    )
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="of WeChat's ticket")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ScanWay(Labelled):
    SCAN = "scan", "扫码"
    LINK = "link", "打开链接"


class ScanOutcome(Labelled):
    """What came of a scan or an opening. It is written down also when it binds nobody."""

    NOTED = "noted", "已记录"
    BOUND = "bound", "已成为会员"
    ALREADY = "already", "已有归属"
    NOT_NEW = "not_new", "不是新用户"
    OWN = "own", "本人的推广"
    INACTIVE = "inactive", "分销员已停用"
    EXPIRED = "expired", "二维码已过期"


class Scan(Model):
    """Somebody scanned a scene's code or opened its link."""

    __tablename__ = "distribution_scan"
    __table_args__ = (sa.Index(None, "wechat_user_id", "id"), sa.Index(None, "scene_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scene_id: Mapped[int] = mapped_column(sa.ForeignKey(Scene.id))
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"))
    way: Mapped[ScanWay] = mapped_column(status_type(ScanWay))
    outcome: Mapped[ScanOutcome] = mapped_column(status_type(ScanOutcome))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Opening(Model):
    """That somebody opened goods by a distributor's share; the latest before an order decides whose sale it is."""

    __tablename__ = "distribution_opening"
    __table_args__ = (
        sa.UniqueConstraint("wechat_user_id", "goods_id", "distributor_id"),
        sa.Index(None, "wechat_user_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"))
    goods_id: Mapped[int] = mapped_column(sa.BigInteger)
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="last time")
    times: Mapped[int] = mapped_column(sa.Integer, default=1)

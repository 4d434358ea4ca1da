"""Tables of what is paid for which sale: terms, promoted goods, attributions, commissions, reversals, rewards."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.distribution.models.people import Distributor


class Scope(Labelled):
    """What terms are for; goods before category before default."""

    DEFAULT = "default", "默认"
    CATEGORY = "category", "分类"
    GOODS = "goods", "商品"


class TermsWay(Labelled):
    """INHERIT ends what was special: the wider scope holds again."""

    PERCENT = "percent", "按比例"
    FIXED = "fixed", "固定金额"
    INHERIT = "inherit", "跟随上一级设置"


class TermsStatus(Labelled):
    PROPOSED = "proposed", "待确认"
    IN_FORCE = "in_force", "生效中"
    ENDED = "ended", "已失效"
    REFUSED = "refused", "未通过"


class Terms(Model):
    """What a sale pays, in one version. Its id is the version that income lines show."""

    __tablename__ = "distribution_terms"
    __table_args__ = (
        sa.CheckConstraint("seller >= 0 AND inviter >= 0", name="not_negative"),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        sa.Index(None, "scope", "scope_id", "id"),
        sa.Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scope: Mapped[Scope] = mapped_column(status_type(Scope))
    scope_id: Mapped[int] = mapped_column(sa.BigInteger, default=0, comment="category or goods; 0 for the default")
    way: Mapped[TermsWay] = mapped_column(status_type(TermsWay))
    seller: Mapped[int] = mapped_column(sa.BigInteger, comment="basis points, or fen per piece")
    inviter: Mapped[int] = mapped_column(sa.BigInteger, comment="basis points, or fen per piece")
    status: Mapped[TermsStatus] = mapped_column(status_type(TermsStatus), default=TermsStatus.PROPOSED)
    open_key: Mapped[str | None] = mapped_column(
        sa.String(60), unique=True, comment="<status>:<scope>:<scope_id> while proposed or in force: one of each"
    )
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    reason: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was refused")
    proposed_by: Mapped[str] = mapped_column(sa.String(60))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(sa.String(60))
    valid_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PromotedGoods(Model):
    """That goods are on the list of what may be promoted; switched off they pay nothing from the next order on."""

    __tablename__ = "distribution_promoted_goods"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    goods_id: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    is_on: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    reason: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was switched off")
    changed_by: Mapped[str] = mapped_column(sa.String(60))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class AttributionWay(Labelled):
    """SHARE: the buyer had opened a distributor's share of these goods. MEMBER: the buyer is a distributor's member."""

    SHARE = "share", "商品分享"
    MEMBER = "member", "会员归属"


class AttributionOutcome(Labelled):
    """Whether a line earns, and why not."""

    PAYS = "pays", "计佣"
    CLOSED = "closed", "分销已关闭"
    NOT_ACTIVE = "not_active", "分销员已停用"
    STAFF = "staff", "分销员为本院员工"
    OWN = "own", "本人购买"
    NOT_PROMOTED = "not_promoted", "商品未参与推广"
    MEDICAL = "medical", "医疗服务或药品不计佣"
    NOTHING = "nothing", "佣金为零"


class Attribution(Model):
    """Whose sale one line of an order is, as it stood when the order was placed. Lines of nobody have no row."""

    __tablename__ = "distribution_attribution"
    __table_args__ = (
        sa.Index(None, "order_no"),
        sa.Index(None, "distributor_id", "way", "id"),
        sa.Index(None, "buyer_id"),
        sa.Index(None, "placed_at"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_no: Mapped[str] = mapped_column(sa.String(20))
    order_line_id: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    goods_id: Mapped[int] = mapped_column(sa.BigInteger)
    goods_name: Mapped[str] = mapped_column(sa.String(60))
    quantity: Mapped[int] = mapped_column(sa.Integer)
    line_fen: Mapped[int] = mapped_column(Fen, comment="what is to be paid for the line")
    buyer_id: Mapped[int] = mapped_column(sa.BigInteger, comment="WeChat user who placed the order")
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    way: Mapped[AttributionWay] = mapped_column(status_type(AttributionWay))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="of the share, or when the member was bound")
    outcome: Mapped[AttributionOutcome] = mapped_column(status_type(AttributionOutcome))
    terms_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Terms.id))
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Level(Labelled):
    """Whose commission it is. There is no third level: 禁止传销条例."""

    SELLER = "seller", "分销收入"
    INVITER = "inviter", "团队收入"


class CommissionStatus(Labelled):
    PLACED = "placed", "待付款"
    PENDING = "pending", "待结算"
    AVAILABLE = "available", "可提现"
    REVERSED = "reversed", "已冲回"
    VOID = "void", "已失效"


class Commission(Model):
    """What one distributor gets for one line of an order.

    ``frozen_fen`` is what it may come to, fixed when the order was placed; ``amount_fen`` what was booked when it was
    paid (less where a month's limit cut it); ``reversed_fen`` what of that went back.
    """

    __tablename__ = "distribution_commission"
    __table_args__ = (
        sa.UniqueConstraint("order_line_id", "level"),
        sa.CheckConstraint(
            "reversed_fen >= 0 AND reversed_fen <= amount_fen AND amount_fen <= frozen_fen AND frozen_fen > 0",
            name="amounts",
        ),
        sa.Index(None, "status", "due_at"),
        sa.Index(None, "distributor_id", "level", "id"),
        sa.Index(None, "distributor_id", "pending_at"),
        sa.Index(None, "order_no"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attribution_id: Mapped[int] = mapped_column(sa.ForeignKey(Attribution.id), index=True)
    order_no: Mapped[str] = mapped_column(sa.String(20))
    order_line_id: Mapped[int] = mapped_column(sa.BigInteger)
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    level: Mapped[Level] = mapped_column(status_type(Level))
    way: Mapped[TermsWay] = mapped_column(status_type(TermsWay))
    rate: Mapped[int] = mapped_column(sa.BigInteger, comment="basis points, or fen per piece: from the terms")
    terms_id: Mapped[int] = mapped_column(sa.ForeignKey(Terms.id))
    line_fen: Mapped[int] = mapped_column(Fen, comment="what is to be paid for the line")
    frozen_fen: Mapped[int] = mapped_column(Fen)
    cap_fen: Mapped[int | None] = mapped_column(Fen, nullable=True, comment="the order's limit, if it cut frozen_fen")
    amount_fen: Mapped[int] = mapped_column(Fen, default=0)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0, comment="of the line, as far as it was followed")
    reversed_fen: Mapped[int] = mapped_column(Fen, default=0)
    status: Mapped[CommissionStatus] = mapped_column(status_type(CommissionStatus), default=CommissionStatus.PLACED)
    wait_days: Mapped[int] = mapped_column(sa.Integer, comment="from done to available, as set when it was placed")
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    pending_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="booked")
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="the order was done")
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="may become available from then on")
    available_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="reversed whole, or void")


class Reversal(Model):
    """A part of a commission that went back because money of its line did."""

    __tablename__ = "distribution_reversal"
    __table_args__ = (
        sa.UniqueConstraint("commission_id", "refunded_fen"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "distributor_id", "id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    commission_id: Mapped[int] = mapped_column(sa.ForeignKey(Commission.id))
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    order_no: Mapped[str] = mapped_column(sa.String(20))
    refunded_fen: Mapped[int] = mapped_column(Fen, comment="of the line, all refunds so far")
    amount_fen: Mapped[int] = mapped_column(Fen)
    was_available: Mapped[bool] = mapped_column(sa.Boolean, comment="taken from what can be withdrawn")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class RewardStatus(Labelled):
    """SKIPPED: the inviter's limit of the day or of the month was reached."""

    PAID = "paid", "已发放"
    SKIPPED = "skipped", "超出上限"
    REVERSED = "reversed", "已冲回"


class Reward(Model):
    """What an inviter got for a distributor who has really sold something (其他收入); once per invited distributor."""

    __tablename__ = "distribution_reward"
    __table_args__ = (
        sa.CheckConstraint("amount_fen >= 0", name="amount"),
        sa.Index(None, "distributor_id", "id"),
        sa.Index(None, "commission_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invitee_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id), unique=True)
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id), comment="the inviter, who gets it")
    commission_id: Mapped[int] = mapped_column(sa.ForeignKey(Commission.id), comment="the sale that proved it")
    order_no: Mapped[str] = mapped_column(sa.String(20))
    amount_fen: Mapped[int] = mapped_column(Fen)
    status: Mapped[RewardStatus] = mapped_column(status_type(RewardStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MonthTotal(Model):
    """What one distributor was booked in one month of the hospital: the guard of the month's limit."""

    __tablename__ = "distribution_month_total"
    __table_args__ = (sa.UniqueConstraint("distributor_id", "month"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    month: Mapped[str] = mapped_column(sa.String(7), comment="2026-03")
    booked_fen: Mapped[int] = mapped_column(Fen, default=0)

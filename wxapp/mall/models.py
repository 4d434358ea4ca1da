"""Tables of the mall. What is sold may change; an order keeps what it was placed with."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class GoodsKind(Labelled):
    """A package is redeemed item by item, a single at once."""

    PACKAGE = "package", "体检套餐"
    SINGLE = "single", "单项"


class OrderStatus(Labelled):
    """Where an order stands; ``states.py`` says what may follow."""

    AWAITING_PAYMENT = "awaiting_payment", "待付款"
    AWAITING_HOSPITAL = "awaiting_hospital", "待到院支付"
    PAID = "paid", "待使用"
    REFUNDING = "refunding", "退款中"
    REFUNDED = "refunded", "已退款"
    CLOSED = "closed", "已关闭"


class Category(Model):
    """A group of goods on the mall's page."""

    __tablename__ = "mall_category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    is_shown: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class Goods(Model):
    """Something that is sold."""

    __tablename__ = "mall_goods"
    __table_args__ = (
        sa.CheckConstraint("stock >= 0", name="stock"),
        sa.CheckConstraint("price_fen > 0 AND original_price_fen >= price_fen", name="price"),
        sa.Index(None, "is_on_sale", "position"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_category.id"), index=True)
    kind: Mapped[GoodsKind] = mapped_column(status_type(GoodsKind))
    name: Mapped[str] = mapped_column(sa.String(60))
    summary: Mapped[str] = mapped_column(sa.String(120), default="")
    keywords: Mapped[str] = mapped_column(sa.String(200), default="", comment="other words it is searched by")
    price_fen: Mapped[int] = mapped_column(Fen)
    original_price_fen: Mapped[int] = mapped_column(Fen, comment="shown struck through when higher")
    stock: Mapped[int] = mapped_column(sa.Integer, default=0, comment="taken when an order is placed")
    sales: Mapped[int] = mapped_column(sa.Integer, default=0, comment="pieces paid and not refunded")
    audience: Mapped[str] = mapped_column(sa.String(120), default="", comment="who it is for")
    notice: Mapped[str] = mapped_column(sa.Text, default="", comment="what to know before coming")
    detail_html: Mapped[str] = mapped_column(sa.Text, default="", comment="cleaned when written")
    is_on_sale: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    category: Mapped[Category] = relationship()
    items: Mapped[list[GoodsItem]] = relationship(order_by="GoodsItem.position", cascade="all, delete-orphan")
    pictures: Mapped[list[GoodsPicture]] = relationship(order_by="GoodsPicture.position", cascade="all, delete-orphan")


class GoodsItem(Model):
    """One examination of a package."""

    __tablename__ = "mall_goods_item"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    goods_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_goods.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    purpose: Mapped[str] = mapped_column(sa.String(120), default="", comment="what it is good for")
    position: Mapped[int] = mapped_column(sa.Integer)


class GoodsPicture(Model):
    """A picture of the goods; the first is the cover."""

    __tablename__ = "mall_goods_picture"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    goods_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_goods.id"), index=True)
    token: Mapped[str] = mapped_column(sa.String(40), comment="name of a public file")
    position: Mapped[int] = mapped_column(sa.Integer)


class Order(Model):
    """An order for one patient. Contact data is that of the moment it was placed."""

    __tablename__ = "mall_order"
    __table_args__ = (
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= total_fen", name="refunded"),
        sa.Index(None, "status", "expires_at"),
        sa.Index(None, "patient_id", "status"),
        sa.Index(None, "placed_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(20), unique=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    patient_id: Mapped[int] = mapped_column(sa.BigInteger)
    status: Mapped[OrderStatus] = mapped_column(status_type(OrderStatus))
    total_fen: Mapped[int] = mapped_column(Fen)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0)
    contact_name: Mapped[str] = mapped_column(Encrypted("mall_order.contact_name"))
    contact_phone: Mapped[str] = mapped_column(Encrypted("mall_order.contact_phone"))
    contact_id_number: Mapped[str] = mapped_column(Encrypted("mall_order.contact_id_number"))
    contact_name_index: Mapped[str] = mapped_column(sa.String(64), index=True, comment="keyed hash, for look-ups")
    contact_phone_index: Mapped[str] = mapped_column(sa.String(64), index=True, comment="keyed hash, for look-ups")
    wished_on: Mapped[date | None] = mapped_column(sa.Date)
    remark: Mapped[str] = mapped_column(sa.String(200), default="")
    redemption_code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    payment_no: Mapped[str] = mapped_column(sa.String(40), default="")
    payment_method: Mapped[str] = mapped_column(sa.String(20), default="")
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="closed by the job when unpaid until then")
    is_reminded: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="told that it is about to close")
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    close_reason: Mapped[str] = mapped_column(sa.String(100), default="")

    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.position")


class OrderLine(Model):
    """So many of one kind of goods, as they were sold."""

    __tablename__ = "mall_order_line"
    __table_args__ = (
        sa.CheckConstraint(
            "quantity > 0 AND refunded_quantity >= 0 AND refunded_quantity <= quantity", name="quantity"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    goods_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    goods_name: Mapped[str] = mapped_column(sa.String(60))
    goods_kind: Mapped[GoodsKind] = mapped_column(status_type(GoodsKind))
    picture_token: Mapped[str] = mapped_column(sa.String(40), default="")
    unit_price_fen: Mapped[int] = mapped_column(Fen)
    quantity: Mapped[int] = mapped_column(sa.Integer)
    amount_fen: Mapped[int] = mapped_column(Fen)
    refunded_quantity: Mapped[int] = mapped_column(sa.Integer, default=0, comment="asked for included")


class RefundLine(Model):
    """Which pieces a refund gives back; money and state are the refund's own affair (payments)."""

    __tablename__ = "mall_refund_line"
    __table_args__ = (sa.UniqueConstraint("refund_no", "order_line_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    refund_no: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order_line.id"))
    quantity: Mapped[int] = mapped_column(sa.Integer)
    amount_fen: Mapped[int] = mapped_column(Fen)
    is_settled: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="stock and sales were put right")

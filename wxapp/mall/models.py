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


class Nature(Labelled):
    """What goods are before the law: medical services and drugs may pay nobody a commission."""

    ORDINARY = "ordinary", "普通商品或服务"
    MEDICAL = "medical", "医疗服务"
    DRUG = "drug", "药品"


class OrderStatus(Labelled):
    """Where an order stands; ``states.py`` says what may follow."""

    AWAITING_PAYMENT = "awaiting_payment", "待付款"
    AWAITING_HOSPITAL = "awaiting_hospital", "待到院支付"
    PAID = "paid", "待使用"
    IN_USE = "in_use", "使用中"
    DONE = "done", "已完成"
    REFUNDING = "refunding", "退款中"
    REFUNDED = "refunded", "已退款"
    CLOSED = "closed", "已关闭"


class OrderSource(Labelled):
    """Where an order was placed. WeChat holds the money of a mini-program until it hears of the delivery."""

    OFFICIAL_ACCOUNT = "official_account", "公众号"
    MINI_PROGRAM = "mini_program", "小程序"


class ItemStatus(Labelled):
    """What became of one redeemable item."""

    OPEN = "open", "待使用"
    USED = "used", "已使用"
    REFUNDING = "refunding", "退款中"
    REFUNDED = "refunded", "已退款"


class ShippingStatus(Labelled):
    """WAITING: a job reports it. STUCK: people have to look. NEEDLESS: all money went back before."""

    WAITING = "waiting", "待上报"
    REPORTED = "reported", "已上报"
    STUCK = "stuck", "上报失败"
    NEEDLESS = "needless", "无需上报"


class Category(Model):
    """A group of goods on the mall's page."""

    __tablename__ = "mall_category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    is_shown: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    nature: Mapped[Nature] = mapped_column(status_type(Nature), default=Nature.ORDINARY, server_default=Nature.ORDINARY)
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
    nature: Mapped[Nature] = mapped_column(status_type(Nature), default=Nature.ORDINARY, server_default=Nature.ORDINARY)
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

    category: Mapped[Category] = relationship("wxapp.mall.models.Category")  # another package has a class of this name
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
    weight: Mapped[int | None] = mapped_column(sa.Integer, comment="its part of the price; none counts as one")


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
    source: Mapped[OrderSource] = mapped_column(
        status_type(OrderSource), default=OrderSource.OFFICIAL_ACCOUNT, server_default=OrderSource.OFFICIAL_ACCOUNT
    )
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="when nothing was left to be used")

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
    # Pieces of which every item goes back.
    refunded_quantity: Mapped[int] = mapped_column(sa.Integer, default=0, comment="asked for included")
    contents: Mapped[str | None] = mapped_column(
        sa.Text, comment="items of one piece and their weights as they were sold, JSON; none: the piece is one item"
    )


class OrderItem(Model):
    """What is redeemed at once (核销): an item of one piece of a package, or one piece of something single.

    Written when the order is paid. Together the items of an order are worth exactly what was paid for it.
    """

    __tablename__ = "mall_order_item"
    __table_args__ = (
        sa.UniqueConstraint("order_line_id", "piece", "position"),
        sa.CheckConstraint("share_fen >= 0", name="share"),
        sa.Index(None, "order_id", "status"),
        sa.Index(None, "used_at"),
        sa.Index(None, "refund_no"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order.id"))
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order_line.id"))
    piece: Mapped[int] = mapped_column(sa.Integer, comment="which of the line's pieces, from 1")
    position: Mapped[int] = mapped_column(sa.Integer, comment="which item of the piece, from 1")
    name: Mapped[str] = mapped_column(sa.String(60))
    share_fen: Mapped[int] = mapped_column(Fen, comment="its part of what the piece cost")
    status: Mapped[ItemStatus] = mapped_column(status_type(ItemStatus), default=ItemStatus.OPEN)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_by: Mapped[str] = mapped_column(sa.String(60), default="")
    refund_no: Mapped[str] = mapped_column(sa.String(40), default="", comment="of the refund that gives it back")


class RefundLine(Model):
    """What of a line a refund gives back; money and state are the refund's own affair (payments)."""

    __tablename__ = "mall_refund_line"
    __table_args__ = (sa.UniqueConstraint("refund_no", "order_line_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    refund_no: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order_line.id"))
    quantity: Mapped[int] = mapped_column(sa.Integer)
    """Pieces that are whole again with it: they go back to stock."""
    amount_fen: Mapped[int] = mapped_column(Fen)
    """The sum of its items."""
    is_settled: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="stock and sales were put right")


class Shipping(Model):
    """The delivery of one order as WeChat has to hear of it before it hands out the money of a mini-program."""

    __tablename__ = "mall_shipping"
    __table_args__ = (sa.Index(None, "status", "next_try_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order.id"), unique=True)
    status: Mapped[ShippingStatus] = mapped_column(status_type(ShippingStatus), default=ShippingStatus.WAITING)
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

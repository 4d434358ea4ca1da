"""Tables of shopping beside the orders: the cart, reviews of what was bought, invoices for what was paid."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class CartLine(Model):
    """Some goods that a WeChat user has set aside. The same goods are one line."""

    __tablename__ = "mall_cart_line"
    __table_args__ = (
        sa.UniqueConstraint("wechat_user_id", "goods_id"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger)
    goods_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_goods.id"), index=True)
    quantity: Mapped[int] = mapped_column(sa.Integer)
    price_fen: Mapped[int] = mapped_column(Fen, comment="when it was last put in: a change since then is told")
    is_chosen: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ReviewStatus(Labelled):
    """Where a review stands; nobody but its writer and staff sees one that is not shown."""

    WAITING = "waiting", "待审核"
    SHOWN = "shown", "已展示"
    HIDDEN = "hidden", "未展示"


class Review(Model):
    """What a buyer says of one line of an order that is done. Said once."""

    __tablename__ = "mall_review"
    __table_args__ = (
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        sa.Index(None, "goods_id", "status"),
        sa.Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order_line.id"), unique=True)
    order_no: Mapped[str] = mapped_column(sa.String(20))
    goods_id: Mapped[int] = mapped_column(sa.BigInteger)
    goods_name: Mapped[str] = mapped_column(sa.String(60))
    patient_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger)
    stars: Mapped[int] = mapped_column(sa.Integer)
    text: Mapped[str] = mapped_column(sa.String(500), default="")
    author: Mapped[str] = mapped_column(sa.String(60), comment="as shown to everybody: masked, or nobody's name")
    status: Mapped[ReviewStatus] = mapped_column(status_type(ReviewStatus))
    hide_reason: Mapped[str] = mapped_column(sa.String(100), default="")
    answer: Mapped[str] = mapped_column(sa.String(500), default="", comment="the hospital's")
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)

    pictures: Mapped[list[ReviewPicture]] = relationship(order_by="ReviewPicture.position")


class ReviewPicture(Model):
    """A picture of a review; its file is public only while the review is shown."""

    __tablename__ = "mall_review_picture"
    __table_args__ = (sa.UniqueConstraint("review_id", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_review.id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    token: Mapped[str] = mapped_column(sa.String(40), comment="name of a file")


class TitleKind(Labelled):
    """Whom an invoice is made out to."""

    PERSONAL = "personal", "个人"
    COMPANY = "company", "企业单位"


class InvoiceTitle(Model):
    """Whom a WeChat user's invoices are made out to, kept for the next one."""

    __tablename__ = "mall_invoice_title"
    __table_args__ = (sa.UniqueConstraint("wechat_user_id", "same_index"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[TitleKind] = mapped_column(status_type(TitleKind))
    title: Mapped[str] = mapped_column(Encrypted("mall_invoice_title.title"))
    tax_no: Mapped[str] = mapped_column(Encrypted("mall_invoice_title.tax_no"))
    email: Mapped[str] = mapped_column(Encrypted("mall_invoice_title.email"))
    phone: Mapped[str] = mapped_column(Encrypted("mall_invoice_title.phone"))
    same_index: Mapped[str] = mapped_column(sa.String(64), comment="keyed hash of kind, title and tax number")
    used_at: Mapped[datetime] = mapped_column(UTCDateTime)


class InvoiceStatus(Labelled):
    """Where an invoice stands; ``states.py`` says what may follow."""

    REQUESTED = "requested", "待开票"
    ISSUED = "issued", "已开票"
    REJECTED = "rejected", "未通过"
    CANCELLED = "cancelled", "已取消"


class Invoice(Model):
    """An invoice asked for, for one order. What it is made out to is that of the moment it was asked for."""

    __tablename__ = "mall_invoice"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "status", "id"),
        sa.Index(None, "patient_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="of the request")
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("mall_order.id"), index=True)
    order_no: Mapped[str] = mapped_column(sa.String(20))
    open_order_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, unique=True, comment="the order while requested or issued: an order has one such invoice"
    )
    patient_id: Mapped[int] = mapped_column(sa.BigInteger)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger)
    status: Mapped[InvoiceStatus] = mapped_column(status_type(InvoiceStatus))
    amount_fen: Mapped[int] = mapped_column(Fen, comment="paid less given back")
    kind: Mapped[TitleKind] = mapped_column(status_type(TitleKind))
    title: Mapped[str] = mapped_column(Encrypted("mall_invoice.title"))
    tax_no: Mapped[str] = mapped_column(Encrypted("mall_invoice.tax_no"))
    email: Mapped[str] = mapped_column(Encrypted("mall_invoice.email"))
    phone: Mapped[str] = mapped_column(Encrypted("mall_invoice.phone"))
    invoice_no: Mapped[str] = mapped_column(sa.String(30), default="", comment="printed on the invoice")
    issued_on: Mapped[date | None] = mapped_column(sa.Date)
    file_token: Mapped[str] = mapped_column(sa.String(40), default="", comment="a private file: the invoice as PDF")
    needs_reversal: Mapped[bool] = mapped_column(
        sa.Boolean, default=False, comment="money went back after it was issued"
    )
    end_reason: Mapped[str] = mapped_column(sa.String(100), default="", comment="why it was rejected or cancelled")
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)

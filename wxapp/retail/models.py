"""Tables of retail."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class GoodsCategory(Model):
    """A category of goods."""

    __tablename__ = "retail_category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="without a comma")
    position: Mapped[int] = mapped_column(sa.Integer, default=100)
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class RetailGoods(Model):
    """Something on the shelf."""

    __tablename__ = "retail_goods"
    __table_args__ = (
        sa.CheckConstraint("stock >= 0", name="stock"),
        sa.CheckConstraint("price_fen > 0", name="price"),
        sa.Index(None, "category_id", "is_active"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category_id: Mapped[int] = mapped_column(sa.ForeignKey(GoodsCategory.id))
    name: Mapped[str] = mapped_column(sa.String(60), unique=True, comment="without a comma")
    unit: Mapped[str] = mapped_column(sa.String(10), default="件")
    price_fen: Mapped[int] = mapped_column(Fen)
    stock: Mapped[int] = mapped_column(sa.Integer, default=0)
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class StockReason(Labelled):
    """Why a stock changed. The first two are the program's; staff choose among the others."""

    SOLD = "sold", "售出"
    CANCELLED = "cancelled", "撤单退回"
    RECEIVED = "received", "入库"
    BROKEN = "broken", "报损"
    RETURNED = "returned", "退回供应商"
    CORRECTED = "corrected", "更正"
    COUNTED = "counted", "盘点"


class StockChange(Model):
    """Why a stock changed, by how much, and what was left then. Rows are only ever added: their sum is the stock."""

    __tablename__ = "retail_stock_change"
    __table_args__ = (sa.Index(None, "goods_id", "id"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    goods_id: Mapped[int] = mapped_column(sa.ForeignKey(RetailGoods.id))
    change: Mapped[int] = mapped_column(sa.Integer)
    left: Mapped[int] = mapped_column(sa.Integer)
    reason: Mapped[StockReason] = mapped_column(status_type(StockReason))
    note: Mapped[str] = mapped_column(sa.String(100), default="", comment="number of the order, or what staff wrote")
    by: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class RetailStatus(Labelled):
    PAID = "paid", "正常"
    CANCELLED = "cancelled", "已撤单"


class RetailOrder(Model):
    """One sale."""

    __tablename__ = "retail_order"
    __table_args__ = (sa.Index(None, "patient_id"), sa.Index(None, "created_at"), sa.Index(None, "seller_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_no: Mapped[str] = mapped_column(sa.String(18), unique=True, comment="YYYYMMDDHHMMSS + 4 digits of a sequence")
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"))
    status: Mapped[RetailStatus] = mapped_column(status_type(RetailStatus), default=RetailStatus.PAID)
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    seller_name: Mapped[str] = mapped_column(sa.String(40))
    total_fen: Mapped[int] = mapped_column(Fen)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_by: Mapped[str] = mapped_column(sa.String(60), default="")
    cancel_reason: Mapped[str] = mapped_column(sa.String(200), default="")


class RetailLine(Model):
    """Goods of a sale, with name and price as they were."""

    __tablename__ = "retail_line"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "position"),
        sa.CheckConstraint("count > 0", name="count"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey(RetailOrder.id))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    goods_id: Mapped[int] = mapped_column(sa.ForeignKey(RetailGoods.id), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    price_fen: Mapped[int] = mapped_column(Fen)
    count: Mapped[int] = mapped_column(sa.Integer)

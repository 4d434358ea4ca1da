"""Which goods are promoted: staff put them on the list, and take them off at once when something is wrong."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.distribution.errors import NotPromotable
from wxapp.distribution.models import PromotedGoods
from wxapp.mall import queries as mall
from wxapp.mall.models import Category, Goods, Nature


def switch_on(goods_id: int, *, by: str, version: int = 0) -> None:
    """Put goods on the list of what may be promoted.

    :param version: of the switch as it was shown, 0 when the goods were never on the list: who stopped them meanwhile
        had a reason
    :raises NotPromotable: they are a medical service or a drug, or their category is
    :raises Stale: somebody has switched them meanwhile
    """
    check_nature(mall.get_goods(goods_id))
    columns = {"is_on": True, "reason": "", "changed_by": by, "changed_at": clock.now()}
    try:
        with transaction():
            if not version:
                insert_row(PromotedGoods, goods_id=goods_id, **columns)
                return
            seen = sa.update(PromotedGoods).where(PromotedGoods.goods_id == goods_id, PromotedGoods.version == version)
            if change(seen.values(version=version + 1, **columns)) != 1:
                raise Stale
    except IntegrityError:
        raise Stale from None


def switch_off(goods_id: int, *, reason: str, by: str) -> None:
    """Let goods pay nothing from the next order on; what was frozen into orders before goes its way.

    Works from whatever was shown: stopping must not fail because somebody else was there first.

    :raises Invalid: no reason is given
    :raises NotFound: the goods were never on the list
    """
    if not reason.strip():
        raise Invalid({"reason": "请填写停用原因"})
    with transaction():
        values = {"is_on": False, "reason": reason.strip(), "changed_by": by, "changed_at": clock.now()}
        mine = sa.update(PromotedGoods).where(PromotedGoods.goods_id == goods_id)
        if change(mine.values(version=PromotedGoods.version + 1, **values)) != 1:
            raise NotFound


def switch_category_on(category_id: int, *, by: str) -> int:
    """Put all goods of a category that are on sale and never were on the list there, and return how many.

    Goods that somebody switched off stay off: that had a reason. Medical services and drugs are left out.

    :raises NotPromotable: the category itself is for medical services or drugs
    """
    category = mall.get_category(category_id)
    if category.nature is not Nature.ORDINARY:
        raise NotPromotable
    with transaction():
        wanted = (
            sa.select(Goods.id)
            .outerjoin(PromotedGoods, PromotedGoods.goods_id == Goods.id)
            .where(
                Goods.category_id == category_id,
                Goods.is_on_sale,
                Goods.nature == Nature.ORDINARY,
                PromotedGoods.id.is_(None),
            )
            .order_by(Goods.id)
        )
        goods_ids = db.session.scalars(wanted).all()
        for goods_id in goods_ids:
            switch_on(goods_id, by=by)
    return len(goods_ids)


def check_nature(*subjects: Goods | Category) -> None:
    """:raises NotPromotable: one of them, or the category of the goods, is for medical services or drugs"""
    for subject in subjects:
        natures = {subject.nature}
        if isinstance(subject, Goods):
            natures.add(subject.category.nature)
        if natures != {Nature.ORDINARY}:
            raise NotPromotable

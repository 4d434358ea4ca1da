"""Counting how often a receipt was printed."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.till.models import Receipt


def count_print(receipt_no: str) -> Receipt:
    """Count a print of a receipt and return the receipt, whose ``prints`` says which one it is.

    :raises NotFound: no such receipt
    """
    with transaction():
        if not change(sa.update(Receipt).where(Receipt.no == receipt_no).values(prints=Receipt.prints + 1)):
            raise NotFound("没有这张收据")
        # Read while the row is ours: of two prints at once one is the first, the other the second.
        found = sa.select(Receipt).where(Receipt.no == receipt_no).execution_options(populate_existing=True)
        return db.session.scalars(found).one()

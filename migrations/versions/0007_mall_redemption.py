"""Using up what was bought

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ORDERS_AT_ONCE = 200
GOING_BACK = {"requested": "refunding", "approved": "refunding", "stuck": "refunding", "done": "refunded"}
"""What became of pieces, by what became of their refund; the others stay open."""


def upgrade() -> None:
    op.create_table(
        "mall_order_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False, comment="which of the line's pieces, from 1"),
        sa.Column("position", sa.Integer(), nullable=False, comment="which item of the piece, from 1"),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("share_fen", sa.BigInteger(), nullable=False, comment="its part of what the piece cost"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("used_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("used_by", sa.String(length=60), nullable=False),
        sa.Column("refund_no", sa.String(length=40), nullable=False, comment="of the refund that gives it back"),
        sa.CheckConstraint("share_fen >= 0", name=op.f("ck_mall_order_item_share")),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_order_item_order_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["mall_order_line.id"], name=op.f("fk_mall_order_item_order_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_order_item")),
        sa.UniqueConstraint(
            "order_line_id", "piece", "position", name=op.f("uq_mall_order_item_order_line_id_piece_position")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_order_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_order_item_order_id_status"), ["order_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_item_refund_no"), ["refund_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_item_used_at"), ["used_at"], unique=False)

    op.create_table(
        "mall_shipping",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("reported_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_shipping_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_shipping")),
        sa.UniqueConstraint("order_id", name=op.f("uq_mall_shipping_order_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_shipping", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mall_shipping_status_next_try_at"), ["status", "next_try_at"], unique=False
        )

    with op.batch_alter_table("mall_goods_item", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("weight", sa.Integer(), nullable=True, comment="its part of the price; none counts as one")
        )
    with op.batch_alter_table("mall_order", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("source", sa.String(length=30), server_default="official_account", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "done_at",
                sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
                nullable=True,
                comment="when nothing was left to be used",
            )
        )
    with op.batch_alter_table("mall_order_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "contents",
                sa.Text(),
                nullable=True,
                comment="items of one piece and their weights as they were sold, JSON; none: the piece is one item",
            )
        )
    _write_items(op.get_bind())


def _write_items(bind: sa.Connection) -> None:
    """Give every order that is paid already the items of its goods as they are now."""
    order, line, goods_item, item = (
        _table("mall_order", "id", "paid_at"),
        _table(
            "mall_order_line", "id", "order_id", "goods_id", "goods_name", "goods_kind", "unit_price_fen", "quantity"
        ),
        _table("mall_goods_item", "goods_id", "name", "position"),
        _table("mall_order_item", *_ITEM),
    )
    names: dict[int, list[str]] = {}
    for row in bind.execute(sa.select(goods_item.c.goods_id, goods_item.c.name).order_by(goods_item.c.position)):
        names.setdefault(row.goods_id, []).append(row.name)
    last = 0
    while True:
        paid = sa.select(order.c.id).where(order.c.paid_at.is_not(None), order.c.id > last).order_by(order.c.id)
        ids = [row.id for row in bind.execute(paid.limit(ORDERS_AT_ONCE))]
        if not ids:
            return
        last = ids[-1]
        backs = _going_back(bind, ids)
        rows = [
            made
            for found in bind.execute(sa.select(line).where(line.c.order_id.in_(ids)))
            for made in _items_of(found, names, backs.get(found.id, []))
        ]
        if rows:
            bind.execute(sa.insert(item), rows)


_ITEM = ("order_id", "order_line_id", "piece", "position", "name", "share_fen", "status", "used_by", "refund_no")


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


def _going_back(bind: sa.Connection, order_ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    """Return for each line the status and refund of its pieces that go back, one entry a piece."""
    part, refund = (
        _table("mall_refund_line", "refund_no", "order_id", "order_line_id", "quantity"),
        _table("payment_refund", "no", "status"),
    )
    statement = sa.select(part.c.order_line_id, part.c.quantity, part.c.refund_no, refund.c.status).where(
        part.c.refund_no == refund.c.no, part.c.order_id.in_(order_ids)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for row in bind.execute(statement):
        if row.status in GOING_BACK:
            found.setdefault(row.order_line_id, []).extend([(GOING_BACK[row.status], row.refund_no)] * row.quantity)
    return found


def _items_of(line: sa.Row, names: dict[int, list[str]], backs: list[tuple[str, str]]) -> list[dict[str, object]]:
    items = (names.get(line.goods_id) if line.goods_kind == "package" else None) or [line.goods_name]
    share, rest = divmod(line.unit_price_fen, len(items))
    made: list[dict[str, object]] = []
    for piece in range(1, line.quantity + 1):
        from_behind = line.quantity - piece
        status, refund_no = backs[from_behind] if from_behind < len(backs) else ("open", "")
        for position, name in enumerate(items, start=1):
            is_last = position == len(items)
            values = (
                line.order_id, line.id, piece, position, name, share + (rest if is_last else 0), status, "", refund_no,
            )  # fmt: skip
            made.append(dict(zip(_ITEM, values, strict=True)))
    return made


def downgrade() -> None:
    op.drop_table("mall_shipping")
    op.drop_table("mall_order_item")
    # Not in batches: SQLite would make the tables anew, and other tables' rows point at them.
    op.drop_column("mall_order_line", "contents")
    op.drop_column("mall_order", "done_at")
    op.drop_column("mall_order", "source")
    op.drop_column("mall_goods_item", "weight")

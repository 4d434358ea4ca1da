"""By which phone a member of staff is known elsewhere

Revision: 0015

The index needs a key that no migration has: rows stay empty until they are saved again, and are read whole till then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("staff_member", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "phone_index",
                sa.String(length=64),
                nullable=True,
                comment="of the phone, empty without one; none: saved before there was this column",
            )
        )
        batch_op.create_index(batch_op.f("ix_staff_member_phone_index"), ["phone_index"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("staff_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_member_phone_index"))
        batch_op.drop_column("phone_index")

"""Under which ID number the tax of a withdrawal is declared

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("distribution_withdrawal", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "id_number",
                sa.Text(),
                nullable=True,
                comment="under which the tax of this one is declared; none: no tax",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("distribution_withdrawal", schema=None) as batch_op:
        batch_op.drop_column("id_number")

"""Physicians belong to the hospital's directory, not to its website

Revision: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename("website_physician", "directory_physician")


def downgrade() -> None:
    _rename("directory_physician", "website_physician")


def _rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    with op.batch_alter_table(new, schema=None) as batch_op:
        batch_op.drop_index(f"ix_{old}_is_shown_position")
        batch_op.create_index(f"ix_{new}_is_shown_position", ["is_shown", "position"], unique=False)

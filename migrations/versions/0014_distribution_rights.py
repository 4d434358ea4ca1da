"""What the roles that came with the house may do with distribution

Revision: 0014

Roles that a hospital made itself are its own affair.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW = {
    "customer_service": "distribution:read distribution:review distribution:write commission:propose",
    "finance": "distribution:read commission:confirm withdrawal:read withdrawal:review withdrawal:pay",
}

role = sa.table("staff_role", sa.column("name", sa.String), sa.column("permissions", sa.Text))


def upgrade() -> None:
    for name, words in NEW.items():
        _write(name, given=set(words.split()), taken=set())


def downgrade() -> None:
    for name, words in NEW.items():
        _write(name, given=set(), taken=set(words.split()))


def _write(name, given, taken) -> None:
    connection = op.get_bind()
    there = connection.scalar(sa.select(role.c.permissions).where(role.c.name == name))
    if there is not None:
        lines = "\n".join(sorted((set(there.split("\n")) | given) - taken))
        connection.execute(sa.update(role).where(role.c.name == name).values(permissions=lines))

"""What the roles that came with the house may do with booking, reports, recharge and statistics

Revision: 0011

Roles that a hospital made itself are its own affair.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEW = {
    "front_desk": "order:redeem booking:read booking:write recharge:read recharge:refund",
    "lab": "order:redeem report:read report:write",
    "consultant": "booking:read",
    "aftercare_lead": "booking:read statistics:read",
    "customer_service": (
        "reply:write review:handle privacy:handle booking:read booking:write roster:write statistics:read"
    ),
    "doctor": "order:redeem booking:read report:read",
    "nurse": "order:redeem booking:read booking:write",
    "finance": "recharge:read invoice:handle statistics:read",
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

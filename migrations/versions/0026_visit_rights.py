"""What the roles that came with the house may do with visits, and the roles that come with them

Revision: 0026

Roles that a hospital made itself are its own affair.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NEW = {
    "front_desk": "patient:dial visit:read visit:intake visit:collect departure:write pickup:assign retail:sell",
    "lab": "diagnostics:write",
    "photo_room": "diagnostics:write",
    "consultant": "visit:read visit:consult visit:print",
    "aftercare": "patient:dial visit:read",
    "aftercare_lead": "patient:dial visit:read visit:refuse departure:write pickup:assign",
    "customer_service": "retail:write",
    "doctor": "visit:read procedure:write",
    "nurse": "visit:read procedure:write departure:write",
    "finance": "visit:read till:check",
}
NEW_ROLES = (
    ("triage", "分诊", "dashboard:read patient:read visit:read visit:triage"),
    ("referrer", "开发", "dashboard:read visit:read"),
    ("driver", "司机", "dashboard:read pickup:drive"),
)

role = sa.table(
    "staff_role",
    sa.column("id", sa.BigInteger),
    sa.column("name", sa.String),
    sa.column("label", sa.String),
    sa.column("permissions", sa.Text),
    sa.column("requires_totp", sa.Boolean),
    sa.column("version", sa.Integer),
)
holder = sa.table("staff_member_role", sa.column("role_id", sa.BigInteger))


def upgrade() -> None:
    for name, words in NEW.items():
        _write(name, given=set(words.split()), taken=set())
    connection = op.get_bind()
    if connection.scalar(sa.select(sa.func.count()).select_from(role)) == 0:
        return  # a fresh installation: the roles are written when it is set up
    for name, label, words in NEW_ROLES:
        taken = sa.select(role.c.id).where(sa.or_(role.c.name == name, role.c.label == label))
        if connection.scalar(taken) is None:
            lines = "\n".join(sorted(words.split()))
            connection.execute(
                sa.insert(role).values(name=name, label=label, permissions=lines, requires_totp=False, version=1)
            )


def downgrade() -> None:
    for name, words in NEW.items():
        _write(name, given=set(), taken=set(words.split()))
    connection = op.get_bind()
    for name, _label, _words in NEW_ROLES:
        used = sa.select(holder.c.role_id).where(holder.c.role_id == role.c.id).exists()
        connection.execute(sa.delete(role).where(role.c.name == name, ~used))


def _write(name, given, taken) -> None:
    connection = op.get_bind()
    there = connection.scalar(sa.select(role.c.permissions).where(role.c.name == name))
    if there is not None:
        lines = "\n".join(sorted((set(there.split("\n")) | given) - taken))
        connection.execute(sa.update(role).where(role.c.name == name).values(permissions=lines))

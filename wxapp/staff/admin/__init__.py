"""Staff interfaces about staff: log-in, own account, members, sessions, roles."""

from __future__ import annotations

from wxapp.admin import identity
from wxapp.staff import queries, services
from wxapp.staff.admin import (  # noqa: F401 - their interfaces register themselves
    account,
    members,
    roles,
    signing_in,
    wechat,
)
from wxapp.staff.admin.door import blueprint

identity.use_identity(services.identity_of, queries.names)

__all__ = ["blueprint"]

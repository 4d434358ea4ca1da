"""Lists of visits that keep up by themselves.

A list asks every few seconds whether a visit has changed, and only then for its rows. Both requests are marked as
coming from the page (``X-Background``), so that a screen that everybody has left does not keep its session.
"""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from wxapp.admin.interface import ANY_STAFF
from wxapp.core import clock
from wxapp.visits.admin.door import blueprint, interface
from wxapp.visits.queries.visits import newest_change


@interface("visits.newest", GET="/pc/visits/newest", permission=ANY_STAFF)
def newest() -> ResponseReturnValue:
    """Tell when a visit changed last, in milliseconds; 0 when there is none."""
    changed_at = newest_change()
    return {"code": 1, "msg": "ok", "newest": int(changed_at.timestamp() * 1000) if changed_at else 0}


@blueprint.app_template_global("visits_shown_at")
def shown_at() -> int:
    """Return the moment at which the page is made, to compare with :func:`newest`."""
    return int(clock.now().timestamp() * 1000)

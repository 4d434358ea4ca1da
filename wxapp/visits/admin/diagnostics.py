"""Staff pages: the pictures of a visit (医技科)."""

from __future__ import annotations

from wxapp.uploads import registry
from wxapp.visits.queries.pictures import may_see_pictures

registry.may_see("visit", may_see_pictures)

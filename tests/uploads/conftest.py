"""What tests of uploads share."""

from __future__ import annotations

import pytest

from wxapp.uploads import registry


@pytest.fixture(autouse=True)
def subjects(monkeypatch: pytest.MonkeyPatch) -> dict[str, registry.MaySee]:
    """Who may see what, as it stands, to be filled for one test."""
    known = dict(registry._may_see)
    monkeypatch.setattr(registry, "_may_see", known)
    return known

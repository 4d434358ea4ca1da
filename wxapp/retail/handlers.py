"""What retail adds to the nightly checks of money."""

from __future__ import annotations

from wxapp.payments import invariants
from wxapp.retail.services import checks

invariants.register(checks.invariants)

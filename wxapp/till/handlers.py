"""What the till adds to the nightly checks of money."""

from __future__ import annotations

from wxapp.payments import invariants
from wxapp.till import services

invariants.register(services.invariants)

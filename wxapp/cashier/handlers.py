"""What the cashier adds to the nightly checks of money."""

from __future__ import annotations

from wxapp.cashier import services
from wxapp.payments import invariants

invariants.register(services.invariants)

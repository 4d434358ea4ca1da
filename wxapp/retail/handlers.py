"""What retail adds to the nightly checks of money, and to what a patient may take away."""

from __future__ import annotations

from wxapp.payments import invariants
from wxapp.retail import exporting  # noqa: F401 - its part of what a patient may take away
from wxapp.retail.services import checks

invariants.register(checks.invariants)

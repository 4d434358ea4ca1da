"""Use cases of the message centre. Other packages need ``notify`` only."""

from wxapp.messages.services.notifying import leave_out, notify, tell_test
from wxapp.messages.services.receipts import apply_receipts, template_result

__all__ = ["apply_receipts", "leave_out", "notify", "tell_test", "template_result"]

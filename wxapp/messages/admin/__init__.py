"""Staff's pages of the message centre: the delivery log, templates, broadcasts."""

from wxapp.messages.admin import broadcasts, inbox, log, templates
from wxapp.messages.admin.door import blueprint

__all__ = ["blueprint", "broadcasts", "inbox", "log", "templates"]

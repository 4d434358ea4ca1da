"""Staff's pages of reports; importing this folder registers them."""

from wxapp.reports.admin import clients, files, messages, parking, reports, start, upload
from wxapp.reports.admin.door import blueprint

__all__ = ["blueprint", "clients", "files", "messages", "parking", "reports", "start", "upload"]

"""Where staff can go on from a patient's page: registered by the packages that have such pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from wxapp.admin.identity import Staff
from wxapp.core.permissions import Permission


@dataclass(frozen=True)
class StaffLink:
    """A page about one patient; its endpoint takes ``patient_id``."""

    label: str
    endpoint: str
    icon: str
    permission: Permission
    order: int

    def url(self, patient_id: int) -> str:
        return url_for(self.endpoint, patient_id=patient_id)


_links: dict[str, StaffLink] = {}


def register(label: str, endpoint: str, icon: str, permission: Permission, order: int) -> None:
    """Lead from a patient's page to this one those who have the right."""
    _links[endpoint] = StaffLink(label, endpoint, icon, permission, order)


def links_for(staff: Staff) -> list[StaffLink]:
    """Return what this person may go on to, in order."""
    return sorted((link for link in _links.values() if staff.may(link.permission)), key=lambda link: link.order)

"""Use cases of the hospital's configuration."""

from wxapp.hospital.services.catalogue import (
    CategoryText,
    ProjectText,
    add_category,
    add_project,
    change_category,
    change_project,
)
from wxapp.hospital.services.codes import CodeText, add_code, change_code
from wxapp.hospital.services.departments import DepartmentText, change_department
from wxapp.hospital.services.floors import add_floor, change_floor, remove_floor
from wxapp.hospital.services.flows import save_flow
from wxapp.hospital.services.importing import import_projects
from wxapp.hospital.services.installing import install_defaults
from wxapp.hospital.services.methods import MethodText, add_method, change_method
from wxapp.hospital.services.prices import put_price_in_force, set_price, withdraw_price
from wxapp.hospital.services.workstations import (
    WorkstationText,
    add_workstation,
    admit_device,
    change_workstation,
    renew_token,
    revoke_token,
)

__all__ = [
    "CategoryText",
    "CodeText",
    "DepartmentText",
    "MethodText",
    "ProjectText",
    "WorkstationText",
    "add_category",
    "add_code",
    "add_floor",
    "add_method",
    "add_project",
    "add_workstation",
    "admit_device",
    "change_category",
    "change_code",
    "change_department",
    "change_floor",
    "change_method",
    "change_project",
    "change_workstation",
    "import_projects",
    "install_defaults",
    "put_price_in_force",
    "remove_floor",
    "renew_token",
    "revoke_token",
    "save_flow",
    "set_price",
    "withdraw_price",
]

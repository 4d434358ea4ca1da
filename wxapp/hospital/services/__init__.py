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
from wxapp.hospital.services.installing import install_defaults
from wxapp.hospital.services.methods import MethodText, add_method, change_method
from wxapp.hospital.services.prices import put_price_in_force, set_price, withdraw_price

__all__ = [
    "CategoryText",
    "CodeText",
    "MethodText",
    "ProjectText",
    "add_category",
    "add_code",
    "add_method",
    "add_project",
    "change_category",
    "change_code",
    "change_method",
    "change_project",
    "install_defaults",
    "put_price_in_force",
    "set_price",
    "withdraw_price",
]

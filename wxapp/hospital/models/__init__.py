"""Tables of the hospital's configuration."""

from wxapp.hospital.models.catalogue import Category, PriceFloor, Project, ProjectPrice
from wxapp.hospital.models.flows import ExamDepartment, Flow
from wxapp.hospital.models.methods import Method, MethodKind
from wxapp.hospital.models.places import Code, CodeKind, Workstation

__all__ = [
    "Category",
    "Code",
    "CodeKind",
    "ExamDepartment",
    "Flow",
    "Method",
    "MethodKind",
    "PriceFloor",
    "Project",
    "ProjectPrice",
    "Workstation",
]

"""The contract of the staff's interfaces, as tests read it: contract/admin.yaml, and what is still to come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROLES = ("前台", "检验科", "拍照室", "咨询师", "售后", "售后主管", "超管")
"""The roles that the contract names."""
ADMIN = "超管"
"""Opens every interface, whatever the contract says (hospital-admin.md, part 2)."""
ANYBODY = ("common.upload_one",)
"""Every page with pictures uploads: any member of staff may."""

STILL_TO_COME = {
    "after": "aftercare, loans, complaints, videos and calls",
    "care": "in-patients",
    "outbound": "not served here: the server calls it",
}
"""Modules of the contract that have no interface yet."""


@dataclass(frozen=True)
class Param:
    """One parameter of an interface."""

    name: str
    kind: str
    is_required: bool
    is_list: bool
    choices: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.name}[]" if self.kind.startswith("list") and not self.is_list else self.name


@dataclass(frozen=True)
class Entry:
    """One interface of the contract."""

    id: str
    method: str
    path: str
    aliases: tuple[str, ...]
    roles: tuple[str, ...]
    params: tuple[Param, ...]
    kind: str
    variables: tuple[str, ...]
    fields: tuple[str, ...]
    is_changing: bool
    """Documented as GET although it changes something: the GET asks, the POST does."""

    @property
    def module(self) -> str:
        return self.id.partition(".")[0]

    @property
    def spellings(self) -> Sequence[str]:
        """Return the ways in which old programs write its path."""
        given = [self.path, *self.aliases]
        return list(dict.fromkeys([*given, f"{self.path}.html", self.path.lower(), f"{self.path.upper()}.HTML"]))

    def admits(self, role: str) -> bool:
        return role in self.roles or role == ADMIN or self.id in ANYBODY


def _param(raw: Mapping[str, Any]) -> Param:
    return Param(
        name=raw["name"],
        kind=raw["type"],
        is_required=bool(raw["required"]),
        is_list=raw.get("list_style") == "comma",
        choices=tuple(str(choice) for choice in raw.get("enum", ())),
    )


def _entry(raw: Mapping[str, Any]) -> Entry:
    told = raw["returns"]
    variable = told.get("variable")
    return Entry(
        id=raw["id"],
        method=raw.get("rebuild_method", raw["method"]),
        path=raw["path"],
        aliases=(*raw.get("alias", ()), *EXTRA_PATHS.get(raw["id"], ())),
        roles=tuple(raw["roles"]),
        params=tuple(_param(one) for one in raw["params"]),
        kind=told["kind"],
        variables=tuple([variable] if isinstance(variable, str) else variable or ()),
        fields=tuple(told["fields"]),
        is_changing=bool(raw.get("state_changing")),
    )


EXTRA_PATHS = {"physical.complete": ("/pc/consultation/edit",)}
"""Paths that hospital-admin.md, part 10 adds."""

_RAW = yaml.safe_load((Path(__file__).parents[2] / "contract" / "admin.yaml").read_text(encoding="utf-8"))
ALL = {entry.id: entry for entry in map(_entry, _RAW["interfaces"]) if entry.module != "outbound"}
SERVED = {entry.id: entry for entry in ALL.values() if entry.module not in STILL_TO_COME}
"""The interfaces that this product has, by id."""
MENUS = tuple(_RAW["menus_without_interface"])

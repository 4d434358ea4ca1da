"""A contract for import-linter: some modules may import the standard library and a few named modules, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class OnlyContract(Contract):
    """Each source module imports nothing but the standard library, its own submodules and `allowed_modules`.

    The forbidden contract would need a list of everything that exists; this one needs a list of what is right.
    """

    type_name = "only"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - import-linter's interface
        """Compare the direct imports of each source module with the list."""
        sources = {
            module.name for module in module_expressions_to_modules(graph, cast("Iterable[Any]", self.source_modules))
        }
        allowed = cast("set[str]", self.allowed_modules)
        wrong = []
        for source in sorted(sources):
            package = source.partition(".rules")[0] + ".rules"
            for imported in sorted(graph.find_modules_directly_imported_by(source)):
                inside = imported == package or imported.startswith(f"{package}.")
                known = imported in allowed or imported.partition(".")[0] in sys.stdlib_module_names
                if not (inside or known):
                    wrong.append(f"{source} imports {imported}")
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """List each import that is not allowed."""
        for line in check.metadata["wrong"]:
            output.print_error(line)
        output.new_line()

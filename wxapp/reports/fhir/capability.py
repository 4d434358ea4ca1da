"""``CapabilityStatement``: what this server can do."""

from __future__ import annotations

from typing import Any

DATE = "2026-11-21"


def capability_statement(*, base: str) -> dict[str, Any]:
    """Return the statement of the server at this address."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "wxapp"},
        "implementation": {"description": "接收检验检查报告", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer <key>; each client has its own"},
                "resource": [
                    {
                        "type": "DiagnosticReport",
                        "interaction": [{"code": "create"}],
                        "versioning": "versioned",
                        "readHistory": False,
                        "updateCreate": False,
                        "documentation": "The same identifier is the same report: other content corrects it.",
                    }
                ],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }

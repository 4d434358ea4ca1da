"""The control page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, send_from_directory

from sandbox.callback.envelopes import Twist
from sandbox.control.names import KIND_NAMES, PAY_TWIST_NAMES, TWIST_NAMES
from sandbox.endpoints import world
from sandbox.faults import Kind

blueprint = Blueprint("control_page", __name__, template_folder="templates")

STATIC = Path(__file__).parent / "static"


@blueprint.get("/")
def start() -> Any:
    """Lead to the control page."""
    return redirect("/control")


@blueprint.get("/control")
def page() -> str:
    """Show the page; its script fills it from the JSON API."""
    return render_template(
        "control.html",
        account=world().config.official_account.name,
        kinds=list(Kind),
        kind_names=KIND_NAMES,
        twists=list(Twist),
        twist_names=TWIST_NAMES,
        pay_twists=PAY_TWIST_NAMES,
    )


@blueprint.get("/control/static/<path:name>")
def static(name: str) -> Response:
    """Serve style and script."""
    return send_from_directory(STATIC, name, max_age=0)

"""Doors of the hospital's other systems: reports come in by HTTP."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("reports_api", __name__)

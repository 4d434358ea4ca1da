"""What a WSGI server loads: ``application()``, configured by the file that WXAPP_CONFIG names."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from wxapp.app import create_app, refuse_demo_data
from wxapp.core.config import load


def application() -> Flask:
    """Return the application. Production refuses a database that holds demo data."""
    app = create_app(load(Path(os.environ.get("WXAPP_CONFIG", "config.toml"))))
    refuse_demo_data(app)
    return app

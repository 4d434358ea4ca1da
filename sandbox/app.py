"""Putting the sandbox together: ``create_app(config)``."""

from __future__ import annotations

from flask import Flask

from sandbox import sms
from sandbox.account.state import AccountState
from sandbox.config import Config
from sandbox.pay import blueprint as pay_blueprint
from sandbox.pay.state import PayState
from sandbox.world import World


def create_app(config: Config) -> Flask:
    """Return the WSGI application; the world is in ``app.extensions["world"]``."""
    app = Flask(__name__, static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 32 * 1024 * 1024
    app.extensions["world"] = World(config, {"account": AccountState, "pay": PayState, "sms": sms.SmsState})
    app.register_blueprint(pay_blueprint)
    app.register_blueprint(sms.blueprint)
    return app

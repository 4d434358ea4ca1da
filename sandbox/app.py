"""Putting the sandbox together: ``create_app(config)``."""

from __future__ import annotations

from flask import Flask, Response, request

from sandbox import endpoints, oauth, sms
from sandbox.account import api as account_api
from sandbox.account import basics, codes, media, menu, service_messages, shipping, templates
from sandbox.account.state import AccountState
from sandbox.browser import proxy
from sandbox.browser import views as browser_views
from sandbox.browser.hosts import person_in
from sandbox.callback.pusher import Pusher
from sandbox.config import Config
from sandbox.control import api as control_api
from sandbox.control import doors
from sandbox.control import views as control_views
from sandbox.pay import blueprint as pay_blueprint
from sandbox.pay.state import PayState
from sandbox.phone import api as phone_api
from sandbox.phone import views as phone_views
from sandbox.world import World

CALLS = (basics, codes, media, menu, service_messages, shipping, templates)
"""Modules that publish calls of the official account by being imported."""

OWN_ON_PERSON_HOSTS = ("/__sandbox/", "/connect/oauth2/", "/phone", "/open/js/jweixin", "/mmbiz/")
"""What the sandbox answers itself on a person's host; all else is the backend's."""


def create_app(config: Config) -> Flask:
    """Return the WSGI application; the world is in ``app.extensions["world"]``."""
    app = Flask(__name__, static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 32 * 1024 * 1024
    world = World(config, {"account": AccountState, "pay": PayState, "sms": sms.SmsState})
    world.pusher = Pusher(world)
    app.extensions["world"] = world
    app.extensions["endpoint_names"] = endpoints.NAMES

    @app.before_request
    def browse() -> Response | None:
        """Forward what a person's browser asks for."""
        person_id = person_in(request.host)
        if person_id is None or request.path.startswith(OWN_ON_PERSON_HOSTS):
            return None
        world.person(person_id)
        return proxy.forward(world, person_id)

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        request.close()

    doors.register_errors(app)
    for blueprint in (
        account_api.blueprint,
        oauth.blueprint,
        browser_views.blueprint,
        phone_api.blueprint,
        phone_views.blueprint,
        control_api.blueprint,
        control_views.blueprint,
        pay_blueprint,
        sms.blueprint,
    ):
        app.register_blueprint(blueprint)
    return app

"""The phone page. It lives on the person's own host, so that the pages in its browser share its origin."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_from_directory
from markupsafe import escape

from sandbox.browser.hosts import origin, person_in
from sandbox.endpoints import world
from sandbox.world import UnknownPerson

blueprint = Blueprint("phone", __name__, template_folder="templates")

STATIC = Path(__file__).parent / "static"
COLOURS = ("#576b95", "#0f7bc2", "#b8641b", "#4f7d12", "#5558d6", "#c2443e", "#06843f", "#8a5a9e")


@blueprint.get("/phone")
def page() -> Any:
    """Show a person's phone, ``?person=`` or the first one's; without people only the form to add one."""
    here = world()
    wanted = request.args.get("person") or person_in(request.host)
    with here.lock:
        wanted = wanted or next(iter(here.people), None)
    if wanted is None:
        return render_template("phone.html", person=None, account=here.config.official_account.name)
    person = here.person(wanted)
    if person_in(request.host) != person.id:
        return redirect(f"{origin(here, person.id)}/phone?person={person.id}")
    return render_template("phone.html", person=person, account=here.config.official_account.name)


@blueprint.get("/phone/static/<path:name>")
def static(name: str) -> Response:
    """Serve style and script."""
    return send_from_directory(STATIC, name, max_age=0)


@blueprint.get("/phone/avatar/<person_id>.svg")
def avatar(person_id: str) -> Response:
    """Draw a person's picture: the first character on a colour of their own."""
    try:
        person = world().person(person_id)
    except UnknownPerson:
        return Response("", status=404)
    colour = COLOURS[hashlib.sha256(person.id.encode()).digest()[0] % len(COLOURS)]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="{colour}"/><text x="48" y="64" font-size="46" text-anchor="middle" '
        f'fill="#fff" font-family="sans-serif">{escape(person.nickname[:1])}</text></svg>'
    )
    return Response(svg, mimetype="image/svg+xml")


@blueprint.after_app_request
def own_pages_only(response: Response) -> Response:
    """Let the sandbox's own pages run their own scripts only; pictures may come from anywhere."""
    if request.path in {"/phone", "/control"}:
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; img-src * data: blob:; object-src 'none'; base-uri 'none'"
        )
    return response

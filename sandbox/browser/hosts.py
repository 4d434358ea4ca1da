"""Hosts of people: ``p-<id>.localhost`` is the browser of that person's phone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import request

from sandbox.people import Person
from sandbox.world import UnknownPerson, World

HOST = re.compile(r"p-([a-z0-9]{1,20})\.localhost(?::\d+)?")


def person_in(host: str) -> str | None:
    """Return the id in a Host header, or None if it names no person's browser."""
    match = HOST.fullmatch(host.lower())
    return match.group(1) if match else None


def current_person(world: World) -> Person | None:
    """Return whose browser sent the request."""
    person_id = person_in(request.host)
    try:
        return None if person_id is None else world.person(person_id)
    except UnknownPerson:
        return None


def origin(world: World, person_id: str) -> str:
    """Return the origin of a person's browser, without a slash at the end."""
    public = urlsplit(world.config.server.public_url)
    port = f":{public.port}" if public.port else ""
    return f"{public.scheme}://p-{person_id}.localhost{port}"


def on_person_host(world: World, person_id: str, url: str) -> str:
    """Return a URL of the backend or of the sandbox as the person's browser reaches it; others as they are."""
    for base in (world.config.backend.url.rstrip("/"), world.config.server.public_url.rstrip("/")):
        if url == base or url.startswith((f"{base}/", f"{base}?", f"{base}#")):
            return origin(world, person_id) + (url[len(base) :] or "/")
    return url


def as_backend_sees(world: World, person_id: str, url: str) -> str:
    """Return a URL of the person's browser as the backend knows it."""
    own = origin(world, person_id)
    return world.config.backend.url.rstrip("/") + url[len(own) :] if url == own or url.startswith(f"{own}/") else url

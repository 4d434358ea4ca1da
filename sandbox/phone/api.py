"""People and what they do, as JSON; the phone page and tests use the same calls."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, request

from sandbox.account.codes import read_picture
from sandbox.browser.hosts import on_person_host, origin
from sandbox.callback import actions
from sandbox.callback.pusher import Push
from sandbox.control import forms
from sandbox.control.doors import as_json, form
from sandbox.endpoints import world
from sandbox.people import HOSPITAL, PAY, TEXTS, ChatEntry, Person
from sandbox.world import World

blueprint = Blueprint("phone_api", __name__)


@blueprint.get("/__sandbox/people")
@as_json
def people() -> Any:
    """List the people."""
    here = world()
    with here.lock:
        return [shown(here, person) for person in here.people.values()]


@blueprint.post("/__sandbox/people")
@as_json
def add() -> Any:
    """Add a person; without an id the next free number."""
    here, asked = world(), form(forms.NewPerson)
    try:
        person = here.add_person(person_id=asked.id, **asked.model_dump(exclude={"id"}))
    except ValueError as error:
        abort(409, str(error))
    return shown(here, person)


@blueprint.get("/__sandbox/people/<person_id>")
@as_json
def one(person_id: str) -> Any:
    """Show a person."""
    return shown(world(), world().person(person_id))


@blueprint.patch("/__sandbox/people/<person_id>")
@as_json
def change(person_id: str) -> Any:
    """Change a person without any push."""
    here, asked = world(), form(forms.PersonChange)
    person = here.person(person_id)
    with here.change():
        for name, value in asked.model_dump(exclude_none=True, exclude={"password_changed"}).items():
            setattr(person, name, value)
        if asked.password_changed:
            person.password_changed_at = here.now()
    return shown(here, person)


@blueprint.get("/__sandbox/people/<person_id>/phone")
def phone(person_id: str) -> Response:
    """Return all that the phone shows, or 204 if nothing changed since ``?since=`` (a version)."""
    here = world()
    with here.lock:
        person = here.person(person_id)
        if request.args.get("since") == str(here.version):
            return Response("", status=204)
        screen = {
            "version": str(here.version),
            "now": here.now(),
            "person": shown(here, person),
            "people": [shown(here, other) for other in here.people.values()],
            "account": {
                "name": here.config.official_account.name,
                # Where the person's browser gets through the proxy.
                "bases": [here.config.backend.url.rstrip("/"), here.config.server.public_url.rstrip("/")],
                "menu": (here.account.menu or {"button": []})["button"],
            },
            "chats": [
                {
                    "id": chat,
                    "name": here.chat_name(chat),
                    "entries": [_line(here, person, entry) for entry in here.chats[person_id] if entry.chat == chat],
                }
                for chat in (HOSPITAL, PAY, TEXTS)
            ],
        }
    return as_json(lambda: screen)()


@blueprint.get("/__sandbox/people/<person_id>/chat")
@as_json
def chat(person_id: str) -> Any:
    """Return a person's chat lines, newest last; ``?chat=hospital|pay|sms`` picks one chat."""
    here = world()
    with here.lock:
        here.person(person_id)
        wanted = request.args.get("chat")
        return [asdict(entry) for entry in here.chats[person_id] if not wanted or entry.chat == wanted]


@blueprint.delete("/__sandbox/people/<person_id>/chat")
@as_json
def clear_chat(person_id: str) -> Any:
    """Empty a person's chats."""
    here = world()
    with here.change():
        here.person(person_id)
        here.chats[person_id] = []
    return {"ok": True}


@blueprint.post("/__sandbox/people/<person_id>/say")
@as_json
def say(person_id: str) -> Any:
    """Send a text to the hospital."""
    here, asked = world(), form(forms.Say)
    return _pushed(actions.say(here, here.person(person_id), asked.text, msgmenu_id=asked.msgmenu_id))


@blueprint.post("/__sandbox/people/<person_id>/follow")
@as_json
def follow(person_id: str) -> Any:
    """Follow the account."""
    here = world()
    return _pushed(actions.follow(here, here.person(person_id)))


@blueprint.post("/__sandbox/people/<person_id>/unfollow")
@as_json
def unfollow(person_id: str) -> Any:
    """Stop following."""
    here = world()
    return _pushed(actions.unfollow(here, here.person(person_id)))


@blueprint.post("/__sandbox/people/<person_id>/tap")
@as_json
def tap(person_id: str) -> Any:
    """Tap a menu button."""
    here, asked = world(), form(forms.Tap)
    done = actions.tap_menu(here, here.person(person_id), tuple(asked.position), scanned=asked.scanned)
    return _reachable(here, person_id, done)


@blueprint.post("/__sandbox/people/<person_id>/scan")
@as_json
def scan(person_id: str) -> Any:
    """Scan a code: JSON ``{"text": …}``, or a picture as the multipart field ``picture``."""
    here = world()
    person = here.person(person_id)
    upload = request.files.get("picture")
    if upload is not None:
        text = read_picture(upload.read())
        if text is None:
            raise actions.NotPossible("未发现二维码")
    else:
        text = form(forms.Scan).text
    return _reachable(here, person_id, actions.scan(here, person, text) | {"scanned": text})


def shown(world: World, person: Person) -> dict[str, Any]:
    """Return a person as JSON, with the ids the backend knows them by."""
    return {
        "id": person.id,
        "name": person.name,
        "nickname": person.nickname,
        "phone": person.phone,
        "follows": person.follows,
        "blocks_messages": person.blocks_messages,
        "blacklisted": person.blacklisted,
        "snapshot": person.snapshot,
        "openid": world.openid(person),
        "unionid": person.unionid,
        "origin": origin(world, person.id),
    }


@blueprint.get("/__sandbox/shares")
@as_json
def shares() -> Any:
    """List the cards that pages have set, newest last."""
    here = world()
    with here.lock:
        return [asdict(card) for card in here.account.shared_cards]


def _pushed(push: Push) -> dict[str, Any]:
    return {"push": push.id}


def _reachable(world: World, person_id: str, done: dict[str, Any]) -> dict[str, Any]:
    return done | {"url": on_person_host(world, person_id, done["url"])} if "url" in done else done


def _line(world: World, person: Person, entry: ChatEntry) -> dict[str, Any]:
    line = asdict(entry)
    if entry.body.get("url"):
        line["body"] = entry.body | {"url": on_person_host(world, person.id, str(entry.body["url"]))}
    if entry.kind == "news":
        articles = [
            article | {"url": on_person_host(world, person.id, article.get("url", ""))}
            for article in entry.body["articles"]
        ]
        line["body"] = {"articles": articles}
    if entry.kind == "image":
        line["body"] = {"url": f"/mmbiz/{entry.body['media_id']}"}
    return line

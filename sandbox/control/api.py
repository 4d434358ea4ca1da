"""Orders: faults, pushes, the clock, the callback settings, quotas, and the log of calls."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, current_app, request

from sandbox.account import quotas
from sandbox.account.templates import EVENT
from sandbox.callback.pusher import Push, Pusher
from sandbox.control import forms
from sandbox.control.doors import as_json, form
from sandbox.endpoints import world

blueprint = Blueprint("control", __name__)


# -- faults --------------------------------------------------------------------------------------------------


@blueprint.get("/__sandbox/faults")
@as_json
def faults() -> Any:
    """List the orders that still wait."""
    return [fault.as_json() for fault in world().faults.standing()]


@blueprint.post("/__sandbox/faults")
@as_json
def order_fault() -> Any:
    """Order a fault."""
    asked = form(forms.NewFault)
    plain = asked.model_dump(exclude={"probability", "seed"})
    return world().faults.order(**plain, chance=(asked.probability, asked.seed)).as_json()


@blueprint.delete("/__sandbox/faults")
@as_json
def clear_faults() -> Any:
    """Take all orders back and let go of calls that hang."""
    world().faults.clear()
    return {"ok": True}


@blueprint.delete("/__sandbox/faults/<int:fault_id>")
@as_json
def take_back(fault_id: int) -> Any:
    """Take one order back."""
    if not world().faults.take_back(fault_id):
        abort(404, "no such fault")
    return {"ok": True}


# -- calls ---------------------------------------------------------------------------------------------------


@blueprint.get("/__sandbox/calls")
@as_json
def calls() -> Any:
    """List calls, newest last; see ``Recorder.calls`` for the filters."""
    asked = request.args
    found = world().recorder.calls(
        endpoint=asked.get("endpoint") or None,
        direction=asked.get("direction") or None,
        text=asked.get("text") or None,
        after=asked.get("after", 0, int),
        limit=asked.get("limit", 200, int),
    )
    return [call.as_json() for call in found]


@blueprint.delete("/__sandbox/calls")
@as_json
def clear_calls() -> Any:
    """Forget the calls."""
    world().recorder.clear()
    return {"ok": True}


# -- pushes --------------------------------------------------------------------------------------------------


@blueprint.get("/__sandbox/pushes")
@as_json
def pushes() -> Any:
    """List the pushes, newest last, with each delivery."""
    asked = request.args
    found = [push.as_json() for push in list(_pusher().pushes)]
    return [
        push
        for push in found
        if push["id"] > asked.get("after", 0, int)
        and (not asked.get("person") or push["person_id"] == asked["person"])
        and (not asked.get("name") or push["name"] == asked["name"])
    ]


@blueprint.post("/__sandbox/pushes")
@as_json
def order_push() -> Any:
    """Send any push, right or wrong on purpose."""
    here, asked = world(), form(forms.NewPush)
    pusher = _pusher()
    push = pusher.new(here.person(asked.person), asked.name, asked.fields, twists=asked.twists)
    if asked.wait and not asked.delay:
        pusher.run(push, as_json=asked.as_json, key=asked.key)
    else:
        here.later(asked.delay, pusher.run, push, as_json=asked.as_json, key=asked.key)
    return push.as_json()


@blueprint.post("/__sandbox/pushes/<int:push_id>/again")
@as_json
def push_again(push_id: int) -> Any:
    """Deliver a push once more, with the same number and time in it."""
    asked = form(forms.Again)
    push = next((push for push in list(_pusher().pushes) if push.id == push_id), None)
    if push is None:
        abort(404, "no such push")
    push.twists = [str(twist) for twist in asked.twists]
    _send(push, wait=asked.wait)
    return push.as_json()


@blueprint.get("/__sandbox/templates/sent")
@as_json
def sent_templates() -> Any:
    """List the template messages that were accepted, newest last."""
    here = world()
    with here.lock:
        # As text: the numbers are too large for a browser.
        return [asdict(message) | {"msgid": str(message.msgid)} for message in here.account.sent_templates[-500:]]


@blueprint.post("/__sandbox/templates/sent/<int:msgid>/event")
@as_json
def template_event(msgid: int) -> Any:
    """Tell about a template message once more, late, or with another status."""
    here, asked = world(), form(forms.TemplateEvent)
    with here.lock:
        message = next((one for one in here.account.sent_templates if one.msgid == msgid), None)
    if message is None:
        abort(404, "no such message")
    fields = {"Event": EVENT, "MsgID": msgid, "Status": asked.status}
    push = _pusher().new(here.person(message.person_id), EVENT, fields)
    if asked.delay:
        here.later(asked.delay, _pusher().run, push)
    else:
        _send(push, wait=True)
    return push.as_json()


# -- settings ------------------------------------------------------------------------------------------------


@blueprint.get("/__sandbox/callback")
@as_json
def callback() -> Any:
    """Show the callback settings in force."""
    here, keys = world(), _pusher().keys(which="current")
    settings = here.account.callback
    return {
        "url": _pusher().url,
        "mode": keys.mode,
        "token": keys.token,
        "aes_key": keys.aes_key,
        "previous_aes_key": settings.previous_aes_key,
        "use_key": settings.use_key,
        "verified": settings.verified,
    }


@blueprint.post("/__sandbox/callback")
@as_json
def change_callback() -> Any:
    """Change mode, token or key as the console does: saved only if the address passes the check.

    ``?check=0`` saves without it.
    """
    here, asked = world(), form(forms.CallbackChange)
    pusher = _pusher()
    current = pusher.keys(which="current").aes_key
    with here.change():
        settings = here.account.callback
        before = asdict(settings)
        if asked.aes_key and asked.aes_key != current:
            settings.previous_aes_key, settings.aes_key = current, asked.aes_key
        settings.mode = asked.mode or settings.mode
        settings.token = asked.token or settings.token
        settings.use_key = asked.use_key or settings.use_key
    if request.args.get("check") == "0":
        return callback()
    passed, why = pusher.verify()
    if not passed:
        with here.change():
            for name, value in before.items():
                setattr(here.account.callback, name, value)
        abort(409, f"URL check failed: {why}")
    return callback()


@blueprint.post("/__sandbox/callback/verify")
@as_json
def verify() -> Any:
    """Check the address without changing anything."""
    passed, why = _pusher().verify()
    return {"passed": passed, "why": why}


@blueprint.get("/__sandbox/clock")
@as_json
def clock() -> Any:
    """Tell the sandbox's time."""
    here = world()
    return {"now": here.now(), "offset": here.clock_offset, "beijing": here.local_time().isoformat()}


@blueprint.post("/__sandbox/clock")
@as_json
def set_clock() -> Any:
    """Move the clock by ``advance`` seconds, or set its ``offset`` from real time."""
    here, asked = world(), form(forms.ClockChange)
    if asked.offset is not None:
        here.advance(asked.offset - here.clock_offset)
    if asked.advance is not None:
        here.advance(asked.advance)
    return clock()


@blueprint.post("/__sandbox/quotas")
@as_json
def set_quota() -> Any:
    """Set the daily limit of a path."""
    here, asked = world(), form(forms.QuotaChange)
    with here.change():
        here.account.quota_limits[asked.path] = asked.limit
    return {"path": asked.path, "limit": asked.limit, "used": quotas.used(here, asked.path)}


@blueprint.get("/__sandbox/state")
@as_json
def state() -> Any:
    """Return all state, as the state file has it."""
    return world().snapshot()


@blueprint.post("/__sandbox/reset")
@as_json
def reset() -> Any:
    """Forget everything: people are those of the configuration again, no orders, no calls, real time."""
    here = world()
    here.faults.clear()
    here.recorder.clear()
    here.start_over()
    _pusher().pushes.clear()
    return {"ok": True}


@blueprint.get("/__sandbox/endpoints")
@as_json
def endpoint_names() -> Any:
    """List the names that faults can be ordered for."""
    return sorted(current_app.extensions["endpoint_names"])


def _pusher() -> Pusher:
    return world().pusher


def _send(push: Push, *, wait: bool) -> None:
    if wait:
        _pusher().run(push)
    else:
        world().later(0, _pusher().run, push)

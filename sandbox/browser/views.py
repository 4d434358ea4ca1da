"""What the bridge script asks for, always on a person's host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_file

from sandbox.account import jssdk
from sandbox.account.codes import read_picture
from sandbox.account.state import SharedCard
from sandbox.browser.hosts import as_backend_sees, current_person
from sandbox.callback.actions import open_window
from sandbox.endpoints import endpoint, world
from sandbox.pay import cashier, receiving
from sandbox.people import Person
from sandbox.world import UnknownPerson

blueprint = Blueprint("browser", __name__)

STATIC = Path(__file__).parent / "static"


@blueprint.get("/__sandbox/bridge.js")
@blueprint.get("/open/js/jweixin-<version>.js", endpoint="jweixin")
def script(version: str = "") -> Response:  # noqa: ARG001 - one script is both, whatever the version
    """Serve the bridge; a page that loads the JS-SDK by its usual path gets the same, which runs once."""
    return send_file(STATIC / "bridge.js", mimetype="text/javascript", max_age=0)


@blueprint.post("/__sandbox/bridge/config")
@endpoint("jssdk/config")
def config() -> Response:
    """Check what the page gave to ``wx.config``; the address is what the browser shows."""
    here, body = world(), _body()
    person = _person()
    url = as_backend_sees(here, person.id, str(body.get("url", "")))
    try:
        jssdk.check(
            here,
            appid=str(body.get("appId", "")),
            noncestr=str(body.get("nonceStr", "")),
            timestamp=str(body.get("timestamp", "")),
            url=url,
            given=str(body.get("signature", "")),
        )
    except jssdk.BadConfig as error:
        return jsonify(ok=False, message=str(error), url=url)
    return jsonify(ok=True)


@blueprint.post("/__sandbox/bridge/share")
@endpoint("jssdk/share")
def share() -> Response:
    """Keep the card that the page set for itself; the phone shows it, and ``GET /__sandbox/shares`` lists it."""
    here, body, person = world(), _body(), _person()
    card = SharedCard(
        person_id=person.id,
        deed=str(body.get("deed", "")),
        page=as_backend_sees(here, person.id, str(body.get("url", ""))),
        title=str(body.get("title") or ""),
        description=str(body.get("desc") or ""),
        link=as_backend_sees(here, person.id, str(body.get("link") or "")),
        picture=str(body.get("imgUrl") or ""),
        at=here.now(),
    )
    try:
        jssdk.keep_card(here, card)
    except jssdk.BadCard as error:
        return jsonify(ok=False, message=str(error))
    return jsonify(ok=True)


@blueprint.post("/__sandbox/bridge/pay/open")
@endpoint("cashier/open")
def open_sheet() -> Response:
    """Check the payment parameters of the page and return what the pay sheet shows."""
    try:
        sheet = cashier.check_jsapi(_body(), _person())
    except cashier.CashierRefusal as refusal:
        return jsonify(ok=False, message=refusal.message)
    return jsonify(
        ok=True,
        prepay_id=sheet.prepay_id,
        payee=sheet.payee,
        description=sheet.description,
        amount=f"{sheet.amount_fen / 100:.2f}",
        is_expired=sheet.is_expired,
    )


@blueprint.post("/__sandbox/bridge/pay/confirm")
@endpoint("cashier/pay")
def confirm() -> Response:
    """Pay."""
    person = _person()
    try:
        cashier.pay(str(_body().get("prepay_id", "")), person.id)
    except cashier.CashierRefusal as refusal:
        return jsonify(ok=False, message=refusal.message)
    open_window(world(), person, "pay")
    return jsonify(ok=True)


@blueprint.post("/__sandbox/bridge/pay/refuse")
@endpoint("cashier/refuse")
def refuse() -> Response:
    """Leave the cashier without paying."""
    try:
        cashier.refuse(str(_body().get("prepay_id", "")), _person().id)
    except cashier.CashierRefusal as refusal:
        return jsonify(ok=False, message=refusal.message)
    return jsonify(ok=True)


@blueprint.post("/__sandbox/bridge/transfer/open")
@endpoint("transfer/open")
def open_transfer() -> Response:
    """Check the parameters of ``requestMerchantTransfer`` and return what WeChat's page shows."""
    try:
        page = receiving.open_page(_body(), _person())
    except cashier.CashierRefusal as refusal:
        return jsonify(ok=False, message=refusal.message)
    return jsonify(
        ok=True,
        package=page.package,
        payer=page.payer,
        remark=page.remark,
        amount=f"{page.amount_fen / 100:.2f}",
        is_confirmed=page.is_confirmed,
    )


@blueprint.post("/__sandbox/bridge/transfer/confirm")
@endpoint("transfer/confirm")
def confirm_transfer() -> Response:
    """Confirm that the money may come (确认收款)."""
    try:
        receiving.confirm(str(_body().get("package", "")), _person().id)
    except cashier.CashierRefusal as refusal:
        return jsonify(ok=False, message=refusal.message)
    return jsonify(ok=True)


@blueprint.post("/__sandbox/bridge/decode")
def decode() -> Response:
    """Read the QR code in an uploaded picture."""
    upload = request.files.get("picture")
    text = read_picture(upload.read()) if upload is not None else None
    return jsonify(ok=text is not None, text=text or "")


def _person() -> Person:
    person = current_person(world())
    if person is None:
        raise UnknownPerson(request.host)
    return person


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}

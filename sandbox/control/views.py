"""The control page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, send_from_directory

from sandbox.callback.envelopes import Twist
from sandbox.endpoints import world
from sandbox.faults import Kind

blueprint = Blueprint("control_page", __name__, template_folder="templates")

STATIC = Path(__file__).parent / "static"

KIND_NAMES = {
    Kind.DELAY: "延迟",
    Kind.STATUS: "HTTP 错误，未生效",
    Kind.ACT_THEN_STATUS: "已生效，但 HTTP 错误",
    Kind.HANG: "无应答，未生效",
    Kind.ACT_THEN_HANG: "已生效，但无应答",
    Kind.ERROR: "返回错误码",
    Kind.EXPIRED_TOKEN: "access_token 过期",
    Kind.QUOTA: "额度用完",
    Kind.CUT_BODY: "应答被截断",
    Kind.SLOW_BODY: "应答很慢",
    Kind.WRONG_SIGNATURE: "签名错误",
    Kind.DUPLICATE: "并行推送两次",
    Kind.OUT_OF_ORDER: "推送乱序",
    Kind.LOST: "推送丢失",
    Kind.EARLY: "事件先于应答",
}
TWIST_NAMES = {
    Twist.WRONG_SIGNATURE: "签名错误",
    Twist.WRONG_MSG_SIGNATURE: "msg_signature 错误",
    Twist.FOREIGN_APPID: "密文里是别的 AppID",
    Twist.BROKEN_PADDING: "填充错误",
    Twist.CUT_CIPHER: "密文被截断",
    Twist.DIFFERING_PLAIN: "明文与密文不一致（兼容模式）",
    Twist.STALE: "一小时前的时间戳",
    Twist.DOCTYPE: "带外部实体",
    Twist.HUGE: "5 MB 的正文",
    Twist.NOT_XML: "不完整的 XML",
    Twist.DUPLICATE: "并行推送两次",
}


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
    )


@blueprint.get("/control/static/<path:name>")
def static(name: str) -> Response:
    """Serve style and script."""
    return send_from_directory(STATIC, name, max_age=0)

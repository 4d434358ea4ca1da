"""``POST /sms/`` as Tencent Cloud answers it, and the control routes under ``/__sandbox/sms/``."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.endpoints import endpoint, world
from sandbox.sms import rules, tc3
from sandbox.sms.state import Fate, Report, Text

VERSION = "2021-01-11"

blueprint = Blueprint("sms", __name__)


class Refusal(Exception):
    """The whole request is refused."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Body(BaseModel):
    """Parameters are strict about names and kinds: a number isn't a string."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SendSms(Body):
    PhoneNumberSet: list[str] = Field(min_length=1)
    SmsSdkAppId: str
    TemplateId: str
    SignName: str = ""
    TemplateParamSet: list[str] = []
    ExtendCode: str = ""
    SessionContext: str = ""
    SenderId: str = ""


class PullSmsSendStatus(Body):
    Limit: int = Field(ge=1, le=100)
    SmsSdkAppId: str


ActionBody = TypeVar("ActionBody", bound=Body)


def answered(fields: dict[str, Any]) -> Response:
    """Return the provider's answer: everything inside ``Response``, HTTP 200 whatever happened."""
    body = {"Response": {**fields, "RequestId": str(uuid.uuid4())}}
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def refused(code: str, message: str) -> Response:
    return answered({"Error": {"Code": code or "InternalError", "Message": message or "系统错误"}})


@blueprint.post("/sms/")
@endpoint("sms", error=refused)
def sms_api() -> Response:
    """Play ``SendSms`` and ``PullSmsSendStatus``."""
    settings = world().config.sms
    signed = tc3.Signed(
        method=request.method,
        query=request.query_string.decode("latin-1"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=True),
    )
    try:
        tc3.check(
            signed,
            secret_id=settings.secret_id,
            secret_key=settings.secret_key,
            service="sms",
            now=time.time(),
            path=request.path,
        )
        if request.headers.get("X-TC-Version") != VERSION:
            raise Refusal("NoSuchVersion", "接口版本不存在。")
        action = request.headers.get("X-TC-Action")
        if action == "SendSms":
            return _send(_body(SendSms))
        if action == "PullSmsSendStatus":
            return _pull(_body(PullSmsSendStatus))
        raise Refusal("InvalidAction", "接口不存在。")
    except (tc3.SignatureRefused, Refusal) as refusal:
        return refused(refusal.code, refusal.message)


def _body(kind: type[ActionBody]) -> ActionBody:
    try:
        return kind.model_validate_json(request.get_data(cache=True))
    except ValidationError as error:
        first = error.errors()[0]
        code = {"missing": "MissingParameter", "extra_forbidden": "UnknownParameter"}.get(
            first["type"], "InvalidParameter"
        )
        raise Refusal(code, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _send(asked: SendSms) -> Response:
    settings = world().config.sms
    if asked.SmsSdkAppId != settings.sdk_app_id:
        raise Refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId 校验失败。")
    if len(asked.PhoneNumberSet) > 200:
        raise Refusal("LimitExceeded.PhoneNumberCountLimit", "调用接口单次提交的手机号个数超过200个。")
    if len(asked.SessionContext.encode()) >= 512:
        raise Refusal("InvalidParameterValue", "SessionContext 需小于512字节。")
    foreign = [number.startswith("+") and not number.startswith("+86") for number in asked.PhoneNumberSet]
    if any(foreign) and not all(foreign):
        raise Refusal(
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", "群发请求里既有国内号码也有国际号码。"
        )
    with world().change():
        return answered({"SendStatusSet": [_send_one(asked, number) for number in asked.PhoneNumberSet]})


def _send_one(asked: SendSms, number: str) -> dict[str, Any]:
    """Accept or refuse one number; the lock is held."""
    here = world()
    phone = rules.domestic(number)
    template = next((each for each in here.config.sms.templates if each.id == asked.TemplateId), None)
    body = rules.rendered(template, asked.TemplateParamSet) if template else None
    text = f"【{asked.SignName}】{body}"
    fate = _fate_of(phone)
    if phone is None:
        code = "InvalidParameterValue.IncorrectPhoneNumber"
    elif fate is not None and fate.code:
        code = fate.code
    elif asked.SignName != here.config.sms.sign_name:
        code = "FailedOperation.SignatureIncorrectOrUnapproved"
    elif template is None:
        code = "FailedOperation.TemplateIncorrectOrUnapproved"
    elif body is None:
        code = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    elif phone in here.sms.blacklist:
        code = "FailedOperation.PhoneNumberInBlacklist"
    elif here.sms.parts_used + rules.parts_of(text) > here.config.sms.package:
        code = "FailedOperation.InsufficientBalanceInSmsPackage"
    else:
        broken = rules.refusal_by_limit(here.sms.texts, phone=phone, text=text, now=here.now(), limits=here.config.sms)
        code = broken or rules.OK
    sent = _accept(asked, phone, text, fate) if phone is not None and code == rules.OK else None
    return {
        "SerialNo": sent.serial_no if sent else "",
        "PhoneNumber": phone or number,
        "Fee": sent.parts if sent else 0,
        "SessionContext": asked.SessionContext,
        "Code": code,
        "Message": rules.MESSAGES.get(code, code),
        "IsoCode": "CN" if phone else "",
    }


def _fate_of(phone: str | None) -> Fate | None:
    """Return the order that stands for this number, counted down."""
    fates = world().sms.fates
    for fate in fates:
        if fate.phone == phone:
            if fate.left is not None:
                fate.left -= 1
                if fate.left == 0:
                    fates.remove(fate)
            return fate
    return None


def _accept(asked: SendSms, phone: str, text: str, fate: Fate | None) -> Text:
    here = world()
    report = fate.report if fate else Report.SUCCESS
    now = here.now()
    sent = Text(
        serial_no=f"2640:{uuid.uuid4().int % 10**20:020d}",
        phone=phone,
        text=text,
        template_id=asked.TemplateId,
        params=list(asked.TemplateParamSet),
        session_context=asked.SessionContext,
        at=now,
        parts=rules.parts_of(text),
        on_phone=report is not Report.FAIL and here.deliver_text(phone, text),
        report=report,
        report_at=now + here.config.timing.sms_report_delay + (fate.report_delay if fate else 0),
    )
    here.sms.texts.append(sent)
    here.sms.parts_used += sent.parts
    return sent


def _pull(asked: PullSmsSendStatus) -> Response:
    """Hand out delivery reports that are ready, each once."""
    here = world()
    if asked.SmsSdkAppId != here.config.sms.sdk_app_id:
        raise Refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId 校验失败。")
    with here.change():
        ready = [
            each
            for each in here.sms.texts
            if not each.is_reported and each.report is not Report.MISSING and each.report_at <= here.now()
        ][: asked.Limit]
        for each in ready:
            each.is_reported = True
        return answered(
            {
                "PullSmsSendStatusSet": [
                    {
                        "UserReceiveTime": int(each.report_at),
                        "CountryCode": "86",
                        "PhoneNumber": each.phone,
                        "SubscriberNumber": each.phone.removeprefix("+86"),
                        "SerialNo": each.serial_no,
                        "ReportStatus": each.report.value,
                        "Description": "用户短信送达成功" if each.report is Report.SUCCESS else "用户短信接收失败",
                        "SessionContext": each.session_context,
                    }
                    for each in ready
                ]
            }
        )


# -- control -------------------------------------------------------------------------------------------------


class FateAsked(BaseModel):
    """Order what happens to the next messages to a number."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    phone: str
    count: int | None = Field(1, ge=1)
    code: str = ""
    report: Report = Report.SUCCESS
    report_delay: float = Field(0, ge=0)


@blueprint.get("/__sandbox/sms/messages")
def list_texts() -> Response:
    """Return what was accepted, oldest first; ``?phone=`` only one number's."""
    here, wanted = world(), rules.domestic(request.args.get("phone", ""))
    with here.lock:
        texts = [asdict(each) for each in here.sms.texts if wanted in (None, each.phone)]
    return jsonify(messages=texts)


@blueprint.route("/__sandbox/sms/blacklist/<number>", methods=["PUT", "DELETE"])
def change_blacklist(number: str) -> Response | tuple[Response, int]:
    phone, here = rules.domestic(number), world()
    if phone is None:
        return jsonify(error="not a mainland number"), 400
    with here.change():
        here.sms.blacklist = [each for each in here.sms.blacklist if each != phone]
        if request.method == "PUT":
            here.sms.blacklist.append(phone)
        return jsonify(blacklist=here.sms.blacklist)


@blueprint.get("/__sandbox/sms/fates")
def list_fates() -> Response:
    with world().lock:
        return jsonify(fates=[asdict(fate) for fate in world().sms.fates])


@blueprint.post("/__sandbox/sms/fates")
def order_fate() -> Response | tuple[Response, int]:
    """Order a refusal (``code``) or a failed, late or missing delivery report for a number."""
    try:
        asked = FateAsked.model_validate(request.get_json(force=True, silent=True) or {})
    except ValidationError as error:
        return jsonify(error=str(error)), 400
    phone = rules.domestic(asked.phone)
    if phone is None:
        return jsonify(error="not a mainland number"), 400
    fate = Fate(phone=phone, left=asked.count, code=asked.code, report=asked.report, report_delay=asked.report_delay)
    with world().change():
        world().sms.fates.append(fate)
    return jsonify(asdict(fate)), 201


@blueprint.delete("/__sandbox/sms/fates")
def clear_fates() -> Response:
    with world().change():
        world().sms.fates = []
    return jsonify(ok=True)

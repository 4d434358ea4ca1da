"""The short-message provider: signature, limits, mixed results, delivery reports."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from sandbox.config import SmsTemplate
from sandbox.sms import rules, tc3
from sandbox.world import World

HOUR, DAY = 3600, 24 * 3600
ONE, TWO = "+8613800000001", "+8613800000002"


@dataclass
class Client:
    """Signs by the book with the standard library only."""

    app: Flask

    def call(
        self,
        body: Any,
        *,
        action: str = "SendSms",
        version: str = "2021-01-11",
        secret_id: str = "AKIDexample",
        secret_key: str = "secret-key",
        shift: int = 0,
        uri: str = "/",
        sent: bytes | None = None,
        authorization: str | None = None,
        scope_service: str = "sms",
        names: str = "content-type;host;x-tc-action",
        **headers: str,
    ) -> dict[str, Any]:
        raw = json.dumps(body, ensure_ascii=False).encode()
        timestamp = int(time.time()) + shift
        date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
        canonical = (
            f"POST\n{uri}\n\ncontent-type:application/json; charset=utf-8\nhost:localhost\n"
            f"x-tc-action:{action.lower()}\n\n{names}\n{hashlib.sha256(raw).hexdigest()}"
        )
        scope = f"{date}/{scope_service}/tc3_request"
        text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"TC3" + secret_key.encode()
        for part in (date, scope_service, "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers = {
            "Authorization": authorization
            or f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}",
            "Content-Type": "application/json; charset=utf-8",
            "X-TC-Action": action,
            "X-TC-Version": version,
            "X-TC-Timestamp": headers.get("timestamp", str(timestamp)),
            "X-TC-Region": "ap-guangzhou",
        }
        answer = self.app.test_client().post("/sms/", data=raw if sent is None else sent, headers=headers)
        assert answer.status_code == 200
        response: dict[str, Any] = answer.json["Response"]
        assert response["RequestId"]
        return response

    def send(self, *phones: str, template: str = "100001", params: Any = ("123456", "5"), **other: Any) -> Any:
        body = {
            "PhoneNumberSet": list(phones),
            "SmsSdkAppId": "1400000001",
            "SignName": "示例医院",
            "TemplateId": template,
            "TemplateParamSet": list(params),
        }
        return self.call(body | other)

    def codes(self, *phones: str, **other: Any) -> list[str]:
        return [each["Code"] for each in self.send(*phones, **other)["SendStatusSet"]]


@pytest.fixture
def client(sandbox: Flask) -> Client:
    return Client(sandbox)


def error(response: dict[str, Any]) -> str:
    return str(response["Error"]["Code"])


def test_one_signature_worked_out_step_by_step():
    signed = tc3.Signed(
        method="POST",
        query="",
        headers={"content-type": "application/json", "host": "sms.tencentcloudapi.com"},
        body=b"{}",
    )
    canonical = (
        "POST\n/\n\ncontent-type:application/json\nhost:sms.tencentcloudapi.com\n\ncontent-type;host\n"
        + hashlib.sha256(b"{}").hexdigest()
    )
    to_sign = (
        "TC3-HMAC-SHA256\n1551113065\n2019-02-25/sms/tc3_request\n" + hashlib.sha256(canonical.encode()).hexdigest()
    )
    day = hmac.digest(b"TC3key", b"2019-02-25", "sha256")
    service = hmac.digest(day, b"sms", "sha256")
    signing = hmac.digest(service, b"tc3_request", "sha256")
    assert (
        tc3.signature(
            signed,
            secret_key="key",
            timestamp=1551113065,
            service="sms",
            signed_headers=["content-type", "host"],
        )
        == hmac.digest(signing, to_sign.encode(), "sha256").hex()
    )


def test_a_message_reaches_the_phone_of_its_number(client: Client, world: World):
    response = client.send(ONE, SessionContext="订单1")
    [status] = response["SendStatusSet"]
    assert (status["Code"], status["Message"]) == ("Ok", "send success")
    assert (status["PhoneNumber"], status["Fee"], status["SessionContext"], status["IsoCode"]) == (
        ONE,
        1,
        "订单1",
        "CN",
    )
    assert status["SerialNo"]
    [line] = world.chats["1"]
    assert (line.chat, line.body["text"]) == ("sms", "【示例医院】您的验证码为123456，5分钟内有效。")


def test_a_number_without_a_person_is_kept_all_the_same(client: Client, sandbox: Flask):
    assert client.codes(TWO) == ["Ok"]
    [sent] = sandbox.test_client().get("/__sandbox/sms/messages").json["messages"]
    assert (sent["phone"], sent["on_phone"], sent["params"]) == (TWO, False, ["123456", "5"])
    assert sandbox.test_client().get("/__sandbox/sms/messages?phone=13800000001").json["messages"] == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"secret_key": "other"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "AKIDother"}, "AuthFailure.SecretIdNotFound"),
        ({"sent": b"{ }"}, "AuthFailure.SignatureFailure"),
        ({"scope_service": "cvm"}, "AuthFailure.SignatureFailure"),
        ({"uri": "/other"}, "AuthFailure.SignatureFailure"),
        ({"shift": -301}, "AuthFailure.SignatureExpire"),
        ({"shift": 301}, "AuthFailure.SignatureExpire"),
        ({"authorization": "Bearer x"}, "AuthFailure.InvalidAuthorization"),
        ({"timestamp": "soon"}, "AuthFailure.InvalidAuthorization"),
        ({"names": "content-type;x-tc-action"}, "AuthFailure.SignatureFailure"),
        ({"names": "content-type;host;x-tc-action;x-tc-nothing"}, "AuthFailure.SignatureFailure"),
        ({"action": "SendEmail"}, "InvalidAction"),
        ({"version": "2019-07-11"}, "NoSuchVersion"),
    ],
)
def test_a_wrongly_signed_or_named_call_sends_nothing(client: Client, world: World, wrong: dict[str, Any], code: str):
    body = {"PhoneNumberSet": [ONE], "SmsSdkAppId": "1400000001", "TemplateId": "100002", "SignName": "示例医院"}
    assert error(client.call(body, **wrong)) == code
    assert world.sms.texts == []


def test_signing_the_path_that_is_really_called_passes_too(client: Client):
    body = {"PhoneNumberSet": [ONE], "SmsSdkAppId": "1400000001", "TemplateId": "100002", "SignName": "示例医院"}
    assert client.call(body, uri="/sms/")["SendStatusSet"][0]["Code"] == "Ok"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"PhoneNumberSet": []}, "InvalidParameter"),
        ({"PhoneNumberSet": ONE}, "InvalidParameter"),
        ({"PhoneNumberSet": [ONE] * 201}, "LimitExceeded.PhoneNumberCountLimit"),
        (
            {"PhoneNumberSet": [ONE, "+6591234567"]},
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ),
        ({"TemplateParamSet": [123456, 5]}, "InvalidParameter"),
        ({"SmsSdkAppId": "1400000009"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"SessionContext": "x" * 512}, "InvalidParameterValue"),
        ({"Colour": "red"}, "UnknownParameter"),
    ],
)
def test_a_wrong_request_is_refused_as_a_whole(client: Client, other: dict[str, Any], code: str):
    assert error(client.send(ONE, **other)) == code


def test_a_missing_field_is_named(client: Client):
    response = client.call({"PhoneNumberSet": [ONE]})
    assert error(response) == "MissingParameter"
    assert "SmsSdkAppId" in response["Error"]["Message"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"SignName": "别家医院"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"template": "999999"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"params": ["123456"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"params": ["123456", "5", "6"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"template": "100002"}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
    ],
)
def test_what_is_not_approved_is_refused_per_number(client: Client, world: World, other: dict[str, Any], code: str):
    assert client.codes(ONE, TWO, **other) == [code, code]
    assert world.sms.texts == []


def test_one_answer_may_hold_different_results(client: Client, sandbox: Flask):
    sandbox.test_client().put("/__sandbox/sms/blacklist/13800000002")
    statuses = client.send(ONE, TWO, "12345")["SendStatusSet"]
    assert [each["Code"] for each in statuses] == [
        "Ok",
        "FailedOperation.PhoneNumberInBlacklist",
        "InvalidParameterValue.IncorrectPhoneNumber",
    ]
    assert [each["Fee"] for each in statuses] == [1, 0, 0]
    assert [bool(each["SerialNo"]) for each in statuses] == [True, False, False]
    sandbox.test_client().delete("/__sandbox/sms/blacklist/13800000002")
    assert client.codes(TWO) == ["Ok"]
    assert sandbox.test_client().put("/__sandbox/sms/blacklist/1").status_code == 400


def test_one_message_in_thirty_seconds(client: Client, world: World):
    assert client.codes(ONE) == ["Ok"]
    world.advance(29)
    assert client.codes(ONE) == ["LimitExceeded.PhoneNumberThirtySecondLimit"]
    assert client.codes(TWO) == ["Ok"]
    world.advance(1)
    assert client.codes(ONE) == ["Ok"]


def numbered(client: Client, world: World, count: int, *, gap: float) -> list[str]:
    """Send that many different messages to one number."""
    codes = []
    for number in range(count):
        codes += client.codes(ONE, params=[str(number), "5"])
        world.advance(gap)
    return codes


def test_five_messages_an_hour(client: Client, world: World):
    assert numbered(client, world, 6, gap=60) == ["Ok"] * 5 + ["LimitExceeded.PhoneNumberOneHourLimit"]
    world.advance(HOUR - 6 * 60 + 1)
    assert client.codes(ONE) == ["Ok"]


def test_ten_messages_a_day(client: Client, world: World):
    assert numbered(client, world, 11, gap=HOUR) == ["Ok"] * 10 + ["LimitExceeded.PhoneNumberDailyLimit"]
    world.advance(3 * HOUR)
    assert client.codes(ONE) == ["Ok"]


def test_the_same_words_five_times_a_day(client: Client, world: World):
    for _ in range(5):
        assert client.codes(ONE) == ["Ok"]
        world.advance(HOUR)
    assert client.codes(ONE) == ["LimitExceeded.PhoneNumberSameContentDailyLimit"]
    assert client.codes(ONE, params=["654321", "5"]) == ["Ok"]


def test_a_number_twice_in_one_request_meets_the_limit(client: Client):
    assert client.codes(ONE, ONE) == ["Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"]


def test_an_empty_package(client: Client, world: World):
    world.sms.parts_used = 20
    assert client.codes(ONE) == ["FailedOperation.InsufficientBalanceInSmsPackage"]


@pytest.mark.parametrize(("length", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_long_texts_are_billed_in_parts(length: int, parts: int):
    assert rules.parts_of("字" * length) == parts


def test_a_parameter_that_looks_like_a_place_stays_as_it_is():
    template = SmsTemplate(id="1", text="{1}和{2}")
    assert rules.rendered(template, ["{2}", "x"]) == "{2}和x"


def test_reports_of_another_application_are_refused(client: Client):
    response = client.call({"Limit": 10, "SmsSdkAppId": "1400000009"}, action="PullSmsSendStatus")
    assert error(response) == "UnauthorizedOperation.SmsSdkAppIdVerifyFail"


def pulled(client: Client) -> list[dict[str, Any]]:
    answer = client.call({"Limit": 10, "SmsSdkAppId": "1400000001"}, action="PullSmsSendStatus")
    return list(answer["PullSmsSendStatusSet"])


def test_delivery_reports_come_once_and_a_moment_later(client: Client, world: World):
    [status] = client.send(ONE, SessionContext="c1")["SendStatusSet"]
    assert pulled(client) == []
    world.advance(1)
    [report] = pulled(client)
    assert (report["SerialNo"], report["ReportStatus"], report["SessionContext"]) == (
        status["SerialNo"],
        "SUCCESS",
        "c1",
    )
    assert pulled(client) == []


def test_a_report_may_fail_come_late_or_never(client: Client, world: World, sandbox: Flask):
    http = sandbox.test_client()
    http.post("/__sandbox/sms/fates", json={"phone": "13800000001", "report": "FAIL"})
    http.post("/__sandbox/sms/fates", json={"phone": "13800000002", "report": "MISSING"})
    http.post("/__sandbox/sms/fates", json={"phone": "13800000003", "report_delay": 600})
    client.send(ONE, TWO, "+8613800000003")
    world.advance(1)
    assert [(each["PhoneNumber"], each["ReportStatus"]) for each in pulled(client)] == [(ONE, "FAIL")]
    assert world.chats["1"] == []
    world.advance(600)
    assert [each["PhoneNumber"] for each in pulled(client)] == ["+8613800000003"]


def test_a_refusal_can_be_ordered_for_one_number(client: Client, world: World, sandbox: Flask):
    http = sandbox.test_client()
    order = {"phone": "13800000001", "code": "FailedOperation.ContainSensitiveWord", "count": 1}
    assert http.post("/__sandbox/sms/fates", json=order).status_code == 201
    assert len(http.get("/__sandbox/sms/fates").json["fates"]) == 1
    assert client.codes(ONE, TWO) == ["FailedOperation.ContainSensitiveWord", "Ok"]
    assert client.codes(ONE) == ["Ok"]
    http.post("/__sandbox/sms/fates", json=order)
    http.delete("/__sandbox/sms/fates")
    world.advance(30)
    assert client.codes(ONE) == ["Ok"]
    assert http.post("/__sandbox/sms/fates", json={"phone": "1"}).status_code == 400
    assert http.post("/__sandbox/sms/fates", json={"phone": "13800000001", "count": 0}).status_code == 400


def test_a_general_fault_answers_in_the_providers_shape(client: Client, world: World):
    world.faults.order("sms", "error", code="InternalError.Timeout", message="请求下发短信超时")
    assert error(client.send(ONE)) == "InternalError.Timeout"
    assert world.sms.texts == []


def test_every_call_is_on_record(client: Client, world: World):
    client.send(ONE)
    [call] = world.recorder.calls(endpoint="sms")
    assert ONE in call.body
    assert "send success" in call.answer

from __future__ import annotations

import json

import pytest
import responses

from wxapp.core import clock
from wxapp.sms.client import Sms
from wxapp.sms.config import SmsConfig
from wxapp.sms.errors import (
    BadNumber,
    Blacklisted,
    ConfigurationFault,
    RateLimited,
    SmsError,
    TemplateFault,
    Unavailable,
)
from wxapp.sms.signature import authorization

URL = "https://sms.test/"
PHONE, OTHER = "13800000001", "13800000002"


def config(**changes):
    values = {
        "secret_id": "id",
        "secret_key": "very-secret",
        "sdk_app_id": "1400000000",
        "sign_name": "示例医院",
        "url": "https://sms.test",
    }
    return SmsConfig(**{**values, **changes})


@pytest.fixture
def network():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def sms(network):
    return Sms(config(), now=clock.now)


def status(phone=PHONE, code="Ok", **changes):
    return {
        "SerialNo": f"serial-{phone}" if code == "Ok" else "",
        "PhoneNumber": f"+86{phone}",
        "Fee": 1 if code == "Ok" else 0,
        "Code": code,
        "Message": "send success" if code == "Ok" else "no",
        "IsoCode": "CN",
        **changes,
    }


def answer(network, *statuses):
    network.post(URL, json={"Response": {"SendStatusSet": list(statuses), "RequestId": "r-1"}})


def test_the_published_vector_of_the_signature():
    body = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    assert authorization(
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
        secret_key="Gu5t9xGARNpq86cd98joQYCN3*******",
        service="cvm",
        host="cvm.tencentcloudapi.com",
        timestamp=1551113065,
        body=body,
    ) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
    )


def test_a_message_is_sent_as_documented(sms, network):
    answer(network, status())
    receipt = sms.send(PHONE, template_id="1001", params=["123456", "5"], context="outbox-7")
    assert (receipt.serial_no, receipt.fee) == (f"serial-{PHONE}", 1)
    request = network.calls[0].request
    assert json.loads(request.body) == {
        "PhoneNumberSet": [f"+86{PHONE}"],
        "SmsSdkAppId": "1400000000",
        "SignName": "示例医院",
        "TemplateId": "1001",
        "TemplateParamSet": ["123456", "5"],
        "SessionContext": "outbox-7",
    }
    timestamp = int(clock.now().timestamp())
    assert request.headers["X-TC-Action"] == "SendSms"
    assert request.headers["X-TC-Version"] == "2021-01-11"
    assert request.headers["X-TC-Region"] == "ap-guangzhou"
    assert request.headers["X-TC-Timestamp"] == str(timestamp)
    assert request.headers["Authorization"] == authorization(
        secret_id="id",
        secret_key="very-secret",
        service="sms",
        host="sms.test",
        timestamp=timestamp,
        body=request.body,
    )


def test_each_number_has_its_own_result_whatever_the_order(sms, network):
    answer(network, status(OTHER, "FailedOperation.PhoneNumberInBlacklist"), status(PHONE))
    first, second = sms.send_all([PHONE, OTHER], template_id="1001", params=[])
    assert (first.phone, first.receipt.serial_no, first.error) == (PHONE, f"serial-{PHONE}", None)
    assert second.phone == OTHER
    assert isinstance(second.error, Blacklisted)


def test_a_number_that_the_answer_leaves_out_is_unknown(sms, network):
    answer(network, status(PHONE))
    _, missing = sms.send_all([PHONE, OTHER], template_id="1001", params=[])
    assert isinstance(missing.error, Unavailable)
    assert missing.error.sent is True


@pytest.mark.parametrize(
    ("code", "cls"),
    [
        ("LimitExceeded.PhoneNumberDailyLimit", RateLimited),
        ("LimitExceeded.Unheard", RateLimited),
        ("FailedOperation.PhoneNumberInBlacklist", Blacklisted),
        ("InvalidParameterValue.IncorrectPhoneNumber", BadNumber),
        ("FailedOperation.SignatureIncorrectOrUnapproved", TemplateFault),
        ("FailedOperation.TemplateIncorrectOrUnapproved", TemplateFault),
        ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", TemplateFault),
        ("FailedOperation.ContainSensitiveWord", TemplateFault),
        ("InvalidParameterValue.TemplateParameterLengthLimit", TemplateFault),
        ("FailedOperation.InsufficientBalanceInSmsPackage", ConfigurationFault),
        ("FailedOperation.MarketingSendTimeConstraint", RateLimited),
        ("InternalError.OtherError", Unavailable),
        ("FailedOperation.Unheard", SmsError),
    ],
)
def test_each_code_has_its_class(sms, network, code, cls):
    answer(network, status(PHONE, code))
    with pytest.raises(SmsError) as caught:
        sms.send(PHONE, template_id="1001", params=[])
    assert type(caught.value) is cls
    assert (caught.value.code, caught.value.request_id) == (code, "r-1")


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", 30),
        ("LimitExceeded.PhoneNumberOneHourLimit", 3600),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", 86400),
    ],
)
def test_a_limit_says_how_long_to_wait(sms, network, code, seconds):
    answer(network, status(PHONE, code))
    with pytest.raises(RateLimited) as caught:
        sms.send(PHONE, template_id="1001", params=[])
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("code", "cls"),
    [
        ("AuthFailure.SignatureFailure", ConfigurationFault),
        ("UnauthorizedOperation.SdkAppIdIsDisabled", ConfigurationFault),
        ("RequestLimitExceeded", RateLimited),
        ("InternalError", Unavailable),
    ],
)
def test_a_refused_call_is_an_error_of_all(sms, network, code, cls):
    network.post(URL, json={"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r-1"}})
    with pytest.raises(SmsError) as caught:
        sms.send_all([PHONE, OTHER], template_id="1001", params=[])
    assert type(caught.value) is cls


@pytest.mark.parametrize(
    "how",
    [{"status": 502, "body": "<html>"}, {"body": ""}, {"json": []}, {"json": {"Response": None}},
     {"body": "[" * 99_999}, {"json": {"Response": []}}, {"status": 500, "json": {"Response": {}}},
     {"json": {"Response": {"SendStatusSet": 5}}}, {"json": {"Response": {"SendStatusSet": [5]}}},
     {"status": 500, "json": {"Response": {"SendStatusSet": [{"PhoneNumber": f"+86{PHONE}", "Code": "Ok"}]}}},
     {"body": responses.ConnectionError("reset")}],
)  # fmt: skip
def test_an_unusable_answer_leaves_the_outcome_unknown(sms, network, how):
    network.post(URL, **how)
    with pytest.raises(Unavailable) as caught:
        sms.send(PHONE, template_id="1001", params=[])
    assert caught.value.sent is True


def test_an_error_without_a_code_is_an_error_all_the_same(sms, network):
    network.post(URL, json={"Response": {"Error": "broken"}})
    with pytest.raises(SmsError):
        sms.send(PHONE, template_id="1001", params=[])


@pytest.mark.parametrize(("fee", "counted"), [(2, 2), (None, 1)])
def test_a_long_message_counts_its_parts(sms, network, fee, counted):
    answer(network, status(Fee=fee))
    assert sms.send(PHONE, template_id="1001", params=[]).fee == counted


def test_a_closed_port_certainly_sent_nothing():
    with pytest.raises(Unavailable) as caught:
        Sms(config(url="http://127.0.0.1:9"), now=clock.now).send(PHONE, template_id="1001", params=[])
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "phones",
    [[], [PHONE] * 2, ["1380000000"], ["23800000001"], [f"1{number:010d}" for number in range(201)], ["１3800000001"]],
)
def test_numbers_that_are_none_are_not_sent(sms, phones):
    with pytest.raises(ValueError, match="number"):
        sms.send_all(phones, template_id="1001", params=[])


def test_a_context_that_is_too_long_is_not_sent(sms):
    with pytest.raises(ValueError, match="context"):
        sms.send(PHONE, template_id="1001", params=[], context="a" * 512)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_id": ""},
        {"secret_key": ""},
        {"sdk_app_id": ""},
        {"sign_name": ""},
        {"url": "sms.test"},
        {"url": "https://sms.test/"},
    ],
)
def test_a_configuration_that_can_not_work_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        config(**wrong)


def test_a_configuration_shows_no_secret():
    assert "very-secret" not in repr(config())

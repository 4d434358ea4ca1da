from __future__ import annotations

import pytest

from tests.wechat.against_sandbox.world import Outside
from wxapp.core import clock
from wxapp.sms.client import Sms
from wxapp.sms.config import SmsConfig
from wxapp.sms.errors import ConfigurationFault as SmsConfigurationFault
from wxapp.sms.errors import RateLimited, TemplateFault


def test_a_message_is_sent_and_the_next_one_within_half_a_minute_is_not(outside: Outside):
    assert outside.sms.send("13800000001", template_id="1001", params=["123456", "5"]).serial_no
    with pytest.raises(RateLimited) as caught:
        outside.sms.send("13800000001", template_id="1001", params=["654321", "5"])
    assert caught.value.retry_after == 30
    with pytest.raises(TemplateFault):
        outside.sms.send("13800000002", template_id="1001", params=["only one"])
    with pytest.raises(TemplateFault):
        outside.sms.send("13800000002", template_id="9999", params=[])


def test_a_wrong_key_for_sms_is_a_configuration_fault(outside: Outside):
    config = SmsConfig(**{**outside.sms._config.__dict__, "secret_key": "wrong"})
    with pytest.raises(SmsConfigurationFault):
        Sms(config, now=clock.now).send("13800000001", template_id="1001", params=["1", "5"])

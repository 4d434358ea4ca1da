"""The words with which each purpose is explained until staff write a newer version."""

from __future__ import annotations

from collections.abc import Mapping

from wxapp.patients.consent_models import Purpose

FIRST_VERSION = "2026-01"

FIRST_TEXTS: Mapping[Purpose, str] = {
    Purpose.BINDING: (
        "为核对您的就诊档案，我们需要您的姓名、证件号或病历号、手机号。这些信息仅用于确认身份、展示您在本院的订单、预约、"
        "报告与余额，加密保存在医院的服务器上，不提供给第三方。您可以随时在“我的—隐私”中查看、导出或解除绑定；不同意则"
        "无法绑定，但不影响您到院就诊。不满14周岁的就诊人，须由监护人同意并操作。"
    ),
    Purpose.REPORTS: (
        "检查、检验报告属于敏感个人信息。同意后，您可以在公众号内查看所绑定就诊人的报告、曲线与原件，每次查看都会留下"
        "记录；不同意则不在公众号内展示，您仍可到院领取纸质报告。"
    ),
    Purpose.MESSAGES: (
        "同意后，除支付、预约、验证码等办理业务必需的通知外，我们还会通过微信模板消息或短信提醒您报告进展、复查与服务"
        "动态；不同意则只发送必需的通知，其余内容留在站内信。"
    ),
    Purpose.MARKETING: (
        "同意后，我们会向您群发健康活动、体检优惠与院内资讯；不同意则群发时不再发送给您，不影响任何诊疗服务。"
    ),
}

"""Settings of the official account's answers and of binding."""

from __future__ import annotations

from wxapp.core.settings import Setting

WELCOME = Setting(
    "patients.welcome",
    "关注欢迎语",
    "您好，感谢关注！点击下面的链接即可使用各项服务：",
    kind="long_text",
    group="公众号",
    max_length=300,
    help="新关注的用户会收到这段话，其后自动附上菜单中各页面的链接",
)
TEXT_REPLY = Setting(
    "patients.text_reply",
    "收到留言时的回复",
    "您好，您的留言已转给客服，我们会在工作时间（8:00–17:30）尽快回复。如遇急症，请直接拨打120或到急诊科就诊。",
    kind="long_text",
    group="公众号",
    max_length=500,
)
TRANSFER_TO_SERVICE = Setting(
    "patients.transfer_to_service",
    "留言转接微信人工客服",
    False,
    kind="bool",
    group="公众号",
    help="开启后由微信的客服功能接待，不再自动回复",
)
CONSENT_TEXT = Setting(
    "patients.consent_text",
    "个人信息处理说明",
    "为核对您的就诊档案，我们需要您的姓名、证件号或病历号、手机号。这些信息仅用于确认身份、展示您在本院的订单、预约、"
    "报告与余额，加密保存在医院的服务器上，不提供给第三方。您可以随时在“我的—隐私”中查看、导出或解除绑定；不同意则无法"
    "绑定，但不影响您到院就诊。不满14周岁的就诊人，须由监护人同意并操作。",
    kind="long_text",
    group="公众号",
    max_length=2000,
    is_required=True,
)
CONSENT_VERSION = "2026-01"

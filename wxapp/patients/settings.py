"""Settings of records and of the official account's answers."""

from __future__ import annotations

from wxapp.core.settings import Setting


def _prefix_fault(text: str) -> str:
    return "" if text.isascii() and text.isalpha() and text.isupper() else "只能用大写字母"


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
RECORD_PREFIX = Setting(
    "patients.record_prefix",
    "病历号前缀",
    "HOSP",
    group="医院",
    max_length=6,
    help="病历号与到院单编号的开头，例如HOSP；修改后只影响新编的号码",
    is_required=True,
    check=_prefix_fault,
)

"""Texts that outside services have approved: SMS templates and the account's message templates."""

from __future__ import annotations

import json

from wxapp.messages import catalogue
from wxapp.messages.entry import Channel, Entry

_CODES = {
    "verification_code": "您的验证码是{1}，{2}分钟内有效，请勿告诉他人。",
    "balance_password": "您的储值卡初始余额密码为{1}，请尽快在公众号“我的—余额密码”中修改。",
}
"""What the configuration names under ``sms.templates``."""


def template_ids() -> dict[tuple[str, str], str]:
    """Return the ids that the message centre is given, by code and channel."""
    ids: dict[tuple[str, str], str] = {}
    for entry in catalogue.everything():
        for channel in (Channel.OA_TEMPLATE, Channel.SMS):
            if channel in entry.channels and entry.lines(channel):
                ids[entry.code, channel.value] = f"{entry.code}_{channel.value}"
    return ids


def sms_texts() -> dict[str, str]:
    """Return the text of each approved SMS template by its id; ``{1}`` is the first value."""
    texts = dict(_CODES)
    for entry in catalogue.everything():
        if Channel.SMS in entry.channels and entry.sms:
            values = "，".join(f"{line.label}{{{line.key}}}" for line in entry.sms)
            texts[f"{entry.code}_{Channel.SMS.value}"] = f"{entry.label}：{values}。"
    return texts


def config_templates() -> dict[str, str]:
    """Return what the configuration calls which SMS template."""
    return {name: name for name in _CODES}


def sandbox_templates() -> str:
    """Return the account's message templates as the sandbox reads them."""
    return "\n".join(
        _toml(entry) for entry in catalogue.everything() if Channel.OA_TEMPLATE in entry.channels and entry.oa
    )


def _toml(entry: Entry) -> str:
    content = "\n".join(f"{line.label}：{{{{{line.key}.DATA}}}}" for line in entry.oa)
    fields = {
        "template_id": f"{entry.code}_{Channel.OA_TEMPLATE.value}",
        "title": entry.label,
        "content": content,
    }
    return "[[templates]]\n" + "\n".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()
    )

"""What the platforms' templates look like when they are made after our catalogue: for the demo, the sandbox, tests.

A real hospital chooses templates in WeChat's library and has its SMS texts approved; staff then fill in their ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.messages import catalogue
from wxapp.messages.channels import CHANNELS
from wxapp.messages.entry import Channel, Entry


@dataclass(frozen=True)
class Specimen:
    """A platform's template for one message: its id there, title, and text with the platform's own placeholders."""

    code: str
    channel: Channel
    template_id: str
    title: str
    text: str


def specimens() -> list[Specimen]:
    """Return a template for every message in every channel that we have."""
    return [
        Specimen(entry.code, channel, _template_id(entry, channel), entry.label, _text(entry, channel))
        for entry in catalogue.everything()
        for channel in entry.ways
        if channel in CHANNELS
    ]


def template_ids() -> dict[tuple[str, str], str]:
    """Return the ids for ``services.templates.fill_defaults``."""
    return {(one.code, one.channel.value): one.template_id for one in specimens()}


def _template_id(entry: Entry, channel: Channel) -> str:
    name = entry.code.replace("_", "-")
    return f"tpl-{name}" if channel is Channel.OA_TEMPLATE else name


def _text(entry: Entry, channel: Channel) -> str:
    if channel is Channel.OA_TEMPLATE:
        return "\n".join(f"{line.label}：{{{{{line.key}.DATA}}}}" for line in entry.oa)
    parts = "，".join(f"{line.label}{{{line.key}}}" for line in entry.sms)
    return f"{entry.title}：{parts}。"

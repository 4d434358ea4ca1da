"""Logs: one JSON object a line, with the request's number; no personal data, no secrets, no line breaks in values."""

from __future__ import annotations

import logging

import structlog
from flask import g, has_request_context
from structlog.typing import EventDict, WrappedLogger


def configure(level: str) -> None:
    """Send what the standard library's loggers write to stderr as JSON lines. Calling it again changes the level."""
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_number,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    root = logging.getLogger()
    handler = next((known for known in root.handlers if known.get_name() == "wxapp"), None)
    if handler is None:
        handler = logging.StreamHandler()
        handler.set_name("wxapp")
        root.addHandler(handler)
    handler.setFormatter(formatter)
    root.setLevel(level)
    # These write addresses with tokens, headers and bodies at DEBUG.
    for name in ("urllib3", "wechatpayv3", "wechatpy", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_request_number(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if has_request_context():
        event.setdefault("request", g.get("request_no", "-"))
    return event

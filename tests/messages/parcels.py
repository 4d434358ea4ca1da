"""What the tests of deliveries share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.factories.messages import deliveries, make_template
from wxapp.core import clock
from wxapp.messages.entry import Channel
from wxapp.messages.models import Delivery, DeliveryState
from wxapp.wechat.errors import (
    WechatError,
    error_for,
)

MOVED = "pt_booking_0000003"
S = DeliveryState
At = Callable[[str | timedelta], None]


def both_ways() -> None:
    make_template(MOVED)
    make_template(MOVED, Channel.SMS)


def state_of(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.channel, delivery.state.value, delivery.reason_code


def states(message: object = None) -> list[tuple[str, str, str]]:
    return [state_of(each) for each in deliveries(message)]  # type: ignore[arg-type]


def error(code: int) -> WechatError:
    return error_for(code, f"message of {code}", now=clock.now())

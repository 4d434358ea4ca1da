"""How members of staff are told something: on the site, and by WeChat once they have linked theirs."""

from __future__ import annotations

from collections.abc import Sequence

from wxapp.messages import receivers
from wxapp.messages.entry import Channel
from wxapp.messages.receivers import Address
from wxapp.staff import queries
from wxapp.wechat import connected

RECEIVER = "staff"


def addresses_of_member(member_id: int) -> Sequence[Address]:
    """Return how a member is reached: the own WeChat user at the official account that sends our messages.

    An account that is off is reached nowhere.
    """
    appid = connected.clients().appid
    return [Address(Channel.OA_TEMPLATE, one.openid) for one in queries.wechat_of([member_id]) if one.appid == appid]


receivers.register(RECEIVER, addresses_of_member)

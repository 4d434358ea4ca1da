from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.wechat import FakeOfficialAccount
from wxapp.core import clock
from wxapp.wechat.jssdk import JsSdk, sign

TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"


@pytest.mark.parametrize("fragment", ["", "#top"])
def test_the_published_vector(fragment):
    url = "http://mp.weixin.qq.com?params=value" + fragment
    signature = sign(ticket=TICKET, nonce="Wm3WZYTPz0wzccnW", timestamp=1414587457, url=url)
    assert signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_all_pages_and_processes_use_one_ticket_until_it_ends(store, at):
    account = FakeOfficialAccount()
    for process in range(3):
        page = JsSdk("wx1", account, store=store, now=clock.now).config_for(f"https://h.test/{process}")
    assert page.signature == sign(ticket="ticket-1", nonce=page.nonce, timestamp=page.timestamp, url="https://h.test/2")
    assert (page.appid, page.timestamp) == ("wx1", int(clock.now().timestamp()))
    at(timedelta(seconds=6901))
    JsSdk("wx1", account, store=store, now=clock.now).config_for("https://h.test/")
    assert account.tickets_given == 2


def test_the_ticket_is_fetched_with_the_type_of_pages(account, wechat, calls):
    wechat.get(
        "https://api.test/cgi-bin/ticket/getticket",
        json={"errcode": 0, "errmsg": "ok", "ticket": "abc", "expires_in": 7200},
    )
    assert account.jsapi_ticket() == ("abc", 7200)
    assert calls("getticket")[0].params["type"] == "jsapi"

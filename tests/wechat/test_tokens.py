from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import responses

from tests.fakes.store import MemoryStore
from wxapp.core import clock
from wxapp.core.outgoing import Outgoing
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.errors import ConfigurationFault, TokenInvalid, Unavailable
from wxapp.wechat.leases import Fetched, Lease
from wxapp.wechat.tokens import AccessTokens

API = "https://api.test"
USER = f"{API}/cgi-bin/user/info"


@pytest.fixture
def access(config, store, tokens):
    return AccessTokens(config, store, Outgoing(), clock.now)


def test_a_token_is_fetched_once_and_shared_by_all_processes(config, store, access, tokens):
    another_process = AccessTokens(config, store, Outgoing(), clock.now)
    assert [access.get(), access.get(), another_process.get()] == ["token-1"] * 3
    assert tokens.given == 1


def test_a_token_is_not_handed_out_in_its_last_five_minutes(access, tokens, at):
    access.get()
    at(timedelta(seconds=7200 - 301))
    assert access.get() == "token-1"
    at(timedelta(seconds=2))
    assert access.get() == "token-2"


def test_a_token_near_its_end_is_still_kept_for_a_while(access, tokens, at):
    tokens.expires_in = 300
    access.get()
    at(timedelta(seconds=29))
    access.get()
    assert tokens.given == 1


def test_a_refused_token_that_was_replaced_meanwhile_is_not_replaced_again(access, store, tokens):
    access.get()
    store.set("wechat:token:wx0123456789abcdef", "newer", ttl=100)
    assert access.renew("token-1") == "newer"
    assert tokens.given == 1


def test_a_refused_token_is_replaced_once(access, tokens):
    assert access.renew(access.get()) == "token-2"
    assert access.get() == "token-2"


def test_many_threads_fetch_one_token(store):
    fetched = []

    def slow() -> Fetched:
        fetched.append(1)
        time.sleep(0.1)
        return Fetched("value", 7200)

    results = []
    # Four processes with three threads each: every process has a lease of its own.
    leases = [Lease(store, "key", slow) for _ in range(4)]
    threads = [threading.Thread(target=lambda lease=lease: results.append(lease.get())) for lease in leases * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["value"] * 12
    assert len(fetched) == 1


def test_many_threads_whose_token_was_refused_fetch_one_new_token(store):
    store.set("key", "dead", ttl=100)
    fetched = []

    def slow() -> Fetched:
        fetched.append(1)
        time.sleep(0.05)
        return Fetched("fresh", 7200)

    leases = [Lease(store, "key", slow) for _ in range(4)]
    threads = [threading.Thread(target=lease.renew, args=("dead",)) for lease in leases * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1


def test_who_waits_too_long_for_another_gets_an_error(store, monkeypatch, real_clock):
    monkeypatch.setattr("wxapp.wechat.leases.WAIT_SECONDS", 0.1)
    store.set("key:lock", "somebody", ttl=100)
    with pytest.raises(Unavailable) as caught:
        Lease(store, "key", lambda: Fetched("value", 7200)).get()
    assert caught.value.sent is False


def test_a_failed_fetch_frees_the_lock(store):
    def broken() -> Fetched:
        raise Unavailable("no", sent=True)

    with pytest.raises(Unavailable):
        Lease(store, "key", broken).get()
    assert Lease(store, "key", lambda: Fetched("value", 7200)).get() == "value"


def test_endless_40001_costs_one_refresh_and_one_retry(account: OfficialAccount, wechat, tokens, calls):
    wechat.get(USER, json={"errcode": 40001, "errmsg": "invalid credential rid: 1-2"})
    with pytest.raises(TokenInvalid):
        account.follower("o1")
    assert [request.params["access_token"] for request in calls("user/info")] == ["token-1", "token-2"]
    assert tokens.given == 2


def test_endless_40001_with_an_unchanging_token_ends_as_well(account, wechat, tokens, calls):
    tokens.same = True
    wechat.get(USER, json={"errcode": 42001, "errmsg": "expired"})
    with pytest.raises(TokenInvalid):
        account.follower("o1")
    assert len(calls("user/info")) == 2
    assert tokens.given == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_call_succeeds_with_a_fresh_token(account, wechat, code):
    wechat.get(USER, json={"errcode": code, "errmsg": "invalid"})
    wechat.get(USER, json={"subscribe": 0, "openid": "o1"})
    assert account.follower("o1").is_following is False


def test_an_upload_is_sent_again_whole_with_the_fresh_token(account, wechat, calls):
    upload = f"{API}/cgi-bin/media/upload"
    wechat.post(upload, json={"errcode": 40001, "errmsg": "invalid"})
    wechat.post(upload, json={"type": "image", "media_id": "m1", "created_at": 1})
    assert account.upload_media("image", name="a.png", content=b"picture-bytes", content_type="image/png") == "m1"
    assert [b"picture-bytes" in request.body for request in calls("media/upload")] == [True, True]


@pytest.mark.parametrize("code", [40001, 40125, 40013, 40164, 40243])
def test_a_wrong_secret_or_address_is_a_configuration_fault(config, store, wechat, code):
    errmsg = "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 6-7"
    wechat.post(f"{API}/cgi-bin/stable_token", json={"errcode": code, "errmsg": errmsg})
    with pytest.raises(ConfigurationFault) as caught:
        AccessTokens(config, store, Outgoing(), clock.now).get()
    assert (caught.value.errcode, caught.value.rid) == (code, "6-7")


def test_a_configuration_fault_is_not_asked_for_again_at_once(config, store, wechat, at):
    asked = wechat.post(f"{API}/cgi-bin/stable_token", json={"errcode": 40164, "errmsg": "not in whitelist"})
    access = AccessTokens(config, store, Outgoing(), clock.now)
    for _ in range(3):
        with pytest.raises(ConfigurationFault):
            access.get()
    assert asked.call_count == 1
    at(timedelta(seconds=61))
    with pytest.raises(ConfigurationFault):
        access.get()
    assert asked.call_count == 2


@pytest.mark.parametrize(
    "answer", [{}, {"access_token": ""}, {"access_token": "t"}, {"access_token": 1, "expires_in": 1}]
)
def test_an_answer_without_a_token_is_no_token(config, wechat, answer):
    wechat.post(f"{API}/cgi-bin/stable_token", json=answer)
    with pytest.raises(Unavailable):
        AccessTokens(config, MemoryStore(), Outgoing(), clock.now).get()


def test_no_error_shows_a_token_or_the_secret(account, wechat):
    import traceback

    wechat.get(USER, body=responses.ConnectionError("https://api.test/?access_token=token-1"))
    with pytest.raises(Unavailable) as caught:
        account.follower("o1")
    assert "token-1" not in "".join(traceback.format_exception(caught.value))
    wechat.post(f"{API}/cgi-bin/message/custom/send", json={"errcode": 45015, "errmsg": "out of time"})
    with pytest.raises(Exception) as refused:  # noqa: PT011
        account.send_text("o1", "hello")
    assert refused.value.__context__ is None

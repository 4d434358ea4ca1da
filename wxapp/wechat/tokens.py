"""The account's access token: one holder per appid, by ``stable_token`` in normal mode.

Normal mode hands out the token that is valid now, so a lost or late store can't start a war of workers that
kill each other's tokens; ``force_refresh`` is only for a leaked token and is never used here. Source: wechat.md 2.1.
"""

from __future__ import annotations

import json

from wxapp.core.outgoing import Outgoing
from wxapp.wechat.answers import object_of, post_json
from wxapp.wechat.config import MiniProgramConfig, OfficialAccountConfig
from wxapp.wechat.errors import Unavailable, token_error_for
from wxapp.wechat.interfaces import Now, TokenStore
from wxapp.wechat.leases import Fetched, Lease


class AccessTokens:
    """Hands out the access token and replaces one that was refused."""

    def __init__(
        self, config: OfficialAccountConfig | MiniProgramConfig, store: TokenStore, http: Outgoing, now: Now
    ) -> None:
        self._config = config
        self._http = http
        self._now = now
        self._lease = Lease(store, f"wechat:token:{config.appid}", self._fetch)

    def get(self) -> str:
        """Return the token that all processes use now.

        :raises WechatError: there is none and it can't be fetched.
        """
        return self._lease.get()

    def renew(self, failed: str) -> str:
        """Return a token to use after ``failed`` was refused: another's fresh one if there is, else a new one."""
        return self._lease.renew(failed)

    def _fetch(self) -> Fetched:
        asked = {"grant_type": "client_credential", "appid": self._config.appid, "secret": self._config.secret}
        response = post_json(
            self._http,
            f"{self._config.api_url}/cgi-bin/stable_token",
            json.dumps({**asked, "force_refresh": False}).encode(),
        )
        answer = object_of(response, now=self._now(), error=token_error_for)
        token, expires_in = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(token, str) and token and isinstance(expires_in, int)):
            raise Unavailable("no token in the answer", sent=True)
        return Fetched(token, expires_in)

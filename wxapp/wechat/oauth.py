"""Log-in by the WeChat browser (web OAuth2). Keeps no state, so patients can't be mixed up.

wechatpy's class is not used: it keeps openid and token on the instance and has no time-outs.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from wxapp.core.outgoing import Outgoing
from wxapp.wechat import answers
from wxapp.wechat.config import OfficialAccountConfig
from wxapp.wechat.errors import Unavailable
from wxapp.wechat.interfaces import Now
from wxapp.wechat.values import OAuthIdentity, OAuthProfile

BASE = "snsapi_base"
"""Gives the openid silently."""
USERINFO = "snsapi_userinfo"
"""Asks the person; gives name, picture and unionid too."""

_STATE = re.compile(r"[0-9A-Za-z]{1,128}")


class OAuth:
    """The authorize page and the exchange of its code. Safe to share between threads."""

    def __init__(self, config: OfficialAccountConfig, *, now: Now, http: Outgoing | None = None) -> None:
        self._config = config
        self._now = now
        self._http = http or Outgoing(config.limits, proxy=config.proxy)

    def authorize_url(self, *, return_url: str, state: str, scope: str = BASE) -> str:
        """Return where to send the browser; it comes back to ``return_url`` with ``code`` and ``state``.

        The order of the parameters matters to WeChat in practice.
        """
        if not _STATE.fullmatch(state):
            raise ValueError("state has 1 to 128 letters and digits")
        if scope not in (BASE, USERINFO):
            raise ValueError("unknown scope")
        return (
            f"{self._config.open_url}/connect/oauth2/authorize?appid={self._config.appid}"
            f"&redirect_uri={quote(return_url, safe='')}&response_type=code&scope={scope}&state={state}#wechat_redirect"
        )

    def exchange(self, code: str) -> OAuthIdentity:
        """Return who the code stands for. A code works once and for five minutes.

        :raises OAuthCodeInvalid: used (also by a double redirect), too old, or another account's: log in again.
        """
        answer = self._get(
            "sns/oauth2/access_token",
            {
                "appid": self._config.appid,
                "secret": self._config.secret,
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        openid, token = answer.get("openid"), answer.get("access_token")
        if not (isinstance(openid, str) and openid and isinstance(token, str) and token):
            raise Unavailable("no openid in the answer", sent=True)
        return OAuthIdentity(
            openid=openid,
            scope=str(answer.get("scope", "")),
            access_token=token,
            refresh_token=str(answer.get("refresh_token", "")),
            unionid=str(answer.get("unionid") or ""),
            is_snapshot_user=answer.get("is_snapshotuser") in (1, "1", True),
        )

    def profile(self, identity: OAuthIdentity) -> OAuthProfile:
        """Return what a person who agreed to ``snsapi_userinfo`` shows."""
        asked = {"access_token": identity.access_token, "openid": identity.openid, "lang": "zh_CN"}
        answer = self._get("sns/userinfo", asked)
        return OAuthProfile(
            openid=identity.openid,
            nickname=str(answer.get("nickname") or ""),
            avatar_url=str(answer.get("headimgurl") or ""),
            unionid=str(answer.get("unionid") or ""),
        )

    def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        response = answers.get(self._http, f"{self._config.api_url}/{path}", params)
        return answers.object_of(response, now=self._now())

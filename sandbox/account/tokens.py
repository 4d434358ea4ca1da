"""Access tokens of the two endpoints; neither kills the other's."""

from __future__ import annotations

import re
import secrets

from sandbox.account.errors import ApiError
from sandbox.account.state import Token
from sandbox.world import World

LIFE = 7200
OVERLAP = 300
"""In its last five minutes a stable token gets a successor, and both work."""
KEEP = 86_400
"""Dead tokens are remembered for a day, to tell "expired" from "never seen"."""


def check(world: World, token: str, *, appid: str = "") -> None:
    """Accept a token of this app that is alive.

    :raises ApiError: 41001 none given, 40014 malformed, 40001 unknown or replaced, 42001 expired.
    """
    if not token:
        raise ApiError(41001)
    if not re.fullmatch(r"[A-Za-z0-9_-]{20,512}", token):
        raise ApiError(40014)
    now = world.now()
    with world.lock:
        found = world.account.tokens.get(token)
        if found is None or found.appid != appid or (found.dies_at is not None and found.dies_at <= now):
            raise ApiError(40001)
        if found.expires_at <= now:
            raise ApiError(42001)


def check_caller(world: World, *, appid: str, secret: str, address: str) -> str:
    """Accept a caller who may fetch a token, and return under which name its tokens are kept.

    :raises ApiError: 41002, 40013, 41004, 40125, 40164.
    """
    account, program = world.config.official_account, world.config.mini_program
    known = {account.appid: account.secret, program.appid: program.secret}
    if not appid:
        raise ApiError(41002)
    if appid not in known:
        raise ApiError(40013)
    if not secret:
        raise ApiError(41004)
    if not secrets.compare_digest(secret.encode(), known[appid].encode()):
        raise ApiError(40125)
    if account.ip_allow_list and address not in account.ip_allow_list:
        raise ApiError(40164, f"invalid ip {address} ipv6 ::ffff:{address}, not in whitelist")
    return "" if appid == account.appid else appid


def issue(world: World, *, appid: str = "") -> tuple[str, int]:
    """Issue a token of ``/cgi-bin/token``; the one before dies after a short grace."""
    with world.change():
        now = world.now()
        for token in world.account.tokens.values():
            if not token.stable and token.dies_at is None and token.appid == appid:
                token.dies_at = now + world.config.timing.token_grace
        return _new(world, stable=False, appid=appid), LIFE


def issue_stable(world: World, *, force: bool, appid: str = "") -> tuple[str, int]:
    """Return the stable token and the seconds it has left (300 to 7200), or force a new one.

    A forced refresh within 30 s of the one before changes nothing.

    :raises ApiError: more than 20 forced refreshes in a day.
    """
    with world.change():
        now, state, limits = world.now(), world.account, world.config.limits
        current = max(
            (
                (key, token)
                for key, token in state.tokens.items()
                if token.stable and token.dies_at is None and token.appid == appid
            ),
            key=lambda pair: pair[1].expires_at,
            default=None,
        )
        if force:
            state.force_refreshes = [at for at in state.force_refreshes if at > now - KEEP]
            too_soon = bool(state.force_refreshes) and now - state.force_refreshes[-1] < limits.force_refresh_gap
            if not too_soon:
                midnight = world.local_time().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
                if sum(at >= midnight for at in state.force_refreshes) >= limits.force_refresh_daily:
                    raise ApiError(limits.excess_force_refresh)
                state.force_refreshes.append(now)
                for token in state.tokens.values():
                    if token.stable and token.appid == appid:
                        token.dies_at = min(now, token.dies_at if token.dies_at is not None else now)
                current = None
        if current is not None and current[1].expires_at - now > OVERLAP:
            return current[0], int(current[1].expires_at - now)
        return _new(world, stable=True, appid=appid), LIFE


def _new(world: World, *, stable: bool, appid: str) -> str:
    now = world.now()
    state = world.account
    state.tokens = {key: token for key, token in state.tokens.items() if token.expires_at > now - KEEP}
    value = f"{len(state.tokens) % 90 + 10}_{secrets.token_urlsafe(96)}"
    state.tokens[value] = Token(stable=stable, expires_at=now + LIFE, appid=appid)
    return value

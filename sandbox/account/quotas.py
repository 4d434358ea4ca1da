"""Daily quotas per path; they start anew at midnight in Beijing."""

from __future__ import annotations

from sandbox.account.errors import ApiError
from sandbox.world import World


def limit(world: World, path: str) -> int:
    """Return how often a path may be called in a day."""
    limits = world.config.limits
    named = {
        "/cgi-bin/token": limits.token_daily,
        "/cgi-bin/message/template/send": limits.template_daily,
        "/cgi-bin/menu/create": limits.menu_daily,
        "/cgi-bin/qrcode/create": limits.qrcode_daily,
    }
    return world.account.quota_limits.get(path, named.get(path, limits.default_daily))


def used(world: World, path: str) -> int:
    """Return how often it has been called today, failed calls included."""
    return world.account.quota_used.get(f"{world.today()} {path}", 0)


def count(world: World, path: str) -> None:
    """Count one call.

    :raises ApiError: 45009, the quota of the day is used up.
    """
    with world.lock:
        if used(world, path) >= limit(world, path):
            raise ApiError(45009)
        today = world.today()
        # Only today's counters are of use.
        kept = {key: number for key, number in world.account.quota_used.items() if key.startswith(today)}
        kept[f"{today} {path}"] = kept.get(f"{today} {path}", 0) + 1
        world.account.quota_used = kept


def reset(world: World) -> None:
    """Start all counters anew.

    :raises ApiError: 48006, the resets of the month are used up.
    """
    with world.change():
        month = world.today()[:7]
        resets = world.account.quota_resets.get(month, 0)
        if resets >= world.config.limits.quota_resets_monthly:
            raise ApiError(48006)
        world.account.quota_resets[month] = resets + 1
        world.account.quota_used = {}

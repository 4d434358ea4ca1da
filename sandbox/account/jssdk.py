"""The JS-SDK ticket, the check of ``wx.config``, and the cards that pages set."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from sandbox.account.state import SharedCard
from sandbox.world import World

LIFE = 7200
MOST_CARDS = 100


class BadConfig(Exception):
    """``wx.config`` would fail; the text is what ``wx.error`` gets."""


def ticket(world: World) -> tuple[str, int]:
    """Return the ticket and the seconds it has left; the same one while it lives."""
    with world.change():
        now, state = world.now(), world.account
        if not state.ticket or state.ticket_expires_at <= now:
            state.ticket = secrets.token_urlsafe(64)
            state.ticket_expires_at = now + LIFE
        return state.ticket, int(state.ticket_expires_at - now)


def signature(*, ticket: str, noncestr: str, timestamp: str, url: str) -> str:
    """Sign a page: SHA-1 over the four values in this order, nothing URL-encoded."""
    text = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()


def check(world: World, *, appid: str, noncestr: str, timestamp: str, url: str, given: str) -> None:
    """Accept what a page passed to ``wx.config``.

    ``url`` is the address the browser shows; its fragment is never part of the signature.

    :raises BadConfig: another AppID, no living ticket, or a signature over something else.
    """
    if appid != world.config.official_account.appid:
        raise BadConfig("config:invalid appid")
    with world.lock:
        current, alive = world.account.ticket, world.account.ticket_expires_at > world.now()
    if not current or not alive:
        raise BadConfig("config:invalid signature")
    wanted = signature(ticket=current, noncestr=noncestr, timestamp=timestamp, url=url.split("#", maxsplit=1)[0])
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise BadConfig("config:invalid signature")


class BadCard(Exception):
    """The page's card is not taken; the text is what the page hears."""


def keep_card(world: World, card: SharedCard) -> None:
    """Keep what a page is shared as.

    :raises BadCard: no title, or its link leads to another host than the page: WeChat demands a safe domain (安全域名)
    """
    if not card.title:
        raise BadCard("title is empty")
    if card.link and urlsplit(card.link).netloc != urlsplit(card.page).netloc:
        raise BadCard("link is not in the safe domains")
    with world.change():
        cards = world.account.shared_cards
        cards.append(card)
        del cards[:-MOST_CARDS]

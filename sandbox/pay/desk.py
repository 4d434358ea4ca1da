"""The merchant's desk at WeChat Pay: books, keys, outbox and ordered misdeeds behind the world's lock.

One desk per application, in ``app.extensions["pay_desk"]``. ``tick`` does all that is due and can be called by a
test; ``start`` lets a thread call it until the world stops.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from flask import current_app

from sandbox.pay import refunds, transfers
from sandbox.pay.books import Books
from sandbox.pay.errors import sign_error
from sandbox.pay.keys import KeyRing, Mode, new_key
from sandbox.pay.outbox import Outbox, Send
from sandbox.pay.twists import Twists
from sandbox.people import Person
from sandbox.world import UnknownPerson, World

TICK_SECONDS = 0.2

log = logging.getLogger(__name__)


class Desk:
    """What the views, the cashier and the control routes work with.

    ``wall`` is the real time: signatures go by it, while lives and deadlines go by the sandbox's own clock,
    which tests may advance without making every request of the backend look stale.
    """

    def __init__(
        self,
        world: World,
        *,
        wall: Callable[[], float] = time.time,
        send: Send | None = None,
        dice: random.Random | None = None,
    ) -> None:
        self.world = world
        self.wall = wall
        self.dice = dice or random.Random()
        self.twists = Twists(world)
        self.outbox = Outbox(self, send=send)
        self.transfer_rate = transfers.Rate()
        self.cancel_rate = transfers.Rate()
        self._keys: KeyRing | None = None
        self._keys_of: object = None
        self._thread: threading.Thread | None = None
        self._merchant_key: RSAPublicKey | None = None
        self._platform_key: RSAPrivateKey | None = None

    # -- what is known --------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the sandbox's time."""
        return self.world.now()

    @property
    def books(self) -> Books:
        """The books; read and write them under the world's lock."""
        with self.world.lock:
            books = self.world.pay.books
            pay = self.world.config.pay
            books.open_account(pay.opening_balance_fen, operating_fen=pay.opening_operating_fen, now=self.now())
            return books

    @property
    def appids(self) -> tuple[str, ...]:
        """The AppIDs tied to the merchant."""
        config = self.world.config
        return (config.official_account.appid, config.mini_program.appid, *config.pay.other_appids)

    def person_of(self, *, appid: str, openid: str) -> Person | None:
        """Return whose openid this is under the AppID."""
        try:
            return self.world.person_by_openid(openid, appid)
        except UnknownPerson:
            return None

    @property
    def old_spelling(self) -> bool:
        chosen = self.world.pay.old_spelling
        return self.world.config.pay.old_spelling if chosen is None else chosen

    @property
    def probe_rate(self) -> float:
        chosen = self.world.pay.probe_rate
        return self.world.config.pay.probe_rate if chosen is None else chosen

    # -- keys -----------------------------------------------------------------------------------------------

    @property
    def keys(self) -> KeyRing:
        """The keys; they start anew when the world does.

        :raises PayRefusal: 401, no key of the merchant is configured.
        """
        pay = self.world.config.pay
        with self.world.lock:
            if self._keys is None or self._keys_of is not self.world.pay:
                self._keys = KeyRing(
                    merchant_serial=pay.merchant_serial,
                    merchant_key=self._read_merchant_key(),
                    platform_key=self._read_platform_key(),
                    platform_key_id=pay.platform_key_id,
                    apiv3_key=pay.apiv3_key,
                    mode=self.world.pay.mode or pay.mode,
                )
                self._keys_of = self.world.pay
            return self._keys

    def switch_mode(self, mode: Mode) -> None:
        """Sign with the other kind of key from now on."""
        with self.world.change():
            self.world.pay.mode = mode
            self.keys.mode = mode

    def _read_merchant_key(self) -> RSAPublicKey:
        if self._merchant_key is None:
            path = self.world.config.pay.merchant_public_key_file
            if path is None:
                raise sign_error("沙箱没有配置商户公钥")
            self._merchant_key = cast("RSAPublicKey", serialization.load_pem_public_key(path.read_bytes()))
        return self._merchant_key

    def _read_platform_key(self) -> RSAPrivateKey:
        if self._platform_key is None:
            path = self.world.config.pay.platform_private_key_file
            if path is None:
                self._platform_key = new_key()
            else:
                self._platform_key = cast("RSAPrivateKey", serialization.load_pem_private_key(path.read_bytes(), None))
        return self._platform_key

    # -- work in the background -----------------------------------------------------------------------------

    def tick(self) -> int:
        """Settle the refunds and transfers and send the notifications that are due now; return how many of all."""
        return refunds.settle_due(self) + transfers.settle_due(self) + self.outbox.send_due()

    def start(self) -> None:
        """Tick in a thread until the world stops."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pay", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self.world.stopping.is_set():
            try:
                self.tick()
            except Exception:  # the outermost frame of the thread: without it notifications would just end
                log.exception("a tick failed")
            self.outbox.hurry.wait(TICK_SECONDS)
            self.outbox.hurry.clear()


def desk() -> Desk:
    """Return the desk of the running application."""
    return cast("Desk", current_app.extensions["pay_desk"])

"""Timed work of the message centre."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from wxapp.core.db import repeat_on_conflict
from wxapp.core.threads import carried, stopping
from wxapp.messages.channels import CHANNELS, NotSent, Parcel, Retry
from wxapp.messages.services import broadcasts, cleaning, delivering
from wxapp.messages.services.delivering import Claimed

log = logging.getLogger(__name__)

IN_FLIGHT = 64
"""Calls to the platforms at the same time: throughput is set by their answer time, not by us."""

_pool: list[ThreadPoolExecutor] = []
_pool_lock = threading.Lock()

Send = Callable[[Parcel], str]


def deliver_due(*, limit: int = 20_000, in_flight: int = IN_FLIGHT) -> int:
    """Send what is due, up to so many calls at once; return how many deliveries came to a result.

    Calls run in threads, everything in the database happens here, one transaction per result. When the process
    is asked to end, what is in flight is still written down.
    """
    delivering.take_back_lapsed()
    forms = delivering.forms()
    send = carried(_send)
    flying: dict[Future[str], Claimed] = {}
    results = begun = 0
    dry = False
    while True:
        room = min(in_flight - len(flying), limit - begun)
        # A new claim only when a good part of the room is free again: one claim for many, not one for each.
        if not dry and not stopping.is_set() and room > 0 and (room >= in_flight // 4 or not flying):
            claimed = repeat_on_conflict(partial(delivering.claim, room))
            dry = len(claimed) < room
            begun += len(claimed)
            for each in claimed:
                try:
                    flying[_threads().submit(send, delivering.parcel(each, forms))] = each
                except NotSent as failure:
                    results += _record(each, failure)
                    dry = False  # the next channel's delivery may be due already
        if not flying:
            return results
        done, _ = wait(flying, return_when=FIRST_COMPLETED)
        for future in done:
            outcome = _outcome(future)
            results += _record(flying.pop(future), outcome)
            dry = dry and not isinstance(outcome, NotSent)


def _send(parcel: Parcel) -> str:
    return CHANNELS[parcel.channel].send(parcel)


def _outcome(future: Future[str]) -> str | NotSent:
    try:
        return future.result()
    except NotSent as failure:
        return failure
    except Exception as fault:  # the outermost loop of the job: a fault in one parcel stops no other
        log.exception("a channel failed in a way it should not")
        return Retry("fault", f"程序异常：{type(fault).__name__}")


def _record(claimed: Claimed, outcome: str | NotSent) -> int:
    try:
        if isinstance(outcome, NotSent):
            return repeat_on_conflict(lambda: delivering.record_failure(claimed, outcome))
        return repeat_on_conflict(lambda: delivering.record_sent(claimed, outcome))
    except Exception:  # one result that can't be written must not leave sixty others unwritten; its lease runs out
        log.exception("delivery %s: the result could not be written", claimed.id)
        return 0


def _threads() -> ThreadPoolExecutor:
    with _pool_lock:
        if not _pool:
            _pool.append(ThreadPoolExecutor(max_workers=IN_FLIGHT, thread_name_prefix="deliver"))
        return _pool[0]


def broadcast() -> int:
    """Let running broadcasts go on by one step each; return how many people were told."""
    told = 0
    for each in broadcasts.running():
        try:
            told += repeat_on_conflict(partial(broadcasts.go_on, each))
        except Exception:  # one broadcast that can't go on stops no other
            log.exception("broadcast %s can't go on", each)
    return told


def remove_old() -> int:
    """Remove what is older than the hospital keeps messages; return how many."""
    return cleaning.remove_old()

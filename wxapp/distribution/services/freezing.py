"""What an order may earn for whom, written down in the order's own transaction: whatever changes later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wxapp.core import clock
from wxapp.core.db import insert_row, insert_rows
from wxapp.distribution import settings
from wxapp.distribution.models import Attribution, AttributionOutcome, Commission, DistributorStatus, Level
from wxapp.distribution.queries.attributions import Claim, Person, claims_on
from wxapp.distribution.rules.commission import NONE, Line, Part, Split, split
from wxapp.staff import queries as staff

_NOBODY = Split(NONE, NONE)


def freeze(order_no: str, *, buyer_id: int) -> None:
    """Write down whose sale each line of an order is and what it may earn.

    Runs inside the transaction that places the order. What it reads is one snapshot: of a change at the same moment an
    order has all or nothing. It locks nothing that others want: it waits only while this very distributor or these
    very terms are just being changed, because what it writes refers to them. People who came by nobody cost one query.
    """
    since = clock.now() - timedelta(days=settings.ATTRIBUTION_DAYS())
    claims = claims_on(order_no, buyer_id=buyer_id, since=since)
    if not claims:
        return
    commissions: list[dict[str, Any]] = []
    for claim, outcome, parts in _weigh(claims, _Order(buyer_id, _staff_among(claims))):
        attribution_id = insert_row(Attribution, **_attribution(order_no, buyer_id, claim, outcome))
        commissions += _commissions(order_no, attribution_id, claim, parts)
    insert_rows(Commission, commissions)


@dataclass(frozen=True)
class _Order:
    """Who buys, and which of the phones concerned belong to people who work here."""

    buyer_id: int
    staff_phones: set[str]


def _staff_among(claims: Sequence[Claim]) -> set[str]:
    people = [person for claim in claims for person in (claim.seller, claim.inviter)]
    return staff.staff_phones({person.phone for person in people if person is not None})


def _weigh(claims: Sequence[Claim], order: _Order) -> Iterator[tuple[Claim, AttributionOutcome, Split]]:
    outcomes = [_outcome(claim, order) for claim in claims]
    sold = [
        Line(claim.line_fen, claim.quantity, claim.standing.terms.rate, has_inviter=_has_inviter(claim, order))
        for claim, outcome in zip(claims, outcomes, strict=True)
        if outcome is AttributionOutcome.PAYS and claim.standing.terms is not None
    ]
    shares = iter(split(sold, cap_fen=settings.ORDER_CAP()))
    for claim, outcome in zip(claims, outcomes, strict=True):
        if outcome is not AttributionOutcome.PAYS:
            yield claim, outcome, _NOBODY
        else:
            parts = next(shares)
            yield claim, outcome if parts.seller.fen else AttributionOutcome.NOTHING, parts


def _outcome(claim: Claim, order: _Order) -> AttributionOutcome:
    """Return whether the line earns. Who can't earn has no second behind him: then it is nobody's sale."""
    if not settings.IS_OPEN():
        return AttributionOutcome.CLOSED
    if claim.seller.status is not DistributorStatus.ACTIVE:
        return AttributionOutcome.NOT_ACTIVE
    if claim.seller.phone in order.staff_phones:
        return AttributionOutcome.STAFF
    if claim.seller.wechat_user_id == order.buyer_id and not settings.OWN_ORDERS_PAY():
        return AttributionOutcome.OWN
    return claim.standing.outcome


def _has_inviter(claim: Claim, order: _Order) -> bool:
    """Whether somebody may earn beside the seller: one level above, and none beyond (禁止传销条例)."""
    above = claim.inviter
    return (
        settings.DEPTH() > 1
        and above is not None
        and above.status is DistributorStatus.ACTIVE
        and above.phone not in order.staff_phones
        and above.wechat_user_id != order.buyer_id
    )


def _attribution(order_no: str, buyer_id: int, claim: Claim, outcome: AttributionOutcome) -> dict[str, Any]:
    return {
        "order_no": order_no,
        "order_line_id": claim.line_id,
        "goods_id": claim.goods_id,
        "goods_name": claim.goods_name,
        "quantity": claim.quantity,
        "line_fen": claim.line_fen,
        "buyer_id": buyer_id,
        "distributor_id": claim.seller.id,
        "way": claim.way,
        "opened_at": claim.opened_at,
        "outcome": outcome,
        "terms_id": claim.standing.terms and claim.standing.terms.id,
        "placed_at": claim.placed_at,
    }


def _commissions(order_no: str, attribution_id: int, claim: Claim, parts: Split) -> Iterator[dict[str, Any]]:
    terms = claim.standing.terms
    levels: tuple[tuple[Level, Person | None, Part], ...] = (
        (Level.SELLER, claim.seller, parts.seller),
        (Level.INVITER, claim.inviter, parts.inviter),
    )
    for level, person, part in levels:
        if terms is None or person is None or not part.fen:
            continue
        yield {
            "attribution_id": attribution_id,
            "order_no": order_no,
            "order_line_id": claim.line_id,
            "distributor_id": person.id,
            "level": level,
            "way": terms.way,
            "rate": terms.seller if level is Level.SELLER else terms.inviter,
            "terms_id": terms.id,
            "line_fen": claim.line_fen,
            "frozen_fen": part.fen,
            "cap_fen": settings.ORDER_CAP() if part.is_cut else None,
            "wait_days": settings.WAIT_DAYS(),
            "placed_at": claim.placed_at,
        }

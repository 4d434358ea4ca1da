"""How staff's pages call terms and what they pay."""

from __future__ import annotations

from collections.abc import Iterable

from wxapp.admin.cells import Badge
from wxapp.core.money import yuan
from wxapp.distribution.explaining import rate_text
from wxapp.distribution.models import AttributionOutcome, Terms, TermsStatus, TermsWay
from wxapp.distribution.queries.terms import Held, Payable

STATES = {
    TermsStatus.PROPOSED: Badge("待确认", "amber"),
    TermsStatus.IN_FORCE: Badge("生效中", "green"),
    TermsStatus.ENDED: Badge("已失效", "grey"),
    TermsStatus.REFUSED: Badge("未通过", "red"),
}


def both_rates(terms: Terms | Held | None) -> str:
    """Return what terms give, e.g. ``10%，邀请人5%``."""
    if terms is None:
        return "未设置"
    if terms.way is TermsWay.INHERIT:
        return terms.way.label
    seller = rate_text(terms.way, terms.seller)
    return f"{seller}，邀请人{rate_text(terms.way, terms.inviter)}" if terms.inviter else seller


def actors_of(versions: Iterable[Terms]) -> list[str]:
    """Return who proposed and decided on these, so that a page looks all names up at once."""
    return [actor for row in versions for actor in (row.proposed_by, row.decided_by or "")]


def source_of(terms: Held | None) -> str:
    """Return where terms come from."""
    return "" if terms is None else f"{terms.scope.label}设置，版本{terms.id}"


def pays_text(pays: Payable) -> str:
    """Return what one piece pays, or why it pays nothing."""
    if pays.outcome is not AttributionOutcome.PAYS:
        return pays.outcome.label
    seller = f"¥{yuan(pays.seller_fen)}"
    return f"{seller}，邀请人¥{yuan(pays.inviter_fen)}" if pays.inviter_fen else seller

"""Terms: one person proposes what sales pay, another confirms it, and every version stays."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import insert_row, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound
from wxapp.distribution.errors import ProposalOpen, SamePerson
from wxapp.distribution.models import Scope, Terms, TermsStatus, TermsWay
from wxapp.distribution.queries import terms as queries
from wxapp.distribution.rules.commission import Rate, rate_fault
from wxapp.distribution.services.promoted import check_nature
from wxapp.distribution.states import TERMS
from wxapp.mall import queries as mall


@dataclass(frozen=True)
class Proposal:
    """What somebody wants sales to pay: basis points, or fen per piece."""

    scope: Scope
    scope_id: int
    way: TermsWay
    seller: int = 0
    inviter: int = 0
    note: str = ""

    @property
    def rate(self) -> Rate:
        return Rate(is_percent=self.way is TermsWay.PERCENT, seller=self.seller, inviter=self.inviter)


def propose(proposal: Proposal, *, by: str) -> int:
    """Propose terms and return their version; they hold once somebody else has confirmed them.

    :raises NotFound: there is no such category, or no such goods
    :raises Invalid: the rate is beyond its limits, or there is nothing special that could end
    :raises NotPromotable: for medical services and drugs there are no terms
    :raises ProposalOpen: a proposal for the same scope waits to be decided
    """
    _check(proposal)
    scope, scope_id = proposal.scope, proposal.scope_id
    try:
        with transaction():
            return insert_row(
                Terms,
                scope=scope,
                scope_id=scope_id,
                way=proposal.way,
                seller=proposal.seller,
                inviter=proposal.inviter,
                open_key=queries.open_key(TermsStatus.PROPOSED, scope, scope_id),
                note=proposal.note,
                proposed_by=by,
                proposed_at=clock.now(),
            )
    except IntegrityError:
        raise ProposalOpen(field="subject") from None


def _check(proposal: Proposal) -> None:
    scope, scope_id = proposal.scope, proposal.scope_id
    if scope is Scope.DEFAULT and scope_id:
        raise NotFound
    if proposal.way is TermsWay.INHERIT:
        _check_something_ends(proposal)
        return
    if scope is Scope.GOODS:
        check_nature(mall.get_goods(scope_id))
    elif scope is Scope.CATEGORY:
        check_nature(mall.get_category(scope_id))
    cheapest_fen = queries.cheapest_fen(scope, scope_id)
    if fault := rate_fault(proposal.rate, cheapest_fen=cheapest_fen):
        raise Invalid({"seller": fault})


def _check_something_ends(proposal: Proposal) -> None:
    """What is special may always end, also for goods that have become medical: it only takes something away."""
    if proposal.scope is Scope.DEFAULT:
        raise Invalid({"way": "默认设置没有上一级"})
    if proposal.seller or proposal.inviter:
        raise Invalid({"seller": "跟随上一级设置时不填佣金"})
    special = queries.find_in_force(proposal.scope, proposal.scope_id)
    if special is None or special.way is TermsWay.INHERIT:
        raise Invalid({"way": "没有单独的设置，已经跟随上一级"})


def confirm(terms_id: int, *, by: str) -> None:
    """Let proposed terms hold from now on; what held for the same scope ends in the same moment.

    Prices and natures may have changed since it was proposed, so everything is checked again.

    :raises SamePerson: whoever proposed it does not decide on it
    :raises IllegalTransition: it has been decided meanwhile
    :raises Invalid: the rate is beyond its limits by now
    :raises NotPromotable: the goods have become a medical service or a drug
    """
    with transaction():
        terms = _undecided(terms_id, by=by)
        _check(Proposal(terms.scope, terms.scope_id, terms.way, terms.seller, terms.inviter))
        now = clock.now()
        # The old one first: only one of a scope has the key.
        if (old := queries.find_in_force(terms.scope, terms.scope_id)) is not None:
            why = f"由版本{terms.id}取代"
            TERMS.move(old, TermsStatus.ENDED, by=by, why=why, valid_until=now, open_key=None)
        key = queries.open_key(TermsStatus.IN_FORCE, terms.scope, terms.scope_id)
        TERMS.move(terms, TermsStatus.IN_FORCE, by=by, decided_by=by, valid_from=now, open_key=key)


def refuse(terms_id: int, *, reason: str, by: str) -> None:
    """Refuse proposed terms; the scope is free for another proposal.

    :raises SamePerson: whoever proposed it may take it back, but does not decide on it
    :raises Invalid: no reason is given
    :raises IllegalTransition: it has been decided meanwhile
    """
    if not reason.strip():
        raise Invalid({"reason": "请填写不通过的原因"})
    with transaction():
        terms = _undecided(terms_id, by=by)
        why = reason.strip()
        TERMS.move(terms, TermsStatus.REFUSED, by=by, why=why, decided_by=by, reason=why, open_key=None)


TAKEN_BACK = "提交人撤回"


def take_back(terms_id: int, *, by: str) -> None:
    """End one's own proposal, e.g. because of a slip of the finger. Nobody has decided then.

    :raises Invalid: it is somebody else's
    :raises IllegalTransition: it has been decided meanwhile
    """
    with transaction():
        terms = queries.get_terms(terms_id)
        if terms.proposed_by != by:
            raise Invalid(message="只能撤回自己提交的设置")
        TERMS.move(terms, TermsStatus.REFUSED, by=by, why=TAKEN_BACK, reason=TAKEN_BACK, open_key=None)


def _undecided(terms_id: int, *, by: str) -> Terms:
    terms = queries.get_terms(terms_id)
    if terms.status is not TermsStatus.PROPOSED:
        raise IllegalTransition(old=terms.status)
    if terms.proposed_by == by:
        raise SamePerson
    return terms

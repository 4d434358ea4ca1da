"""Terms: proposed by one, confirmed by another, and kept in versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from tests.factories.mall import make_category, make_goods
from tests.factories.promotion import CONFIRMER, PROPOSER, make_promoted_goods, make_terms, promote
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition, Invalid, NotFound, Stale
from wxapp.core.states import history
from wxapp.distribution import settings
from wxapp.distribution.errors import NotPromotable, ProposalOpen, SamePerson
from wxapp.distribution.models import AttributionOutcome, PromotedGoods, Scope, Terms, TermsStatus, TermsWay
from wxapp.distribution.queries.terms import payable, terms_for
from wxapp.distribution.services import promoted, terms
from wxapp.distribution.services.terms import Proposal
from wxapp.mall.models import Category, Goods, Nature

pytestmark = pytest.mark.usefixtures("app")


def default(**over: Any) -> Proposal:
    values: dict[str, Any] = {"scope": Scope.DEFAULT, "scope_id": 0, "way": TermsWay.PERCENT, "seller": 1_000}
    return Proposal(**(values | over))


def of_goods(goods: Goods, **over: Any) -> Proposal:
    return default(scope=Scope.GOODS, scope_id=goods.id, **over)


def row(terms_id: int) -> Terms:
    return db.session.get_one(Terms, terms_id, populate_existing=True)


# --- two people ------------------------------------------------------------------------------------------------------


def test_a_proposal_holds_for_nothing_yet(app: Flask) -> None:
    goods = make_promoted_goods()
    made = row(terms.propose(default(note="春季活动"), by=PROPOSER))
    assert (made.status, made.note, made.proposed_by, made.proposed_at) == (
        TermsStatus.PROPOSED, "春季活动", PROPOSER, clock.now()
    )  # fmt: skip
    assert (made.valid_from, made.decided_by) == (None, None)
    assert payable([goods.id])[goods.id].outcome is AttributionOutcome.NOTHING


def test_another_person_confirms_it(app: Flask) -> None:
    goods = make_promoted_goods()
    version = terms.propose(default(), by=PROPOSER)
    terms.confirm(version, by=CONFIRMER)
    made = row(version)
    assert (made.status, made.decided_by, made.valid_from) == (TermsStatus.IN_FORCE, CONFIRMER, clock.now())
    assert terms_for([goods.id])[goods.id].id == version


@pytest.mark.parametrize(
    "decide",
    [terms.confirm, lambda version, by: terms.refuse(version, reason="太高", by=by)],
    ids=["confirm", "refuse"],
)
def test_nobody_decides_on_his_own_proposal(decide: Callable[..., None]) -> None:
    version = terms.propose(default(), by=PROPOSER)
    with pytest.raises(SamePerson):
        decide(version, by=PROPOSER)
    assert row(version).status is TermsStatus.PROPOSED


def test_the_table_itself_wants_two_people(app: Flask) -> None:
    version = terms.propose(default(), by=PROPOSER)
    with pytest.raises(DBAPIError), transaction():
        change(sa.update(Terms).where(Terms.id == version).values(decided_by=PROPOSER))


def test_what_held_ends_when_the_new_begins(at: Callable[[str | timedelta], None]) -> None:
    old = make_terms(seller=1_000)
    at(timedelta(days=3))
    new = make_terms(seller=1_200)
    assert (row(old).status, row(old).valid_until) == (TermsStatus.ENDED, row(new).valid_from)
    assert row(new).valid_until is None
    assert [(one.old, one.new, one.actor) for one in history(row(old))] == [
        (TermsStatus.PROPOSED, TermsStatus.IN_FORCE, CONFIRMER),
        (TermsStatus.IN_FORCE, TermsStatus.ENDED, CONFIRMER),
    ]


def test_scopes_do_not_end_each_other(app: Flask) -> None:
    goods = make_promoted_goods()
    versions = [make_terms(), make_terms(category=goods.category_id), make_terms(goods=goods)]
    assert {row(version).status for version in versions} == {TermsStatus.IN_FORCE}


def test_a_refusal_has_a_reason_and_frees_the_scope(app: Flask) -> None:
    version = terms.propose(default(), by=PROPOSER)
    with pytest.raises(Invalid):
        terms.refuse(version, reason=" ", by=CONFIRMER)
    terms.refuse(version, reason="比例过高", by=CONFIRMER)
    assert (row(version).status, row(version).reason, row(version).decided_by) == (
        TermsStatus.REFUSED, "比例过高", CONFIRMER
    )  # fmt: skip
    terms.propose(default(seller=900), by=PROPOSER)


def test_one_may_take_back_ones_own(app: Flask) -> None:
    version = terms.propose(default(), by=PROPOSER)
    with pytest.raises(Invalid):
        terms.take_back(version, by=CONFIRMER)
    terms.take_back(version, by=PROPOSER)
    assert (row(version).status, row(version).decided_by) == (TermsStatus.REFUSED, None)
    terms.propose(default(), by=PROPOSER)


@pytest.mark.parametrize("ended", [terms.TAKEN_BACK, "confirmed"])
def test_what_is_decided_stays_decided(ended: str) -> None:
    version = terms.propose(default(), by=PROPOSER)
    if ended == terms.TAKEN_BACK:
        terms.take_back(version, by=PROPOSER)
    else:
        terms.confirm(version, by=CONFIRMER)
    again: list[Callable[[], None]] = [
        lambda: terms.confirm(version, by=CONFIRMER),
        lambda: terms.refuse(version, reason="晚了", by=CONFIRMER),
        lambda: terms.take_back(version, by=PROPOSER),
    ]
    for decide in again:
        with pytest.raises(IllegalTransition):
            decide()


def test_one_proposal_for_each_scope(app: Flask) -> None:
    goods = make_goods()
    terms.propose(default(), by=PROPOSER)
    with pytest.raises(ProposalOpen):
        terms.propose(default(seller=900), by=CONFIRMER)
    terms.propose(of_goods(goods), by=PROPOSER)
    assert db.session.scalar(sa.select(sa.func.count(Terms.id))) == 2


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        default(seller=4_000, inviter=1_001),
        default(seller=0, inviter=100),
        default(way=TermsWay.INHERIT, seller=0),
        default(scope=Scope.CATEGORY, scope_id=10**9),
        default(scope=Scope.GOODS, scope_id=10**9),
        default(scope_id=5),
    ],
)
def test_what_is_beyond_the_limits_is_refused(wrong: Proposal) -> None:
    with pytest.raises((Invalid, NotFound)):
        terms.propose(wrong, by=PROPOSER)
    assert db.session.scalar(sa.select(sa.func.count(Terms.id))) == 0


def test_a_fixed_amount_takes_half_the_price_at_most(app: Flask) -> None:
    goods = make_goods(price_fen=1_000)
    with pytest.raises(Invalid):
        terms.propose(of_goods(goods, way=TermsWay.FIXED, seller=400, inviter=101), by=PROPOSER)
    terms.propose(of_goods(goods, way=TermsWay.FIXED, seller=400, inviter=100), by=PROPOSER)


@pytest.mark.parametrize("scope", [Scope.CATEGORY, Scope.DEFAULT])
def test_a_fixed_amount_for_many_is_measured_by_the_cheapest_that_pays(scope: Scope) -> None:
    category = make_category()
    make_promoted_goods(price_fen=1_000, category_id=category.id)
    make_promoted_goods(price_fen=100, category_id=category.id, is_on=False)
    make_goods(price_fen=100, category_id=category.id)
    over = {"scope": scope, "scope_id": category.id if scope is Scope.CATEGORY else 0, "way": TermsWay.FIXED}
    with pytest.raises(Invalid):
        terms.propose(default(**over, seller=501), by=PROPOSER)
    terms.propose(default(**over, seller=500), by=PROPOSER)


def test_a_price_that_went_down_is_seen_at_confirmation(app: Flask) -> None:
    goods = make_goods(price_fen=1_000)
    version = terms.propose(of_goods(goods, way=TermsWay.FIXED, seller=500), by=PROPOSER)
    with transaction():
        change(sa.update(Goods).where(Goods.id == goods.id).values(price_fen=999))
    with pytest.raises(Invalid):
        terms.confirm(version, by=CONFIRMER)
    assert row(version).status is TermsStatus.PROPOSED


def test_inherit_ends_something_special_only(app: Flask) -> None:
    goods = make_promoted_goods()
    nothing_special = of_goods(goods, way=TermsWay.INHERIT, seller=0)
    with pytest.raises(Invalid):
        terms.propose(nothing_special, by=PROPOSER)
    make_terms(goods=goods)
    make_terms(goods=goods, way=TermsWay.INHERIT)
    with pytest.raises(Invalid):
        terms.propose(nothing_special, by=PROPOSER)


# --- what the law forbids --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nature", [Nature.MEDICAL, Nature.DRUG])
def test_medical_services_and_drugs_get_no_terms(nature: Nature) -> None:
    category = make_category(nature=nature)
    medical, of_medical = make_goods(nature=nature), make_goods(category_id=category.id)
    for proposal in (
        of_goods(medical),
        of_goods(of_medical),
        default(scope=Scope.CATEGORY, scope_id=category.id),
    ):
        with pytest.raises(NotPromotable):
            terms.propose(proposal, by=PROPOSER)
    for goods in (medical, of_medical):
        with pytest.raises(NotPromotable):
            promoted.switch_on(goods.id, by=PROPOSER)
    with pytest.raises(NotPromotable):
        promoted.switch_category_on(category.id, by=PROPOSER)
    assert db.session.scalar(sa.select(sa.func.count(PromotedGoods.id))) == 0


def test_what_has_become_medical_is_not_confirmed(app: Flask) -> None:
    goods = make_goods()
    version = terms.propose(of_goods(goods), by=PROPOSER)
    with transaction():
        change(sa.update(Category).where(Category.id == goods.category_id).values(nature=Nature.MEDICAL))
    with pytest.raises(NotPromotable):
        terms.confirm(version, by=CONFIRMER)


def test_what_has_become_medical_may_lose_its_terms(app: Flask) -> None:
    goods = make_goods()
    make_terms(goods=goods)
    with transaction():
        change(sa.update(Goods).where(Goods.id == goods.id).values(nature=Nature.DRUG))
    make_terms(goods=goods, way=TermsWay.INHERIT)
    assert terms_for([goods.id]) == {}


# --- the switch ------------------------------------------------------------------------------------------------------


def switch(goods: Goods) -> PromotedGoods:
    return db.session.scalars(
        sa.select(PromotedGoods).where(PromotedGoods.goods_id == goods.id).execution_options(populate_existing=True)
    ).one()


def test_goods_are_switched_on_off_and_on_again(app: Flask) -> None:
    goods = make_goods()
    promoted.switch_on(goods.id, by=PROPOSER)
    assert switch(goods).is_on
    promoted.switch_off(goods.id, reason="宣传违规", by=CONFIRMER)
    assert (switch(goods).is_on, switch(goods).reason, switch(goods).changed_by) == (False, "宣传违规", CONFIRMER)
    promoted.switch_on(goods.id, by=PROPOSER, version=switch(goods).version)
    assert (switch(goods).is_on, switch(goods).reason) == (True, "")


def test_an_old_page_does_not_switch_on_what_was_stopped(app: Flask) -> None:
    goods = make_promoted_goods()
    seen = switch(goods).version
    promoted.switch_off(goods.id, reason="宣传违规", by=CONFIRMER)
    for version in (seen, 0):
        with pytest.raises(Stale):
            promoted.switch_on(goods.id, by=PROPOSER, version=version)
    assert not switch(goods).is_on


def test_stopping_works_from_any_page_and_needs_a_reason(app: Flask) -> None:
    goods = make_promoted_goods()
    with pytest.raises(Invalid):
        promoted.switch_off(goods.id, reason="  ", by=PROPOSER)
    promoted.switch_off(goods.id, reason="宣传违规", by=PROPOSER)
    promoted.switch_off(goods.id, reason="虚假宣传", by=CONFIRMER)
    assert switch(goods).reason == "虚假宣传"
    with pytest.raises(NotFound):
        promoted.switch_off(make_goods().id, reason="宣传违规", by=PROPOSER)


def test_a_category_is_switched_on_but_for_what_was_stopped_or_is_not_sold(app: Flask) -> None:
    category = make_category()
    new = [make_goods(category_id=category.id) for _ in range(2)]
    stopped = make_promoted_goods(category_id=category.id, is_on=False)
    promote(make_goods(category_id=category.id))
    for over in ({"is_on_sale": False}, {"nature": Nature.DRUG}):
        make_goods(category_id=category.id, **over)
    make_goods()
    assert promoted.switch_category_on(category.id, by=PROPOSER) == 2
    assert all(switch(goods).is_on for goods in new)
    assert not switch(stopped).is_on
    assert db.session.scalar(sa.select(sa.func.count(PromotedGoods.id))) == 4
    assert promoted.switch_category_on(category.id, by=PROPOSER) == 0


# --- what a piece pays -----------------------------------------------------------------------------------------------


def test_what_a_piece_pays(app: Flask, queries: list[str]) -> None:
    version = make_terms(seller=1_000, inviter=500)
    goods, never, stopped = (one.id for one in (make_promoted_goods(), make_goods(), make_promoted_goods(is_on=False)))
    payable([goods])  # settings are known from now on
    before = len(queries)
    found = payable([goods, never, stopped, 10**9])
    assert len(queries) == before + 1
    assert (found[goods].seller_fen, found[goods].inviter_fen, found[goods].terms_id) == (1_000, 0, version)
    assert {found[one].outcome for one in (never, stopped)} == {AttributionOutcome.NOT_PROMOTED}
    assert set(found) == {goods, never, stopped}
    assert payable([]) == {}


def test_what_a_piece_pays_the_inviter_where_there_are_two_levels(app: Flask) -> None:
    make_terms(seller=1_000, inviter=500)
    core_settings.write(settings.DEPTH, 2, by=PROPOSER)
    goods = make_promoted_goods()
    assert payable([goods.id])[goods.id].inviter_fen == 500


def test_what_a_piece_pays_keeps_within_the_limit_of_an_order(app: Flask) -> None:
    make_terms(seller=1_000)
    core_settings.write(settings.ORDER_CAP, 300, by=PROPOSER)
    goods = make_promoted_goods()
    assert payable([goods.id])[goods.id].seller_fen == 300


@pytest.mark.parametrize("is_open", [True, False])
def test_nothing_pays_while_distribution_is_closed(is_open: bool) -> None:
    make_terms()
    core_settings.write(settings.IS_OPEN, is_open, by=PROPOSER)
    goods = make_promoted_goods()
    expected = (AttributionOutcome.PAYS, 1_000) if is_open else (AttributionOutcome.CLOSED, 0)
    assert (payable([goods.id])[goods.id].outcome, payable([goods.id])[goods.id].seller_fen) == expected

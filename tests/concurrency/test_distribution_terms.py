"""Orders while terms, people and switches change; one decision, one proposal. Each guard has a twin without it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import NoGuard, look
from tests.concurrency.test_recharge import Start
from tests.factories.distribution import make_distributor
from tests.factories.mall import CONTACT, make_goods
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.promotion import CONFIRMER, PROPOSER, make_membership, make_promoted_goods, make_terms
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.distribution import settings
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    Commission,
    Level,
    PromotedGoods,
    Scope,
    Terms,
    TermsStatus,
    TermsWay,
)
from wxapp.distribution.queries import attributions
from wxapp.distribution.queries import terms as terms_queries
from wxapp.distribution.services import freezing, people, promoted, terms
from wxapp.distribution.services.terms import Proposal
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering

pytestmark = pytest.mark.mariadb

PRICE, LINES = 10_000, 3


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


class Shop:
    """Promoted goods, a seller below an inviter, and members of the seller who buy all goods at once."""

    def __init__(self, app: Flask, *, buyers: int) -> None:
        self.app = app
        self.goods_ids: list[int]
        self.buyer_ids: list[int]
        look(app, lambda: self._open(buyers))

    def _open(self, buyers: int) -> None:
        core_settings.write(settings.DEPTH, 2, by=PROPOSER)
        make_terms(seller=1_000, inviter=500)
        self.goods_ids = [make_promoted_goods(stock=1_000, price_fen=PRICE).id for _ in range(LINES)]
        self.seller_id = make_distributor(inviter=make_distributor()).id
        self.buyer_ids = [make_wechat_user().id for _ in range(buyers)]
        self.patient_id = make_patient().id
        for buyer_id in self.buyer_ids:
            make_membership(self.seller_id, wechat_user_id=buyer_id)

    def buy(self, buyer_id: int) -> str:
        return ordering.place_order(
            wechat_user_id=buyer_id,
            patient_id=self.patient_id,
            wanted=[Wanted(goods_id, 1, PRICE) for goods_id in self.goods_ids],
            contact=CONTACT,
            once_key=f"once-{buyer_id:08d}",
        )

    def buyers(self) -> Sequence[Callable[[], object]]:
        return [partial(self.buy, buyer_id) for buyer_id in self.buyer_ids]

    def outcomes(self) -> dict[str, Counter[AttributionOutcome]]:
        """Return by order how many of its lines came to what."""
        found: dict[str, Counter[AttributionOutcome]] = {}
        with self.app.app_context():
            for no, outcome in db.session.execute(sa.select(Attribution.order_no, Attribution.outcome)):
                found.setdefault(no, Counter())[outcome] += 1
            db.session.remove()
        return found

    def commissions(self) -> dict[str, list[Commission]]:
        found: dict[str, list[Commission]] = {}
        with self.app.app_context():
            for one in db.session.scalars(sa.select(Commission)):
                found.setdefault(one.order_no, []).append(one)
            db.session.remove()
        return found


def whole(shop: Shop) -> set[AttributionOutcome]:
    """Check that every order is all one thing, with its commissions or without; return which things there were."""
    outcomes, commissions = shop.outcomes(), shop.commissions()
    assert len(outcomes) == len(shop.buyer_ids)
    seen = set()
    for no, counted in outcomes.items():
        ((outcome, lines),) = counted.items()
        assert lines == LINES
        assert len(commissions.get(no, [])) == (2 * LINES if outcome is AttributionOutcome.PAYS else 0)
        seen.add(outcome)
    return seen


# --- terms change while orders are placed ----------------------------------------------------------------------------


def buy_while_terms_change(shop: Shop) -> list[set[int]]:
    """Let everybody buy while terms change all the time; return of each order which versions it has."""

    def change_often() -> None:
        for rate in range(1_100, 2_100, 100):
            make_terms(seller=rate, inviter=rate // 2)

    crowd(shop.app, [change_often, *shop.buyers()], at_once=8)
    with shop.app.app_context():
        rates = {one.id: (one.seller, one.inviter) for one in db.session.scalars(sa.select(Terms))}
        db.session.remove()
    found = shop.commissions()
    assert len(found) == len(shop.buyer_ids)
    for one in (one for of_order in found.values() for one in of_order):
        seller, inviter = rates[one.terms_id]
        rate = seller if one.level is Level.SELLER else inviter
        assert (one.rate, one.frozen_fen) == (rate, PRICE * rate // 10_000)
    return [{one.terms_id for one in of_order} for of_order in found.values()]


def test_each_order_belongs_to_one_version(app: Flask) -> None:
    versions = buy_while_terms_change(Shop(app, buyers=40))
    assert all(len(of_order) == 1 for of_order in versions)


def test_twin_that_reads_line_by_line_mixes_versions(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(app, buyers=1)
    others_turn = threading.Barrier(2)

    def line_by_line(order_no: str, **values: Any) -> list[attributions.Claim]:
        first = attributions.claims_on(order_no, **values)[0]
        others_turn.wait(timeout=20)  # the terms change
        others_turn.wait(timeout=20)
        return [first, *attributions.claims_on(order_no, **values)[1:]]

    monkeypatch.setattr(freezing, "claims_on", line_by_line)

    def change_once() -> None:
        others_turn.wait(timeout=20)
        make_terms(seller=2_000, inviter=1_000)
        others_turn.wait(timeout=20)

    crowd(app, [change_once, *shop.buyers()])
    (found,) = shop.commissions().values()
    assert len({one.terms_id for one in found}) == 2


# --- people and switches change while orders are placed --------------------------------------------------------------


def test_a_distributor_frozen_meanwhile_earns_all_of_an_order_or_nothing(app: Flask) -> None:
    shop = Shop(app, buyers=24)
    crowd(app, [*shop.buyers()[:8], lambda: freeze(shop), *shop.buyers()[8:]], at_once=6)
    seen = whole(shop)
    assert seen <= {AttributionOutcome.PAYS, AttributionOutcome.NOT_ACTIVE}
    assert AttributionOutcome.NOT_ACTIVE in seen  # whoever came after it


def freeze(shop: Shop) -> None:
    people.freeze(shop.seller_id, reason="违规宣传", by=PROPOSER)


def test_an_order_that_has_looked_is_not_stopped_by_freezing_and_stops_nobody(app: Flask) -> None:
    """The order saw an active distributor; the freeze is committed before the order is."""
    shop = Shop(app, buyers=2)
    have_looked, is_frozen = threading.Event(), threading.Event()
    look_up = attributions.claims_on

    def look_and_wait(order_no: str, **values: Any) -> Sequence[attributions.Claim]:
        found = look_up(order_no, **values)
        have_looked.set()
        assert is_frozen.wait(timeout=20)
        return found

    def freeze_in_between() -> None:
        assert have_looked.wait(timeout=20)
        freeze(shop)
        is_frozen.set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(freezing, "claims_on", look_and_wait)
        assert crowd(app, [shop.buyers()[0], freeze_in_between]) == {"done": 2}
    crowd(app, [shop.buyers()[1]])
    assert whole(shop) == {AttributionOutcome.PAYS, AttributionOutcome.NOT_ACTIVE}


def test_goods_switched_off_meanwhile_pay_or_do_not(app: Flask) -> None:
    shop = Shop(app, buyers=24)

    def stop() -> None:
        promoted.switch_off(shop.goods_ids[0], reason="宣传违规", by=PROPOSER)

    crowd(app, [*shop.buyers()[:8], stop, *shop.buyers()[8:]], at_once=6)
    for no, counted in shop.outcomes().items():
        assert counted[AttributionOutcome.PAYS] + counted[AttributionOutcome.NOT_PROMOTED] == LINES, no
        assert counted[AttributionOutcome.NOT_PROMOTED] <= 1
        assert len(shop.commissions()[no]) == 2 * counted[AttributionOutcome.PAYS]


def test_the_switch_holds_for_the_next_order(app: Flask) -> None:
    shop = Shop(app, buyers=2)
    crowd(app, [shop.buyers()[0]])
    for goods_id in shop.goods_ids:
        look(app, partial(promoted.switch_off, goods_id, reason="宣传违规", by=PROPOSER))
    crowd(app, [shop.buyers()[1]])
    assert whole(shop) == {AttributionOutcome.PAYS, AttributionOutcome.NOT_PROMOTED}


# --- one decision ----------------------------------------------------------------------------------------------------


def proposal(seller: int = 1_000) -> Proposal:
    return Proposal(Scope.DEFAULT, 0, TermsWay.PERCENT, seller)


def confirm_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch, *, people_at_once: int = 6) -> Counter[str]:
    """Let several confirm the same proposal, all of whom have seen it open; something older is in force."""

    def make() -> int:
        make_terms(seller=500)
        return terms.propose(proposal(), by=PROPOSER)

    terms_id = look(app, make)
    all_have_seen = Start(people_at_once)
    get = terms_queries.get_terms

    def see(wanted: int) -> Terms:
        found = get(wanted)
        all_have_seen.wait()
        return found

    monkeypatch.setattr(terms_queries, "get_terms", see)
    return crowd(app, [partial(terms.confirm, terms_id, by=f"staff:{n}") for n in range(1, people_at_once + 1)])


def moves(app: Flask) -> Counter[tuple[TermsStatus, bool]]:
    with app.app_context():
        found = Counter((one.status, one.valid_until is None) for one in db.session.scalars(sa.select(Terms)))
        db.session.remove()
    return found


def test_of_many_who_confirm_one_does(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert confirm_at_once(app, monkeypatch) == {"done": 1, "illegal_transition": 5}
    assert moves(app) == {(TermsStatus.ENDED, False): 1, (TermsStatus.IN_FORCE, True): 1}
    with app.app_context():
        old, new = db.session.scalars(sa.select(Terms).order_by(Terms.id))
        assert old.valid_until == new.valid_from
        db.session.remove()


def test_twin_whose_moves_do_not_look_lets_all_of_them(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "TERMS", NoGuard)
    assert confirm_at_once(app, monkeypatch)["done"] > 1


def test_of_confirming_refusing_and_taking_back_one_wins(app: Flask) -> None:
    for _ in range(4):
        terms_id = look(app, lambda: terms.propose(proposal(), by=PROPOSER))
        together = Start(3)

        def decide(work: Callable[[], None], together: Start = together) -> None:
            together.wait()
            work()

        outcome = crowd(
            app,
            [
                partial(decide, partial(terms.confirm, terms_id, by=CONFIRMER)),
                partial(decide, partial(terms.refuse, terms_id, reason="比例过高", by=CONFIRMER)),
                partial(decide, partial(terms.take_back, terms_id, by=PROPOSER)),
            ],
        )
        assert outcome == {"done": 1, "illegal_transition": 2}
    assert moves(app)[(TermsStatus.IN_FORCE, True)] <= 1


# --- one proposal ----------------------------------------------------------------------------------------------------


def propose_at_once(app: Flask) -> tuple[Counter[str], int]:
    together = Start(6)

    def propose() -> None:
        together.wait()
        terms.propose(proposal(), by=PROPOSER)

    outcome = crowd(app, [propose] * 6)
    return outcome, look(app, lambda: db.session.scalar(sa.select(sa.func.count(Terms.id))))


def test_of_two_tabs_one_proposes(app: Flask) -> None:
    assert propose_at_once(app) == ({"done": 1, "proposal_open": 5}, 1)


def test_twin_without_the_key_makes_a_proposal_for_each_tab(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms_queries, "open_key", lambda *_: None)
    assert propose_at_once(app) == ({"done": 6}, 6)


# --- one switch ------------------------------------------------------------------------------------------------------


def test_an_old_page_loses_against_who_has_just_stopped_the_goods(app: Flask) -> None:
    goods_id = look(app, lambda: make_promoted_goods().id)
    for _ in range(6):
        version = look(app, lambda: db.session.scalar(sa.select(PromotedGoods.version)))
        together = Start(2)

        def stop(together: Start = together) -> None:
            together.wait()
            promoted.switch_off(goods_id, reason="宣传违规", by=PROPOSER)

        def go_on(together: Start = together, version: int = version) -> None:
            together.wait()
            promoted.switch_on(goods_id, by=CONFIRMER, version=version)

        crowd(app, [stop, go_on])
        assert look(app, lambda: db.session.scalar(sa.select(PromotedGoods.is_on))) is False


def test_goods_are_listed_once(app: Flask) -> None:
    goods_id = look(app, lambda: make_goods().id)
    together = Start(6)

    def put_on() -> None:
        together.wait()
        promoted.switch_on(goods_id, by=PROPOSER)

    assert crowd(app, [put_on] * 6) == {"done": 1, "stale": 5}

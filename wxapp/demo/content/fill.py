"""Fill the demo's database once, through the same use cases that people use."""

from __future__ import annotations

import io
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from wxapp.app import DEMO_MARK, create_app, use_migrations
from wxapp.core import clock, files, settings
from wxapp.core.config import load
from wxapp.core.db import db, transaction
from wxapp.core.settings import Setting, SettingRow
from wxapp.demo import pictures, set_up
from wxapp.demo.content import (
    booking,
    distribution,
    goods,
    laboratories,
    people,
    recharge,
    redemption,
    reports,
    retail,
    rosters,
    shopping,
    texts,
    visits,
    website,
)
from wxapp.demo.content import hospital as house
from wxapp.demo.set_up import APPID
from wxapp.h5.settings import HOSPITAL_ADDRESS, HOSPITAL_NAME, HOSPITAL_PHONE
from wxapp.hospital import services as hospital
from wxapp.mall import queries as mall_queries
from wxapp.mall.models import Goods, GoodsKind, Nature
from wxapp.mall.rules import Wanted
from wxapp.mall.services import catalogue, ordering, refunds
from wxapp.mall.services.catalogue import GoodsDraft
from wxapp.messages.services.templates import fill_defaults
from wxapp.messages.settings import QUIET_HOURS
from wxapp.patients import queries as patient_queries
from wxapp.patients import services as patients
from wxapp.patients.models import Patient, Sex
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.staff import queries as staff_queries
from wxapp.staff import services as staff
from wxapp.staff.defaults import DEFAULT_ROLES
from wxapp.staff.models import Member, Role
from wxapp.wallet import services as wallet
from wxapp.wallet.models import CounterStatus
from wxapp.wechat.values import OAuthIdentity

log = logging.getLogger(__name__)

BY = "system:demo"
SECOND = "system:demo_second"

HOSPITAL: tuple[tuple[Setting[Any], object], ...] = (
    (QUIET_HOURS, False),  # whoever tries the demo at night waits for no morning
    (HOSPITAL_NAME, set_up.HOSPITAL),
    (HOSPITAL_PHONE, "13800009999"),
    (HOSPITAL_ADDRESS, "安和市健康路1号"),
)


@dataclass(frozen=True)
class Summary:
    """Who can sign in, and who can be bound."""

    staff: list[dict[str, str]]
    people: list[dict[str, str]]


def prepare_database(config: Path) -> Summary:
    """Bring the tables up to date and fill them if they are empty; return what the demo tells its user."""
    app = create_app(load(config))
    use_migrations(app)
    with app.app_context():
        logging.getLogger("alembic").setLevel(logging.WARNING)
        flask_migrate.upgrade()
        passwords = _passwords(config.parent)
        if db.session.get(SettingRow, DEMO_MARK) is None:
            if db.session.scalar(sa.select(sa.func.count(Member.id))):
                _begin_anew(config.parent)
            _fill(app, passwords)
        summary = _summary(passwords)
        db.session.remove()
        db.engine.dispose()
    return summary


def _begin_anew(folder: Path) -> None:
    """Throw away what a first start left that was interrupted; nothing of it was ever shown."""
    db.session.remove()
    db.engine.dispose()
    for path in folder.glob("wxapp.sqlite*"):
        path.unlink()
    flask_migrate.upgrade()


def connect_account(config: Path) -> None:
    """Publish the official account's menu, as staff do with their button."""
    app = create_app(load(config))
    with app.app_context():
        patients.publish_menu()
        db.session.remove()
        db.engine.dispose()


def _passwords(folder: Path) -> dict[str, str]:
    """Return the log-ins of this demo, made at its first start: no two demos have the same passwords."""
    path = folder / "secrets" / "staff.json"
    if not path.exists():
        made = {role.label: f"demo-{secrets.token_urlsafe(9)}" for role in DEFAULT_ROLES}
        path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
        path.chmod(0o600)
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return known


def _fill(app: Flask, passwords: dict[str, str]) -> None:
    for setting, value in HOSPITAL:
        settings.write(setting, value, by=BY)
    _fill_staff(passwords)
    fill_defaults(texts.template_ids(), by=BY)
    _fill_patients()
    website.fill(BY)
    rosters.fill(BY)
    house.fill(BY)
    _fill_goods()
    _fill_orders()
    redemption.fill(BY, SECOND)
    shopping.fill(BY)
    booking.fill(BY)
    recharge.fill(BY)
    distribution.fill(BY)
    reports.fill(BY)
    laboratories.fill(BY)
    retail.fill(BY)
    visits.fill()
    with transaction():  # last: a start that was interrupted begins anew
        db.session.add(SettingRow(name=DEMO_MARK, value="true", changed_at=clock.now(), changed_by=BY))
    log.info("demo: filled %s", app.config["SQLALCHEMY_DATABASE_URI"])


# --- staff -----------------------------------------------------------------------------------------------------------


def _fill_staff(passwords: dict[str, str]) -> None:
    staff.install_default_roles()
    hospital.install_defaults()
    with transaction():  # programs drive the demo: a second factor would need a telephone
        db.session.execute(sa.update(Role).values(requires_totp=False))
    known = set(db.session.scalars(sa.select(Member.username)))
    for label, password in passwords.items():
        if label not in known:
            role_ids = staff_queries.role_ids_by_label([label])
            staff.create_member(username=label, name=label, role_ids=role_ids, by=None, password=password)


# --- patients --------------------------------------------------------------------------------------------------------


def _fill_patients() -> None:
    made = people.patients()
    known = db.session.scalar(sa.select(sa.func.count(Patient.id))) or 0
    for number, person in enumerate(made[known:], start=known + 1):
        details = patients.PatientDetails(
            name=person.name,
            phone=person.phone,
            id_number=person.id_number,
            sex=Sex(person.sex),
            birthday=person.birthday,
        )
        patient = patients.register_patient(details, by=BY)
        if number <= len(people.SANDBOX_PEOPLE):
            wallet.issue_card(patient.id, by=BY)
            topped_up = wallet.top_up_at_counter(
                patient_id=patient.id, amount_fen=300_000, method="cash", by=BY, note="开卡充值"
            )
            if topped_up.status is CounterStatus.REQUESTED:  # so much takes two people
                wallet.approve_movement(topped_up.no, by=SECOND)
            patients.set_balance_password(patient.id, people.BALANCE_PASSWORD)


# --- mall ------------------------------------------------------------------------------------------------------------


def _keep(png: bytes, name: str) -> str:
    picture = files.read_picture(io.BytesIO(png))
    return files.keep_picture(picture, name=name, by=BY).token


def _fill_goods() -> None:
    categories = {
        name: catalogue.save_category(
            category_id=None,
            name=name,
            position=position,
            is_shown=True,
            nature=Nature.MEDICAL if name in goods.MEDICAL else Nature.ORDINARY,
        ).id
        for position, name in enumerate(goods.CATEGORIES, start=1)
    }
    for number, one in enumerate(goods.GOODS, start=1):
        draft = GoodsDraft(
            kind=GoodsKind.PACKAGE if one.items else GoodsKind.SINGLE,
            category_id=categories[one.category],
            name=one.name,
            summary=one.summary,
            keywords=one.keywords,
            price_fen=one.price * 100,
            original_price_fen=one.original_price * 100,
            audience=one.audience,
            notice=goods.NOTICE,
            detail_html=goods.detail_of(one),
            is_on_sale=True,
            position=number,
            items=one.items,
        )
        added = catalogue.add_goods(draft, stock=one.stock)
        hue = 0.44 + goods.CATEGORIES.index(one.category) * 0.13
        png = pictures.draw_goods(one.symbol, hue=hue, seed=number)
        catalogue.arrange_pictures(added.id, [_keep(png, f"goods-{number}.png")])


# --- a few orders, so that no list is empty --------------------------------------------------------------------------


def _fill_orders() -> None:
    catalogue_ids = list(db.session.execute(sa.select(Goods.id, Goods.price_fen).order_by(Goods.id)))
    buyers = list(db.session.scalars(sa.select(Patient).order_by(Patient.id).offset(10).limit(18)))
    for number, patient in enumerate(buyers):
        goods_id, price_fen = catalogue_ids[number * 5 % len(catalogue_ids)]
        order_no = ordering.place_order(
            wechat_user_id=patients.enter(APPID, OAuthIdentity(f"demo-visitor-{number:02d}", "snsapi_base", "")),
            patient_id=patient.id,
            wanted=[Wanted(goods_id, 1 + number % 2, price_fen)],
            contact=ordering.Contact(
                patient.name,
                patient.phone,
                patient.id_number or "",
                wished_on=clock.today() + timedelta(days=3 + number),
            ),
            once_key=f"demo-order-{number}",
        )
        _let_it_live(order_no, number)


def _let_it_live(order_no: str, number: int) -> None:
    """Bring an order into one of the states that staff meet."""
    order = mall_queries.get_order(order_no)
    if number % 6 == 5:
        ordering.cancel_order(order, by=BY, reason="用户取消")
        return
    payments.choose_at_hospital(order.payment_no, by=BY)
    if number % 6 == 4:
        return
    method = Method.CASH if number % 2 else Method.CARD
    payments.collect(order.payment_no, [(method, order.total_fen)], by=BY)
    if number == 3:
        refunds.request_refund(order_no, pieces={order.lines[0].id: 1}, reason="时间安排有变", by=BY)


# --- what is told ----------------------------------------------------------------------------------------------------


def _summary(passwords: dict[str, str]) -> Summary:
    named = {person.phone: person for person in people.patients(len(people.SANDBOX_PEOPLE))}
    found = []
    for person in people.SANDBOX_PEOPLE:
        made = named[person["phone"]]
        record = next(iter(patient_queries.find_patients(made.phone)), None)
        found.append(
            {
                **person,
                "id_number": made.id_number,
                "record_no": record.record_no if record else "",
                "balance_password": people.BALANCE_PASSWORD,
            }
        )
    staff_logins = [{"username": label, "password": password, "role": label} for label, password in passwords.items()]
    return Summary(staff_logins, found)

"""The application: one factory that wires configuration, database, clients and every package."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, Response, current_app, jsonify, send_file
from whitenoise import WhiteNoise

from wxapp.admin import admin as shell
from wxapp.admin import jobs, rich_text
from wxapp.booking import admin as booking_pages
from wxapp.booking import handlers as booking_handlers  # noqa: F401 - listens
from wxapp.booking import views as booking
from wxapp.cashier import admin as cashier_pages
from wxapp.cashier import handlers as cashier_handlers  # noqa: F401 - checks
from wxapp.core import clock, crypto, events, files, generation, health, idempotency, job_runs, logs, states, store, web  # noqa: F401 - tables
from wxapp.core.config import Config, ConfigError, Mode
from wxapp.core.db import db, engine_options
from wxapp.core.settings import SettingRow
from wxapp.distribution import admin as distribution_pages
from wxapp.distribution import handlers as distribution_handlers  # noqa: F401 - listens
from wxapp.distribution import views as distribution
from wxapp.h5 import views as h5
from wxapp.hospital import admin as hospital_pages
from wxapp.loans import admin as loan_pages
from wxapp.mall import admin as mall_pages
from wxapp.mall import handlers as mall_handlers  # noqa: F401 - listens
from wxapp.mall import views as mall
from wxapp.messages import admin as message_pages
from wxapp.messages import handlers as message_handlers  # noqa: F401 - listens
from wxapp.messages import views as messages
from wxapp.messages.queries import oldest_due
from wxapp.patients import admin as patient_pages
from wxapp.patients import handlers as patient_handlers  # noqa: F401 - listens
from wxapp.patients import views as patients
from wxapp.patients import wechat_door
from wxapp.payments import admin as payment_pages
from wxapp.payments import api as payment_notices
from wxapp.payments import handlers as payment_handlers  # noqa: F401 - listens
from wxapp.payments import views as payments
from wxapp.recharge import admin as recharge_pages
from wxapp.recharge import handlers as recharge_handlers  # noqa: F401 - listens
from wxapp.recharge import views as recharge
from wxapp.reports import admin as report_pages
from wxapp.reports import api as report_doors
from wxapp.reports import handlers as report_handlers  # noqa: F401 - listens
from wxapp.reports import views as reports
from wxapp.retail import admin as retail_pages
from wxapp.retail import handlers as retail_handlers  # noqa: F401 - checks
from wxapp.sms import connected as sms
from wxapp.sms.client import Sms
from wxapp.sms.config import SmsConfig
from wxapp.staff import admin as staff
from wxapp.staff import handlers as staff_handlers  # noqa: F401 - reached
from wxapp.staff import views as staff_views
from wxapp.statistics import admin as statistics_pages
from wxapp.till import admin as till_pages
from wxapp.till import handlers as till_handlers  # noqa: F401 - checks
from wxapp.uploads import admin as upload_pages
from wxapp.visits import admin as visit_pages
from wxapp.visits import handlers as visit_handlers  # noqa: F401 - listens
from wxapp.visits import views as visits
from wxapp.wallet import admin as wallet_pages
from wxapp.wallet import handlers as wallet_handlers  # noqa: F401 - listens
from wxapp.wallet import views as wallet
from wxapp.website import admin as website_pages
from wxapp.website import views as website
from wxapp.wechat import connected as wechat
from wxapp.wechat.callback import Callback
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.config import CallbackMode, MiniProgramConfig, OfficialAccountConfig, PayConfig
from wxapp.wechat.jssdk import JsSdk
from wxapp.wechat.mini_program import MiniProgram
from wxapp.wechat.oauth import OAuth
from wxapp.wechat.pay.client import Pay
from wxapp.wechat.pay.values import TransferScene

STATIC = Path(__file__).parent / "static"
MIGRATIONS = Path(__file__).parent.parent / "migrations"

DEMO_MARK = "demo.data"
"""Name of the row that says: this database was filled with invented people."""


def create_app(config: Config) -> Flask:
    """Return the application for this configuration. Opens no connection and calls nobody."""
    logs.configure(config.app.log_level)
    app = web.Application(__name__, static_folder=None)
    web.init_app(app, config)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=config.database.address(),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database.address(), pool_size=config.database.pool_size),
        NEWEST_MIGRATION=health.newest_migration(MIGRATIONS / "versions"),
        TRUSTED_HOSTS=[urlsplit(config.app.base_url).hostname, *config.app.extra_hosts],
    )
    db.init_app(app)
    use_secrets(config)
    use_clients(config)
    register_doors(app)
    _serve_static(app, config)
    return app


def use_migrations(app: Flask) -> None:
    """Let this process change the tables: only the command line does, and the tool is not small."""
    from flask_migrate import Migrate

    # One migration at a time changes a table on both databases; SQLite needs its tables copied for that.
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def use_secrets(config: Config) -> None:
    """Give core its keys and its store."""
    security = config.security
    crypto.use_keyring(
        crypto.Keyring.from_texts(
            current=security.current_key,
            keys={name: secret.read() for name, secret in security.keys.items()},
            index_key=security.index_key.read(),
            pepper=security.pepper.read(),
        )
    )
    stand_in = store.DatabaseStore()
    store.use_store(store.RedisStore(redis, stand_in) if (redis := config.redis.address()) else stand_in)


def use_clients(config: Config) -> None:
    """Connect the clients of the outside world; each base URL comes from the configuration."""
    account = OfficialAccountConfig(
        appid=config.wechat.appid,
        secret=config.wechat.secret.read(),
        token=config.wechat.token.read(),
        original_id=config.wechat.original_id,
        aes_keys=tuple(key.read() for key in (config.wechat.aes_key, config.wechat.previous_aes_key) if key),
        mode=CallbackMode(config.wechat.mode),
        api_url=config.wechat.api_url,
        open_url=config.wechat.open_url,
        mp_url=config.wechat.mp_url,
    )
    merchant = PayConfig(
        appid=config.wechat.appid,
        mchid=config.pay.mchid,
        merchant_serial=config.pay.merchant_serial,
        private_key=config.pay.private_key.read(),
        apiv3_key=config.pay.apiv3_key.read(),
        public_keys={key.id: key.file for key in config.pay.public_keys},
        pay_url=config.pay.base_url,
    )
    shared = store.store()
    official_account = OfficialAccount(account, store=shared, now=clock.now)
    wechat.use(
        wechat.Clients(
            appid=account.appid,
            mchid=merchant.mchid,
            official_account=official_account,
            oauth=OAuth(account, now=clock.now),
            jssdk=JsSdk(account.appid, official_account, store=shared, now=clock.now),
            callback=Callback(account, store=shared, now=clock.now),
            pay=Pay(merchant, now=clock.now),
            transfer_scene=TransferScene(
                config.pay.transfer_scene_id,
                tuple((report.type, report.content) for report in config.pay.transfer_reports),
            ),
            mini_program=use_mini_program(config),
        )
    )
    sms.use(
        Sms(
            SmsConfig(
                secret_id=config.sms.secret_id,
                secret_key=config.sms.secret_key.read(),
                sdk_app_id=config.sms.sdk_app_id,
                sign_name=config.sms.sign_name,
                url=config.sms.base_url,
                region=config.sms.region,
            ),
            now=clock.now,
        )
    )


def use_mini_program(config: Config) -> MiniProgram | None:
    """Return the client of the hospital's mini-program, None if it has none."""
    if config.mini_program is None:
        return None
    program = MiniProgramConfig(
        appid=config.mini_program.appid, secret=config.mini_program.secret.read(), api_url=config.wechat.api_url
    )
    return MiniProgram(program, store=store.store(), now=clock.now)


def register_doors(app: Flask) -> None:
    """Register each package's doors, listeners, messages and settings."""
    h5.init_app(app)
    app.register_blueprint(h5.pages)
    app.register_blueprint(website.pages)
    app.register_blueprint(website_pages.blueprint)
    app.register_blueprint(patients.pages)
    app.register_blueprint(patient_pages.blueprint)
    app.register_blueprint(wechat_door.door)
    app.register_blueprint(messages.pages)
    app.register_blueprint(wallet.pages)
    app.register_blueprint(payments.pages)
    app.register_blueprint(payment_notices.door)
    app.register_blueprint(payment_pages.blueprint)
    app.register_blueprint(wallet_pages.blueprint)
    app.register_blueprint(mall.pages)
    app.register_blueprint(shell.blueprint)
    app.register_blueprint(jobs.blueprint)
    app.register_blueprint(rich_text.blueprint)
    app.register_blueprint(message_pages.blueprint)
    app.register_blueprint(staff.blueprint)
    app.register_blueprint(staff_views.pages)
    app.register_blueprint(mall_pages.blueprint)
    app.register_blueprint(booking.pages)
    app.register_blueprint(booking_pages.blueprint)
    app.register_blueprint(reports.pages)
    app.register_blueprint(report_pages.blueprint)
    app.register_blueprint(report_doors.door)
    app.register_blueprint(recharge.pages)
    app.register_blueprint(recharge_pages.blueprint)
    app.register_blueprint(distribution.pages)
    app.register_blueprint(distribution_pages.blueprint)
    app.register_blueprint(upload_pages.blueprint)
    app.register_blueprint(hospital_pages.blueprint)
    app.register_blueprint(till_pages.blueprint)
    app.register_blueprint(visits.pages)
    app.register_blueprint(visit_pages.blueprint)
    app.register_blueprint(loan_pages.blueprint)
    app.register_blueprint(retail_pages.blueprint)
    app.register_blueprint(cashier_pages.blueprint)
    app.register_blueprint(statistics_pages.blueprint)
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/media/<token>", endpoint="media", view_func=public_media)


def refuse_demo_data(app: Flask) -> None:
    """See to it that invented people and known passwords never meet real ones.

    :raises ConfigError: production, and the database was filled by the demo
    """
    if app.config["WXAPP"].is_production:
        with app.app_context():
            if db.session.get(SettingRow, DEMO_MARK) is not None:
                raise ConfigError("configuration refused:\n  database.url: this database holds demo data")


def healthz() -> Response:
    """Say that this process is alive; asks nobody."""
    return jsonify(status="ok")


MOST_OUTBOX_AGE = timedelta(minutes=15)
"""What may go out waits at most so long; more, and nobody is sending."""


def readyz() -> tuple[Response, int]:
    """Say whether this process can serve, and what is wrong if it can't."""
    try:
        db.session.execute(sa.text("SELECT 1"))
        found = {
            "migrations": health.find_fault_of_tables(current_app.config["NEWEST_MIGRATION"]),
            "clock": health.find_fault_of_clock(),
        }
        found["outbox"] = "" if found["migrations"] else _find_fault_of_outbox()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()  # nothing was begun; the connection is handed back clean
        found = {"database": "no answer"}
    faults = {name: text for name, text in found.items() if text}
    return (jsonify(status="not ready", **faults), 503) if faults else (jsonify(status="ready"), 200)


def _find_fault_of_outbox() -> str:
    age = oldest_due()
    return f"waiting for {age.total_seconds():.0f} seconds" if age > MOST_OUTBOX_AGE else ""


def public_media(token: str) -> Response:
    """Serve a public picture; its name changes with its content, so browsers keep it for ever."""
    file = files.public_file(token)
    response = send_file(files.path_of(file.token), mimetype=file.content_type, max_age=31_536_000, etag=file.sha256)
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


def _serve_static(app: Flask, config: Config) -> None:
    """Serve /static compressed and with far expiry; names carry a version, see ``static_url``."""
    app.static_folder = str(STATIC)
    app.static_url_path = "/static"
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=app.send_static_file)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=STATIC,
        prefix="static/",
        autorefresh=config.app.mode is Mode.DEVELOPMENT,
        max_age=3600,
        allow_all_origins=False,
    )

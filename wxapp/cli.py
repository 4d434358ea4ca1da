"""The command line: ``wxapp --help``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask

from wxapp.core.config import ConfigError, load
from wxapp.core.errors import DomainError


@click.group()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=lambda: Path(os.environ.get("WXAPP_CONFIG", "config.toml")),
    help="Configuration file; WXAPP_CONFIG names it too.",
)
@click.pass_context
def wxapp(context: click.Context, config: Path) -> None:
    """One backend for a hospital's official account, mini-programs and staff."""
    context.obj = config


def application(context: click.Context) -> Flask:
    """Return the application of the chosen configuration."""
    from wxapp.app import create_app

    return create_app(load(context.obj))


@wxapp.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--threads", default=8, show_default=True, help="Requests at a time in each process.")
@click.pass_context
def web(context: click.Context, *, host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages. SIGTERM lets running requests end."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from wxapp.app import refuse_demo_data

    os.environ["WXAPP_CONFIG"] = str(Path(context.obj).resolve())
    refuse_demo_data(application(context))
    Server(
        "wxapp.wsgi:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=threads,
        backpressure=256,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


@wxapp.command()
@click.pass_context
def scheduler(context: click.Context) -> None:
    """Send messages and do timed work until SIGTERM."""
    from jobs.scheduler import run
    from wxapp.app import refuse_demo_data

    app = application(context)
    refuse_demo_data(app)
    run(app)


@wxapp.command()
@click.pass_context
def mllp(context: click.Context) -> None:
    """Take HL7 messages of laboratory systems over MLLP until SIGTERM; see the section [mllp] of the configuration."""
    from wxapp.app import refuse_demo_data
    from wxapp.reports.mllp import serve

    app = application(context)
    refuse_demo_data(app)
    serve(app)


@wxapp.command()
@click.option("--port", default=8000, show_default=True, help="Of the web pages; the sandbox takes the next one.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("var/demo"), show_default=True)
@click.option("--workers", default=1, show_default=True)
def demo(*, port: int, data: Path, workers: int) -> None:
    """Start a hospital with invented people: web, scheduler and WeChat's sandbox."""
    from wxapp.demo.run import run

    sys.exit(run(port=port, folder=data, workers=workers))


@wxapp.command(name="config")
@click.pass_context
def check_config(context: click.Context) -> None:
    """Check the configuration and say what is wrong with it."""
    load(context.obj)
    click.echo(f"{context.obj}: in order")


# --- database --------------------------------------------------------------------------------------------------------


@wxapp.group(name="db")
def database() -> None:
    """The database's tables."""


def migrating(context: click.Context) -> Flask:
    """Return the application, ready to change its tables."""
    from wxapp.app import use_migrations

    app = application(context)
    use_migrations(app)
    return app


@database.command()
@click.argument("revision", default="head")
@click.pass_context
def upgrade(context: click.Context, revision: str) -> None:
    """Bring the tables up to date."""
    import flask_migrate

    from wxapp.hospital.services import install_defaults
    from wxapp.staff.services import install_default_roles

    app = migrating(context)
    with app.app_context():
        flask_migrate.upgrade(revision=revision)
        if revision == "head":
            install_default_roles()
            install_defaults()


@database.command()
@click.argument("revision", default="-1")
@click.pass_context
def downgrade(context: click.Context, revision: str) -> None:
    """Take the last migration back."""
    import flask_migrate

    with migrating(context).app_context():
        flask_migrate.downgrade(revision=revision)


@database.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Fail when the tables of the models and of the migrations differ."""
    import flask_migrate

    with migrating(context).app_context():
        flask_migrate.check()


@database.command()
@click.option("-m", "--message", required=True)
@click.pass_context
def revision(context: click.Context, message: str) -> None:
    """Write a migration from what the models have and the database lacks; read it before you commit it."""
    import flask_migrate

    with migrating(context).app_context():
        flask_migrate.migrate(message=message)


# --- operation -------------------------------------------------------------------------------------------------------


@wxapp.group()
def menu() -> None:
    """The official account's menu."""


@menu.command()
@click.pass_context
def publish(context: click.Context) -> None:
    """Publish the menu to WeChat."""
    from wxapp.patients.services import publish_menu

    with application(context).app_context():
        published = publish_menu()
    names = [entry["name"] for button in published["button"] for entry in button.get("sub_button", [button])]
    click.echo(f"published: {', '.join(names)}")


@wxapp.group()
def ledger() -> None:
    """The books."""


@ledger.command(name="check")
@click.pass_context
def check_ledger(context: click.Context) -> None:
    """Say of each invariant whether it holds; exit 1 if one does not."""
    from wxapp.payments.invariants import check_all

    with application(context).app_context():
        findings = check_all()
    for finding in findings:
        click.echo(f"{'ok  ' if finding.holds else 'FAIL'} {finding.name}: {finding.text}")
    sys.exit(0 if all(finding.holds for finding in findings) else 1)


@wxapp.group()
def staff() -> None:
    """People with a log-in."""


@staff.command(name="add")
@click.argument("username")
@click.option("--name", required=True, help="As pages show it.")
@click.option("--role", "roles", multiple=True, required=True, help="May be given several times, e.g. 超管.")
@click.pass_context
def add_staff(context: click.Context, username: str, name: str, roles: tuple[str, ...]) -> None:
    """Create a member with a random first password, shown once."""
    from wxapp.staff.queries import role_ids_by_label
    from wxapp.staff.services import create_member

    with application(context).app_context():
        first = create_member(username=username, name=name, role_ids=role_ids_by_label(roles), by=None)
    click.echo(f"{username}: {first.password}  (has to be changed at the first log-in)")


def main() -> Any:
    """Run the command line; a refusal is a line on stderr and exit code 2, not a traceback."""
    return _guarded(lambda: wxapp(prog_name="wxapp"))


def _guarded(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except ConfigError as error:
        click.echo(f"wxapp: {error}", err=True)
        return sys.exit(2)
    except DomainError as error:
        click.echo(f"wxapp: {error.message}", err=True)
        return sys.exit(2)

"""Run migrations with the application's own engine, on SQLite and on MySQL/MariaDB alike."""

from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db

PLAIN_TYPES = {
    "UTCDateTime": 'sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql")',
    "Encrypted": "sa.Text()",
    "SealedBytes": 'sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")',
    "Enum": "sa.String(length=30)",
}
"""How the application's column types stand in a migration, which imports nothing of the application."""


def render_item(kind, item, autogen_context):
    if kind == "type" and (plain := PLAIN_TYPES.get(type(item).__name__)):
        if "mysql." in plain:
            autogen_context.imports.add("from sqlalchemy.dialects import mysql")
        return plain
    return False


def run() -> None:
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # A table that is copied to change it must not take the rows that point to it along. Said to the driver
            # itself: inside a transaction, which any statement of ours begins, SQLite does not listen to this.
            driver = connection.connection.dbapi_connection
            driver.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            render_as_batch=True,
            render_item=render_item,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if is_sqlite:
            connection.commit()
            driver.execute("PRAGMA foreign_keys=ON")


run()

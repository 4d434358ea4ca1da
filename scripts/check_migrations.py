"""Check that the migrations, run from nothing, make exactly the tables of the models.

Uses a SQLite file that is thrown away. The tests do the same in both directions and on MariaDB.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> int:
    """Return 0 if models and migrations agree; what differs is printed."""
    import flask_migrate

    from tests.settings import make_config
    from wxapp.app import create_app, use_migrations
    from wxapp.core.db import db

    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="wxapp-migrations-") as name:
        folder = Path(name)
        app = create_app(make_config(f"sqlite:///{folder / 'check.sqlite'}", folder))
        use_migrations(app)
        with app.app_context():
            try:
                flask_migrate.upgrade()
                flask_migrate.check()
            except SystemExit as end:
                return int(end.code or 0)
            finally:
                db.engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())

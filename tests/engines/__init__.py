"""What the tests run on: private databases, a private Redis, the real processes.

*Engine* is the database of a run (SQLite or MariaDB). A server is started once for all workers of a run, in a
folder of its own, and stopped by its process id. Migrations build one *template*; every worker gets a copy.

Loaded by tests/conftest.py with `pytest_plugins = ["tests.engines.plugin"]`.
"""

"""What a conftest tells the plugin."""

import pytest


@pytest.hookspec(firstresult=True)
def pytest_build_schema(url: str) -> object:
    """Fill the empty database at this address with the tables, by running the migrations.

    Called once in a run. Return something that is not None, and leave no connection open.
    """

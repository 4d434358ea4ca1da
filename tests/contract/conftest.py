"""What the tests of the contract share: the hospital that programs call."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.contract.house import House, make_house


@pytest.fixture
def house(app: Flask, database: None) -> House:
    return make_house(app)

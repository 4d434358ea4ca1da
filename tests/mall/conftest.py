"""Fixtures of the mall's tests."""

from tests.mall.desk import desk, goods, sit
from tests.mall.shopper import shopper

__all__ = ["desk", "goods", "shopper", "sit"]

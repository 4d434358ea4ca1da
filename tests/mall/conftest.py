"""Fixtures of the mall's tests."""

from tests.mall.desk import desk, goods, sit

__all__ = ["desk", "goods", "sit"]

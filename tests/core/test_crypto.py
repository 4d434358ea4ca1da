"""Personal data at rest."""

from __future__ import annotations

import pytest
from flask import Flask

from wxapp.core.crypto import CannotDecrypt, Keyring, hash_password, password_matches


def keyring(current: str = "k1", **keys: str) -> Keyring:
    return Keyring.from_texts(current=current, keys=keys or {"k1": "one"}, index_key="index", pepper="pepper")


def test_the_same_text_is_never_the_same_ciphertext() -> None:
    ring = keyring()
    first, second = (ring.encrypt("林小满", context="patient.name") for _ in range(2))
    assert first != second
    assert ring.decrypt(first, context="patient.name") == ring.decrypt(second, context="patient.name") == "林小满"


def test_a_ciphertext_opens_only_where_it_belongs() -> None:
    sealed = keyring().encrypt("13800000001", context="patient.phone")
    with pytest.raises(CannotDecrypt):
        keyring().decrypt(sealed, context="patient.name")


@pytest.mark.parametrize("broken", ["", "k1", "k1:###", "k9:AAAA", "k1:AAAA"])
def test_what_is_no_ciphertext_of_ours_is_refused(broken: str) -> None:
    with pytest.raises(CannotDecrypt):
        keyring().decrypt(broken, context="x")


def test_old_rows_stay_readable_after_a_change_of_key() -> None:
    old = keyring().encrypt("a", context="x")
    both = keyring("k2", k1="one", k2="two")
    assert both.decrypt(old, context="x") == "a"
    assert both.encrypt("a", context="x").startswith("k2:")


def test_values_are_found_by_what_they_mean_not_how_they_are_typed() -> None:
    ring = keyring()
    assert ring.index(" hosp-26x ", context="no") == ring.index("ＨＯＳＰ-２６X", context="no")
    assert ring.index("a", context="id") != ring.index("a", context="phone")


def test_a_password_is_known_again_and_no_other(app: Flask) -> None:
    stored = hash_password("246813")
    assert stored != hash_password("246813")
    assert password_matches(stored, "246813")
    assert not password_matches(stored, "246814")
    assert not password_matches("not a hash", "246813")

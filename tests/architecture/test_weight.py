"""What a telephone fetches before it shows a patient's page for the first time, pictures aside."""

from __future__ import annotations

import gzip
import re
from functools import cache

import pytest

from tests.architecture.test_garbage import Site, outside, site

__all__ = ["outside", "site"]

pytestmark = pytest.mark.once

MOST = 150_000
"""Bytes on the wire, compressed as the server compresses."""
LINKED = re.compile(r"<(?:link|script)\b[^>]*?(?:href|src)=\"(/static/[^\"#]+)|<use href=\"(/static/[^\"#]+)")


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 6, mtime=0))


def test_no_patients_page_is_heavy(site: Site) -> None:
    @cache
    def of_file(address: str) -> int:
        with site.get(address) as answer:
            assert answer.status_code == 200, address
            return weight(answer.get_data())

    found: dict[str, int] = {}
    for endpoint, address in site.pages.items():
        if address.startswith("/pc"):
            continue
        with site.get(address) as answer:
            if answer.status_code == 200 and answer.mimetype == "text/html":
                linked = {one or other for one, other in LINKED.findall(answer.get_data(as_text=True))}
                found[endpoint] = weight(answer.get_data()) + sum(map(of_file, linked))
    assert {page: size for page, size in found.items() if size > MOST} == {}
    assert len(found) > 30
    assert min(found.values()) > 10_000  # styles and signs are counted

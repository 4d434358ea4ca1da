"""No page leads nowhere: its links, forms and files are there."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

import wxapp
from tests.architecture.test_garbage import Site, outside, site

pytestmark = pytest.mark.once

__all__ = ["outside", "site"]

TEMPLATES = sorted(Path(wxapp.__file__).parent.rglob("templates/**/*.html"))
ENDPOINT = re.compile(r"url_for\(\s*[\"']([\w.]+)[\"']")
ASSET = re.compile(r"(?:h5\.asset\(\s*|url_for\([\"']static[\"'],\s*filename=)[\"']([^\"']+)[\"']")


class _Links(HTMLParser):
    """Reads where a page leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.gets: set[str] = set()
        self.questions: set[str] = set()
        self.posts: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        for name in ("href", "src", "data-state", "data-checking"):
            if target := given.get(name):
                self._add(self.gets, target)
        for name in ("action", "formaction"):
            if name in given:
                is_question = tag == "form" and given.get("method") != "post"
                self._add(self.questions if is_question else self.posts, given[name] or "")

    def _add(self, found: set[str], target: str) -> None:
        address, _fragment = urldefrag(urljoin(f"http://localhost{self.page}", target))
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.netloc == "localhost":
            found.add(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def links_of(site: Site, address: str) -> _Links:
    reader = _Links(address)
    reader.feed(site.get(address).get_data(as_text=True))
    return reader


def status_of(site: Site, address: str) -> int:
    with site.get(address) as answer:
        return answer.status_code


def kind_of(site: Site, address: str) -> str:
    """Return the rule and the question's names: one link of a kind is enough."""
    parts = urlsplit(address)
    adapter = site.app.url_map.bind("localhost")
    try:
        endpoint, _ = adapter.match(parts.path, "GET")
    except HTTPException:
        return address
    is_file = endpoint in {"static", "media"}
    return address if is_file else f"{endpoint} {sorted(part.partition('=')[0] for part in parts.query.split('&'))}"


def test_each_link_leads_to_a_page(site: Site) -> None:
    found: dict[str, str] = {}
    where: dict[str, str] = {}
    for page, address in site.pages.items():
        for target in links_of(site, address).gets:
            kind = kind_of(site, target)
            found.setdefault(kind, target)
            where.setdefault(kind, page)
    missing = {
        (where[kind], target): status_of(site, target)
        for kind, target in found.items()
        if not target.startswith(("/media/none", "/wechat/login"))
    }
    assert {link: status for link, status in missing.items() if status >= 400} == {}
    assert len(found) > 80


def test_each_form_has_somebody_who_reads_it(site: Site) -> None:
    adapter = site.app.url_map.bind("localhost")
    sent: set[tuple[str, str]] = set()
    for address in site.pages.values():
        links = links_of(site, address)
        sent |= {("POST", target) for target in links.posts} | {("GET", target) for target in links.questions}
    for method, address in sent:
        assert adapter.match(urlsplit(address).path, method), address
    assert len(sent) > 40


def test_what_templates_name_is_there(app: Flask) -> None:
    """Also in the branches that no test shows."""
    missing = []
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        package = template.parts[template.parts.index("templates") - 1]
        for name in ENDPOINT.findall(text):
            names = {f"{package}{name}", f"{package}_admin{name}"} if name.startswith(".") else {name}
            if not names & set(app.view_functions):
                missing.append((template.name, name))
        static = Path(wxapp.__file__).parent / "static"
        missing += [(template.name, name) for name in ASSET.findall(text) if not (static / name).exists()]
    assert missing == []

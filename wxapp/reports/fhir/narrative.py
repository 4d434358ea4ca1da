"""The narrative of a resource as plain text, for reports that say nothing in any other way."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from wxapp.reports.fhir.references import text_of
from wxapp.reports.texts import clean

LONGEST = 200_000
MOST_KEPT = 6000
_BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table"})


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BREAKS:
            self.parts.append("\n")
        elif tag in {"td", "th"}:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def narrative(resource: dict[str, Any]) -> str:
    """Return what ``text.div`` says, without its marks; "" when there is none."""
    text = resource.get("text")
    html = text_of(text.get("div")) if isinstance(text, dict) else ""
    words = _Words()
    words.feed(html[:LONGEST])
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.parts).splitlines())
    return clean("\n".join(line for line in lines if line))[:MOST_KEPT]

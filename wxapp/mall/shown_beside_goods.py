"""What other packages show on the page of some goods: they plug in here.

That page is the same for everybody and kept for a moment, so nothing of the visitor has a place in it.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from wxapp.mall.models import Goods

Render = Callable[[Goods], Markup]

_renders: list[Render] = []


def register(render: Render) -> None:
    """Show what this function returns for each of the goods, below name and price; an empty piece shows nothing."""
    if render not in _renders:
        _renders.append(render)


def pieces(goods: Goods) -> list[Markup]:
    return [piece for render in _renders if (piece := render(goods))]

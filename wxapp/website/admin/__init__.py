"""Staff's interfaces of the website, one module per subject."""

from wxapp.website.admin import articles, categories, equipment, home, physicians, sheets, slides
from wxapp.website.admin.door import blueprint

__all__ = ["articles", "blueprint", "categories", "equipment", "home", "physicians", "sheets", "slides"]

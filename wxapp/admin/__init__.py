"""The staff shell: doors under ``/pc/``, menu, pages, tables, search, settings page and audit log.

It knows no feature. A package writes its staff pages in its ``admin.py``: an ``Interfaces`` blueprint whose functions
return a ``Page`` or a ``Done``. The *interface* is the unit of everything: it has an id, a path, a permission and an
audit line, and a path that is no interface is refused.

An *actor* is who did something, as text (``staff:12``). The *audit log* is only ever added to; each row carries a
keyed digest over itself and the row before it, so an edit, a gap or a cut-off end can be seen.
"""

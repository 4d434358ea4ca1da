"""Posters (海报): pictures with a QR code that people send to others, drawn by the server.

A package fills a :class:`Poster` and answers with :func:`poster_answer`. Drawing takes a tenth of a second of one
processor, so finished posters are kept as files; the same poster is drawn once.
"""

from wxapp.h5.posters.keeping import poster_answer, poster_png, remove_old
from wxapp.h5.posters.poster import Poster

__all__ = ["Poster", "poster_answer", "poster_png", "remove_old"]

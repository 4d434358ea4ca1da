"""WeChat: clients of the official-account interface, of OAuth, of the server callback and of WeChat Pay v3.

Clients only: no tables, no Flask, nothing of the features. They get plain configuration (``config``) and a
``TokenStore`` shared by all processes (``interfaces``), and they raise the typed errors of ``errors`` and
``pay.errors``, never those of a library.

An *openid* is a person in one account; a *push* is what WeChat sends to our callback; a *notice* is what
WeChat Pay sends to our notification addresses; a *door* is whoever in wxapp receives them over HTTP.
"""

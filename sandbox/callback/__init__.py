"""Messages and events pushed to the backend (服务器配置), and the passive replies that come back.

A *push* is one message or event; it is delivered up to four times until the backend takes it. ``envelopes``
packs and opens bodies, ``pusher`` delivers them, ``replies`` understands answers, ``actions`` is what people do.
"""

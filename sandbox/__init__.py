"""WeChat's side of the wire, played over real HTTP for development and tests.

The program answers as the official-account API, the authorize page, WeChat Pay v3 and a short-message
provider would, pushes callbacks as WeChat does, and shows a phone on which people follow, chat, tap menus,
scan codes and pay. It shares no code with the backend, so that a mistake there can't be repeated here.

Words: a *person* is one simulated WeChat user; the *world* is all state; an *endpoint* is one interface by
its name (``cgi-bin/token``, ``pay/jsapi``, ``sms``); a *push* is one event or message for the backend and a
*delivery* one attempt to hand it over; a *fault* is an order to misbehave. Facts about WeChat that are not
confirmed are settings (``config.Timing``, ``config.Limits``), never constants in the middle of the code.
"""

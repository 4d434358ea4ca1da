"""WeChat Pay, API v3: orders, the cashier, refunds, notifications, bills.

``views`` is the API, ``cashier`` what a person does, ``control`` what tests order; ``desk`` joins the books, the
keys and the outbox of one application, and its ``tick`` does what time brings about. A *twist* is an order to
misbehave in a way that only Pay knows; the general faults are in ``sandbox.faults``.
"""

from sandbox.pay.control import blueprint as control_blueprint
from sandbox.pay.views import blueprint

blueprint.register_blueprint(control_blueprint)

__all__ = ["blueprint"]

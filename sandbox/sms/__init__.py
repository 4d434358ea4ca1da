"""Tencent Cloud's short messages (version 2021-01-11), played at ``/sms/``.

``tc3`` checks the signature, ``rules`` says which number gets its message, ``views`` is the API and the control
routes. A message to a number that a person of the world has appears on that person's phone.
"""

from sandbox.sms.state import SmsState
from sandbox.sms.views import blueprint

__all__ = ["SmsState", "blueprint"]

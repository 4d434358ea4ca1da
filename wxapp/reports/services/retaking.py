"""Taking a message again that could not be taken: after a setting, a key or a patient's record was put right."""

from __future__ import annotations

from wxapp.core.errors import DomainError
from wxapp.reports.client_models import Verdict, Way
from wxapp.reports.queries.senders import get_message
from wxapp.reports.services.messages import Envelope, body_of
from wxapp.reports.services.receiving import retake_hl7
from wxapp.reports.services.receiving_fhir import retake_fhir


class BodyGone(DomainError):
    """The message was too large to be kept, so that nothing is left to be taken again."""

    code, status, message = "body_gone", 409, "报文过大，未保留内容，请联系发送方重发"


class NotRefused(DomainError):
    """What was taken needs not be taken again."""

    code, status, message = "not_refused", 409, "这条报文已接收，无需重新接收"


def take_again(message_id: int, *, by: str) -> Verdict:
    """Read a refused message once more with the present settings; return what became of it.

    :raises NotFound: it is not kept any more
    :raises NotRefused: it was taken
    :raises BodyGone: it was too large to be kept
    """
    message, client = get_message(message_id)
    if message.verdict is not Verdict.REFUSED:
        raise NotRefused
    body = body_of(message)
    if body is None:
        raise BodyGone
    envelope = Envelope(client, message.way, body, message.address, message.charset, message.size)
    retake = retake_fhir if message.way is Way.FHIR else retake_hl7
    return retake(envelope, message_id, by=by)

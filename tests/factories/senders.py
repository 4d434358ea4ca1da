"""Systems that send reports, and messages of theirs."""

from __future__ import annotations

import itertools

from wxapp.reports.client_models import Verdict, Way
from wxapp.reports.queries.senders import get_client
from wxapp.reports.services import clients, messages

_numbers = itertools.count(1)
REFUSED = "MSH|^~\\&|LIS|LAB|||20260302101500||ADT^A01|C1|P|2.5.1\rPID|1||HOSP1||王芳\r".encode()


def make_refused_message(*, by: str = "system:tests") -> dict[str, int]:
    """Make a client with a message that was not taken; return the parts of their addresses."""
    number = next(_numbers)
    draft = clients.ClientDraft(f"送检系统{number}", takes_fhir=True, takes_hl7=True, networks="")
    client = get_client(clients.add_client(draft, by=by).client_id)
    envelope = messages.Envelope(client, Way.HL7, REFUSED, "127.0.0.1")
    story = messages.Story(Verdict.REFUSED, control_id="C1", told=["AR 200 只接收ORU^R01消息"])
    return {"client_id": client.id, "received_id": messages.note(envelope, story)}

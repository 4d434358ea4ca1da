"""Messages of other systems: read, taken, noted, answered. The answer is given after the commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock
from wxapp.core.db import transaction
from wxapp.core.errors import DomainError
from wxapp.reports.client_models import Client, Verdict, Way
from wxapp.reports.hl7 import acknowledgements, charsets
from wxapp.reports.hl7.message import Header, header_of, read_header, read_message
from wxapp.reports.hl7.oru import Reading, check_header, read_oru
from wxapp.reports.hl7.refusals import DATA_TYPE, INTERNAL, REJECTED, UNKNOWN_KEY, Place, Refusal
from wxapp.reports.incoming import IncomingReport
from wxapp.reports.preferences import HL7_CHARSET, preferences
from wxapp.reports.services import clients, messages
from wxapp.reports.services.intake import Taken, take_report
from wxapp.reports.services.messages import Envelope, Story
from wxapp.reports.services.revisions import checked

_SECURITY = 7
"""Place of MSH-8 in its segment."""


def source_of(client: Client) -> str:
    """Return how reports name their sender; its keys and its label may change."""
    return f"client:{client.id}"


def take_all(
    reports: Sequence[IncomingReport], *, client: Client, by: str, noted: Callable[[list[Taken]], object]
) -> list[Taken]:
    """Take all reports of a message, and note the message with them: everything or nothing.

    Reports with files are taken one by one, as opening files takes long and other writers would wait: when one of them
    can't be kept, those before it stay, and the repeated message finds them unchanged.

    :raises DomainError: one of them can't be taken
    """
    source = source_of(client)
    for report in reports:
        checked(report)

    def take() -> list[Taken]:
        taken = [take_report(report, source=source, by=by) for report in reports]
        noted(taken)
        return taken

    if any(report.document or report.pictures for report in reports):
        return _repeated(take)
    return _repeated(_in_one_transaction(take))


_TRIES = 3


def _repeated(work: Callable[[], list[Taken]]) -> list[Taken]:
    """Do the work; when a unique key stood against it, do it again.

    Two drew the same number for a report, or took the same one at once: the second time draws another, or finds it.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except IntegrityError:
            continue
    return work()


def _in_one_transaction(work: Callable[[], list[Taken]]) -> Callable[[], list[Taken]]:
    def whole() -> list[Taken]:
        with transaction():
            return work()

    return whole


# --- HL7 -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An acknowledgement.

    :ivar is_known: the message came from a client that we know
    """

    body: bytes
    is_known: bool = True


def receive_hl7(raw: bytes, *, way: Way, address: str, client: Client | None = None, charset: str = "") -> Answer:
    """Take an HL7 message and return its acknowledgement. Refusals of every kind are answers.

    :param client: who sends, when the transport has told; else the key stands in MSH-8
    """
    header = Header()
    try:
        header = read_header(raw, default=charset or HL7_CHARSET())
    except Refusal as refusal:
        header = header_of(refusal)
        known = client or _admitted(header, way, address)
        if known is not None:
            messages.note(_envelope(known, way, raw, address, charset), _refused(header, refusal))
        return _acknowledged(header, refusal if known else _unknown_key(), is_known=known is not None)
    known = client or _admitted(header, way, address)
    if known is None:
        return _acknowledged(header, _unknown_key(), is_known=False)
    envelope = _envelope(known, way, raw, address, charset)
    try:
        _take_hl7(envelope, header)
    except Refusal as refusal:
        messages.note(envelope, _refused(header, refusal))
        return _acknowledged(header, refusal)
    return _acknowledged(header, None)


def codec_of(body: bytes, charset: str) -> str:
    """Return the codec in which a kept message can be shown."""
    try:
        return charsets.charset_of(body, default=charset or HL7_CHARSET())
    except charsets.Undecodable:
        return "utf-8"


def refuse_for_now(raw: bytes, text: str = "系统繁忙，请稍后重发") -> bytes:
    """Return the acknowledgement of a message that could not be looked at, e.g. while the database is away."""
    try:
        header = read_header(raw, default="utf-8")
    except Refusal as refusal:
        header = header_of(refusal)
    not_now = Refusal(text, error=INTERNAL, code=REJECTED)
    return acknowledgements.acknowledgement(header, refusal=not_now, now=clock.now())


def _admitted(header: Header, way: Way, address: str) -> Client | None:
    try:
        return clients.admit(header.first(8), way, address=address)
    except DomainError:  # no such key, or tried too often: the sender is not told which
        return None


def _unknown_key() -> Refusal:
    return Refusal("接口密钥无效", error=UNKNOWN_KEY, place=Place("MSH", 1, 8), code=REJECTED)


def _take_hl7(envelope: Envelope, header: Header) -> None:
    """:raises Refusal: it is not taken"""
    key = messages.once_key(header.control_id, envelope.body)
    if messages.was_taken(envelope.client, key):
        return
    reading = read_hl7(envelope.body, header)

    def noted(taken: list[Taken]) -> None:
        messages.note(envelope, _taken(header, reading, taken, once=key))

    try:
        by = actors.system(source_of(envelope.client))
        take_all(reading.reports, client=envelope.client, by=by, noted=noted)
    except IntegrityError:
        if not messages.was_taken(envelope.client, key):
            raise  # of the same message twice at once the other one was taken; anything else is a fault
    except DomainError as error:
        if error.status >= 500:
            raise
        raise Refusal(error.message, error=DATA_TYPE) from None


def read_hl7(body: bytes, header: Header) -> Reading:
    """:raises Refusal: it is not one of the messages that we take, or something in it is wrong"""
    wishes = preferences()
    check_header(header, processing=wishes.processing)
    return read_oru(read_message(body, header), wishes)


def _taken(header: Header, reading: Reading, taken: list[Taken], *, once: str | None) -> Story:
    return Story(
        messages.verdict_of(taken),
        control_id=header.control_id,
        report_nos=[report.report_no for report in reading.reports],
        taken=taken,
        told=reading.notes,
        once_key=once,
    )


def _refused(header: Header, refusal: Refusal) -> Story:
    told = f"{refusal.code} {refusal.error[0]} {refusal.text}"
    return Story(Verdict.REFUSED, control_id=header.control_id, told=[told])


def _acknowledged(header: Header, refusal: Refusal | None, *, is_known: bool = True) -> Answer:
    return Answer(acknowledgements.acknowledgement(header, refusal=refusal, now=clock.now()), is_known)


def _envelope(client: Client, way: Way, raw: bytes, address: str, charset: str) -> Envelope:
    return Envelope(client, way, without_security(raw), address, charset, size=len(raw))


def without_security(raw: bytes) -> bytes:
    """Return a message whose MSH-8 is masked."""
    head = charsets.header_of(raw)
    for codec in ("utf-8", "gb18030", "latin-1"):
        try:
            text = head.decode(codec)
        except UnicodeDecodeError:
            continue
        parts = text.split(text[3:4] or "|")
        if len(parts) > _SECURITY and parts[_SECURITY]:
            parts[_SECURITY] = "***"
        return messages.without_keys((text[3:4] or "|").join(parts).encode(codec) + raw[len(head) :])
    return messages.without_keys(raw)


def retake_hl7(envelope: Envelope, message_id: int, *, by: str) -> Verdict:
    """Take a kept message again, e.g. after a setting was changed; return what became of it."""
    header = Header()
    try:
        header = read_header(envelope.body, default=envelope.charset or HL7_CHARSET())
        reading = read_hl7(envelope.body, header)
        story = _taken(header, reading, [], once=None)

        def noted(taken: list[Taken]) -> None:
            told = replace(story, verdict=messages.verdict_of(taken), taken=taken)
            messages.note_again(message_id, told, by=by)

        taken = take_all(reading.reports, client=envelope.client, by=by, noted=noted)
        return messages.verdict_of(taken)
    except Refusal as refusal:
        messages.note_again(message_id, _refused(header, refusal), by=by)
        return Verdict.REFUSED
    except DomainError as error:
        if error.status >= 500:
            raise
        messages.note_again(message_id, Story(Verdict.REFUSED, header.control_id, told=[error.message]), by=by)
        return Verdict.REFUSED

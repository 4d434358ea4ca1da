"""What the MLLP listener does with a message."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from wxapp.core.db import db, repeat_on_conflict
from wxapp.core.errors import DomainError
from wxapp.reports.client_models import Way
from wxapp.reports.services.receiving import Answer, receive_hl7, refuse_for_now

log = logging.getLogger(__name__)


def take_frame(message: bytes, address: str) -> Answer:
    """Take a message and return its acknowledgement, whatever happens; inside an application context.

    A conflict repeats all of it. What is no matter of the message is answered with AR, so that the sender sends it
    again; the log has the rest.
    """
    try:
        return repeat_on_conflict(lambda: receive_hl7(message, way=Way.MLLP, address=address))
    except (DBAPIError, InterfaceError, PoolTimeout) as error:
        log.warning("mllp: database: %s", error)
    except DomainError as error:
        log.warning("mllp: a message could not be taken: %s", error.code)
    except Exception:
        log.exception("mllp: a message failed")
    db.session.rollback()  # whatever was begun is not kept; the next message starts anew
    return Answer(refuse_for_now(message))

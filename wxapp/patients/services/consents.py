"""Saying yes and no to what personal data is used for, and the words in which that is asked."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.patients import consents
from wxapp.patients.consent_models import Consent, ConsentText, Decision, Purpose, Way
from wxapp.patients.models import WechatUser


def note_consent(
    user_id: int, purpose: Purpose, decision: Decision, *, way: Way, by: str, patient_id: int | None = None
) -> None:
    """Write down what was said to the words that hold now, inside the caller's transaction."""
    db.session.add(
        Consent(
            wechat_user_id=user_id,
            patient_id=patient_id,
            purpose=purpose,
            version=consents.present_text(purpose).version,
            decision=decision,
            way=way,
            by=by,
            at=clock.now(),
        )
    )


def decide(user_id: int, purpose: Purpose, decision: Decision, *, version: str) -> bool:
    """Keep a WeChat user's own answer for an optional purpose; False when the same was said last.

    :param version: of the words that the page showed
    :raises NotFound: the purpose is not one to choose
    :raises Invalid: the words have changed since the page was shown
    """
    if purpose.is_required:
        raise NotFound
    shown = consents.present_text(purpose)
    if decision is Decision.GIVEN and shown.version != version:
        raise Invalid({"purpose": "说明已更新，请阅读后重新选择"})
    with transaction():
        # Two phones of one user answer one after the other, so that the same answer is kept once.
        change(sa.update(WechatUser).where(WechatUser.id == user_id).values(id=user_id))
        last = consents.last_answers(user_id).get(purpose)
        if last is not None and (last.decision, last.version) == (decision, shown.version):
            return False
        note_consent(user_id, purpose, decision, way=Way.PAGE, by=actors.wechat(user_id))
    return True


def add_text(purpose: Purpose, text: str, *, valid_from: datetime, by: str) -> ConsentText:
    """Keep new words for a purpose; the earlier ones stay as they were agreed to.

    :raises Invalid: they would hold before now, or are those that hold already
    :raises Stale: somebody else made a version at the same moment
    """
    now = clock.now()
    if clock.local(valid_from).date() < clock.today():
        raise Invalid({"valid_from": "生效日期不能早于今天"})
    if consents.present_text(purpose).text == text:
        raise Invalid({"text": "内容与现行版本相同"})
    row = ConsentText(
        purpose=purpose,
        version=_next_version(purpose),
        text=text,
        valid_from=max(valid_from, now),
        made_by=by,
        made_at=now,
    )
    try:
        with transaction():
            db.session.add(row)
    except IntegrityError:
        raise Stale from None
    return row


def _next_version(purpose: Purpose) -> str:
    """Return today's date, with a number from the second version of a day on."""
    day = clock.today().isoformat()
    made = db.session.scalar(
        sa.select(sa.func.count()).where(ConsentText.purpose == purpose, ConsentText.version.like(f"{day}%"))
    )
    return f"{day}-{made + 1}" if made else day

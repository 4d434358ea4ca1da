"""Tables of consent: what is agreed to in which words, and who said yes or no."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class Purpose(Labelled):
    """What personal data is used for; each is agreed to by itself."""

    BINDING = "binding", "绑定与档案核对"
    REPORTS = "reports", "在线查看健康报告"
    MESSAGES = "messages", "健康与服务提醒"
    MARKETING = "marketing", "活动与优惠通知"

    @property
    def is_required(self) -> bool:
        """Whether nothing works without it; it ends with the binding."""
        return self is Purpose.BINDING


OPTIONAL = tuple(purpose for purpose in Purpose if not purpose.is_required)


class Decision(Labelled):
    """What somebody said."""

    GIVEN = "given", "同意"
    WITHDRAWN = "withdrawn", "不同意"


class Way(Labelled):
    """How it was said."""

    PAGE = "page", "本人在公众号操作"
    COUNTER = "counter", "前台办理"
    EARLIER = "earlier", "此前绑定时"
    ERASURE = "erasure", "办理删除请求"


class ConsentText(Model):
    """The words of a purpose from a moment on. A new version never changes an old one."""

    __tablename__ = "patients_consent_text"
    __table_args__ = (
        sa.UniqueConstraint("purpose", "version"),
        sa.Index(None, "purpose", "valid_from"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(status_type(Purpose))
    version: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.String(2000))
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Consent(Model):
    """That a WeChat user said yes or no. The newest row of a purpose (and, for bindings, patient) is what holds."""

    __tablename__ = "patients_consent"
    __table_args__ = (
        sa.Index(None, "wechat_user_id", "purpose", "id"),
        sa.Index(None, "patient_id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"))
    patient_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("patients_patient.id"), comment="of the binding; the other purposes are the user's own"
    )
    purpose: Mapped[Purpose] = mapped_column(status_type(Purpose))
    version: Mapped[str] = mapped_column(sa.String(20), comment="of the text that was shown")
    decision: Mapped[Decision] = mapped_column(status_type(Decision))
    way: Mapped[Way] = mapped_column(status_type(Way))
    by: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

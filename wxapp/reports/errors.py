"""What may be refused about reports."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class AlreadyMatched(DomainError):
    """Somebody else has said whose the report is."""

    code, status, message = "already_matched", 409, "该报告已由其他同事处理，请刷新查看"


class NamesDiffer(DomainError):
    """The name in the report is not the patient's, and nobody has said that this is right."""

    code, status, message = "names_differ", 422, "报告上的姓名与该患者不一致，请核对；确认无误请勾选“已核对身份”"

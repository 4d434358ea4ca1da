"""What may be refused about reports."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class ReportsRefused(DomainError):
    """The WeChat user has said that reports are not to be shown online."""

    code, status, message = "reports_refused", 403, "您已选择不在公众号内查看报告，重新同意后即可查看"


class AlreadyMatched(DomainError):
    """Somebody else has said whose the report is."""

    code, status, message = "already_matched", 409, "该报告已由其他同事处理，请刷新查看"


class NamesDiffer(DomainError):
    """The name in the report is not the patient's, and nobody has said that this is right."""

    code, status, message = "names_differ", 422, "报告上的姓名与该患者不一致，请核对；确认无误请勾选“已核对身份”"


class NumberTaken(DomainError):
    """There is a report with this number that says something else."""

    code, status, message = "number_taken", 409, "已有相同编号的报告，请更换编号，或在原报告中更正"


class NothingChanged(DomainError):
    """A correction says just what the report says."""

    code, status, message = "nothing_changed", 422, "内容没有变化，无需更正"


class NotReadable(DomainError):
    """A withdrawn or refused report is not corrected."""

    code, status, message = "not_readable", 409, "已撤回或已拒收的报告不能更正"

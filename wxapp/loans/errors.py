"""What loans say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class LoanRepaid(DomainError):
    """Part of the loan has been repaid: it can no longer be undone."""

    code, status, message = "loan_repaid", 409, "贷款已有还款，贷款部分不能变更"

"""What a rule may say no with. One class per fact; each door renders them in its own form."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that a person can understand. Not a fault: it is never logged as one.

    :ivar code: stable name for programs
    :ivar status: HTTP status of every door
    :ivar message: Chinese sentence for the page
    :ivar field: the form field beside which the message belongs, if it is about one
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: str = "操作未能完成"

    def __init__(self, message: str | None = None, *, field: str | None = None, **details: Any) -> None:
        self.message = message or type(self).message
        self.field = field
        self.details = details
        super().__init__(self.message)


class NotFound(DomainError):
    """There is no such thing, or it is not this person's: the answer does not tell which."""

    code, status, message = "not_found", 404, "没有找到您要的内容"


class Invalid(DomainError):
    """Input that breaks a rule of its form. ``errors`` maps field names to Chinese sentences."""

    code, status, message = "invalid", 422, "请检查填写的内容"

    def __init__(self, errors: dict[str, str] | None = None, message: str | None = None) -> None:
        self.errors = errors or {}
        super().__init__(message or next(iter(self.errors.values()), None), errors=self.errors)


class SignInRequired(DomainError):
    code, status, message = "sign_in_required", 401, "请先登录"


class Forbidden(DomainError):
    code, status, message = "forbidden", 403, "您没有此项操作的权限"


class PageExpired(DomainError):
    """The CSRF token is missing or old. 419 is what the staff pages' clients know."""

    code, status, message = "page_expired", 419, "页面已过期，请刷新后重试"


class Stale(DomainError):
    """The row has changed since the page was shown."""

    code, status, message = "stale", 409, "内容已被他人修改，请刷新后重试"


class IllegalTransition(DomainError):
    """The status is no longer the one from which this step starts."""

    code, status, message = "illegal_transition", 409, "当前状态不能进行此操作，请刷新页面查看"


class TooManyRequests(DomainError):
    code, status, message = "too_many_requests", 429, "操作过于频繁，请稍后再试"

    def __init__(self, message: str | None = None, *, retry_after: int = 60, field: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, field=field, retry_after=retry_after)


class Unavailable(DomainError):
    """Something that is needed does not answer; trying again later may help."""

    code, status, message = "unavailable", 503, "服务暂时不可用，请稍后再试"

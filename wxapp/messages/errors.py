"""What the message centre may say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class TemplateInUse(DomainError):
    code, status, message = "template_unknown", 422, "该模板不在公众号的模板列表中"


class NotSwitchable(DomainError):
    code, status, message = "not_switchable", 409, "此类消息关系到您的就诊与资金安全，不能关闭"


class NotRegistered(DomainError):
    code, status, message = "no_template", 409, "该渠道尚未配置模板，或模板已停用"

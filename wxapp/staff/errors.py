"""What the rules about staff may say no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class WrongCredentials(DomainError):
    """User name and password don't go together, or the account is locked or off: the answer does not tell which."""

    code, status, message = "wrong_credentials", 401, "账号或密码不正确。连续输错5次，账号会锁定15分钟"


class CodeNeeded(DomainError):
    """The password was right; the code of the second factor is still missing."""

    code, status, message = "code_needed", 401, "请输入动态验证码"


class WrongCode(DomainError):
    """The code of the second factor is wrong, used already, or the account is locked."""

    code, status, message = "wrong_code", 422, "验证码不正确或已使用，请等待下一个验证码"


class FirstPasswordExpired(DomainError):
    """The first password was not changed in time."""

    code, status, message = "first_password_expired", 403, "初始密码已过期，请联系管理员重置"


class WeakPassword(DomainError):
    code, status, message = "weak_password", 422, "这个密码太容易被猜到"


class WrongOldPassword(DomainError):
    code, status, message = "wrong_old_password", 422, "原密码不正确"


class UsernameTaken(DomainError):
    code, status, message = "username_taken", 409, "这个账号已有人使用"


class RoleTaken(DomainError):
    code, status, message = "role_taken", 409, "已有同名的角色"


class RoleInUse(DomainError):
    code, status, message = "role_in_use", 409, "还有员工属于这个角色，不能删除"


class NotYoursToGive(DomainError):
    """Somebody tried to give, take or manage rights that go beyond his own."""

    code, status, message = "not_yours_to_give", 403, "您不能授予或管理超出您自己权限的账号和角色"


class NotOnYourself(DomainError):
    code, status, message = "not_on_yourself", 409, "不能对自己的账号进行此操作"


class LastAdministrator(DomainError):
    """Somebody has to be left who can manage roles."""

    code, status, message = "last_administrator", 409, "至少要保留一位能够管理员工和角色权限的在职员工"


class LinkExpired(DomainError):
    code, status, message = "link_expired", 404, "二维码已失效，请在“我的账号”中重新生成"


class WechatTaken(DomainError):
    """A WeChat user is one member at most."""

    code, status, message = "wechat_taken", 409, "这个微信已关联其他员工账号，请先在那个账号中解除关联"

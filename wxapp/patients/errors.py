"""What this package may say no with."""

from __future__ import annotations

from datetime import datetime

from wxapp.core.errors import DomainError
from wxapp.patients.rules import minutes_left


class NoSuchRecord(DomainError):
    """Nothing at the hospital matches. The same words whichever field is wrong, so that nothing can be found out."""

    code, status = "no_such_record", 422
    message = "填写的信息与医院登记的不一致，请核对后重试。如需帮助，请联系医院前台"


class SnapshotVisitor(DomainError):
    """WeChat shows the page in its preview with an invented account; a patient must not be bound to that."""

    code = "snapshot_visitor"
    message = "当前是微信的预览模式，无法绑定。请点击页面底部的“使用完整服务”后再试"


class TooManyBindings(DomainError):
    code, message = "too_many_bindings", "绑定的就诊人已达上限，请先解绑不再使用的就诊人"


class NoPatientBound(DomainError):
    code, message = "no_patient_bound", "请先绑定就诊人"


class OtherPatientShown(DomainError):
    """Another tab has switched the patient since the page was shown."""

    code, status, message = "other_patient_shown", 409, "当前就诊人已切换，请核对后重新提交"


class WrongCode(DomainError):
    """Not the code, too old, used, or tried too often: which of them is not told."""

    code, status, message = "wrong_code", 422, "验证码不正确或已过期，请核对或重新获取"

    def __init__(self) -> None:
        super().__init__(field="code")


class CodeNotSent(DomainError):
    code, status, message = "code_not_sent", 503, "短信暂时发送不了，请稍后再试"


class PatientExists(DomainError):
    code, status, message = "patient_exists", 422, "该证件号已建档"

    def __init__(self, record_no: str) -> None:
        super().__init__(f"该证件号已建档，病历号{record_no}", field="id_number", record_no=record_no)


class ErasureBegun(DomainError):
    code, status, message = "erasure_begun", 409, "已开始删除，不能再撤回或改变"


# --- balance password ------------------------------------------------------------------------------------------------


class WeakPassword(DomainError):
    code, status, message = "weak_password", 422, "余额密码过于简单，请换一个"


class NoBalancePassword(DomainError):
    code, message = "no_balance_password", "尚未设置余额密码，请携带证件到医院前台办理"


class IssuedPasswordOnly(DomainError):
    """The password is right, but it is the one staff issued; it is good for being changed only."""

    code, message = "issued_password_only", "请先将医院发放的初始密码修改为您自己的余额密码"


class IssuedPasswordExpired(DomainError):
    code, message = "issued_password_expired", "医院发放的初始密码已过期，请到前台重新办理或使用“忘记密码”"


class WrongBalancePassword(DomainError):
    code, status, message = "wrong_balance_password", 422, "余额密码不正确"

    def __init__(self, tries_left: int, *, field: str = "password") -> None:
        self.tries_left = tries_left
        super().__init__(f"余额密码不正确，还可尝试{tries_left}次", field=field, tries_left=tries_left)


class BalancePasswordLocked(DomainError):
    code, status, message = "balance_password_locked", 423, "余额密码已锁定"

    def __init__(self, until: datetime, *, now: datetime, field: str = "password") -> None:
        self.until = until
        minutes = minutes_left(until, now=now)
        super().__init__(f"余额密码输错次数过多，请{minutes}分钟后再试，或使用“忘记密码”", field=field, minutes=minutes)


class WrongIdNumber(DomainError):
    code, status, message = "wrong_id_number", 422, "证件号与登记的不一致"

    def __init__(self) -> None:
        super().__init__(field="id_number")

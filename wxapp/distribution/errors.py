"""What distribution says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class DistributionClosed(DomainError):
    code, status, message = "distribution_closed", 409, "本院暂未开展分销"


class NotADistributor(DomainError):
    """The page is for active distributors, or for those who have money left."""

    code, status, message = "not_a_distributor", 403, "您还不是分销员"


class DistributorFrozen(DomainError):
    code, status, message = "distributor_frozen", 403, "您的分销资格已被冻结，如有疑问请联系医院"


class DistributorHeld(DomainError):
    """What a frozen distributor asks for is not paid out."""

    code, status, message = "distributor_held", 409, "该分销员已被冻结，请先解冻再审核通过，或驳回申请"


class AlreadyApplied(DomainError):
    code, status, message = "already_applied", 409, "您已提交过申请"


class PhoneTaken(DomainError):
    code, status, message = "phone_taken", 409, "该手机号已被其他分销员使用"


class WrongInvitationCode(DomainError):
    """There is no such code, or its owner is not active, or it would make a circle."""

    code, status, message = "wrong_invitation_code", 422, "邀请码不正确或已停用"


class StaffMayNotEarn(DomainError):
    """医疗机构工作人员廉洁从业九项准则: nobody who works here takes commission."""

    code, status, message = "staff_may_not_earn", 409, "根据廉洁从业规定，本院员工不能成为分销员"


class CircleOfInviters(DomainError):
    code, status, message = "circle_of_inviters", 422, "上级不能是本人或本人的下级"


class NotPromotable(DomainError):
    """Medical services and drugs pay no commission."""

    code, status, message = "not_promotable", 409, "医疗服务和药品不能参与推广"


class ProposalOpen(DomainError):
    code, status, message = "proposal_open", 409, "该范围已有待确认的设置，请先处理"


class SamePerson(DomainError):
    code, status, message = "same_person", 409, "提交人与确认人不能是同一人"


class WrongRealName(DomainError):
    code, status, message = "wrong_real_name", 422, "姓名与登记的真实姓名不一致"


class TooManyWithdrawals(DomainError):
    code, status, message = "too_many_withdrawals", 409, "今日提现次数已达上限，请明天再试"


class NotEnoughAvailable(DomainError):
    code, status, message = "not_enough_available", 409, "可提现余额不足"

"""What goes of a WeChat user on request, and what must stay; see :mod:`wxapp.patients.export`."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import actors, sessions
from wxapp.core.db import change, db
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import preferences
from wxapp.patients import consents, export
from wxapp.patients.consent_models import OPTIONAL, Decision, Way
from wxapp.patients.models import Binding, BindingStatus, WechatUser
from wxapp.patients.services.bindings import end_binding
from wxapp.patients.services.consents import note_consent

BY = actors.system("erasure")

MUST_STAY = (
    ("病历与报告", "门诊病历自最后一次就诊起保存不少于15年（医疗机构病历管理规定）"),
    ("订单、支付与储值记录", "交易与预付款记录保存不少于5年；储值余额不因删除而消失，仍可到院使用或退款"),
    ("已开具的发票", "会计凭证按规定保存"),
    ("佣金、提现与代扣税款记录", "会计与纳税资料保存不少于10年，收款人的姓名与证件号随之保留；未提现的佣金仍可提现"),
    ("操作与查看日志", "网络日志保存不少于6个月，健康信息的查看记录保存3年"),
    ("授权记录", "您同意与撤回的记录，用于证明处理的合法性"),
    ("微信标识", "仅用于上述记录的对应与原路退款，不再用于其他用途"),
)
"""Label and reason."""


def _end_bindings(user_id: int) -> int:
    active = sa.select(Binding).where(Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE)
    found = db.session.scalars(active).all()
    for binding in found:
        end_binding(binding, by=BY, why="办理删除请求")
    return len(found)


def _take_consents_back(user_id: int) -> int:
    last = consents.last_answers(user_id)
    given = [purpose for purpose in OPTIONAL if purpose in last and last[purpose].decision is Decision.GIVEN]
    for purpose in given:
        note_consent(user_id, purpose, Decision.WITHDRAWN, way=Way.ERASURE, by=BY)
    return len(given)


def _forget_profile(user_id: int) -> int:
    known = sa.or_(
        WechatUser.nickname != "", WechatUser.avatar_url != "", WechatUser.unionid.is_not(None), WechatUser.scene != ""
    )
    empty = {"nickname": "", "avatar_url": "", "unionid": None, "scene": ""}
    return change(sa.update(WechatUser).where(WechatUser.id == user_id, known).values(empty))


def _forget_preferences(user_id: int) -> int:
    return preferences.forget(Receiver("wechat_user", user_id))


def _end_sessions(user_id: int) -> int:
    return sessions.end_sessions(sessions.WECHAT, user_id)


export.goes("consents", "授权（撤回全部可选用途）", _take_consents_back, order=10)
export.goes("bindings", "就诊人绑定", _end_bindings, order=20)
export.goes("preferences", "消息提醒设置", _forget_preferences, order=60)
export.goes("profile", "微信昵称、头像与来源", _forget_profile, order=80)
export.goes("sessions", "登录状态", _end_sessions, order=90)

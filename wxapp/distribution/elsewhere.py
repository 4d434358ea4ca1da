"""What other packages' pages say and do about distributors: a member of staff's, taking data away, deletion."""

from __future__ import annotations

from wxapp.distribution.queries import own_data, people
from wxapp.distribution.services import erasing
from wxapp.messages import taps
from wxapp.patients import export
from wxapp.staff import known_as


def _note_on_phone(phone: str) -> str:
    row = people.find_by_phone(phone)
    if row is None:
        return ""
    return f"该手机号是分销员（邀请码{row.code}，{row.status.label}）。本院员工不能成为分销员，其新订单不再计佣。"


known_as.register("distributor", _note_on_phone)

export.user_part(
    "distributor",
    own_data.as_distributor,
    label="分销员资料、佣金与提现",
    why="审核分销资格、结算佣金、核对账目与纳税",
    kept_for="资料保存至您要求删除；佣金与提现属于会计和纳税资料，按规定保存不少于10年",
    count=own_data.count_as_distributor,
)
export.user_part(
    "referral",
    own_data.as_customer,
    label="推广来源（会员归属、扫码与打开分享的记录）",
    why="确定您下单时由谁推荐，用于计算其佣金",
    kept_for="保存至您要求删除；随订单留下的归属记录与订单同期保存",
    count=own_data.count_as_customer,
)
export.goes("referral", "推广来源（会员归属、扫码与打开分享的记录）", erasing.erase_traces, order=30)
export.goes(
    "distributor", "分销员资格与资料（有过佣金的，姓名与证件号随账目保留）", erasing.erase_distributor, order=35
)

taps.register("distribution centre", "distribution.centre")

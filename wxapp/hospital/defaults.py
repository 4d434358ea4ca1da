"""What a hospital starts with; staff change all of it on the pages of 医院配置."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.hospital.models import CodeKind, MethodKind

METHODS: tuple[tuple[str, MethodKind], ...] = (
    ("支付宝", MethodKind.ALIPAY_CODE),
    ("微信", MethodKind.WECHAT_CODE),
    ("现金", MethodKind.CASH),
    ("刷卡", MethodKind.CARD),
    ("定金", MethodKind.DEPOSIT),
    ("储值余额", MethodKind.BALANCE),
)


@dataclass(frozen=True)
class DefaultDepartment:
    """A department of diagnostics as it is installed."""

    kind: str
    label: str
    roles: str
    pictures_needed: int = 0
    for_first_visits: bool = False


DEPARTMENTS = (
    DefaultDepartment("preoperative", "术前照", "photo_room", pictures_needed=1, for_first_visits=True),
    DefaultDepartment("radiation", "放射", "lab"),
    DefaultDepartment("electrocardiogram", "心电图", "lab"),
    DefaultDepartment("ct", "B超", "lab"),
    DefaultDepartment("blood", "检验科", "lab"),
)

CODES: dict[CodeKind, dict[int, str]] = {
    CodeKind.PATIENT_TAG: {1: "普通客户", 2: "重点客户", 3: "老客户"},
    CodeKind.REFERRAL_SOURCE: {0: "自然到院", 1: "开发部", 2: "网络部"},
    CodeKind.CHANNEL: {1: "熟人介绍", 2: "公众号", 3: "网络搜索", 4: "户外广告", 5: "路过"},
}

"""Every message of the product. Codes, receivers, channels and taps are those of contract/messages.yaml.

Texts are for the site; ``oa`` and ``sms`` are the lines that a template is expected to have, from which staff start
when they fill in the ids of their account's templates. No diagnosis stands in any of them (wechat.md 4.4).
"""

from __future__ import annotations

from collections.abc import Mapping

from wxapp.messages.entry import Channel, Entry, Field, Kind, Line

SITE, OA, MP = Channel.SITE, Channel.OA_TEMPLATE, Channel.MP_SUBSCRIBE
WECOM, PUSH, SMS = Channel.WECOM, Channel.PUSH, Channel.SMS

# --- fields ----------------------------------------------------------------------------------------------------------

PATIENT = Field("patient", "就诊人", "张*")
DOCTOR = Field("doctor", "医生", "李明")
INQUIRY_NO = Field("inquiry_no", "问诊单号", "WZ26030100001")
WAY = Field("way", "问诊方式", "图文问诊")
REASON = Field("reason", "原因", "医生临时有手术")
STARTS_AT = Field("starts_at", "预约时间", "2026-03-01 09:30", Kind.MOMENT)
AT = Field("at", "时间", "2026-03-01 09:30", Kind.MOMENT)
ORDER_NO = Field("order_no", "订单编号", "HM26030100001")
ITEMS = Field("items", "内容", "入职体检套餐")
AMOUNT = Field("amount", "金额", "299.00", Kind.MONEY)
STATUS = Field("status", "状态", "已支付")
HINT = Field("hint", "提示", "请携带身份证，出示订单二维码")
PRESCRIPTION_NO = Field("prescription_no", "处方编号", "CF26030100001")
POINTS = Field("points", "积分", "120")
SUBJECT = Field("subject", "事项", "问诊完成")
CODE = Field("code", "验证码", "246810")
MINUTES = Field("minutes", "有效分钟数", "5")
BOOKING_NO = Field("booking_no", "预约编号", "YY26030100001")
DEPARTMENT = Field("department", "科室", "体检中心")
PLACE = Field("place", "地点", "门诊楼2层体检中心")
RESULT = Field("result", "结果", "已通过")
TASK = Field("task", "任务", "术后第三天回访")
REPORT_NO = Field("report_no", "报告编号", "BG26030100001")


_INQUIRY_LINES = (
    Line("thing1", "问诊方式", "{way}"), Line("name2", "医生", "{doctor}"), Line("time3", "时间", "{starts_at}"),
)  # fmt: skip


def _inquiry(
    code: str, label: str, to: str, channels: tuple[Channel, ...], tap: str, body: str, *,
    sms: tuple[Line, ...] = (), matters: bool = False,
) -> Entry:  # fmt: skip
    """Somebody waits for most of these in this minute, so what matters is urgent too."""
    return Entry(
        code, label, to, channels, tap, label, body, (INQUIRY_NO, PATIENT, DOCTOR, WAY, STARTS_AT),
        oa=_INQUIRY_LINES if OA in channels else (), sms=sms, is_essential=matters, is_urgent=matters,
    )  # fmt: skip


_INQUIRY = (
    _inquiry(
        "pt_inquiry_0000001", "问诊已提交", "patient", (SITE,), "inquiry detail",
        "您的{way}（{inquiry_no}）已提交，请等待{doctor}医生接诊。", matters=True,
    ),
    _inquiry(
        "dc_inquiry_0000001", "接诊提醒", "doctor", (SITE, PUSH, SMS), "doctor inquiry detail",
        "{patient}提交了{way}（{inquiry_no}），请及时接诊。", matters=True,
        sms=(Line("1", "问诊方式", "{way}"), Line("2", "问诊单号", "{inquiry_no}")),
    ),
    _inquiry(
        "yy_inquiry_0000002", "预约视频电话通知", "operations", (WECOM,), "admin inquiry orders",
        "{patient}预约了{doctor}医生的{way}，时间{starts_at}。", matters=True,
    ),
    _inquiry(
        "pt_inquiry_0000002", "接诊成功", "patient", (SITE, OA), "conversation",
        "{doctor}医生已接诊您的{way}，点击进入对话。", matters=True,
    ),
    _inquiry(
        "pt_inquiry_0000007", "医生未能接诊", "patient", (SITE, OA), "inquiry detail",
        "很抱歉，{doctor}医生未能接诊您的{way}，费用将原路退回。", matters=True,
    ),
    _inquiry(
        "dc_inquiry_0000004", "问诊即将开始", "doctor", (SITE, MP), "doctor conversation",
        "您与{patient}预约的{way}将于{starts_at}开始，请做好准备。", matters=True,
    ),
    _inquiry(
        "pt_inquiry_0000005", "问诊即将开始", "patient", (SITE, MP), "conversation",
        "您预约的{doctor}医生{way}将于{starts_at}开始，请提前进入。", matters=True,
    ),
    _inquiry(
        "pt_inquiry_0000004", "视频通话提醒", "patient", (SITE, MP), "conversation",
        "{doctor}医生邀请您进行视频通话，请点击进入。", matters=True,
    ),
    _inquiry(
        "dc_inquiry_0000002", "视频问诊尚未开始", "doctor", (SITE, PUSH), "doctor conversation",
        "您与{patient}预约于{starts_at}的{way}尚未开始，请尽快联系。", matters=True,
    ),
    _inquiry(
        "dc_inquiry_0000003", "问诊已超时", "doctor", (SITE,), "doctor conversation",
        "{patient}的{way}（{inquiry_no}）已超时结束。",
    ),
    _inquiry(
        "yy_inquiry_0000001", "问诊超时或完成", "operations", (WECOM,), "admin inquiry orders",
        "{patient}与{doctor}医生的{way}（{inquiry_no}）已结束。",
    ),
    _inquiry(
        "pt_inquiry_0000003", "问诊超时已退款", "patient", (SITE, OA), "inquiry detail",
        "您的{way}（{inquiry_no}）因超时未接诊已取消，费用将原路退回。", matters=True,
    ),
    _inquiry(
        "pt_inquiry_0000006", "问诊已完成", "patient", (SITE, OA), "review the inquiry",
        "您与{doctor}医生的{way}已完成，欢迎评价本次服务。",
    ),
)  # fmt: skip

_REFUNDS = (
    Entry(
        "yy_order_0000001", "退款申请", "operations", (WECOM,), "admin refunds",
        "有新的退款申请", "订单{order_no}申请退款{amount}元，原因：{reason}。", (ORDER_NO, AMOUNT, REASON),
        is_essential=True,
    ),
    Entry(
        "dc_inquiry_0000005", "问诊退款", "doctor", (SITE, PUSH), "doctor inquiry detail",
        "问诊已退款", "{patient}的问诊{inquiry_no}已退款，金额{amount}元。", (INQUIRY_NO, PATIENT, AMOUNT),
    ),
    Entry(
        "pt_order_0000003", "退款进度", "patient", (SITE, OA), "order or inquiry detail",
        "退款通知", "您的订单{order_no}退款{amount}元：{result}。{note}",
        (ORDER_NO, AMOUNT, RESULT, Field("note", "说明", "款项将在1至3个工作日内原路退回。"), AT),
        oa=(
            Line("character_string1", "订单编号", "{order_no}"), Line("amount2", "退款金额", "￥{amount}元"),
            Line("thing3", "退款结果", "{result}"), Line("time4", "时间", "{at}"),
        ),
        is_essential=True,
    ),
)  # fmt: skip

_PRESCRIPTION_LINES = (
    Line("character_string1", "处方编号", "{prescription_no}"), Line("name2", "医生", "{doctor}"),
    Line("time3", "开方时间", "{at}"),
)  # fmt: skip


def _prescription(code: str, label: str, to: str, channels: tuple[Channel, ...], tap: str, body: str) -> Entry:
    return Entry(
        code, label, to, channels, tap, label, body, (PRESCRIPTION_NO, PATIENT, DOCTOR, REASON, AT),
        oa=_PRESCRIPTION_LINES if OA in channels else (), is_essential=True, is_urgent=to != "patient",
    )  # fmt: skip


_PRESCRIPTIONS = (
    _prescription(
        "pt_prescription_0000001", "医生已开具处方", "patient", (SITE, OA), "prescription",
        "{doctor}医生为{patient}开具了处方{prescription_no}，药师审核后可购药。",
    ),
    _prescription(
        "ys_prescription_0000001", "处方待审核", "pharmacist", (SITE, PUSH), "prescription review",
        "{doctor}医生提交了处方{prescription_no}，请审核。",
    ),
    _prescription(
        "dc_prescription_0000001", "处方审核通过", "doctor", (SITE, PUSH), "doctor prescription",
        "处方{prescription_no}（{patient}）已通过药师审核。",
    ),
    _prescription(
        "dc_prescription_0000002", "处方审核未通过", "doctor", (SITE, PUSH), "doctor prescription",
        "处方{prescription_no}（{patient}）未通过审核，原因：{reason}。",
    ),
)  # fmt: skip

_POINTS = (
    Entry(
        "dc_point_0000001", "积分变动", "doctor", (SITE, PUSH), "points",
        "积分变动", "{subject}，积分变动{points}。", (SUBJECT, POINTS),
    ),
    Entry(
        "dc_point_0000002", "医生提现验证码", "doctor", (SMS,), None,
        "提现验证码", "验证码已发送至您的手机。", (CODE, MINUTES),
        sms=(Line("1", "验证码", "{code}"), Line("2", "有效分钟数", "{minutes}")), is_essential=True, is_urgent=True,
    ),
    Entry(
        "yy_point_0000001", "医生提现放款验证码", "operations", (SMS, WECOM), "admin withdrawals",
        "提现放款验证码", "{doctor}医生提现{amount}元待放款，验证码已发送至您的手机。", (DOCTOR, AMOUNT, CODE, MINUTES),
        sms=(Line("1", "验证码", "{code}"), Line("2", "金额", "{amount}"), Line("3", "有效分钟数", "{minutes}")),
        is_essential=True, is_urgent=True,
    ),
)  # fmt: skip

_BOOKING_FIELDS = (BOOKING_NO, PATIENT, DEPARTMENT, STARTS_AT, PLACE)
_BOOKING_LINES = (
    Line("thing1", "预约科室", "{department}"), Line("time2", "预约时间", "{starts_at}"),
    Line("thing3", "地点", "{place}"),
)  # fmt: skip

_OFFICIAL_ACCOUNT = (
    Entry(
        "pt_order_0000001", "下单成功", "patient", (SITE, OA), "order detail",
        "下单成功", "您的订单{order_no}（{items}）{status}，金额{amount}元。{hint}",
        (ORDER_NO, ITEMS, AMOUNT, STATUS, HINT, AT),
        oa=(
            Line("character_string1", "订单编号", "{order_no}"), Line("thing2", "商品", "{items}"),
            Line("amount3", "金额", "￥{amount}元"), Line("phrase4", "状态", "{status}"),
            Line("time5", "时间", "{at}"), Line("thing6", "温馨提示", "{hint}"),
        ),
        is_essential=True, is_urgent=True,
    ),
    Entry(
        "pt_order_0000002", "订单即将关闭", "patient", (SITE,), "pay page",
        "订单待付款", "您的订单{order_no}（{items}）尚未付款，{expires_at}后将自动关闭。",
        (ORDER_NO, ITEMS, AMOUNT, Field("expires_at", "关闭时间", "2026-03-01 10:00", Kind.MOMENT)),
    ),
    Entry(
        "pt_booking_0000001", "预约成功", "patient", (SITE, OA), "booking detail",
        "预约成功", "{patient}已预约{department}，时间{starts_at}，地点{place}。", _BOOKING_FIELDS,
        oa=_BOOKING_LINES, is_essential=True, is_urgent=True,
    ),
    Entry(
        "pt_booking_0000002", "就诊提醒", "patient", (SITE, OA), "booking detail",
        "就诊提醒", "{patient}预约的{department}将于{starts_at}开始，地点{place}，请按时到达。", _BOOKING_FIELDS,
        oa=_BOOKING_LINES, is_urgent=True,
    ),
    Entry(
        "pt_booking_0000003", "预约变更", "patient", (SITE, OA, SMS), "booking detail",
        "预约变更通知", "{patient}预约的{department}（{starts_at}）有变更：{reason}。请点击查看。",
        (*_BOOKING_FIELDS, REASON),
        oa=(*_BOOKING_LINES, Line("thing4", "变更原因", "{reason}")),
        sms=(Line("1", "科室", "{department}"), Line("2", "原预约时间", "{starts_at}"), Line("3", "原因", "{reason}")),
        is_essential=True, is_urgent=True,
    ),
    Entry(
        "pt_booking_0000004", "候补有号", "patient", (SITE, OA), "accept the slot",
        "候补有号啦", "{department}{starts_at}有号，请在{expires_at}前确认，逾期将留给下一位。",
        (*_BOOKING_FIELDS, Field("expires_at", "确认截止", "2026-03-01 10:00", Kind.MOMENT)),
        oa=(*_BOOKING_LINES, Line("time4", "确认截止", "{expires_at}")), is_essential=True, is_urgent=True,
    ),
    Entry(
        "pt_report_0000001", "报告已出", "patient", (SITE, OA), "report",
        "报告已出", "{patient}的{items}报告已出，请点击查看。", (REPORT_NO, PATIENT, ITEMS, AT),
        oa=(
            Line("name1", "就诊人", "{patient}"), Line("thing2", "检查项目", "{items}"),
            Line("time3", "发布时间", "{at}"),
        ),
        is_essential=True,
    ),
    Entry(
        "pt_wallet_0000001", "余额变动", "patient", (SITE, OA), "bills",
        "余额变动", "{subject}：{amount}元，当前余额{balance}元。",
        (Field("subject", "事项", "余额支付"), AMOUNT, Field("balance", "当前余额", "701.00", Kind.MONEY), AT),
        oa=(
            Line("thing1", "变动类型", "{subject}"), Line("character_string2", "变动金额", "{amount}"),
            Line("amount3", "当前余额", "￥{balance}元"), Line("time4", "时间", "{at}"),
        ),
        is_essential=True, is_urgent=True,
    ),
    Entry(
        "pt_binding_0000001", "档案被绑定", "patient", (SITE, OA, SMS), "bindings",
        "您的就诊档案被绑定",
        "微信用户“{nickname}”于{at}绑定了{patient}的就诊档案。如非本人或家人操作，请立即解绑并联系我们。",
        (PATIENT, Field("nickname", "微信昵称", "小张"), AT),
        oa=(
            Line("name1", "就诊人", "{patient}"), Line("thing2", "绑定微信", "{nickname}"),
            Line("time3", "绑定时间", "{at}"),
        ),
        sms=(Line("1", "就诊人", "{patient}"), Line("2", "绑定时间", "{at}")),
        is_essential=True, is_urgent=True,
    ),
    Entry(
        "fx_apply_0000001", "分销申请结果", "distributor", (SITE, OA), "distribution centre",
        "分销申请结果", "您的分销申请{result}。{reason}", (RESULT, REASON, AT),
        oa=(Line("phrase1", "审核结果", "{result}"), Line("thing2", "说明", "{reason}"), Line("time3", "时间", "{at}")),
    ),
    Entry(
        "fx_commission_0000001", "佣金变动", "distributor", (SITE, OA), "income",
        "佣金变动", "订单{order_no}的佣金{amount}元：{status}。", (ORDER_NO, AMOUNT, STATUS, AT),
        oa=(
            Line("character_string1", "订单编号", "{order_no}"), Line("amount2", "佣金", "￥{amount}元"),
            Line("phrase3", "状态", "{status}"), Line("time4", "时间", "{at}"),
        ),
    ),
    Entry(
        "fx_withdraw_0000001", "提现进度", "distributor", (SITE, OA), "withdrawals",
        "提现进度", "您申请的提现{amount}元：{result}。", (AMOUNT, RESULT, AT),
        oa=(
            Line("amount1", "提现金额", "￥{amount}元"), Line("phrase2", "结果", "{result}"),
            Line("time3", "时间", "{at}"),
        ),
        is_essential=True,
    ),
)  # fmt: skip

_HOSPITAL = (
    Entry(
        "st_pricing_0000001", "价目审核", "price reviewer", (SITE, OA), "admin price review",
        "有报价待审核", "{patient}的报价（{items}，{amount}元）待您审核。", (PATIENT, ITEMS, AMOUNT, AT),
        oa=(
            Line("name1", "客户", "{patient}"), Line("thing2", "项目", "{items}"),
            Line("amount3", "金额", "￥{amount}元"), Line("time4", "提交时间", "{at}"),
        ),
        is_essential=True, is_urgent=True,
    ),
    Entry(
        "st_task_0000001", "任务提醒", "task owner", (SITE, WECOM), "task",
        "任务提醒", "任务“{task}”请于{at}前完成。", (TASK, AT), is_essential=True,
    ),
    Entry(
        "pt_visit_0000001", "到院提醒", "patient", (OA, SMS), "booking detail",
        "到院提醒", "{patient}计划于{starts_at}到院，地点{place}。", (PATIENT, STARTS_AT, PLACE),
        oa=(
            Line("name1", "就诊人", "{patient}"), Line("time2", "到院时间", "{starts_at}"),
            Line("thing3", "地点", "{place}"),
        ),
        sms=(Line("1", "到院时间", "{starts_at}"), Line("2", "地点", "{place}")),
    ),
    Entry(
        "pt_care_0000001", "术后注意事项", "patient", (SITE, OA), "aftercare instructions",
        "治疗后注意事项", "{patient}的治疗已记录，请查看注意事项。", (PATIENT, DEPARTMENT, AT),
        oa=(
            Line("name1", "就诊人", "{patient}"), Line("thing2", "科室", "{department}"),
            Line("time3", "治疗时间", "{at}"),
        ),
        is_essential=True,
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, Entry] = {
    entry.code: entry for entry in (*_INQUIRY, *_REFUNDS, *_PRESCRIPTIONS, *_POINTS, *_OFFICIAL_ACCOUNT, *_HOSPITAL)
}

BROADCAST = Entry(
    "broadcast", "群发通知", "group", (SITE, OA), None, "{title}", "{body}",
    (Field("title", "标题", "春节门诊安排"), Field("body", "正文", "2月16日至18日门诊暂停，急诊照常。"), AT),
    oa=(Line("thing1", "通知事项", "{title}"), Line("thing2", "内容", "{body}"), Line("time3", "发布时间", "{at}")),
)  # fmt: skip
"""What staff write themselves to a group; no fact of the contract, so not in the catalogue."""


def find(code: str) -> Entry:
    """:raises KeyError: no such message"""
    return BROADCAST if code == BROADCAST.code else CATALOGUE[code]


def label_of(code: str) -> str:
    """Return a message's name for pages; one that has left the catalogue keeps its code."""
    return BROADCAST.label if code == BROADCAST.code else CATALOGUE[code].label if code in CATALOGUE else code


def everything() -> tuple[Entry, ...]:
    """Return all entries that can have templates and switches."""
    return (*CATALOGUE.values(), BROADCAST)

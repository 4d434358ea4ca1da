"""Chinese names of what can be ordered, for the control page."""

from __future__ import annotations

from sandbox.callback.envelopes import Twist
from sandbox.faults import Kind
from sandbox.pay.twists import Twist as PayTwist

KIND_NAMES = {
    Kind.DELAY: "延迟",
    Kind.STATUS: "HTTP 错误，未生效",
    Kind.ACT_THEN_STATUS: "已生效，但 HTTP 错误",
    Kind.HANG: "无应答，未生效",
    Kind.ACT_THEN_HANG: "已生效，但无应答",
    Kind.ERROR: "返回错误码",
    Kind.EXPIRED_TOKEN: "access_token 过期",
    Kind.QUOTA: "额度用完",
    Kind.CUT_BODY: "应答被截断",
    Kind.SLOW_BODY: "应答很慢",
    Kind.WRONG_SIGNATURE: "签名错误",
    Kind.DUPLICATE: "并行推送两次",
    Kind.OUT_OF_ORDER: "推送乱序",
    Kind.LOST: "推送丢失",
    Kind.EARLY: "事件先于应答",
}
TWIST_NAMES = {
    Twist.WRONG_SIGNATURE: "签名错误",
    Twist.WRONG_MSG_SIGNATURE: "msg_signature 错误",
    Twist.FOREIGN_APPID: "密文里是别的 AppID",
    Twist.BROKEN_PADDING: "填充错误",
    Twist.CUT_CIPHER: "密文被截断",
    Twist.DIFFERING_PLAIN: "明文与密文不一致（兼容模式）",
    Twist.STALE: "一小时前的时间戳",
    Twist.DOCTYPE: "带外部实体",
    Twist.HUGE: "5 MB 的正文",
    Twist.NOT_XML: "不完整的 XML",
    Twist.DUPLICATE: "并行推送两次",
}
PAY_TWIST_NAMES = {
    PayTwist.NOTICE_LOST: "通知丢失",
    PayTwist.NOTICE_HELD: "通知乱序",
    PayTwist.NOTICE_TWICE: "通知并行两次",
    PayTwist.NOTICE_AGAIN: "成功后再通知一次",
    PayTwist.NOTICE_PROBE: "通知签名探测",
    PayTwist.NOTICE_WRONG_SIGNATURE: "通知签名错误",
    PayTwist.NOTICE_WRONG_SERIAL: "通知序列号错误",
    PayTwist.NOTICE_OLD: "通知时间过旧",
    PayTwist.NOTICE_CHANGED_BODY: "通知正文被改",
    PayTwist.NOTICE_WRONG_KEY: "通知用错 APIv3 密钥",
    PayTwist.NOTICE_EMPTY_ASSOCIATED_DATA: "通知附加数据为空（应接受）",
    PayTwist.NOTICE_NO_ASSOCIATED_DATA: "通知无附加数据（应接受）",
    PayTwist.NOTICE_UNKNOWN_EVENT: "通知事件未知",
    PayTwist.NOTICE_OTHER_AMOUNT: "通知金额不符",
    PayTwist.NOTICE_OTHER_MCHID: "通知商户号不符",
    PayTwist.NOTICE_OTHER_APPID: "通知 AppID 不符",
    PayTwist.NOTICE_UNKNOWN_ORDER: "通知单号未知",
    PayTwist.ANSWER_PROBE: "应答签名探测",
    PayTwist.ANSWER_WRONG_SIGNATURE: "应答签名错误",
    PayTwist.ANSWER_UNKNOWN_SERIAL: "应答序列号未知",
    PayTwist.ANSWER_UNSIGNED: "应答没有签名",
    PayTwist.ANSWER_OLD: "应答时间过旧",
    PayTwist.ERROR_BEFORE: "返回错误码，未生效",
    PayTwist.ERROR_AFTER: "已生效，但返回错误码",
    PayTwist.PAID_BEFORE_CLOSE: "关单前已支付",
    PayTwist.PAID_DESPITE_CLOSE: "关单成功后仍到账",
    PayTwist.REFUND_ABNORMAL: "退款异常",
    PayTwist.REFUND_CLOSED: "退款关闭",
    PayTwist.REFUND_STUCK: "退款一直处理中",
    PayTwist.BILL_MISSING_ROW: "账单少一笔",
    PayTwist.BILL_EXTRA_ROW: "账单多一笔",
    PayTwist.BILL_OTHER_AMOUNT: "账单金额不符",
    PayTwist.BILL_WRONG_HASH: "账单摘要错误",
}

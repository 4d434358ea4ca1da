"""What the page of the taken-away data calls things, and how it looks. Names it does not know stand as they are."""

from __future__ import annotations

WORDS = {
    "openid": "微信标识", "unionid": "微信统一标识", "nickname": "昵称", "avatar": "头像地址", "follows": "关注公众号",
    "since": "首次使用", "record_no": "病历号", "name": "姓名", "id_number": "证件号", "phone": "手机号", "sex": "性别",
    "birthday": "出生日期", "orders": "订单", "reviews": "评价", "invoices": "发票", "no": "编号", "status": "状态",
    "total": "合计（元）", "refunded": "已退（元）", "contact_name": "联系人", "contact_phone": "联系电话",
    "contact_id_number": "联系人证件号", "wished_on": "期望日期", "remark": "备注", "paid_by": "支付方式",
    "placed_at": "下单时间", "paid_at": "支付时间", "lines": "明细", "goods": "商品", "quantity": "数量",
    "amount": "金额（元）", "order_no": "订单号", "stars": "星级", "text": "内容", "written_at": "时间",
    "title": "名称", "tax_no": "税号", "email": "邮箱", "invoice_no": "发票号码", "issued_on": "开具日期",
    "requested_at": "申请时间", "reason": "原因", "asked_at": "申请时间", "settled_at": "办结时间",
    "refunds": "退款", "kind": "类别", "department": "科室", "ordered_by": "申请医生", "reported_by": "报告医生",
    "collected_at": "采样时间", "issued_at": "报告时间", "conclusion": "结论", "advice": "建议",
    "has_document": "有PDF原件", "pictures": "图片数", "values": "结果", "section": "分组", "code": "代码",
    "unit": "单位", "reference": "参考范围", "flag": "提示", "note": "说明", "balance": "余额（元）",
    "changes": "收支明细", "at": "时间", "balance_after": "变动后余额（元）", "number": "单号", "memo": "摘要",
    "starts_at": "就诊时间", "of": "医生或项目", "place": "地点", "source": "来源", "made_at": "登记时间",
    "what": "内容", "who": "查看人", "count": "次数", "last_at": "最近一次", "purpose": "用途", "version": "版本",
    "decision": "选择", "way": "方式", "inviter": "邀请人", "commissions": "佣金", "rewards": "邀请奖励",
    "withdrawals": "提现", "reversed": "已冲回（元）", "fee": "手续费（元）", "tax": "代扣税款（元）",
    "net": "实际到账（元）", "bound_at": "绑定时间", "scans": "扫码与打开链接", "openings": "打开的商品分享",
    "home": "住址", "visits": "到院记录", "appointed_at": "预约时间", "reached_at": "到店时间", "left_at": "离店时间",
    "interests": "意向项目", "channel": "来源渠道", "pickup": "接乘地点", "receipts": "收据",
}  # fmt: skip

VALUES = {
    "male": "男", "female": "女", "unknown": "未说明", "awaiting_payment": "待付款", "awaiting_hospital": "待到院支付",
    "paid": "待使用", "in_use": "使用中", "done": "已完成", "refunding": "退款中", "closed": "已关闭",
    "booked": "待就诊", "to_move": "待改约", "arrived": "已签到", "cancelled": "已取消", "missed": "未到",
    "online": "在线预约", "waitlist": "候补", "checkup": "体检报告", "routine": "日常检查", "waiting": "待审核",
    "shown": "已展示", "hidden": "未展示", "requested": "待开票", "issued": "已开票", "rejected": "未通过",
    "normal": "正常", "high": "偏高", "low": "偏低", "abnormal": "异常", "wechat": "微信支付", "cash": "现金",
    "card": "刷卡",
}  # fmt: skip

STYLE = (
    "body{margin:0;color:#15211f;background:#f5f7f7;font:16px/1.6 sans-serif}main{max-width:60rem;margin:0 auto;"
    "padding:1rem}h1{font-size:1.5rem}h2{margin-top:2rem;border-bottom:2px solid #0b7a6b}h3{margin-bottom:.25rem}"
    "table{border-collapse:collapse;background:#fff;font-size:.875rem}th,td{padding:.375rem .5rem;border:1px solid "
    "#c5cfcd;text-align:left;vertical-align:top}th{background:#eef3f2;white-space:nowrap}.wide{overflow-x:auto}"
    ".note{color:#66736f;font-size:.875rem}@media print{body{background:#fff}}"
)

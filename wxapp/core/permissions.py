"""What staff may do. Roles (in the package staff) map to these; each staff door names one."""

from __future__ import annotations

from wxapp.core.labels import Labelled


class Permission(Labelled):
    """``thing:action``. The label is what the page of roles shows."""

    DASHBOARD_READ = "dashboard:read", "查看首页数据"
    GOODS_READ = "goods:read", "查看商品"
    GOODS_WRITE = "goods:write", "编辑商品、分类与库存"
    ORDER_READ = "order:read", "查看订单"
    ORDER_CLOSE = "order:close", "关闭未付款订单"
    PAYMENT_READ = "payment:read", "查看收款记录"
    PAYMENT_COLLECT = "payment:collect", "到院收款"
    REFUND_REQUEST = "refund:request", "申请退款"
    REFUND_APPROVE = "refund:approve", "审核退款"
    LEDGER_READ = "ledger:read", "查看账务与对账"
    DIFFERENCE_HANDLE = "difference:handle", "处理对账差异"
    WALLET_READ = "wallet:read", "查看储值账户"
    WALLET_RECHARGE = "wallet:recharge", "柜台充值与发卡"
    PATIENT_READ = "patient:read", "查看患者"
    PATIENT_WRITE = "patient:write", "建档与修改患者资料"
    PATIENT_REVEAL = "patient:reveal", "查看完整手机号与证件号"
    BALANCE_PASSWORD_RESET = "balance_password:reset", "重置余额密码"
    MESSAGE_READ = "message:read", "查看消息发送记录"
    MESSAGE_WRITE = "message:write", "配置消息模板与重发"
    MENU_PUBLISH = "menu:publish", "发布公众号菜单"
    WEBSITE_WRITE = "website:write", "编辑医院主页"
    SETTING_READ = "setting:read", "查看系统设置"
    SETTING_WRITE = "setting:write", "修改系统设置"
    STAFF_READ = "staff:read", "查看员工与角色"
    STAFF_WRITE = "staff:write", "管理员工账号"
    ROLE_WRITE = "role:write", "管理角色权限"
    TABLE_EXPORT = "table:export", "导出表格"
    AUDIT_READ = "audit:read", "查看审计日志"

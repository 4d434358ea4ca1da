"""The one list of timed work. A job asks the database what is due, so running it twice or late does no harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

from wxapp.admin import tasks as admin_tasks
from wxapp.booking import tasks as booking_tasks
from wxapp.booking.services import rosters
from wxapp.core import events, job_runs, sessions
from wxapp.core.store import DatabaseStore
from wxapp.distribution import tasks as distribution_tasks
from wxapp.h5 import posters
from wxapp.hospital import tasks as hospital_tasks
from wxapp.mall import tasks as mall_tasks
from wxapp.messages import services as messages
from wxapp.messages import tasks as message_tasks
from wxapp.patients import tasks as patient_tasks
from wxapp.payments import tasks as payment_tasks
from wxapp.reports import tasks as report_tasks
from wxapp.reports.services import messages as report_messages
from wxapp.uploads import tasks as upload_tasks
from wxapp.visits import tasks as visit_tasks
from wxapp.wallet import tasks as wallet_tasks


@dataclass(frozen=True)
class Job:
    """A function without arguments that returns how much it did.

    :ivar every: rhythm of the job, or
    :ivar at: the hospital's time of day, e.g. ``03:10``; a day that was missed is made up for at the next start
    :ivar late: how late a run may begin before it is left to the next one
    :ivar label: its name on the staff's page
    """

    name: str
    function: Callable[[], int]
    label: str
    every: timedelta | None = None
    at: str = ""
    late: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        if (self.every is None) == (not self.at):
            raise ValueError(f"{self.name}: either every or at")

    @property
    def time_of_day(self) -> time:
        return time.fromisoformat(self.at)

    @property
    def rhythm(self) -> str:
        if self.every is None:
            return f"每天{self.at}"
        seconds = int(self.every.total_seconds())
        return f"每{seconds // 60}分钟" if seconds >= 60 and seconds % 60 == 0 else f"每{seconds}秒"


SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

JOBS: list[Job] = [
    Job("events.deliver_due", events.deliver_due, "转告系统内部事件", every=SECOND),
    Job("messages.deliver_due", message_tasks.deliver_due, "发送消息", every=SECOND),
    Job("messages.apply_receipts", messages.apply_receipts, "登记消息送达结果", every=5 * SECOND),
    Job("payments.query_attempts", payment_tasks.query_attempts, "查询未通知的微信付款", every=10 * SECOND),
    Job("payments.close_expired", payment_tasks.close_expired, "关闭超时未付款的订单", every=10 * SECOND),
    Job("payments.carry_out_refunds", payment_tasks.carry_out_refunds, "办理退款", every=2 * SECOND),
    Job("payments.carry_out_payouts", payment_tasks.carry_out_payouts, "办理付款到个人", every=2 * SECOND),
    Job("payments.query_payouts", payment_tasks.query_payouts, "查询付款到个人的结果", every=10 * SECOND),
    Job("payments.give_back_late_money", payment_tasks.give_back_late_money, "退回迟到的付款", every=MINUTE),
    Job("mall.report_shippings", mall_tasks.report_shippings, "上报小程序订单发货", every=30 * SECOND),
    Job("mall.remind_unpaid", mall_tasks.remind_unpaid, "提醒即将关闭的订单", every=MINUTE),
    Job("distribution.settle_commissions", distribution_tasks.settle_commissions, "结算到期佣金", every=10 * MINUTE),
    Job("hospital.put_prices_in_force", hospital_tasks.put_prices_in_force, "项目新价格生效", every=MINUTE),
    Job("booking.expire_holds", booking_tasks.expire_holds, "释放过期号源并通知候补", every=MINUTE),
    Job("booking.make_sessions", rosters.make_sessions, "按排班生成号源", every=60 * MINUTE),
    Job("booking.remind", booking_tasks.remind, "发送就诊提醒", every=MINUTE),
    Job("reports.join_parked", report_tasks.join_parked, "匹配新建档患者的报告", every=5 * MINUTE),
    Job("messages.broadcast", message_tasks.broadcast, "群发消息", every=2 * SECOND),
    Job("booking.close_past_days", booking_tasks.close_past_days, "登记未到与已就诊的预约", at="00:30"),
    Job("visits.import_device_files", visit_tasks.import_device_files, "导入检查设备的图片", every=30 * SECOND),
    Job("visits.release_machines", visit_tasks.release_machines, "结束隔夜的电脑绑定", at="00:10"),
    Job("wallet.close_days", wallet_tasks.close_days, "登记每日账目", at="00:20"),
    Job("wallet.check_ledger", wallet_tasks.check_ledger, "核对储值账目", at="02:30"),
    Job("payments.check_payments", payment_tasks.check_payments, "核对付款账目", at="02:40"),
    Job("payments.reconcile", payment_tasks.reconcile, "与微信支付账单对账", at="10:30"),
    Job("admin.check_audit", admin_tasks.check_audit, "校验审计日志", at="04:10"),
    Job("messages.remove_old", message_tasks.remove_old, "清理过期消息", at="03:40"),
    Job("reports.remove_old_messages", report_messages.remove_old, "清理过期接口报文", at="03:55"),
    Job("patients.remove_old", patient_tasks.remove_old, "清理过期验证码与推送记录", at="03:50"),
    Job("sessions.remove_ended", sessions.remove_ended, "清理过期登录", every=10 * MINUTE),
    Job("store.remove_expired", DatabaseStore().remove_expired, "清理临时数据", every=10 * MINUTE),
    Job("uploads.discard_left_behind", upload_tasks.discard_left_behind, "清理未使用的上传图片", every=60 * MINUTE),
    Job("visits.remove_imported_files", visit_tasks.remove_imported_files, "清理已导入的设备文件", at="03:30"),
    Job("posters.remove_old", posters.remove_old, "清理过期海报", at="03:00"),
    Job("events.remove_heard", events.remove_heard, "清理已转告的事件", at="03:10"),
    Job("job_runs.remove_old", job_runs.remove_old, "清理任务记录", at="03:20"),
]
"""Ordered as staff see it: first what people wait for, then the housekeeping."""

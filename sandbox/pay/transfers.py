"""Use cases of transfers to people: send, look up, call back, settle (wechat.md 7.8)."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from sandbox.pay import shapes, shown
from sandbox.pay.books import OPERATION, number
from sandbox.pay.errors import PayRefusal, invalid_request, param_error
from sandbox.pay.keys import PUBLIC_KEY_PREFIX
from sandbox.pay.orders import check_notify_url
from sandbox.pay.transfer_books import Transfer, TransferState
from sandbox.pay.twists import TRANSFERS, Twist
from sandbox.people import Person

if TYPE_CHECKING:
    from sandbox.pay.desk import Desk

NAME_FROM_FEN, NO_NAME_BELOW_FEN = 200_000, 30
SCENES: dict[str, frozenset[str]] = {
    "1000": frozenset({"活动名称", "奖励说明"}),
    "1005": frozenset({"岗位类型", "报酬说明"}),
}
"""What a scene wants to be told, by its exact names."""
MONEY_BACK = (TransferState.FAIL, TransferState.CANCELLED)


class Rate:
    """Calls of one kind within the last second of real time."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def count(self, most: int, *, now: float) -> bool:
        """Count a call; False when it is one too many."""
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        if len(self._times) >= most:
            return False
        self._times.append(now)
        return True


def send(desk: Desk, request: dict[str, Any], *, serial: str | None) -> dict[str, object]:
    """Accept a transfer, or find it again by its number. A refused one leaves no trace.

    ``serial`` is the request's ``Wechatpay-Serial``: it names the key that the name was encrypted with.

    :raises PayRefusal: as 7.8 lists.
    """
    with desk.world.lock:
        if not desk.transfer_rate.count(desk.world.config.pay.transfers_per_second, now=time.monotonic()):
            raise PayRefusal(429, "FREQUENCY_LIMITED", "频率超限，请降低频率后重试")
    shapes.TRANSFER.check(request, "")
    _check_scene(desk, request)
    if "notify_url" in request:
        check_notify_url(desk, request["notify_url"])
    name = _name(desk, request, serial)
    fen = request["transfer_amount"]
    with desk.world.change():
        now, books = desk.now(), desk.books
        person = desk.person_of(appid=request["appid"], openid=request["openid"])
        if request["appid"] not in desk.appids or person is None:
            raise param_error("openid与appid不匹配", field="/openid", issue="not an openid of this appid")
        plain = {**request, "user_name": name}
        known = books.transfers.bills.get(request["out_bill_no"])
        if known is not None:
            if known.request != plain:
                raise invalid_request("商家单号已存在，但信息不一致")
            return shown.transfer_answer(known)
        limits = desk.world.config.pay
        if not limits.transfer_least_fen <= fen <= limits.transfer_most_fen:
            raise invalid_request("超过单笔转账上下限")
        if books.operating_fen < fen:
            raise PayRefusal(403, "NOT_ENOUGH", "商户运营账户资金不足，请充值后使用原商户单号重试")
        bill = Transfer(
            out_bill_no=request["out_bill_no"],
            transfer_bill_no=number(now, 40),
            appid=request["appid"],
            mchid=limits.mchid,
            openid=request["openid"],
            person_id=person.id,
            fen=fen,
            remark=request["transfer_remark"],
            user_name=name,
            notify_url=request.get("notify_url"),
            request=plain,
            made_at=now,
            updated_at=now,
            state=TransferState.WAIT_USER_CONFIRM,
        )
        _begin(desk, bill, person)
        books.transfers.add(bill)
        books.move(-fen, now=now, business="商家转账", business_no=bill.transfer_bill_no,
                   voucher_no=bill.out_bill_no, account=OPERATION)  # fmt: skip
        if bill.state is TransferState.WAIT_USER_CONFIRM:
            _tell_phone(desk, bill, "商家转账待收款", [("说明", "请在24小时内确认收款")])
        return shown.transfer_answer(bill)


def _check_scene(desk: Desk, request: dict[str, Any]) -> None:
    scene = request["transfer_scene_id"]
    if scene not in desk.world.config.pay.transfer_scenes:
        raise invalid_request("商户未开通此转账场景")
    told = [info["info_type"] for info in request["transfer_scene_report_infos"]]
    if scene in SCENES and (set(told) != SCENES[scene] or len(told) != len(SCENES[scene])):
        raise param_error(
            "转账场景报备信息不完整或有误", field="/transfer_scene_report_infos", issue="not as the scene"
        )


def _name(desk: Desk, request: dict[str, Any], serial: str | None) -> str:
    """Return the name in plain, "" without one."""
    fen = request["transfer_amount"]
    if "user_name" not in request:
        if fen >= NAME_FROM_FEN:
            raise param_error("转账金额大于等于2000元时必须填写收款用户姓名", field="/user_name", issue="missing")
        return ""
    if fen < NO_NAME_BELOW_FEN:
        raise param_error("转账金额小于0.3元时不支持填写收款用户姓名", field="/user_name", issue="not allowed")
    if not (serial or "").startswith(PUBLIC_KEY_PREFIX) and desk.keys.mode == "public_key":
        raise param_error("Http头缺少Wechatpay-Serial", field="/Wechatpay-Serial", issue="missing")
    return desk.keys.open_field(request["user_name"], field="/user_name")


def _begin(desk: Desk, bill: Transfer, person: Person) -> None:
    """Decide how a new bill goes on: mostly it waits for the person."""
    soon = bill.made_at + desk.world.config.timing.transfer_delay
    twist = desk.twists.take(TRANSFERS, numbers=(bill.out_bill_no,))
    if twist is not None and twist.twist is Twist.TRANSFER_STUCK:
        bill.state = TransferState.PROCESSING
    elif twist is not None and twist.twist is Twist.TRANSFER_FAILS:
        bill.state, bill.outcome, bill.due_at = TransferState.ACCEPTED, TransferState.FAIL, soon
        bill.fail_reason = "OTHER_FAIL_REASON_TYPE"
    elif bill.user_name and bill.user_name != person.name:
        bill.state, bill.outcome, bill.due_at = TransferState.ACCEPTED, TransferState.FAIL, soon
        bill.fail_reason = "NAME_NOT_CORRECT"
    elif twist is not None and twist.twist is Twist.TRANSFER_UNASKED:
        bill.state, bill.due_at = TransferState.PROCESSING, soon


def find(desk: Desk, *, out_bill_no: str = "", transfer_bill_no: str = "") -> dict[str, object]:
    """Return the answer of a query.

    :raises PayRefusal: 404 NOT_FOUND
    """
    with desk.world.lock:
        return shown.transfer_query(_get(desk, out_bill_no=out_bill_no, transfer_bill_no=transfer_bill_no))


def cancel(desk: Desk, out_bill_no: str, request: dict[str, Any]) -> dict[str, object]:
    """Begin to call a bill back; a second time changes nothing.

    :raises PayRefusal: there is none, or the person has confirmed, or it has failed
    """
    shapes.NOTHING.check(request, "")
    with desk.world.change():
        if not desk.cancel_rate.count(desk.world.config.pay.cancels_per_second, now=time.monotonic()):
            raise PayRefusal(429, "FREQUENCY_LIMIT_EXCEED", "请求频率超过限制")
        bill = _get(desk, out_bill_no=out_bill_no)
        if bill.state in (TransferState.TRANSFERING, TransferState.SUCCESS, TransferState.FAIL):
            raise invalid_request("当前单据状态不支持撤销")
        if bill.state not in (TransferState.CANCELING, TransferState.CANCELLED):
            bill.state, bill.outcome, bill.fail_reason = TransferState.CANCELING, TransferState.CANCELLED, ""
            bill.updated_at = desk.now()
            bill.due_at = desk.now() + desk.world.config.timing.transfer_delay
        return shown.transfer_cancel(bill)


def _get(desk: Desk, *, out_bill_no: str = "", transfer_bill_no: str = "") -> Transfer:
    bill = desk.books.transfers.find(out_bill_no=out_bill_no, transfer_bill_no=transfer_bill_no, now=desk.now())
    if bill is None:
        raise PayRefusal(404, "NOT_FOUND", "记录不存在")
    return bill


def confirmed(desk: Desk, bill: Transfer) -> None:
    """Let the money go on its way after the person has confirmed."""
    with desk.world.change():
        bill.state, bill.outcome = TransferState.TRANSFERING, TransferState.SUCCESS
        bill.updated_at = desk.now()
        bill.due_at = desk.now() + desk.world.config.timing.transfer_delay


def settle_due(desk: Desk) -> int:
    """End the bills whose time has come, those that nobody confirmed included; return how many."""
    with desk.world.lock:
        now = desk.now()
        closes_late = desk.world.config.timing.transfer_close_delay
        done = 0
        for bill in [desk.books.transfers.bills[each] for each in desk.books.transfers.unsettled]:
            if bill.due_at is not None and bill.due_at <= now:
                settle(desk, bill, bill.outcome, reason=bill.fail_reason)
                done += 1
            elif bill.state is TransferState.WAIT_USER_CONFIRM and bill.is_over(now - closes_late):
                settle(desk, bill, TransferState.FAIL, reason="OVERDUE_CLOSE")
                done += 1
        return done


def settle(desk: Desk, bill: Transfer, state: TransferState, *, reason: str = "") -> None:
    """Bring a bill to its end and tell the merchant; what is not paid goes back to the merchant's account."""
    with desk.world.change():
        now, books = desk.now(), desk.books
        bill.state, bill.updated_at, bill.due_at = state, now, None
        bill.fail_reason = reason or ("MCH_CANCEL" if state is TransferState.CANCELLED else "")
        books.transfers.unsettled.remove(bill.out_bill_no)
        if state in MONEY_BACK:
            books.move(bill.fen, now=now, business="商家转账退回", business_no=bill.transfer_bill_no,
                       voucher_no=bill.out_bill_no, account=OPERATION)  # fmt: skip
        if bill.notify_url is not None:
            desk.outbox.tell(
                event_type="MCHTRANSFER.BILL.FINISHED",
                original_type="mch_payment",
                number=bill.out_bill_no,
                out_trade_no=bill.out_bill_no,
                url=bill.notify_url,
                plain=shown.transfer_query(bill),
            )
        if state is TransferState.SUCCESS:
            _tell_phone(desk, bill, "商家转账到账通知", [("到账账户", "零钱")])


def settle_at_once(desk: Desk, out_bill_no: str) -> None:
    """Pay a bill in this moment, whoever waits for whom, and deliver the notification."""
    with desk.world.change():
        bill = desk.books.transfers.bills[out_bill_no]
        if not bill.state.is_final:
            settle(desk, bill, TransferState.SUCCESS)
    desk.outbox.send_due()


def _tell_phone(desk: Desk, bill: Transfer, title: str, more: list[tuple[str, str]]) -> None:
    rows = [
        ("转账金额", f"￥{bill.fen / 100:.2f}"),
        ("付款方", desk.world.config.official_account.name),
        ("转账备注", bill.remark),
    ]
    desk.world.deliver_pay_notice(desk.world.person(bill.person_id), title=title, rows=rows + more)

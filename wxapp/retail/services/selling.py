"""Selling at the counter and cancelling (撤单): stock, money and sale in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wxapp.core import clock, ids
from wxapp.core.db import db, insert_rows, transaction
from wxapp.core.errors import IllegalTransition, Invalid
from wxapp.core.money import yuan
from wxapp.hospital.models import Method, MethodKind
from wxapp.hospital.queries import methods_by_name
from wxapp.patients.queries import get_patient
from wxapp.patients.services import check_balance_password
from wxapp.retail import queries
from wxapp.retail.errors import AlreadyCancelled, GoodsOff, PriceChanged
from wxapp.retail.models import RetailLine, RetailOrder, RetailStatus
from wxapp.retail.services.stock import put_back, take_stock
from wxapp.retail.states import SALE
from wxapp.staff.queries import find_active
from wxapp.till.models import Act
from wxapp.till.queries import entries_of
from wxapp.till.services import Cashier, Paid, give_back, take

EARNS = "house.retail"
SUBJECT = "retail"


@dataclass(frozen=True)
class Wanted:
    """A line as it was asked for, with the name and the price of one that the page showed."""

    goods_id: int
    count: int
    name: str
    price_fen: int


def subject_of(order_id: int) -> str:
    """Return what receipts and entries call a sale."""
    return f"{SUBJECT}:{order_id}"


def is_taken_at_counter(method: Method) -> bool:
    """Whether goods may be paid by this: no loans, and no deposits, which belong to visits."""
    return not method.kind.is_loan and method.kind is not MethodKind.DEPOSIT


def new_order_no() -> str:
    """Return the moment and four digits of a sequence. Draw it before the transaction."""
    now = clock.local(clock.now())
    number = ids.next_in_day("retail.order", clock.hospital_day(now))
    return f"{now:%Y%m%d%H%M%S}{number % 10_000:04d}"


def read_payments(amounts: Sequence[tuple[str, int]]) -> list[Paid]:
    """Return payments by the names of their methods.

    :raises Invalid: no payment, a method that is unknown, off or not for goods, or an amount that is nothing or outside
        of what the method takes at once
    """
    known = methods_by_name(name for name, _ in amounts)
    for name, amount_fen in amounts:
        if name not in known:
            raise Invalid({"pay_type": f"支付方式“{name[:20]}”不存在或已停用"})
        if not is_taken_at_counter(known[name]):
            raise Invalid({"pay_type": f"零售不能使用“{name}”支付"})
        if amount_fen < 1:
            raise Invalid({"pay_money": "支付金额应大于0"})
        least, most = known[name].least_fen, known[name].most_fen
        if not least <= amount_fen <= most:
            raise Invalid({"pay_money": f"“{name}”每笔应在{yuan(least)}至{yuan(most)}元之间"})
    return [Paid(known[name], amount_fen) for name, amount_fen in amounts]


def check_password(patient_id: int, payments: Sequence[Paid], password: str) -> None:
    """Check the balance password if a part is paid from stored value. Before the transaction of the sale.

    :raises Invalid: it is needed and was not given
    :raises WrongBalancePassword, BalancePasswordLocked, NoBalancePassword: nothing may be paid from the balance
    """
    if any(paid.method.kind is MethodKind.BALANCE for paid in payments):
        if not password:
            raise Invalid({"balance_password": "使用储值余额须由客户输入余额密码"})
        check_balance_password(patient_id, password, field="balance_password")


def sell(
    *,
    order_no: str,
    receipt_no: str,
    patient_id: int,
    seller_id: int,
    wanted: Sequence[Wanted],
    payments: Sequence[Paid],
    cashier: Cashier,
) -> RetailOrder:
    """Sell goods to a patient: take the stock, write the sale, take the money. All of it or nothing.

    :param order_no: of :func:`new_order_no`, drawn before
    :param payments: of :func:`read_payments`; a balance password was checked before
    :raises NotFound: no such patient
    :raises Invalid: no goods, an unknown seller, or the payments are not the sum of the goods
    :raises PriceChanged, GoodsOff, OutOfStock: the goods can't be had as the page showed them
    """
    seller = find_active(seller_id)
    if seller is None:
        raise Invalid({"developer": "请选择在职的销售人"})
    with transaction():
        get_patient(patient_id)
        _compare(wanted)
        total_fen = _check_sum(wanted, payments)
        # In one order for everybody, so that two sales of the same goods wait instead of blocking each other.
        prices = {line.goods_id: line.price_fen for line in wanted}
        counts = Counter[int]()
        for line in wanted:
            counts[line.goods_id] += line.count
        for goods_id in sorted(counts):
            take_stock(goods_id, counts[goods_id], price_fen=prices[goods_id], note=order_no, by=cashier.actor)
        order = RetailOrder(
            order_no=order_no,
            patient_id=patient_id,
            seller_id=seller.id,
            seller_name=seller.name,
            total_fen=total_fen,
            created_at=clock.now(),
            created_by=cashier.actor,
        )
        db.session.add(order)
        db.session.flush()  # its key is what lines and receipt name
        insert_rows(RetailLine, [_line(order.id, position, line) for position, line in enumerate(wanted, start=1)])
        take(
            receipt_no=receipt_no,
            act=Act.RETAIL,
            subject=subject_of(order.id),
            patient_id=patient_id,
            parts=payments,
            cashier=cashier,
            payee=EARNS,
        )
    return order


def _check_sum(wanted: Sequence[Wanted], payments: Sequence[Paid]) -> int:
    total_fen = sum(line.price_fen * line.count for line in wanted)
    paid_fen = sum(paid.amount_fen for paid in payments)
    if paid_fen != total_fen:
        raise Invalid({"pay_money": f"支付合计{yuan(paid_fen)}元，与应付{yuan(total_fen)}元不一致"})
    return total_fen


def _compare(wanted: Sequence[Wanted]) -> None:
    if not wanted:
        raise Invalid({"good_id": "请至少选择一件商品"})
    if any(line.count < 1 for line in wanted):
        raise Invalid({"pay_num": "商品数量应大于0"})
    known = queries.goods_by_id(line.goods_id for line in wanted)
    for line in wanted:
        goods = known.get(line.goods_id)
        if goods is None or not goods.is_active:
            raise GoodsOff(f"“{line.name[:60]}”已停售，请刷新页面")
        if goods.price_fen != line.price_fen:
            raise PriceChanged(f"“{goods.name}”价格已变化，请刷新页面后重新提交")
        if goods.name != line.name:
            raise PriceChanged(f"商品“{line.name[:60]}”的名称已变化，请刷新页面后重新提交")


def _line(order_id: int, position: int, line: Wanted) -> dict[str, object]:
    return {
        "order_id": order_id,
        "position": position,
        "goods_id": line.goods_id,
        "name": line.name,
        "price_fen": line.price_fen,
        "count": line.count,
    }


def cancel(order_no: str, *, receipt_no: str, cashier: Cashier, reason: str) -> RetailOrder:
    """Cancel a whole sale (撤单): its goods go back on the shelf and its money the way it came, once.

    :raises NotFound: no such sale
    :raises AlreadyCancelled: it was cancelled before
    """
    with transaction():
        order = queries.get_order(order_no)
        try:
            SALE.move(
                order,
                RetailStatus.CANCELLED,
                by=cashier.actor,
                why=reason,
                cancelled_at=clock.now(),
                cancelled_by=cashier.actor,
                cancel_reason=reason,
            )
        except IllegalTransition:
            raise AlreadyCancelled from None
        counts = Counter[int]()
        for line in queries.lines_of(order.id):
            counts[line.goods_id] += line.count
        for goods_id in sorted(counts):
            put_back(goods_id, counts[goods_id], note=order_no, by=cashier.actor)
        subject = subject_of(order.id)
        give_back(
            receipt_no=receipt_no,
            act=Act.RETAIL_CANCELLED,
            subject=subject,
            patient_id=order.patient_id,
            entries=entries_of(subject),
            cashier=cashier,
            reason=reason,
        )
    return order

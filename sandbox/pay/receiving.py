"""WeChat's page on which a person confirms a transfer, when a page calls ``requestMerchantTransfer``.

For the phone page. Works on the running application's desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.pay import transfers
from sandbox.pay.cashier import CashierRefusal
from sandbox.pay.desk import Desk, desk
from sandbox.pay.transfer_books import Transfer, TransferState
from sandbox.people import Person

_PARAMETERS = ("mchId", "appId", "package")


@dataclass(frozen=True, kw_only=True)
class ConfirmPage:
    """What WeChat's page shows."""

    package: str
    payer: str
    remark: str
    amount_fen: int
    is_confirmed: bool


def open_page(params: Mapping[str, object], person: Person) -> ConfirmPage:
    """Check the parameters as the WeChat client does, and return the page.

    :raises CashierRefusal: a parameter is missing, wrong, or of somebody else's transfer, or it is too late.
    """
    values = {name: params.get(name) for name in _PARAMETERS}
    for name, value in values.items():
        if not isinstance(value, str) or not value:
            raise CashierRefusal("missing_parameter", f"调用商家转账缺少参数：{name}")
    mchid, appid, package = (str(values[name]) for name in _PARAMETERS)
    here = desk()
    if mchid != here.world.config.pay.mchid:
        raise CashierRefusal("mchid", "商户号不正确")
    with here.world.lock:
        bill = _find(here, package)
        if bill.appid != appid:
            raise CashierRefusal("appid", "AppID与转账单不一致")
        _refuse(here, bill, person)
        return ConfirmPage(
            package=package,
            payer=here.world.config.official_account.name,
            remark=bill.remark,
            amount_fen=bill.fen,
            is_confirmed=bill.state is not TransferState.WAIT_USER_CONFIRM,
        )


def confirm(package: str, person_id: str) -> None:
    """Confirm (确认收款). Of two simultaneous ones, or of this and a call back, exactly one goes through.

    :raises CashierRefusal: somebody else's, too late, or confirmed already.
    :raises sandbox.world.UnknownPerson: there is no such person.
    """
    here = desk()
    person = here.world.person(person_id)
    with here.world.change():
        bill = _find(here, package)
        _refuse(here, bill, person)
        if bill.state is not TransferState.WAIT_USER_CONFIRM:
            raise CashierRefusal("confirmed", "你已确认收款")
        transfers.confirmed(here, bill)


def _find(here: Desk, package: str) -> Transfer:
    bill = here.books.transfers.bills.get(here.books.transfers.by_package.get(package, ""))
    if bill is None:
        raise CashierRefusal("unknown_package", "转账信息无效")
    return bill


def _refuse(here: Desk, bill: Transfer, person: Person) -> None:
    if bill.person_id != person.id:
        raise CashierRefusal("other_payee", "该笔转账的收款人不是你")
    if bill.state in (TransferState.FAIL, TransferState.CANCELLED, TransferState.CANCELING):
        raise CashierRefusal("closed", "该笔转账已关闭")
    if bill.state is TransferState.WAIT_USER_CONFIRM and bill.is_over(here.now()):
        raise CashierRefusal("overdue", "该笔转账已过期")
    if bill.state in (TransferState.ACCEPTED, TransferState.PROCESSING):
        raise CashierRefusal("processing", "转账处理中，请稍后再试")

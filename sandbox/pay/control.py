"""What tests and the control page ask and order of Pay, under ``/__sandbox/pay/``; never used by the backend.

Amounts are fen. A wrong order answers 400 ``{"error": …}``, an unknown number 404.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, TypeVar

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.pay import cashier, receiving, refunds, transfers
from sandbox.pay.books import BASIC, OPERATION, Order, Refund, RefundState, close_if_old
from sandbox.pay.desk import Desk, desk
from sandbox.pay.keys import Mode, pem_of
from sandbox.pay.moments import shown
from sandbox.pay.transfer_books import Transfer, TransferState
from sandbox.world import UnknownPerson

blueprint = Blueprint("pay_control", __name__, url_prefix="/__sandbox/pay")

Answer = Response | tuple[Response, int]


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SheetAsked(Asked):
    person: str
    params: dict[str, Any]


class Decision(Asked):
    person: str
    prepay_id: str


class Reception(Asked):
    person: str
    package: str


class TransferEnd(Asked):
    state: TransferState
    reason: str = ""


class TwistAsked(Asked):
    twist: str
    count: int | None = 1
    at: str = ""
    number: str = ""
    code: str = ""


class Settlement(Asked):
    state: RefundState


class BalanceChange(Asked):
    change_fen: int
    account: Literal["BASIC", "OPERATION"] = "BASIC"


class Settings(Asked):
    mode: Mode | None = None
    probe_rate: float | None = Field(None, ge=0, le=1)
    old_spelling: bool | None = None


Model = TypeVar("Model", bound=Asked)


def _asked(model: type[Model]) -> Model:
    return model.model_validate(request.get_json(force=True, silent=True) or {})


@blueprint.errorhandler(ValidationError)
@blueprint.errorhandler(ValueError)
def _wrong_order(error: ValueError) -> Answer:
    return jsonify(error=str(error)), 400


@blueprint.errorhandler(KeyError)
@blueprint.errorhandler(UnknownPerson)
def _not_there(error: LookupError) -> Answer:
    return jsonify(error=f"not found: {error}"), 404


@blueprint.errorhandler(cashier.CashierRefusal)
def _refused(refusal: cashier.CashierRefusal) -> Answer:
    return jsonify(error=refusal.message, code=refusal.code), 409


# -- the cashier ---------------------------------------------------------------------------------------------


@blueprint.post("/sheet")
def sheet() -> Answer:
    """Check the page's parameters and return the pay sheet; 409 with what the phone shows."""
    asked = _asked(SheetAsked)
    return jsonify(asdict(cashier.check_jsapi(asked.params, desk().world.person(asked.person))))


@blueprint.post("/confirm")
def confirm() -> Answer:
    asked = _asked(Decision)
    return jsonify(transaction_id=cashier.pay(asked.prepay_id, asked.person))


@blueprint.post("/refuse")
def refuse() -> Answer:
    asked = _asked(Decision)
    cashier.refuse(asked.prepay_id, asked.person)
    return jsonify(ok=True)


@blueprint.post("/transfer/open")
def open_transfer() -> Answer:
    """Check the page's parameters and return WeChat's page to confirm on; 409 with what the phone shows."""
    asked = _asked(SheetAsked)
    return jsonify(asdict(receiving.open_page(asked.params, desk().world.person(asked.person))))


@blueprint.post("/transfer/confirm")
def confirm_transfer() -> Answer:
    asked = _asked(Reception)
    receiving.confirm(asked.package, asked.person)
    return jsonify(ok=True)


# -- the truth -----------------------------------------------------------------------------------------------


@blueprint.get("/money")
def money() -> Answer:
    """Return who paid and got back what, and the merchant's account."""
    here = desk()
    with here.world.lock:
        books = here.books
        people = books.money_of_people()
        transferred = books.transfers.transferred()
        return jsonify(
            people=people,
            transferred=transferred,
            merchant={
                "balance_fen": books.balance_fen,
                "held_fen": books.held_fen(here.world.config.mini_program.appid),
                "received_fen": sum(each["paid_fen"] for each in people.values()),
                "returned_fen": sum(each["returned_fen"] for each in people.values()),
                "operating_fen": books.operating_fen,
                "transferred_fen": sum(transferred.values()),
                "movements": [asdict(movement) for movement in books.movements[-200:]],
            },
        )


@blueprint.get("/orders")
def list_orders() -> Answer:
    """Return all orders, oldest first; ``?paid=1`` only paid ones."""
    here = desk()
    with here.world.lock:
        found = [order for order in here.books.orders.values() if order.is_paid or "paid" not in request.args]
        return jsonify(orders=[_order(here, order) for order in found])


@blueprint.get("/orders/<out_trade_no>")
def one_order(out_trade_no: str) -> Answer:
    here = desk()
    with here.world.lock:
        return jsonify(_order(here, here.books.orders[out_trade_no]))


@blueprint.get("/refunds")
def list_refunds() -> Answer:
    here = desk()
    with here.world.lock:
        return jsonify(refunds=[_refund(refund) for refund in here.books.refunds.values()])


@blueprint.get("/transfers")
def list_transfers() -> Answer:
    here = desk()
    with here.world.lock:
        return jsonify(transfers=[_transfer(bill) for bill in here.books.transfers.bills.values()])


def _transfer(bill: Transfer) -> dict[str, Any]:
    return {
        "out_bill_no": bill.out_bill_no,
        "transfer_bill_no": bill.transfer_bill_no,
        "state": bill.state.value,
        "fen": bill.fen,
        "remark": bill.remark,
        "person": bill.person_id,
        "user_name": bill.user_name,
        "fail_reason": bill.fail_reason,
        "package_info": bill.package_info,
        "made_at": shown(bill.made_at),
        "updated_at": shown(bill.updated_at),
    }


def _order(here: Desk, order: Order) -> dict[str, Any]:
    close_if_old(order, now=here.now())
    return {
        "out_trade_no": order.out_trade_no,
        "transaction_id": order.transaction_id,
        "state": order.state.value,
        "total_fen": order.total_fen,
        "refunded_fen": here.books.refunded_fen(order),
        "description": order.description,
        "attach": order.attach,
        "openid": order.openid,
        "person": order.payer_id,
        "made_at": shown(order.made_at),
        "paid_at": shown(order.paid_at) if order.paid_at is not None else None,
        "pays_until": shown(order.pays_until),
        "prepay_ids": [prepay.prepay_id for prepay in order.prepays],
        "refunds": [_refund(refund) for refund in here.books.refunds_of(order)],
        "is_held": order.is_paid
        and order.appid == here.world.config.mini_program.appid
        and order.out_trade_no not in here.books.shippings,
        "shipping": asdict(shipping) if (shipping := here.books.shippings.get(order.out_trade_no)) else None,
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "out_trade_no": refund.out_trade_no,
        "state": refund.state.value,
        "refund_fen": refund.refund_fen,
        "reason": refund.reason,
        "made_at": shown(refund.made_at),
        "settled_at": shown(refund.settled_at) if refund.settled_at is not None else None,
    }


# -- orders to misbehave, and hands on the machine -------------------------------------------------------------


@blueprint.get("/twists")
def list_twists() -> Answer:
    return jsonify(twists=desk().twists.standing())


@blueprint.post("/twists")
def order_twist() -> Answer:
    asked = _asked(TwistAsked)
    order = desk().twists.order(asked.twist, count=asked.count, at=asked.at, number=asked.number, code=asked.code)
    return jsonify(asdict(order)), 201


@blueprint.delete("/twists")
def clear_twists() -> Answer:
    desk().twists.clear()
    return jsonify(ok=True)


@blueprint.delete("/twists/<int:order_id>")
def take_back_twist(order_id: int) -> Answer:
    return jsonify(ok=desk().twists.take_back(order_id))


@blueprint.post("/refunds/<out_refund_no>/settle")
def settle_refund(out_refund_no: str) -> Answer:
    """Bring a refund to SUCCESS, ABNORMAL or CLOSED by hand."""
    here, asked = desk(), _asked(Settlement)
    if asked.state is RefundState.PROCESSING:
        raise ValueError("a refund is settled as SUCCESS, ABNORMAL or CLOSED")
    with here.world.lock:
        refund = here.books.refunds[out_refund_no]
        if refund.state in (RefundState.SUCCESS, RefundState.CLOSED):
            raise ValueError(f"the refund is {refund.state} already")
        refunds.settle(here, refund, asked.state)
        return jsonify(_refund(refund))


@blueprint.post("/transfers/<out_bill_no>/settle")
def settle_transfer(out_bill_no: str) -> Answer:
    """Bring a transfer to SUCCESS, FAIL (with a reason) or CANCELLED by hand."""
    here, asked = desk(), _asked(TransferEnd)
    if not asked.state.is_final:
        raise ValueError("a transfer is settled as SUCCESS, FAIL or CANCELLED")
    with here.world.lock:
        bill = here.books.transfers.bills[out_bill_no]
        if bill.state.is_final:
            raise ValueError(f"the transfer is {bill.state} already")
        transfers.settle(here, bill, asked.state, reason=asked.reason)
        return jsonify(_transfer(bill))


@blueprint.post("/balance")
def change_balance() -> Answer:
    """Top an account of the merchant up (or draw money out with a negative number)."""
    here, asked = desk(), _asked(BalanceChange)
    with here.world.change():
        books = here.books
        is_basic = asked.account == BASIC
        held_fen = books.held_fen(here.world.config.mini_program.appid) if is_basic else 0
        if asked.change_fen < 0 and _balance(here, asked.account) + asked.change_fen < held_fen:
            raise ValueError("the account holds less than that")
        business = "充值" if asked.change_fen > 0 else "提现"
        books.move(asked.change_fen, now=here.now(), business=business, account=asked.account)
        return jsonify(balance_fen=_balance(here, asked.account))


def _balance(here: Desk, account: str) -> int:
    return here.books.operating_fen if account == OPERATION else here.books.balance_fen


@blueprint.get("/notices")
def list_notices() -> Answer:
    """Return notifications with every attempt, oldest first; ``?number=`` those of one order or refund."""
    here, wanted = desk(), request.args.get("number")
    with here.world.lock:
        notices = [
            asdict(notice)
            for notice in here.world.pay.notices.values()
            if wanted is None or wanted in (notice.number, notice.out_trade_no)
        ]
    return jsonify(notices=notices)


@blueprint.post("/notices/<notice_id>/send")
def send_notice(notice_id: str) -> Answer:
    """Send a notification now: a held or lost one, or one more time."""
    desk().outbox.let_go(notice_id)
    return jsonify(ok=True)


@blueprint.post("/tick")
def tick() -> Answer:
    """Do what is due now, and wait for it."""
    return jsonify(done=desk().tick())


@blueprint.get("/settings")
def settings() -> Answer:
    here = desk()
    signer = here.keys.signer()
    return jsonify(
        mode=here.keys.mode,
        serial=signer.serial,
        public_key=pem_of(signer.key.public_key()),
        probe_rate=here.probe_rate,
        old_spelling=here.old_spelling,
    )


@blueprint.post("/settings")
def change_settings() -> Answer:
    here, asked = desk(), _asked(Settings)
    if asked.mode is not None:
        here.switch_mode(asked.mode)
    with here.world.change():
        if asked.probe_rate is not None:
            here.world.pay.probe_rate = asked.probe_rate
        if asked.old_spelling is not None:
            here.world.pay.old_spelling = asked.old_spelling
    return settings()


@blueprint.post("/keys/rotate")
def rotate_key() -> Answer:
    """Sign with a new key from now on; its public half is in the answer."""
    desk().keys.rotate()
    return settings()

"""Use cases of bills: ask for one, fetch it (wechat.md 7.9)."""

from __future__ import annotations

import gzip
import hashlib
import re
import secrets
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sandbox.pay import bill_text, moments
from sandbox.pay.errors import PayRefusal, invalid_request, param_error
from sandbox.pay.state import BillFile
from sandbox.pay.twists import BILLS, Twist

if TYPE_CHECKING:
    from sandbox.pay.desk import Desk

LINK_LIFE = 300


def trade_bill(desk: Desk, *, bill_date: str, bill_type: str, tar_type: str) -> dict[str, object]:
    """Write the trade bill of a day and answer where to fetch it.

    :raises PayRefusal: a wrong parameter, too early, too old, or nothing happened on that day.
    """
    if bill_type not in bill_text.HEADERS:
        raise param_error("bill_type无效", field="/bill_type", issue="not in enum")
    on = _day(desk, bill_date)
    with desk.world.lock:
        ready_at = _ready_at(desk, on)
        entries = bill_text.entries_of(desk.books, on, bill_type=bill_type, made_at=ready_at)
    if not entries:
        raise PayRefusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    numbers = {number for entry in entries for number in (entry.out_trade_no, entry.out_refund_no)}
    twist = desk.twists.take(BILLS, at="pay/tradebill", numbers=numbers)
    if twist is not None:
        entries = bill_text.distort(entries, twist.twist, number=twist.number)
    text = bill_text.trade_bill(entries, bill_type=bill_type, fee_bp=desk.world.config.pay.fee_bp)
    return _file(desk, text, tar_type=tar_type, twist=twist.twist if twist else None)


def fund_bill(desk: Desk, *, bill_date: str, account_type: str, tar_type: str) -> dict[str, object]:
    """Write the fund-flow bill of a day; transfers are in that of the operating account.

    :raises PayRefusal: as ``trade_bill``.
    """
    if account_type not in ("BASIC", "OPERATION", "FEES"):
        raise param_error("account_type无效", field="/account_type", issue="not in enum")
    on = _day(desk, bill_date)
    with desk.world.lock:
        mine = [each for each in desk.books.movements if each.account == account_type]
        movements = [each for each in mine if moments.day(each.at) == on]
    if not movements:
        raise PayRefusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    twist = desk.twists.take({Twist.BILL_WRONG_HASH}, at="pay/fundflowbill")
    text = bill_text.fund_bill(movements, mchid=desk.world.config.pay.mchid)
    return _file(desk, text, tar_type=tar_type, twist=twist.twist if twist else None)


def _ready_at(desk: Desk, on: date) -> float:
    return moments.start_of(on + timedelta(days=1), hour=desk.world.config.pay.bill_ready_hour)


def _day(desk: Desk, bill_date: str) -> date:
    """Read the date and refuse one of which there is no bill yet or any more."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", bill_date):
        raise param_error("bill_date格式应为YYYY-MM-DD", field="/bill_date", issue="pattern not matched")
    try:
        on = date.fromisoformat(bill_date)
    except ValueError:
        raise param_error("bill_date不是有效日期", field="/bill_date", issue="no such day") from None
    today = moments.day(desk.now())
    if on > today:
        raise invalid_request("账单日期不能晚于今天")
    if on < bill_text.first_day(today):
        raise invalid_request("仅支持下载三个月以内的账单")
    if desk.now() < _ready_at(desk, on):
        raise PayRefusal(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
    return on


def _file(desk: Desk, text: str, *, tar_type: str, twist: Twist | None) -> dict[str, object]:
    if tar_type not in ("", "GZIP"):
        raise param_error("tar_type无效", field="/tar_type", issue="not in enum")
    token = secrets.token_urlsafe(48)
    now = desk.now()
    with desk.world.change():
        files = desk.world.pay.bill_files
        for old in [each for each, file in files.items() if now >= file.made_at + LINK_LIFE]:
            del files[old]
        files[token] = BillFile(text=text, gzip=tar_type == "GZIP", made_at=now)
    hashed = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    if twist is Twist.BILL_WRONG_HASH:
        hashed = hashlib.sha1(hashed.encode(), usedforsecurity=False).hexdigest()
    link = f"{desk.world.config.server.public_url.rstrip('/')}/v3/billdownload/file?token={token}"
    if tar_type == "GZIP":
        link += "&tartype=gzip"
    return {"hash_type": "SHA1", "hash_value": hashed, "download_url": link}


def download(desk: Desk, token: str) -> bytes:
    """Return the file behind a link, within five minutes as often as wanted.

    :raises PayRefusal: the token is unknown or too old.
    """
    with desk.world.lock:
        file = desk.world.pay.bill_files.get(token)
        if file is None or desk.now() >= file.made_at + LINK_LIFE:
            raise PayRefusal(400, "INVALID_REQUEST", "下载链接已失效，请重新申请账单")
    raw = file.text.encode()
    return gzip.compress(raw) if file.gzip else raw

"""Distribution, clicked through: invite, join, share, buy, be paid, withdraw, and give back after a refund.

All amounts are worked out by hand here, once; pages only have to show them.
"""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.flows.distributors import (
    approve,
    balance,
    become_a_patient,
    figure,
    hear_of_it,
    join,
    open_centre,
    poster,
    tell_nickname,
)
from tests.flows.hospital import FRIEND, GOODS, INVITER, PATIENT, SECOND_GOODS, SELLER, Hospital
from tests.flows.pages import Desk, Phone

PERCENT = ("12.34", "3.21")
FIXED = ("5.00", "1.25")
"""What is set for all goods, and for each piece of the second goods: for who sells, and for who invited that person."""

PAID, PAID_FEN = "539.00", 53_900  # 1 × 299.00 + 2 × 120.00

SOLD_PACKAGE = "36.89"  # 29900 × 1234 / 10000 = 3689.66, rounded down
SOLD_SECOND = "10.00"  # 2 × 5.00
SOLD, SOLD_FEN = "46.89", 4_689  # 36.89 + 10.00

TEAM_PACKAGE = "9.59"  # 29900 × 321 / 10000 = 959.79, rounded down
TEAM_SECOND = "2.50"  # 2 × 1.25
TEAM = "12.09"  # 9.59 + 2.50

REFUNDED, REFUNDED_FEN = "149.50", 14_950  # one of the package's two items
KEPT_PACKAGE = "18.44"  # 3689 × (29900 - 14950) / 29900 = 1844.5, rounded down
REVERSED_PACKAGE = "18.45"  # 36.89 - 18.44
KEPT_TEAM_PACKAGE = "4.79"  # 959 × (29900 - 14950) / 29900 = 479.5, rounded down
REVERSED_TEAM_PACKAGE = "4.80"  # 9.59 - 4.79
DEBT = "18.45"  # 0.00 - 18.45: what was withdrawn is gone
TEAM_LEFT = "7.29"  # 12.09 - 4.80

SOLD_TO_MEMBER = "5.00"  # 1 × 5.00, to the inviter as the member's own distributor
PRICE_SECOND = "120.00"


def test_commission_is_earned_withdrawn_and_given_back(browser: Browser, hospital: Hospital) -> None:
    service, finance = (Desk.log_in(browser, hospital, name) for name in ("客服", "财务"))
    set_terms(service, finance)

    inviter, seller, patient, member = (Phone(browser, hospital, number) for number in "3421")
    inviter.follow()
    inviter.open_menu("个人中心", "个人中心")
    inviter.press("成为分销员")
    join(inviter, INVITER)
    approve(service, INVITER)
    hear_of_it(inviter)
    seller.scan(poster(inviter, "邀请分销"))
    accept_invitation(seller, inviter)
    approve(service, SELLER)
    hear_of_it(seller)

    number = buy_what_is_shared(patient, seller)
    see_what_is_pending(seller, inviter, number)
    see_the_customer(seller, number)
    become_a_member_and_buy(member, inviter)
    see_the_invitation(inviter)

    nurse = Desk.log_in(browser, hospital, "护士")
    use_up(nurse, patient)
    hospital.do_what_is_due("distribution.settle_commissions")
    see_what_is_available(seller, inviter, number)
    explain(seller)
    explain_at_the_desk(finance, number)

    withdrawal = withdraw(seller)
    pay_out(finance, withdrawal)
    confirm_receipt(seller, withdrawal)
    assert hospital.truth("pay/money")["transferred"] == {"4": SOLD_FEN}

    give_back(nurse, finance, Desk.log_in(browser, hospital, "前台"), number)
    see_the_debt(seller, number)
    see_the_share_go(inviter, number)
    assert hospital.truth("pay/money")["people"]["2"] == {"paid_fen": PAID_FEN, "returned_fen": REFUNDED_FEN}
    assert hospital.ledger_is_right()
    assert [phone.problems for phone in (inviter, seller, patient, member)] == [[], [], [], []]


# --- terms -----------------------------------------------------------------------------------------------------------


def set_terms(service: Desk, finance: Desk) -> None:
    """One proposes percents for everything and amounts for one goods, another confirms; the goods are promoted."""
    propose(service, "默认", "比例", PERCENT)
    propose(service, SECOND_GOODS, "固定", FIXED)
    finance.open_menu("佣金设置")
    finance.shot("terms")
    for version in ("1", "2"):
        finance.open_menu("佣金设置")
        finance.press(version)
        finance.press("确认生效")
        finance.agree("确认后立即对新订单生效")
        finance.sees("已生效，从现在起的新订单按此计佣")
        finance.shot(f"terms-{version}")
    service.open_menu("推广商品")
    service.choose("分类", "套餐")
    service.press("加入推广")
    service.agree("加入推广")
    service.sees("已加入2件商品")
    service.shot("promoted")


def propose(desk: Desk, subject: str, way: str, rates: tuple[str, str]) -> None:
    desk.open_menu("佣金设置")
    desk.press("提交新设置")
    desk.choose("适用范围", subject)
    desk.choose("计佣方式", way)
    desk.fill("分销员佣金", rates[0])
    desk.fill("邀请人佣金", rates[1])
    desk.fill("调整说明", "开业推广")
    desk.shot("propose")
    desk.press("提交，等待确认")
    desk.sees("已提交，等待另一位同事确认")
    desk.shot("proposed")


# --- joining ---------------------------------------------------------------------------------------------------------


def accept_invitation(seller: Phone, inviter: Phone) -> None:
    """The account answers the scan with the form's link, and the form knows who invites."""
    code = inviter.page.locator(".earn-invitation__code").inner_text()
    seller.open_article("申请分销")
    expect(seller.page.get_by_label("邀请码")).to_have_value(code)
    join(seller, SELLER)


# --- sharing and buying ----------------------------------------------------------------------------------------------


def buy_what_is_shared(patient: Phone, seller: Phone) -> str:
    """The seller sends two posters; the patient scans both, and orders from the cart."""
    for goods, pays in ((GOODS, SOLD_PACKAGE), (SECOND_GOODS, FIXED[0])):
        open_centre(seller, "推广商品")
        seller.shot("promotable")
        seller.press(re.compile(goods))
        seller.sees("每件可得佣金")
        seller.sees(re.compile(re.escape(pays)))
        expect(seller.screen.get_by_test_id("card-title")).to_have_text(goods)
        expect(seller.screen.get_by_test_id("card-link")).to_contain_text("/s/")
        patient.scan(seller.picture(f"{goods}的海报"))
        seller.shot(f"share-{pays}")
        patient.open_article(goods)
        if goods == GOODS:
            patient.shot("shared-goods")
    return order(patient)


def order(patient: Phone) -> str:
    become_a_patient(patient, FRIEND)
    tell_nickname(patient)
    for goods, quantity in ((GOODS, "1"), (SECOND_GOODS, "2")):
        patient.open_menu("为你服务", "体检商城")
        patient.press(goods)
        patient.sees_heading(goods)
        patient.fill("数量", quantity)
        patient.press("加入购物车")
        patient.page.get_by_text(re.compile("已加入购物车")).first.wait_for()
    patient.page.get_by_role("navigation", name="主导航").get_by_role("link", name="购物车").click()
    patient.press(re.compile("提交订单"))
    patient.sees_heading("确认订单")
    patient.press("生成订单")
    patient.sees_heading("支付")
    patient.choose_way("微信支付")
    patient.confirm_payment(PAID)
    return patient.read_order("待使用")


def see_what_is_pending(seller: Phone, inviter: Phone, number: str) -> None:
    for phone, fen, kind in ((seller, SOLD, "分销收入"), (inviter, TEAM, "团队收入")):
        card = phone.read_card(about=number).filter(has_text=fen).filter(has_text="待结算").last
        card.get_by_test_id("card-open").click()
        phone.sees_heading("收支明细")
        phone.press(kind)
        expect(figure(phone, "累计入账")).to_have_text(re.compile(re.escape(fen)))
        phone.shot(f"income-{fen}")
        open_centre(phone)
        expect(figure(phone, "待结算")).to_have_text(re.compile(re.escape(fen)))
        phone.shot(f"centre-{fen}")


def see_the_customer(seller: Phone, number: str) -> None:
    """Who bought is a masked nickname, what was bought stands elsewhere."""
    open_centre(seller, "我的客户")
    seller.sees(re.compile(r"山\*"))
    seller.sees("1 笔订单")
    seller.shot("customers")
    open_centre(seller, "分销订单")
    seller.sees(number)
    seller.sees(re.compile(re.escape(SOLD_SECOND)))
    expect(seller.page.get_by_text(re.compile(r"山\*"))).to_have_count(0)
    seller.shot("orders")


def become_a_member_and_buy(member: Phone, inviter: Phone) -> None:
    """Who is new and scans the other poster belongs to the inviter, whatever is bought."""
    member.scan(poster(inviter, "邀请会员"))
    member.open_article("享优惠")
    member.shot("welcome")
    become_a_patient(member, PATIENT)
    member.place_order(SECOND_GOODS)
    member.choose_way("微信支付")
    member.confirm_payment(PRICE_SECOND)
    member.read_order("待使用")


def see_the_invitation(inviter: Phone) -> None:
    inviter.read_card(about=SOLD_TO_MEMBER).last.wait_for()
    open_centre(inviter, "我的邀请")
    inviter.sees("微信用户")
    expect(figure(inviter, "已下单会员")).to_have_text("1")
    inviter.shot("invitations")


# --- done, available, explained --------------------------------------------------------------------------------------


def use_up(nurse: Desk, patient: Phone) -> None:
    """The nurse takes both pieces of the single goods and all items of the package."""
    patient.open_menu("个人中心", "我的订单")
    patient.page.locator("a[href^='/orders/N']").first.click()
    digits = "".join(re.findall(r"\d", patient.page.locator(".redeem__code").inner_text()))[-12:]
    nurse.open_menu("到院核销")
    nurse.page.get_by_label("核销码").fill(digits)
    nurse.page.get_by_label("核销码").press("Enter")
    nurse.page.locator(".redeem-who").wait_for()
    for box in nurse.page.get_by_role("main").get_by_role("checkbox").all():
        box.check()
    nurse.choose(f"{SECOND_GOODS}，核销几份", "2 份")
    nurse.press("核销所选项目")
    nurse.sees(re.compile("该订单已全部使用"))


def see_what_is_available(seller: Phone, inviter: Phone, number: str) -> None:
    for phone, fen in ((seller, SOLD), (inviter, TEAM)):
        phone.read_card(about=number).filter(has_text=fen).filter(has_text="可提现").last.wait_for()
        open_centre(phone)
        expect(balance(phone)).to_contain_text(fen)
        expect(figure(phone, "累计收益")).to_have_text(re.compile(r"\d"))
        phone.shot(f"available-{fen}")


def explain(seller: Phone) -> None:
    """Each fen: of what line, at what rate, of which version, when."""
    open_centre(seller, "收支明细")
    seller.press(re.compile(GOODS))
    seller.sees_heading("佣金说明")
    seller.sees(f"¥299.00 × 12.34% = ¥{SOLD_PACKAGE}（不足1分舍去）")
    seller.sees("12.34%（默认设置，版本1）")
    seller.sees("顾客打开您分享的商品后下单")
    for step in ("顾客下单", "付款成功，佣金入账", "订单完成", "转为可提现"):
        seller.sees(step)
    seller.shot("explained")


def explain_at_the_desk(finance: Desk, number: str) -> None:
    """Staff see the same, with who agreed to the rate, and the books' own lines."""
    finance.open_menu("佣金明细")
    finance.shot("commissions")
    finance.find_row("12.34%").get_by_role("link", name=number).click()
    finance.sees(f"¥299.00 × 12.34% = ¥{SOLD_PACKAGE}（不足1分舍去）")
    for booking in ("佣金入账（待结算）", "佣金结算"):
        finance.sees(booking)
    finance.shot("commission")


# --- withdrawing -----------------------------------------------------------------------------------------------------


def withdraw(seller: Phone) -> str:
    """Everything, under the name that was registered; returns the number."""
    open_centre(seller, "提现")
    seller.sees("提现须知")
    seller.press("全部提现")
    expect(seller.page.get_by_label("提现金额")).to_have_value(SOLD)
    seller.fill("真实姓名", INVITER.name)
    seller.shot("withdraw")
    seller.press("确认提现")
    seller.sees("姓名与登记的真实姓名不一致")
    seller.fill("真实姓名", SELLER.name)
    seller.press("确认提现")
    seller.sees_heading("提现详情")
    seller.sees("提现申请已提交")
    seller.shot("withdrawal")
    return seller.page.locator("dt:has-text('提现单号') + dd").inner_text()


def pay_out(finance: Desk, number: str) -> None:
    finance.open_menu("提现管理")
    finance.shot("withdrawals")
    finance.press(number)
    finance.shot("withdrawal-desk")
    finance.press(f"同意打款 ¥{SOLD}")
    finance.agree(f"付款 {SOLD} 元？")
    finance.sees(re.compile("审核通过|已审核"))


def confirm_receipt(seller: Phone, number: str) -> None:
    """WeChat asks the person; the money is there once that was answered."""
    card = seller.read_card(about=SOLD).filter(has_text="待确认收款").last
    card.wait_for()
    seller.shot("card-withdrawal")
    card.get_by_test_id("card-open").click()
    seller.sees_heading("提现详情")
    seller.sees(number)
    seller.shot("to-confirm")
    seller.press("确认收款")
    sheet = seller.page.get_by_test_id("transfer-sheet")
    expect(sheet.get_by_test_id("transfer-amount")).to_have_text(f"¥{SOLD}")
    seller.shot("transfer")
    sheet.get_by_test_id("transfer-confirm").click()
    sheet.get_by_test_id("transfer-done").click()
    seller.sees("已到账")
    seller.shot("paid")
    open_centre(seller, "提现记录")
    seller.sees("已到账")
    seller.shot("withdrawn")
    open_centre(seller)
    expect(balance(seller)).to_contain_text("0.00")
    expect(figure(seller, "已提现")).to_have_text(re.compile(re.escape(SOLD)))


# --- giving back -----------------------------------------------------------------------------------------------------


def give_back(nurse: Desk, finance: Desk, front: Desk, number: str) -> None:
    """What was redeemed today is undone, and its money goes back."""
    nurse.open_menu("核销记录")
    nurse.press(number)
    first = nurse.page.locator(".redeem-undo").filter(has_text="血常规")
    first.locator("summary").click()
    first.get_by_label("撤销原因").fill("未能采血")
    first.get_by_role("button", name="确认撤销").click()
    nurse.sees(re.compile("已撤销"))

    front.open_menu("商城订单")
    front.find(number)
    front.press(number)
    front.fill(f"血常规（¥{REFUNDED}，可退 1 份）", "1")
    front.fill("退款原因", "未能采血")
    front.press("提交退款申请")
    front.sees("退款中")
    finance.open_menu("退款")
    finance.find(number)
    finance.press("审核")
    finance.press(re.compile("同意退款"))
    finance.agree(f"确定退款 {REFUNDED} 元？")
    finance.sees("已审核通过，款项将原路退回")


def see_the_debt(seller: Phone, number: str) -> None:
    """What was paid out is owed; the next withdrawal has to wait for new income."""
    see_reversal(seller, number, REVERSED_PACKAGE, KEPT_PACKAGE)
    open_centre(seller)
    seller.sees("待抵扣")
    expect(balance(seller)).to_contain_text(DEBT)
    seller.shot("debt")
    open_centre(seller, "提现")
    seller.sees("暂时不能提现")
    seller.sees(f"还有{DEBT}元待抵扣")
    expect(seller.page.get_by_label("提现金额")).to_have_count(0)
    seller.shot("withdraw-refused")


def see_the_share_go(inviter: Phone, number: str) -> None:
    see_reversal(inviter, number, REVERSED_TEAM_PACKAGE, KEPT_TEAM_PACKAGE)
    open_centre(inviter)
    expect(balance(inviter)).to_contain_text(TEAM_LEFT)
    expect(figure(inviter, "待结算")).to_have_text(re.compile(re.escape(SOLD_TO_MEMBER)))


def see_reversal(phone: Phone, number: str, gone: str, kept: str) -> None:
    phone.read_card(about=number).filter(has_text=gone).filter(has_text="已冲回").last.wait_for()
    open_centre(phone, "收支明细")
    phone.press("支出")
    phone.sees(f"−{gone}")
    phone.shot(f"spending-{gone}")
    phone.press(re.compile("退款冲回佣金"))
    phone.sees_heading("冲回说明")
    phone.sees(re.compile(re.escape(f"¥{kept}（按未退款部分的比例")))
    phone.shot(f"reversal-{gone}")

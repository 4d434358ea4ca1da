"""Staff's pages of the consultation: quotes and plans of payment."""

from __future__ import annotations

import pytest

from tests.factories.configuration import make_methods, make_project
from tests.factories.quoting import make_consultant, make_reviewer, make_triaged, offer_of, three_projects
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from tests.visits.quoting_desk import HTML, Sit, lists, rows, sit, stage_of
from wxapp.visits.models import Stage
from wxapp.visits.queries import lines_of, planned_of, quotes_of
from wxapp.visits.services import reviewing
from wxapp.visits.services.quoting import make_quote

__all__ = ["sit"]


# --- consultation ----------------------------------------------------------------------------------------------------


def test_a_program_quotes_with_lists(sit: Sit) -> None:
    desk = sit(make_consultant())
    visit, projects = make_triaged(consultant_id=desk.member.id), three_projects()
    answer = desk.post(
        "consultation/consult",
        id=visit.id,
        consultation_user_id=desk.member.id,
        all_price="",
        discount_price="4500.00",
        edit_remark="",
        **lists(projects),
    )
    assert answer.json == {"code": 1, "msg": "操作成功", "openids": []}
    assert stage_of(visit) is Stage.IN_REVIEW
    assert (visit.list_total_fen, visit.offered_fen) == (500_000, 450_000)
    assert len(lines_of(visit.quote_id)) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"num": "1,1,"}, "项数不一致"),
        ({"pname": ""}, "项数不一致"),
        ({"price": "800,1200,x,"}, "不是正确的金额"),
        ({"cid": " ,1,2,"}, "应为整数"),
        ({"project_id": "9,9,9,"}, "分类与大类不一致"),
        ({"pname": "甲, ,丙,"}, "没有名称"),
        ({"discount_price": "-1"}, "不是正确的金额"),
        ({"consultation_user_id": "999999"}, "不一致"),
        ({"consultation_user_id": ""}, "请填写咨询师"),
        ({"id": ""}, ""),
        (dict.fromkeys(("pname", "cid", "fid", "project_id", "price", "num"), ""), "至少选择一个项目"),
    ],
)
def test_broken_lists_save_nothing(sit: Sit, change: dict[str, str], says: str) -> None:
    desk = sit(make_consultant())
    visit = make_triaged(consultant_id=desk.member.id)
    fields = {"id": visit.id, "consultation_user_id": desk.member.id, **lists(three_projects()), **change}
    answer = desk.post("consultation/consult", **fields)
    assert (answer.status_code, answer.json["code"]) == (200, 0)
    assert says in answer.json["msg"]
    assert (stage_of(visit), quotes_of(visit.id)) == (Stage.TRIAGED, [])


def test_a_page_quotes_with_rows_once(sit: Sit) -> None:
    desk = sit(make_consultant())
    visit, projects = make_triaged(consultant_id=desk.member.id), three_projects()
    page = desk.page(f"consultation/consult?id={visit.id}&find={projects[0].name}")
    assert projects[0].name in page
    unchosen = {"cid-9": make_project().id, "price-9": "1", "num-9": ""}
    fields = {
        "id": visit.id, "consultation_user_id": desk.member.id, "version": visit.version, "form_key": "a" * 20,
        **rows(projects[:2]), **unchosen,
    }  # fmt: skip
    for _ in range(2):
        answer = desk.post("consultation/consult", html=True, **fields)
        assert answer.status_code == 303
    assert [quote.offered_fen for quote in quotes_of(visit.id)] == [200_000]


def test_a_refused_form_keeps_what_was_typed(sit: Sit) -> None:
    desk = sit(make_consultant())
    visit, project = make_triaged(consultant_id=desk.member.id), make_project(price_fen=80_000)
    fields = {
        "id": visit.id,
        "consultation_user_id": desk.member.id,
        "cid-3": project.id,
        "price-3": "801",
        "num-3": "2",
    }
    answer = desk.post("consultation/consult", html=True, edit_remark="亲友", **fields)
    assert answer.status_code == 422
    assert "高于价目表" in answer.text
    assert 'name="price-3" value="801"' in answer.text
    assert "亲友" in answer.text


def test_another_consultants_visit_is_not_there(sit: Sit) -> None:
    visit = make_triaged()
    desk = sit(make_consultant())
    assert desk.client.get(f"/pc/consultation/consult?id={visit.id}", headers=HTML).status_code == 404
    answer = desk.post(
        "consultation/consult", id=visit.id, consultation_user_id=desk.member.id, **lists(three_projects())
    )
    assert answer.json["code"] == 0
    assert stage_of(visit) is Stage.TRIAGED
    assert visit.visit_no not in desk.page("consultation/index?status=0")


@pytest.mark.parametrize("path", ["Physical/complete", "physical/complete.html", "consultation/edit"])
def test_a_quote_is_replaced_under_each_of_its_addresses(sit: Sit, path: str) -> None:
    desk = sit(make_consultant())
    visit = make_visit(stage=Stage.SENT_BACK, consultant_id=desk.member.id)
    assert "修改报价" in desk.page(f"{path}?id={visit.id}")
    answer = desk.post(path, id=visit.id, discount_price="4500", edit_remark="改", **lists(three_projects()))
    assert answer.json["code"] == 1
    assert "openids" in answer.json
    assert (stage_of(visit), visit.offered_fen, len(quotes_of(visit.id))) == (Stage.IN_REVIEW, 450_000, 2)


def test_projects_are_found_by_a_part_of_their_name(sit: Sit) -> None:
    desk = sit(make_consultant())
    project = make_project(name="眼部项目甲", operation_name="眼部手术甲", english_name="eye", price_fen=123_450)
    make_project(name="眼部项目乙", is_active=False)
    found = desk.post("Common/get_project_ajax", name="部项目").json
    assert found == [
        {
            "id": str(project.id), "name": "眼部项目甲", "operation_name": "眼部手术甲", "price": "1234.50",
            "fid": str(project.category_id), "eng_name": "eye", "status": "1", "code": project.code, "second": "1",
        }
    ]  # fmt: skip
    assert desk.client.get("/pc/visits/projects?name=部项目").json == found
    assert desk.post("common/get_project_ajax").json["code"] == 0


def test_fifty_projects_are_found_at_most(sit: Sit) -> None:
    desk = sit(make_consultant())
    for _ in range(51):
        make_project()
    assert len(desk.post("common/get_project_ajax", name="项目").json) == 50


PAYMENTS = {
    "collect_num": "100.00,200.00,300.00,1500.00,2400.00,",
    "collect_type": "支付宝,微信,现金,分期甲,分期乙,",
    "collect_remark": "备注1,备注2,备注3,备注4,备注5,",
    "periods_num": " , , ,12,6,",
    "repayment_date": " , , ,12,8,",
    "loan_num": "1500.00,2400.00,",
    "pay_price": "4500.00",
}


@pytest.mark.parametrize("path", ["consultation/pay", "examine/pay"])
def test_the_example_of_a_plan_is_kept(sit: Sit, path: str) -> None:
    desk = sit(make_consultant() if path.startswith("cons") else make_reviewer())
    visit = make_visit(stage=Stage.APPROVED, consultant_id=desk.member.id, final_fen=450_000)
    make_methods()
    assert "付款计划" in desk.page(f"{path}?id={visit.id}")
    assert desk.post(path, id=visit.id, **PAYMENTS).json == {"code": 1, "msg": "操作成功"}
    assert [(one.method_name, one.periods, one.repayment_day) for one in planned_of(visit.id)] == [
        ("支付宝", None, None), ("微信", None, None), ("现金", None, None), ("分期甲", 12, 12), ("分期乙", 6, 8),
    ]  # fmt: skip
    assert "分期乙" in desk.page(f"{path}?id={visit.id}")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"collect_type": "支付宝,微信,现金,分期甲,"}, "项数不一致"),
        ({"collect_remark": "备注1,"}, "项数不一致"),
        ({"periods_num": "12,6,"}, "项数不一致"),
        ({"repayment_date": " , ,12,8,"}, "项数不一致"),
        ({"periods_num": "12,6, , , ,"}, "一致"),
        ({"loan_num": "1500.00,"}, "应一致"),
        ({"loan_num": "2400.00,1500.00,"}, "不一致"),
        ({"loan_num": ""}, "应一致"),
        ({"collect_num": "100,200,300,1500,2399,", "loan_num": "1500,2399,"}, "应等于付款金额"),
        ({"pay_price": "4400.00"}, "付款金额应为4500.00元"),
        ({"pay_price": ""}, "请填写付款金额"),
        ({"repayment_date": " , , ,12,32,"}, "还款日应为1至31"),
        ({"periods_num": " , , ,12,5,"}, "不提供5期"),
        ({"collect_type": "支付宝,微信,贝壳,分期甲,分期乙,"}, "不存在或已停用"),
    ],
)
def test_a_broken_plan_saves_nothing(sit: Sit, change: dict[str, str], says: str) -> None:
    desk = sit(make_consultant())
    visit = make_visit(stage=Stage.APPROVED, consultant_id=desk.member.id, final_fen=450_000)
    make_methods()
    answer = desk.post("consultation/pay", id=visit.id, **{**PAYMENTS, **change})
    assert (answer.status_code, answer.json["code"]) == (200, 0)
    assert says in answer.json["msg"]
    assert planned_of(visit.id) == []


def test_without_loans_their_lists_may_be_missing(sit: Sit) -> None:
    desk = sit(make_consultant())
    visit = make_visit(stage=Stage.APPROVED, consultant_id=desk.member.id, final_fen=30_000)
    make_methods()
    answer = desk.post(
        "consultation/pay", id=visit.id, pay_price="300", collect_num="100,200", collect_type="现金,微信"
    )
    assert answer.json["code"] == 1


def test_a_page_plans_with_rows(sit: Sit) -> None:
    desk = sit(make_consultant())
    visit = make_visit(stage=Stage.APPROVED, consultant_id=desk.member.id, final_fen=450_000)
    make_methods()
    fields = {
        "id": visit.id, "pay_price": "4500.00", "version": visit.version, "form_key": "b" * 20,
        "method-1": "现金", "amount-1": "3000", "remark-1": "备,注",
        "method-2": "分期甲", "amount-2": "1500", "periods-2": "12", "day-2": "31",
        "method-3": "", "amount-3": "",
    }  # fmt: skip
    assert desk.post("consultation/pay", html=True, **fields).status_code == 303
    assert [(one.amount_fen, one.periods, one.remark) for one in planned_of(visit.id)] == [
        (300_000, None, "备，注"), (150_000, 12, ""),
    ]  # fmt: skip
    wrong = desk.post("consultation/pay", html=True, **{**fields, "form_key": "c" * 20, "version": "", "amount-1": "x"})
    assert wrong.status_code == 422
    assert "第1行的金额不正确" in wrong.text


def test_details_for_programs_have_the_forms_of_the_contract(sit: Sit) -> None:
    desk = sit(make_consultant())
    visit = make_visit(stage=Stage.APPROVED, consultant_id=desk.member.id)
    info = desk.ask(f"consultation/particulars?id={visit.id}")["info"]
    assert isinstance(info["preoperative_img"], list)
    assert isinstance(info["video_list"], list)
    for name in ("ct_img", "blood_img", "accompany_name", "accompany_phone", "pname"):
        assert isinstance(info[name], str)
    assert "****" in info["user_phone"]
    assert desk.client.get(f"/pc/consultation/particulars.html?id={visit.id}", headers=HTML).status_code == 302


def test_lists_of_consultants_have_their_own_visits_by_stage(sit: Sit) -> None:
    desk = sit(make_consultant())
    mine = make_triaged(consultant_id=desk.member.id)
    back = make_visit(stage=Stage.SENT_BACK, consultant_id=desk.member.id)
    page = desk.page("consultation/index")
    assert mine.visit_no in page
    assert back.visit_no not in page
    assert "已退回 1" in page
    assert back.visit_no in desk.page("consultation/index?status=2")
    assert {row["user_number"] for row in desk.ask("consultation/index?status=0")["list"]} == {
        mine.visit_no, back.visit_no,
    }  # fmt: skip


CONSULT = ["consultation/index", "consultation/consult?id=1", "consultation/pay?id=1", "consultation/particulars?id=1"]
REVIEW = ["examine/index", "examine/details?id=1", "examine/pay?id=1"]


def test_rights_are_asked_for_first(sit: Sit) -> None:
    desk = sit(make_reviewer())
    assert [desk.client.get(f"/pc/{path}").status_code for path in CONSULT] == [403] * len(CONSULT)
    desk = sit(make_consultant())
    assert [desk.client.get(f"/pc/{path}").status_code for path in REVIEW] == [403] * len(REVIEW)
    desk = sit(make_member())
    assert desk.post("common/get_project_ajax", name="项").status_code == 403


# --- questions to the database ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["consultation/index?status=0", "examine/index?status=0", "triage/index?status=2"])
def test_lists_ask_as_much_for_many_visits_as_for_few(sit: Sit, queries: list[str], path: str) -> None:
    desk = sit(make_member(everything=True))
    for _ in range(20):
        make_visit(stage=Stage.IN_REVIEW, consultant_id=desk.member.id)
    desk.page(path)
    queries.clear()
    desk.page(path)
    asked = [one for one in queries if not one.startswith(("INSERT", "UPDATE"))]
    assert len(asked) <= 12, "\n".join(asked)


@pytest.mark.parametrize(
    "path", ["physical/complete?id={}", "examine/details?id={}", "consultation/pay?id={}", "triage/edit?id={}"]
)
def test_pages_of_a_quote_ask_as_much_for_many_revisions_as_for_few(sit: Sit, queries: list[str], path: str) -> None:
    desk = sit(make_member(everything=True))
    visit = make_visit(stage=Stage.IN_REVIEW, projects=[make_project() for _ in range(20)])
    make_methods()

    def count() -> int:
        queries.clear()
        desk.page(path.format(visit.id))
        return len(queries)

    few = count()
    for _ in range(10):
        make_quote(visit.id, offer_of(three_projects()), by=make_consultant().id, again=True)
        reviewing.send_back(visit.id, "太低", by=make_reviewer().id)
    assert count() <= min(few, 12), "\n".join(queries)


RUBBISH = ["", "0", "-1", "9" * 30, "x" * 600, "1,,2,", "\N{GRINNING FACE}", "1e9", " , , ", "null"]
FIELDS = [
    "id", "version", "quote_id", "form_key", "pname", "cid", "fid", "project_id", "price", "num", "discount_price",
    "pay_price", "collect_num", "collect_type", "periods_num", "repayment_date", "loan_num", "cid-1", "price-1",
    "num-1", "amount-1", "method-1", "periods-1", "day-1", "rows", "remark", "consultation_user_id", "name",
]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "consultation/consult", "physical/complete", "consultation/pay", "examine/pass", "examine/edit", "examine/pay",
        "examine/send_back", "triage/fenzhen", "triage/edit", "common/get_project_ajax",
    ],
)  # fmt: skip
def test_rubbish_is_no_fault(sit: Sit, path: str) -> None:
    desk = sit(make_member(everything=True))
    visit = make_visit(stage=Stage.IN_REVIEW, consultant_id=desk.member.id)
    for rubbish in RUBBISH:
        alone = desk.post(path, id=visit.id, **{name: rubbish for name in FIELDS if name != "id"})
        assert alone.status_code in {200, 409, 422}
        assert desk.post(path, html=True, **dict.fromkeys(FIELDS, rubbish)).status_code in {200, 303, 404, 409, 422}

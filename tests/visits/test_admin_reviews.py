"""Staff's pages of price review."""

from __future__ import annotations

from tests.factories.configuration import make_project
from tests.factories.quoting import make_consultant, make_reviewer, make_triaged, offer_of, three_projects
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from tests.visits.quoting_desk import Sit, lists, rows, sit, stage_of
from wxapp.core.permissions import Permission
from wxapp.visits.models import Stage
from wxapp.visits.queries import reviews_of
from wxapp.visits.services.quoting import make_quote

__all__ = ["sit"]


# --- price review ----------------------------------------------------------------------------------------------------


def test_a_reviewer_passes_what_he_saw(sit: Sit) -> None:
    desk = sit(make_reviewer())
    visit = make_visit(stage=Stage.IN_REVIEW)
    page = desk.page(f"examine/details?id={visit.id}")
    assert f'name="quote_id" value="{visit.quote_id}"' in page
    wrong = desk.post("examine/pass", id=visit.id, quote_id=visit.quote_id or 0, version=visit.version + 1)
    assert wrong.json["code"] == 0
    replaced = desk.post("examine/pass", id=visit.id, quote_id=(visit.quote_id or 0) + 1)
    assert "报价已被修改" in replaced.json["msg"]
    assert desk.post("examine/pass", id=visit.id).json == {"code": 1, "msg": "操作成功"}
    assert stage_of(visit) is Stage.APPROVED
    assert desk.post("examine/pass", id=visit.id).json["code"] == 0
    assert len(reviews_of(visit.id)) == 1


def test_a_reviewer_sees_that_only_the_price_has_changed(sit: Sit) -> None:
    consultant, projects = make_consultant(), three_projects()
    visit = make_triaged(consultant_id=consultant.id)
    make_quote(visit.id, offer_of(projects, 450_000), by=consultant.id)
    desk = sit(make_reviewer())
    assert "与上一版相比" not in desk.page(f"examine/details?id={visit.id}")
    make_quote(visit.id, offer_of(projects, 420_000), by=consultant.id, again=True)
    page = desk.page(f"examine/details?id={visit.id}")
    assert '<span class="change--gone">¥4500.00</span> ¥4200.00' in page
    make_quote(visit.id, offer_of(projects, 420_000), by=consultant.id, again=True)
    assert "项目和价格没有变化" in desk.page(f"examine/details?id={visit.id}")


def test_a_refused_sending_back_does_not_open_the_form_of_the_price(sit: Sit) -> None:
    desk = sit(make_reviewer())
    visit = make_visit(stage=Stage.IN_REVIEW)
    fields = {"id": visit.id, "quote_id": visit.quote_id, "version": visit.version}
    assert '<details class="review-edit">' in desk.post("examine/send_back", html=True, **fields).text
    assert '<details class="review-edit" open>' in desk.post("examine/edit", html=True, pay_price="x", **fields).text


def test_a_pressed_button_passes_once(sit: Sit) -> None:
    desk = sit(make_reviewer())
    visit = make_visit(stage=Stage.IN_REVIEW)
    fields = {"id": visit.id, "quote_id": visit.quote_id, "version": visit.version, "form_key": "d" * 20}
    assert [desk.post("examine/pass", html=True, **fields).status_code for _ in range(2)] == [303, 303]
    assert len(reviews_of(visit.id)) == 1


def test_a_reviewer_is_told_that_a_quote_is_his_own(sit: Sit) -> None:
    both = make_member([Permission.CONSULT, Permission.PRICE_REVIEW, Permission.VISIT_READ])
    visit = make_triaged(consultant_id=both.id)
    make_quote(visit.id, offer_of(three_projects()), by=both.id)
    desk = sit(both)
    page = desk.page(f"examine/details?id={visit.id}")
    assert "这是您自己的报价" in page
    assert "examine/pass" not in page
    assert desk.post("examine/pass", html=True, id=visit.id).status_code == 409
    assert desk.post("examine/pass", id=visit.id).json["code"] == 0
    assert stage_of(visit) is Stage.IN_REVIEW


def test_a_reviewer_sends_back_with_a_reason(sit: Sit) -> None:
    desk = sit(make_reviewer())
    visit = make_visit(stage=Stage.IN_REVIEW)
    fields = {"id": visit.id, "quote_id": visit.quote_id, "version": visit.version}
    assert desk.post("examine/send_back", html=True, **fields).status_code == 422
    assert desk.post("examine/send_back", html=True, remark="优惠太多", **fields).status_code == 303
    assert stage_of(visit) is Stage.SENT_BACK
    assert "优惠太多" in desk.page(f"examine/details?id={visit.id}")


def test_a_reviewer_changes_lines_and_price(sit: Sit) -> None:
    desk = sit(make_reviewer())
    visit, projects = make_visit(stage=Stage.IN_REVIEW), three_projects()
    answer = desk.post("examine/edit", id=visit.id, pay_price="4500.00", edit_remark="", **lists(projects))
    assert answer.json["code"] == 1
    assert (stage_of(visit), visit.final_fen) == (Stage.APPROVED, 450_000)
    page = desk.page(f"examine/details?id={visit.id}")
    assert "与上一版相比" in page
    broken = desk.post("examine/edit", id=visit.id, pay_price="", **lists(projects))
    assert "请填写最终价" in broken.json["msg"]


def test_a_collected_visit_with_a_raised_price_waits_for_the_cashier(sit: Sit) -> None:
    desk = sit(make_reviewer())
    project = make_project(price_fen=100_000)
    visit = make_visit(
        stage=Stage.COLLECTED, projects=[project], final_fen=80_000, collected_fen=80_000, collected_final_fen=80_000
    )
    assert "需再次收银" in desk.page(f"examine/details?id={visit.id}")
    fields = {"id": visit.id, "pay_price": "900", "quote_id": visit.quote_id, "version": visit.version}
    assert desk.post("examine/edit", html=True, **fields, **rows([project])).status_code == 303
    assert stage_of(visit) is Stage.COLLECT_AGAIN
    assert visit.visit_no in desk.page("examine/index?status=4")


def test_details_of_a_review_have_the_forms_of_the_contract(sit: Sit) -> None:
    desk = sit(make_reviewer())
    visit = make_visit(stage=Stage.IN_REVIEW)
    info = desk.ask(f"examine/details?id={visit.id}")["info"]
    assert isinstance(info["preoperative_img"], str)
    assert {line["bus_id"] for line in info["bus_project"]} == {str(visit.id)}
    assert (info["status"], info["type"], info["is_pay"]) == ("1", "1", "0")


def test_the_list_of_reviews_shows_what_waits(sit: Sit) -> None:
    desk = sit(make_reviewer())
    waiting, passed = make_visit(stage=Stage.IN_REVIEW), make_visit(stage=Stage.APPROVED)
    for address in ("examine/index", "examine/index?status=1"):
        page = desk.page(address)
        assert waiting.visit_no in page
        assert passed.visit_no not in page
    assert passed.visit_no in desk.page("examine/index?status=0")

"""What has to be done before a patient leaves."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.labels import Labelled


class Verdict(Labelled):
    """How a point of the check list stands."""

    DONE = "done", "已完成"
    NOTICE = "notice", "请留意"  # does not hinder
    OPEN = "open", "未完成"  # hinders, but may be let through with a reason
    STOP = "stop", "不能离店"  # nobody lets it through


@dataclass(frozen=True)
class Check:
    """A point of the check list."""

    label: str
    verdict: Verdict
    hint: str = ""


def check_settled(stage: str) -> Check:
    """Whether everything was collected."""
    if stage == "collect_again":
        return Check("费用结清", Verdict.STOP, "价格已调整，还有差额待收，请先到收银台结清")
    return Check("费用结清", Verdict.DONE)


def check_operation(status: str, *, is_on: bool, may_be_skipped: bool) -> Check:
    """Whether the operation is over.

    :param status: of the procedure
    :param is_on: the visit's flow has operations
    :param may_be_skipped: the flow lets patients leave without one; one that was arranged has to be done all the same
    """
    if status == "done":
        return Check("手术完成", Verdict.DONE)
    if status == "operating":
        return Check("手术完成", Verdict.STOP, "手术还在进行，请先记录手术结束")
    if status == "assigned":
        return Check("手术完成", Verdict.OPEN, "手术已安排，但还没有进行")
    if not is_on:
        return Check("手术完成", Verdict.DONE, "流程中没有手术")
    if may_be_skipped:
        return Check("手术完成", Verdict.NOTICE, "没有安排手术，请确认客户本次不需要手术")
    return Check("手术完成", Verdict.OPEN, "还没有安排手术")


def check_handed_over(label: str, *, is_done: bool) -> Check:
    return Check(label, Verdict.DONE if is_done else Verdict.OPEN, "" if is_done else "尚未勾选")

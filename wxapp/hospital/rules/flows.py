"""The steps of a visit as the hospital has set them (流程设置)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from wxapp.hospital.rules.percents import percent

STEPS = (
    "arrival",
    "preoperative",
    "radiation",
    "electrocardiogram",
    "ct",
    "blood",
    "triage",
    "consultation",
    "review",
    "collection",
    "assignment",
    "operation",
    "departure",
)
"""In their order: a visit's steps, with the five examinations one by one."""
EXAMINATIONS = STEPS[1:6]
"""The kinds of examination that programs know."""
LABELS = {
    "arrival": "到院登记",
    "preoperative": "术前照",
    "radiation": "放射",
    "electrocardiogram": "心电图",
    "ct": "B超",
    "blood": "检验",
    "triage": "分诊",
    "consultation": "现场咨询",
    "review": "价目审核",
    "collection": "收银",
    "assignment": "手术安排",
    "operation": "手术",
    "departure": "离店",
}
ALWAYS_ON = ("arrival", "consultation", "collection", "departure")
"""Without these there is no visit."""


@dataclass(frozen=True)
class FlowStep:
    """How one step is set.

    :ivar is_on: the step exists; triage that is off is done by whoever receives the patient
    :ivar may_be_skipped: the visit may go on without it
    :ivar roles: names of the roles that do it; none: whoever has the right
    :ivar warn_minutes: after so many minutes lists show it as late; 0 never
    """

    name: str
    is_on: bool = True
    may_be_skipped: bool = True
    roles: tuple[str, ...] = ()
    warn_minutes: int = 30


@dataclass(frozen=True)
class FlowRules:
    """A version of the flow.

    :ivar review_below_bp: an offered price below this share of the list total goes to review; 10001: each one does
    """

    steps: tuple[FlowStep, ...]
    review_below_bp: int = 10_001

    def step(self, name: str) -> FlowStep:
        """:raises KeyError: no such step"""
        for one in self.steps:
            if one.name == name:
                return one
        raise KeyError(name)

    def needs_review(self, *, offered_fen: int, list_total_fen: int) -> bool:
        """Whether a quote has to be reviewed; when the step is off, none has."""
        return self.step("review").is_on and offered_fen * 10_000 < self.review_below_bp * list_total_fen


BUILT_IN = FlowRules(tuple(FlowStep(name, may_be_skipped=name not in ALWAYS_ON) for name in STEPS))
"""What holds until a hospital has set its own."""


ROLES = "负责角色"
"""What a change of roles is called; its values are names of roles."""
EACH_IS_REVIEWED = 10_001
"""As ``review_below_bp``: even a quote at the full list price is reviewed."""


@dataclass(frozen=True)
class Change:
    """One thing in which two versions differ."""

    where: str
    what: str
    before: str
    after: str


def changes(before: FlowRules, after: FlowRules) -> list[Change]:
    """Return in what two versions differ, for people."""
    found = []
    for was, now in zip(before.steps, after.steps, strict=True):
        for what, one, other in (
            ("启用", _yes(was.is_on), _yes(now.is_on)),
            ("可跳过", _yes(was.may_be_skipped), _yes(now.may_be_skipped)),
            (ROLES, " ".join(was.roles), " ".join(now.roles)),
            ("超时提醒", _minutes(was.warn_minutes), _minutes(now.warn_minutes)),
        ):
            if one != other:
                found.append(Change(LABELS[now.name], what, one, other))
    if before.review_below_bp != after.review_below_bp:
        found.append(
            Change(
                LABELS["review"], "审核线", review_words(before.review_below_bp), review_words(after.review_below_bp)
            )
        )
    return found


def review_words(review_below_bp: int) -> str:
    """Return in words which quotes are reviewed."""
    if review_below_bp >= EACH_IS_REVIEWED:
        return "每份报价都审核"
    if not review_below_bp:
        return "都不审核"
    return f"低于原价的{percent(review_below_bp)}%时审核"


def _yes(is_so: bool) -> str:
    return "是" if is_so else "否"


def _minutes(minutes: int) -> str:
    return f"{minutes}分钟" if minutes else "不提醒"


def to_text(flow: FlowRules) -> str:
    """Return a flow as its row keeps it."""
    steps = [
        {
            "name": step.name,
            "on": step.is_on,
            "skip": step.may_be_skipped,
            "roles": list(step.roles),
            "warn": step.warn_minutes,
        }
        for step in flow.steps
    ]
    return json.dumps({"steps": steps, "review_below_bp": flow.review_below_bp}, ensure_ascii=False)


def from_text(text: str) -> FlowRules:
    """Read what :func:`to_text` wrote; a step that came with a later version of the program is as built in."""
    kept = json.loads(text)
    by_name = {step["name"]: step for step in kept["steps"]}
    steps = []
    for step in BUILT_IN.steps:
        own = by_name.get(step.name)
        steps.append(
            step
            if own is None
            else replace(
                step,
                is_on=own["on"],
                may_be_skipped=own["skip"],
                roles=tuple(own["roles"]),
                warn_minutes=own["warn"],
            )
        )
    return FlowRules(tuple(steps), int(kept["review_below_bp"]))

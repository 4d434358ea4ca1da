"""What staff may change about reports that come by machine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wxapp.core.settings import Setting

_GROUP = "报告接口"

HL7_CHARSET = Setting(
    "reports.hl7_charset",
    "HL7报文未注明字符集时按",
    "utf-8",
    group=_GROUP,
    choices=(("utf-8", "UTF-8"), ("gb18030", "GB 18030 / GBK"), ("ascii", "ASCII")),
    is_required=True,
)
HL7_PROCESSING = Setting(
    "reports.hl7_processing",
    "接收的HL7处理标识（MSH-11）",
    "P",
    group=_GROUP,
    choices=(("P", "仅生产（P）"), ("PT", "生产与测试（P、T）"), ("PTD", "生产、测试与调试（P、T、D）")),
    help="联调时可临时放开，正式使用时应只接收生产报文",
    is_required=True,
)
RECORD_AUTHORITY = Setting(
    "reports.record_authority",
    "HL7病历号的分配机构（PID-3.4）",
    "",
    group=_GROUP,
    help="填写后只认这个机构的号码；留空则按类型MR判断",
)
RECORD_SYSTEM = Setting(
    "reports.record_system",
    "FHIR病历号的命名系统（identifier.system）",
    "",
    group=_GROUP,
    help="填写后只认这个系统的号码；留空则按类型MR判断",
)
CHECKUP_WORDS = Setting(
    "reports.checkup_words",
    "归为体检报告的类别",
    "体检，健康检查，checkup，PHY，TJ",
    group=_GROUP,
    kind="long_text",
    max_length=500,
    help="报告的类别、代码与这些词相同，或名称包含其中的中文词，就归为体检报告；用逗号分开",
)
CONCLUSION_WORDS = Setting(
    "reports.conclusion_words",
    "作为结论的HL7项目",
    "结论，检查结论，诊断意见，影像诊断，印象，IMP，GDT，19005-8，55110-1",
    group=_GROUP,
    kind="long_text",
    max_length=500,
    help="OBX-3的代码或名称；用逗号分开",
)
ADVICE_WORDS = Setting(
    "reports.advice_words",
    "作为建议的HL7项目",
    "建议，医生建议，健康建议，REC，18783-1",
    group=_GROUP,
    kind="long_text",
    max_length=500,
    help="OBX-3的代码或名称；用逗号分开",
)
MESSAGE_DAYS = Setting("reports.message_days", "接口报文保留天数", 30, kind="int", group=_GROUP, minimum=1, maximum=365)


@dataclass(frozen=True)
class Preferences:
    """The settings as they stand while one message is read."""

    charset: str = "utf-8"
    processing: str = "P"
    authority: str = ""
    system: str = ""
    checkup: frozenset[str] = frozenset()
    conclusion: frozenset[str] = frozenset()
    advice: frozenset[str] = frozenset()

    def is_checkup(self, codes: list[str], title: str) -> bool:
        """Whether codes or title of a report put it into the tab 体检报告."""
        if any(code.casefold() in self.checkup for code in codes if code):
            return True
        return any(word in title for word in self.checkup if not word.isascii())


def preferences() -> Preferences:
    """Return the present settings."""
    return Preferences(
        charset=HL7_CHARSET(),
        processing=HL7_PROCESSING(),
        authority=RECORD_AUTHORITY().strip(),
        system=RECORD_SYSTEM().strip(),
        checkup=_words(CHECKUP_WORDS()),
        conclusion=_words(CONCLUSION_WORDS()),
        advice=_words(ADVICE_WORDS()),
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in re.split(r"[\s,，、;；]+", text) if word)

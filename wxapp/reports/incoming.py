"""A report as it comes in, whatever way it came: staff's form, FHIR and HL7 are all turned into this.

Plain values, checked for their form by the reader of the way; whether and where the report is kept is decided by
``services.intake``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from wxapp.core.labels import Labelled


class ReportKind(Labelled):
    """The two tabs of 我的报告."""

    CHECKUP = "checkup", "体检报告"
    ROUTINE = "routine", "日常检查"


class Flag(Labelled):
    """How a value stands to its reference."""

    NONE = "none", ""
    NORMAL = "normal", "正常"
    LOW = "low", "偏低"
    HIGH = "high", "偏高"
    ABNORMAL = "abnormal", "异常"
    CRITICAL_LOW = "critical_low", "危急偏低"
    CRITICAL_HIGH = "critical_high", "危急偏高"


class Progress(Labelled):
    """What the sender says of the report."""

    PRELIMINARY = "preliminary", "初步"
    FINAL = "final", "正式"
    CORRECTED = "corrected", "更正"
    WITHDRAWN = "withdrawn", "撤销"


@dataclass(frozen=True)
class IncomingValue:
    """One line of a report.

    :ivar code: of the item, e.g. LOINC or the laboratory's own; curves join values of one code
    :ivar text: as it is shown, e.g. ``5.2``, ``<0.01``, ``阴性``
    :ivar number: as it is drawn, decimal text; ``""`` when the value is no number
    :ivar reference: as it is shown, e.g. ``3.9–6.1``
    """

    name: str
    text: str
    code: str = ""
    number: str = ""
    unit: str = ""
    reference: str = ""
    low: str = ""
    high: str = ""
    flag: Flag = Flag.NONE
    group: str = ""
    note: str = ""


@dataclass(frozen=True)
class IncomingReport:
    """A whole report.

    :ivar report_no: the sender's number; the same sender and number is the same report
    :ivar record_no: the patient's record number as the sender gave it; may be unknown or missing
    :ivar patient_name: for staff who have to match it; compared when the record number is known
    :ivar document: the original as PDF, checked
    :ivar pictures: raw pictures, not yet opened
    """

    report_no: str
    kind: ReportKind
    title: str
    record_no: str
    patient_name: str = ""
    department: str = ""
    ordered_by: str = ""
    reported_by: str = ""
    collected_at: datetime | None = None
    issued_at: datetime | None = None
    conclusion: str = ""
    advice: str = ""
    values: tuple[IncomingValue, ...] = ()
    document: bytes = field(default=b"", repr=False)
    pictures: tuple[bytes, ...] = field(default=(), repr=False)
    progress: Progress = Progress.FINAL

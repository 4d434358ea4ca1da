"""Twelve invented physicians."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPhysician:
    name: str
    is_woman: bool
    department: str
    title: str
    good_at: str
    profile: str
    academic_titles: str = ""


PHYSICIANS: tuple[DemoPhysician, ...] = (
    DemoPhysician(
        "顾安然",
        True,
        "健康管理中心",
        "主任医师",
        "慢病管理、体检报告解读",
        "从事健康管理二十余年，擅长把复杂的报告讲明白。",
        "教授、硕士生导师",
    ),
    DemoPhysician(
        "沈默言",
        False,
        "心血管内科",
        "主任医师",
        "高血压、冠心病、心力衰竭",
        "主持本院心血管筛查项目，重视生活方式干预。",
        "教授、博士生导师",
    ),
    DemoPhysician("林知夏", True, "妇科", "主任医师", "宫颈病变、妇科内分泌", "倡导两癌早筛，每周三开设专题讲座。"),
    DemoPhysician("周予安", False, "消化内科", "主任医师", "胃肠疾病、幽门螺杆菌", "内镜检查逾万例，手法轻柔。"),
    DemoPhysician("许清和", True, "内分泌科", "副主任医师", "糖尿病、甲状腺疾病", "为每位患者制定饮食与用药方案。"),
    DemoPhysician("贺远山", False, "呼吸内科", "主任医师", "肺结节、慢性咳嗽", "肺结节多学科门诊召集人。"),
    DemoPhysician("苏念慈", True, "乳腺外科", "副主任医师", "乳腺结节、乳腺癌筛查", "坚持少开刀、精准随访。"),
    DemoPhysician("陆怀瑾", False, "骨科", "副主任医师", "骨质疏松、颈肩腰腿痛", "擅长运动康复与保守治疗。"),
    DemoPhysician("程若水", True, "眼科", "副主任医师", "青光眼、眼底病", "负责体检眼底筛查质控。"),
    DemoPhysician("方景行", False, "口腔科", "主治医师", "牙周治疗、口腔保健", "让洁牙不再可怕。"),
    DemoPhysician("叶舒怀", True, "中医科", "主任医师", "体质调理、失眠", "中西结合，重在未病先防。"),
    DemoPhysician("韩松年", False, "影像科", "主任医师", "胸部CT、磁共振诊断", "双人阅片制度的建立者。"),
)

"""Thirty invented goods in six categories."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = ("入职体检", "全身体检", "专项筛查", "女性健康", "长者关爱", "单项检查")
MEDICAL = ("单项检查",)
"""Examinations on their own, e.g. a CT, are medical services: nobody may earn by recommending one."""

_BASIC = (
    ("一般检查", "身高、体重、血压、体重指数"),
    ("内科检查", "心、肺、肝、脾等听触诊"),
    ("外科检查", "皮肤、甲状腺、淋巴结、脊柱四肢"),
    ("血常规", "贫血、感染及血液系统疾病筛查"),
    ("尿常规", "泌尿系统疾病筛查"),
)
_BLOOD = (
    ("肝功能", "谷丙转氨酶、谷草转氨酶、胆红素"),
    ("肾功能", "尿素、肌酐、尿酸"),
    ("空腹血糖", "糖尿病筛查"),
    ("血脂四项", "总胆固醇、甘油三酯、高低密度脂蛋白"),
)
_IMAGES = (
    ("心电图", "心律失常、心肌缺血"),
    ("腹部彩超", "肝、胆、脾、胰、双肾"),
    ("胸部正位片", "肺部及纵隔病变"),
)
_TUMOUR = (
    ("甲胎蛋白 AFP", "肝脏肿瘤风险提示"),
    ("癌胚抗原 CEA", "消化道肿瘤风险提示"),
)


@dataclass(frozen=True)
class DemoGoods:
    """One of the goods; prices in yuan."""

    category: str
    name: str
    summary: str
    price: int
    original_price: int
    stock: int
    symbol: str
    audience: str
    items: tuple[tuple[str, str], ...] = ()
    keywords: str = ""


def _package(
    category: str,
    name: str,
    summary: str,
    price: int,
    original: int,
    symbol: str,
    audience: str,
    *items: tuple[str, str],
) -> DemoGoods:
    return DemoGoods(category, name, summary, price, original, 200, symbol, audience, items)


def _single(category: str, name: str, summary: str, price: int, symbol: str, keywords: str = "") -> DemoGoods:
    return DemoGoods(category, name, summary, price, price, 500, symbol, "有相应检查需要的成年人", (), keywords)


GOODS: tuple[DemoGoods, ...] = (
    _package(
        "入职体检",
        "入职体检基础套餐",
        "当天出报告，常规岗位适用",
        168,
        220,
        "clipboard",
        "应届生及普通岗位入职者",
        *_BASIC,
    ),
    _package(
        "入职体检",
        "入职体检全面套餐",
        "含胸片与肝肾功能",
        268,
        360,
        "clipboard",
        "需要完整入职报告者",
        *_BASIC,
        *_BLOOD[:2],
        *_IMAGES,
    ),
    _package(
        "入职体检",
        "食品从业健康检查",
        "可办理健康证明",
        128,
        150,
        "shield",
        "餐饮、食品行业从业者",
        *_BASIC[:2],
        ("粪便培养", "肠道致病菌"),
        _IMAGES[2],
    ),
    _package(
        "入职体检",
        "驾驶员健康体检",
        "含视力与听力检查",
        158,
        198,
        "eye",
        "申领或换发驾驶证者",
        *_BASIC[:3],
        ("视力与色觉", "裸眼与矫正视力、色觉"),
        ("听力检查", "音叉与纯音测听"),
    ),
    _package(
        "全身体检",
        "青年全身体检套餐",
        "18—35岁年度体检",
        498,
        680,
        "heart",
        "18—35岁，每年一次",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
    ),
    _package(
        "全身体检",
        "中年全身体检套餐（男）",
        "36—55岁，关注心脑血管",
        898,
        1280,
        "heart",
        "36—55岁男性",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
        *_TUMOUR,
        ("颈动脉彩超", "动脉硬化早期筛查"),
        ("前列腺彩超", "前列腺增生筛查"),
    ),
    _package(
        "全身体检",
        "中年全身体检套餐（女）",
        "36—55岁，关注乳腺与妇科",
        968,
        1380,
        "heart",
        "36—55岁女性",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
        *_TUMOUR,
        ("乳腺彩超", "乳腺结节、增生"),
        ("宫颈液基细胞学", "宫颈病变筛查"),
    ),
    _package(
        "全身体检",
        "家庭双人体检套餐",
        "两人同行更优惠",
        1680,
        2360,
        "shield",
        "夫妻或家人二人",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
        *_TUMOUR,
    ),
    _package(
        "全身体检",
        "深度防癌体检套餐",
        "肿瘤标志物加低剂量CT",
        2680,
        3680,
        "ribbon",
        "有肿瘤家族史或40岁以上者",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
        *_TUMOUR,
        ("低剂量胸部CT", "早期肺部病变"),
        ("幽门螺杆菌呼气试验", "胃部感染筛查"),
    ),
    _package(
        "全身体检",
        "尊享全身体检套餐",
        "专人陪同，一上午完成",
        5680,
        7800,
        "shield",
        "时间宝贵、希望一次查全者",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
        *_TUMOUR,
        ("头颅磁共振", "脑血管与占位病变"),
        ("心脏彩超", "心脏结构与功能"),
        ("无痛胃肠镜", "上下消化道检查"),
    ),
    _package(
        "专项筛查",
        "心脑血管专项筛查",
        "高血压、高血脂人群",
        780,
        1080,
        "heart",
        "高血压、高血脂、吸烟者",
        *_BLOOD[2:],
        _IMAGES[0],
        ("颈动脉彩超", "斑块与狭窄"),
        ("同型半胱氨酸", "脑卒中风险"),
    ),
    _package(
        "专项筛查",
        "糖尿病专项筛查",
        "含糖化血红蛋白",
        360,
        480,
        "drop",
        "肥胖或有家族史者",
        _BLOOD[2],
        ("糖化血红蛋白", "近三个月平均血糖"),
        ("尿微量白蛋白", "早期肾损害"),
        ("眼底照相", "视网膜病变"),
    ),
    _package(
        "专项筛查",
        "肺部专项筛查",
        "低剂量CT，辐射更低",
        460,
        620,
        "lungs",
        "长期吸烟或接触粉尘者",
        ("低剂量胸部CT", "肺结节筛查"),
        ("肺功能", "通气功能评估"),
    ),
    _package(
        "专项筛查",
        "胃肠专项筛查",
        "无需禁食的呼气试验",
        320,
        420,
        "leaf",
        "胃部不适、共餐家庭",
        ("幽门螺杆菌呼气试验", "胃部感染"),
        ("胃蛋白酶原", "胃黏膜状态"),
        ("粪便隐血", "消化道出血"),
    ),
    _package(
        "专项筛查",
        "甲状腺专项筛查",
        "彩超加功能五项",
        298,
        398,
        "shield",
        "颈部不适或有家族史者",
        ("甲状腺彩超", "结节与肿大"),
        ("甲状腺功能五项", "甲亢、甲减"),
    ),
    _package(
        "专项筛查",
        "骨密度与关节筛查",
        "双能X线骨密度",
        358,
        468,
        "bone",
        "45岁以上或久坐者",
        ("双能X线骨密度", "骨质疏松"),
        ("类风湿因子", "类风湿关节炎"),
        ("尿酸", "痛风风险"),
    ),
    _package(
        "女性健康",
        "女性两癌筛查",
        "宫颈癌与乳腺癌",
        458,
        600,
        "ribbon",
        "21岁以上女性",
        ("宫颈液基细胞学", "宫颈病变"),
        ("人乳头瘤病毒分型", "高危型感染"),
        ("乳腺彩超", "乳腺结节"),
    ),
    _package(
        "女性健康",
        "孕前检查套餐（女）",
        "科学备孕",
        680,
        880,
        "leaf",
        "计划怀孕的女性",
        *_BASIC[3:],
        *_BLOOD[:3],
        ("优生五项", "弓形虫、风疹等"),
        ("妇科彩超", "子宫附件"),
    ),
    _package(
        "女性健康",
        "更年期健康评估",
        "激素与骨密度",
        580,
        760,
        "ribbon",
        "45—55岁女性",
        ("性激素六项", "卵巢功能"),
        ("双能X线骨密度", "骨质疏松"),
        _BLOOD[3],
    ),
    _package(
        "女性健康",
        "乳腺深度检查",
        "彩超加钼靶",
        520,
        680,
        "ribbon",
        "40岁以上女性",
        ("乳腺彩超", "结节性质"),
        ("乳腺钼靶", "微小钙化"),
    ),
    _package(
        "长者关爱",
        "长者基础体检套餐",
        "60岁以上，行动不便可陪检",
        698,
        980,
        "cross",
        "60岁以上长者",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
    ),
    _package(
        "长者关爱",
        "长者心脑专项套餐",
        "防卒中、防跌倒",
        1280,
        1680,
        "heart",
        "60岁以上，有三高病史者",
        *_BLOOD,
        _IMAGES[0],
        ("心脏彩超", "心功能"),
        ("颈动脉彩超", "斑块"),
        ("平衡功能评估", "跌倒风险"),
    ),
    _package(
        "长者关爱",
        "父母安心体检套餐",
        "子女代购，短信通知到本人",
        1580,
        2180,
        "shield",
        "送给父母的健康礼物",
        *_BASIC,
        *_BLOOD,
        *_IMAGES,
        *_TUMOUR,
        ("双能X线骨密度", "骨质疏松"),
    ),
    _single("单项检查", "口腔检查与洁治", "含口腔全景片", 198, "tooth", "洗牙 牙周"),
    _single("单项检查", "眼底照相", "青光眼、黄斑病变", 80, "eye", "眼科 视力"),
    _single("单项检查", "心脏彩超", "心脏结构与功能", 260, "heart", "超声 心功能"),
    _single("单项检查", "血常规", "抽血即查，两小时出结果", 25, "tube", "验血 贫血"),
    _single("单项检查", "过敏原检测（二十项）", "吸入及食物常见过敏原", 380, "leaf", "过敏 鼻炎"),
    _single("单项检查", "肿瘤标志物十二项", "一管血，十二种提示", 560, "tube", "癌 肿瘤"),
    _single("单项检查", "低剂量胸部CT", "约五分钟完成", 320, "lungs", "肺 结节"),
)

NOTICE = (
    "1. 检查前三天清淡饮食，不饮酒；检查前一天晚上8点后禁食。\n"
    "2. 检查当天早晨空腹，可少量饮水；服用降压药者请照常服药。\n"
    "3. 怀孕或可能怀孕者请勿做放射检查；女性请避开经期。\n"
    "4. 请携带身份证，在一楼体检前台出示订单二维码。"
)


def detail_of(goods: DemoGoods) -> str:
    """Return the detail page's rich text."""
    reasons = ("设备每年校准，结果互认", "医师一对一解读报告", "三个工作日内出报告，手机查看")
    listed = "".join(f"<li>{reason}</li>" for reason in reasons)
    return f"<p>{goods.summary}。适合{goods.audience}。</p><h3>我们的承诺</h3><ul>{listed}</ul>"

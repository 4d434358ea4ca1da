"""The website of the invented hospital: every floor has something on it."""

from __future__ import annotations

import io
from datetime import timedelta

from wxapp.core import clock, files
from wxapp.demo import pictures
from wxapp.demo.content import physicians
from wxapp.directory import services as directory
from wxapp.directory.services import PhysicianText
from wxapp.website import queries, rules, services
from wxapp.website.services import ArticleDraft, EquipmentDraft, SlideDraft

SLIDES = (
    ("春季体检季，家庭套餐同享优惠", "shield", "/mall"),
    ("专家介绍：找到适合您的医生", "heart", "/physicians"),
    ("体检前一晚怎么准备？看这里", "clipboard", "/checkup-notice"),
)

ABOUT = """
<p>安和体检医院是一所以健康体检为特色的综合医院，设有健康管理中心、内科、外科、妇科、口腔科、医学影像科与检验科。</p>
<h3>我们怎样工作</h3>
<ul><li>检查设备每年校准，检验结果同级互认</li><li>影像报告由两位医师分别阅片</li><li>重要异常当天电话通知</li></ul>
<h3>就诊环境</h3>
<p>男女宾分区检查，女性项目由女医师完成；一楼设轮椅与母婴室，全程无障碍。</p>
"""

NOTICE = """
<h3>检查前三天</h3>
<p>饮食清淡，不饮酒，避免剧烈运动，保证睡眠。</p>
<h3>检查前一晚</h3>
<p>八点后禁食，十点后禁水。</p>
<h3>检查当天</h3>
<ul><li>早晨空腹，携带身份证件</li><li>穿宽松衣服，不佩戴金属饰品</li><li>慢性病患者可照常服药，请告知医护人员</li></ul>
<blockquote>怀孕、可能怀孕或处于月经期的女士，请在检查前告知工作人员，部分项目需要改期。</blockquote>
"""

EQUIPMENT = (
    ("静音磁共振 1.5T", "lungs", "噪声低、孔径大，检查更安心", "全身各部位成像，头颅检查约八分钟。"),
    ("低剂量螺旋CT", "bone", "肺部筛查辐射量约为常规的五分之一", "用于肺结节早期筛查，一次屏气即可完成。"),
    ("全自动生化分析仪", "tube", "一管血完成数十项检验", "每小时可完成上千项检测，当天出结果。"),
    ("彩色多普勒超声", "heart", "心脏、血管、腹部实时成像", "无辐射，孕妇与儿童均可检查。"),
    ("数字化乳腺机", "ribbon", "钙化点看得更清楚", "建议四十岁以上女性每年检查一次。"),
    ("眼底照相机", "eye", "免散瞳，两分钟完成", "糖尿病与高血压患者建议每年检查。"),
)

NEWS = {
    "健康科普": (
        ("血压多少算正常？在家这样量才准", "heart", "每天早晚各量一次，坐定五分钟再量，连续记录一周最有参考价值。"),
        ("体检报告上的箭头，哪些要当回事", "clipboard", "轻微超出范围不等于生病，看趋势、看组合，必要时复查。"),
        ("秋冬护肺：从开窗通风做起", "lungs", "每天通风两次，每次半小时；咳嗽超过三周请就诊。"),
        ("甲状腺结节怎么随访", "leaf", "多数结节是良性的，按分级定期复查超声即可。"),
    ),
    "医院动态": (
        ("我院新增周末体检号源", "shield", "自本月起，周六、周日上午开放体检，预约方式不变。"),
        ("检验报告手机查看上线", "clipboard", "绑定就诊人后，在“我的报告”中查看结果与历史曲线。"),
    ),
    "通知公告": (("节假日门诊安排", "cross", "急诊照常，体检中心放假期间暂停，请提前改约。"),),
}


def fill(by: str) -> None:
    """Fill every floor: people, pictures, texts; one article waits for its day and one is a draft."""
    _fill_physicians(by)
    for number, (title, symbol, link) in enumerate(SLIDES, start=1):
        picture = _keep(pictures.draw_banner(symbol, hue=0.43 + number * 0.06, seed=number), f"slide-{number}.png", by)
        services.add(SlideDraft(title=title, picture=picture, link=link, position=number, is_published=True), by=by)
    for slug, body in (("about", ABOUT), ("checkup-notice", NOTICE)):
        hall = pictures.draw_banner("cross", hue=0.46, seed=40) if slug == "about" else None
        head = _keep(hall, "about.png", by) if hall else None
        services.write_sheet(slug, body, seen_version=queries.sheet(slug).version, by=by, picture=head)
    for number, (name, symbol, summary, text) in enumerate(EQUIPMENT, start=1):
        shots = [
            _keep(pictures.draw_goods(symbol, hue=0.5 + shot * 0.08, seed=number * 10 + shot), f"{symbol}.png", by)
            for shot in range(2)
        ]
        services.add(
            EquipmentDraft(
                name=name,
                summary=summary,
                pictures=tuple(shots[: rules.MAX_PICTURES]),
                body_html=f"<p>{text}</p><h3>检查须知</h3><p>检查前请告知过敏史与体内金属植入物。</p>",
                position=number,
                is_published=True,
            ),
            by=by,
        )
    _fill_news(by)


def _fill_news(by: str) -> None:
    now = clock.now()
    number = 0
    for position, (name, articles) in enumerate(NEWS.items(), start=1):
        category_id = services.add_category(name, position=position, by=by)
        for title, symbol, summary in articles:
            number += 1
            cover = _keep(pictures.draw_goods(symbol, hue=0.05 + number * 0.11, seed=100 + number), f"{symbol}.png", by)
            body = f"<p>{summary}</p><h3>医生建议</h3><p>如有不适，请及时就诊；需要时可在线预约专家。</p>"
            draft = ArticleDraft(
                category_id=category_id,
                title=title,
                summary=summary,
                cover=cover,
                body_html=f'{body}<p><img src="/media/{cover}" alt="{title}"></p>',
                is_pinned=number == 5,
                is_published=True,
                visible_from=now - timedelta(days=2 * number, hours=number),
            )
            services.add(draft, by=by)
    waiting = ArticleDraft(
        category_id=category_id,
        title="下周健康讲座：睡个好觉",
        summary="到时自动出现在首页",
        body_html="<p>主讲：中医科。地点：门诊楼三层。</p>",
        is_published=True,
        visible_from=now + timedelta(days=3),
    )
    services.add(waiting, by=by)
    draft_only = ArticleDraft(category_id=category_id, title="护士节活动（草稿）", is_published=False)
    services.add(draft_only, by=by)


def _fill_physicians(by: str) -> None:
    for number, one in enumerate(physicians.PHYSICIANS, start=1):
        png = pictures.draw_portrait(hue=0.42 + number * 0.015, seed=number, is_woman=one.is_woman)
        text = PhysicianText(
            one.name,
            one.department,
            one.title,
            one.good_at,
            f"<p>{one.profile}</p><p>门诊时间请见排班；初诊患者请带好既往检查资料。</p>",
            position=number,
            academic_titles=one.academic_titles,
        )
        directory.add_physician(text, by=by, picture=_keep(png, f"physician-{number}.png", by))


def _keep(png: bytes, name: str, by: str) -> str:
    picture = files.read_picture(io.BytesIO(png))
    return files.keep_picture(picture, name=name, by=by).token

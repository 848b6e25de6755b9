"""The sample units: what each one filled in, and what is wrong with it.

Units and persons are invented. The figures of 区样例一办 are those of one real form.
Expected outcomes stand in README.md, worked out by hand.
"""

from __future__ import annotations

from decimal import Decimal

from tests.builders import annex
from tests.builders.forms import (
    FilledForm,
    Percent,
    Person,
    SignOff,
    SumAbove,
    TableRow,
    Target,
    Value,
    signed,
)

_YEAR_TITLE = "2021年度部门（单位）整体支出绩效自评表"


def section_five() -> FilledForm:
    """The unit of DOMAIN section 5: rows add up to 98 under a total of 99, stated twice."""
    form = FilledForm.empty("区样例一办")
    for printed in annex.printed_sheets()[annex.SELF_EVALUATION]:
        if table := annex.table_of(printed):
            form.tables[table] = [{cell["input"]: cell["seed"] for cell in printed}]
            form.tables[table][0]["unit"] = form.unit
            continue
        form.facts.update({cell["input"]: cell["seed"] for cell in printed if "seed" in cell})
    seeds = [
        cell["seed"]
        for row in annex.printed_sheets()[annex.SCORING]
        for cell in row
        if cell.get("input") == "self_score"
    ]
    form.scores = dict(enumerate(seeds, start=1))
    form.facts["scoring_total"] = "99"
    _describe(
        form,
        duties="负责统筹协调全区样例事项，指导各街道乡镇开展相关工作。",
        tasks="1.编发样例专报48期；2.开展专项检查12次；3.组织骨干培训4期。",
        done="编发专报52期，开展专项检查12次，培训骨干160人次，全年未发生责任事件。",
        goal="样例事项统筹有力，应急处置及时规范，预算执行严格。",
        result="统筹协调机制健全，应急事项全部在规定时限内处置。",
    )
    form.targets = _ten_targets(
        ("样例专报采用率达到60%以上", "编发样例专报48期", "开展专项检查12次",
         "突发事项2小时内处置", "每期培训费用控制在1.2万元以内", "专报印制成本不超过3万元",
         "培训骨干160人次", "带动属地相关产业增收20万元", "电子化报送比例达到90%",
         "服务对象满意度达到95%以上"),
        satisfaction="95%",
    )  # fmt: skip
    form.targets[7] = Target(form.targets[7].target, "95%")
    _sign(form, "张某某", "李某某", "2022年3月10日")
    form.narrative = """一、部门（单位）概况
我办为区直行政单位，人员编制11人，年末实有人数10人。
二、部门（单位）整体支出管理及使用情况
2021年收入合计297.36万元，均为公共财政拨款297.36万元；支出合计297.36万元，均为基本支出297.36万元，\
其中人员支出122.51万元、公用支出174.85万元。“三公经费”合计2.43万元，全部用于公务接待费2.43万元。
三、部门（单位）专项组织实施情况
本年度无专项资金。
四、资产管理情况
固定资产合计23.90万元，在用固定资产23.90万元，实行专人登记、年终盘点。
五、部门（单位）整体支出绩效情况
各项产出目标完成较好，服务对象满意度95%，自评综合得分99分。
六、存在的主要问题
预算编制的精细程度有待提高。
七、改进措施和有关建议
细化预算编制，完善内部控制。"""
    return form


def staff_over_posts() -> FilledForm:
    """38 staff on 36 posts, full marks for the rate; percentages as numbers."""
    form = _form("区样例二局", "000002", 36, 38)
    _fill(
        form,
        income="1286.54 50.00 1236.54",
        expenditure="1250.30 980.30 712.80 267.50 270.00 36.24 36.24",
        three_public="8.65 3.15 5.50",
        fixed_assets="412.60 412.60",
    )
    _describe(
        form,
        duties="承担全区样例行业的监督管理、行政审批和行政执法职责。",
        tasks="1.完成行业检查400家次；2.办理行政审批2600件；3.开展普法宣传10场。",
        done="检查企业426家次，办结审批2715件，普法宣传覆盖3000人次。",
        goal="行业秩序持续好转，审批服务提速增效。",
        result="行业投诉量同比下降，审批事项平均提速三分之一。",
    )
    texts = (
        "行政审批准确率达到99%", "检查企业400家次", "办理行政审批2600件",
        "审批事项在7个工作日内办结", "单次检查成本控制在300元以内", "宣传品制作不超过4万元",
        "普法宣传覆盖3000人次", "为企业减少跑动费用30万元", "网上办理比例达到85%",
        "企业满意度达到95%以上",
    )  # fmt: skip
    results = [Percent(Decimal(1))] * 9 + [Percent(Decimal("0.95"))]
    form.targets = [Target(text, result) for text, result in zip(texts, results, strict=True)]
    form.deduct(6, 1, "当年结余36.24万元，未超过上年结转50.00万元，扣1分。")
    form.deduct(10, Decimal("0.5"), "决算公开比规定时限晚5天，扣0.5分。")
    form.deduct(14, 1, "一批办公设备未及时入账，扣1分。")
    form.state_totals()
    _sign(form, "王某某", "赵某某", "2022年3月18日")
    form.narrative = """一、部门（单位）概况
我局内设6个股室，人员编制36人，实有人数38人，超编2人系军转安置，将随退休逐步消化。
二、部门（单位）整体支出管理及使用情况
年度收入合计1286.54万元，包括上年结转50.00万元和公共财政拨款1236.54万元；年度支出合计1250.30万元，\
基本支出980.30万元（人员支出712.80万元，公用支出267.50万元），项目支出270.00万元，当年结余36.24万元。\
三公经费合计8.65万元，公务接待费3.15万元，公务用车运维费5.50万元。
三、部门（单位）专项组织实施情况
行业监管专项经过集体研究、公开招标，已全部验收。
四、资产管理情况
固定资产合计412.60万元，全部在用。
五、部门（单位）整体支出绩效情况
年度十项定量目标均已实现，企业满意度95%。
六、存在的主要问题
决算公开不够及时，个别资产入账滞后。
七、改进措施和有关建议
建立公开事项台账，资产验收后十日内入账。"""
    return form


def staff_far_over_posts() -> FilledForm:
    """188 staff on 84 posts and full marks in every row."""
    form = _form("区样例三中心", "000003", 84, 188)
    _fill(
        form,
        income="3642.18 0 3420.00 0 222.18 0",
        expenditure="3642.18 3162.18 2688.40 473.78 480.00 0 0",
        three_public="21.36 4.36 17.00 0 0",
        fixed_assets="1580.25 1580.25 0 0",
    )
    _describe(
        form,
        duties="负责全区样例设施的养护、清扫保洁和日常巡查。",
        tasks="1.养护设施道路86公里；2.清运垃圾4.2万吨；3.更新作业车辆8台。",
        done="养护86公里，清运4.3万吨，更新车辆8台，城区保洁率稳定在98%。",
        goal="城区环境整洁有序，设施完好率稳步提高。",
        result="市级环境测评连续四个季度位居前列。",
    )
    form.targets = _ten_targets(
        ("设施完好率达到97%", "养护道路86公里", "清运垃圾4.2万吨", "报修事项24小时内到场",
         "每公里养护成本不超过2.8万元", "清运成本每吨不超过65元", "受益居民30万人",
         "节约运输费用55万元", "垃圾分类覆盖率达到92%", "市民满意度达到95%以上"),
        satisfaction="98%",
    )  # fmt: skip
    form.state_totals()
    _sign(form, "周某某", "吴某某", "2022年3月21日")
    form.narrative = """一、部门（单位）概况
中心为公益一类事业单位，人员编制84人，实有人数188人，其中一线作业人员占七成。
二、部门（单位）整体支出管理及使用情况
收入合计3642.18万元，公共财政拨款3420.00万元，纳入专户管理的非税收入拨款222.18万元。\
支出合计3642.18万元，用于基本支出3162.18万元、项目支出480.00万元；\
基本支出中人员支出2688.40万元、公用支出473.78万元。\
三公经费合计21.36万元，公务用车运维费17.00万元，公务接待费4.36万元。
三、部门（单位）专项组织实施情况
作业车辆更新项目通过政府采购实施，8台车辆全部投入使用。
四、资产管理情况
固定资产合计1580.25万元，均为在用固定资产。
五、部门（单位）整体支出绩效情况
城区保洁和设施养护任务全面完成，市民满意度98%。
六、存在的主要问题
老城区部分路段作业标准不高。
七、改进措施和有关建议
推行机械化作业，分路段明确责任人。"""
    return form


def values_with_units() -> FilledForm:
    """6 staff on 5 posts, self-score 0; every figure is a text with its unit behind it."""
    form = _form("区样例四站", "000004", 0, 0)
    form.facts.update(authorized_posts="5人", actual_staff="6人")
    _fill(
        form,
        income="86.42万元 - 86.42万元",
        expenditure="86.42万元 86.42万元 68.12万元 18.30万元 - 0万元 0万元",
        three_public="0.85万元 0.85万元",
        fixed_assets="15.60万元 15.60万元",
    )
    _describe(
        form,
        duties="承担全区样例技术推广和基层业务指导。",
        tasks="1.下乡指导60次；2.发放技术资料2000份。",
        done="下乡指导64次，发放技术资料2100份，接受咨询500余人次。",
        goal="基层技术服务网络健全，推广成效明显。",
        result="15个村建立了技术服务点，年度推广任务完成。",
    )
    form.targets = _ten_targets(
        ("技术指导合格率达到95%", "下乡指导60次", "发放技术资料2000份", "咨询2个工作日内答复",
         "每次下乡费用控制在200元以内", "资料印制费用不超过1万元", "服务农户800户",
         "带动农户增收35万元", "减少农药用量5%", "农户满意度达到95%以上"),
        satisfaction="９５％",
    )  # fmt: skip
    form.deduct(1, 5, "实有6人，编制5人，超编1人，控制率120%，扣5分。")
    form.deduct(8, 1, "未单独制定会计核算制度，扣1分。")
    form.deduct(16, 1, "一项年度指标完成率为80%，扣1分。")
    form.scores = {number: str(score) for number, score in form.scores.items()}
    form.state_totals("93分")
    _sign(form, "郑某某", "孙某某", "2022年3月8日")
    form.narrative = """一、部门（单位）概况
本站人员编制5人，实有人数6人，主要从事技术推广。
二、部门（单位）整体支出管理及使用情况
全年收入合计86.42万元，来自公共财政拨款；支出合计86.42万元，其中人员支出68.12万元，公用支出18.30万元。\
三公经费合计0.85万元，为公务接待费。
三、部门（单位）专项组织实施情况
无专项项目。
四、资产管理情况
固定资产合计15.60万元，均在用。
五、部门（单位）整体支出绩效情况
下乡指导、资料发放均超额完成，农户满意度95%。
六、存在的主要问题
人员超编1人，会计制度不健全。
七、改进措施和有关建议
2022年6月底前制定会计核算制度，超编人员只出不进。"""
    return form


def off_by_a_cent() -> FilledForm:
    """Income parts add up to 60901.78 under 60901.77: rounding, no finding."""
    form = _form("区样例五局", "000005", 1200, 1180)
    _fill(
        form,
        income="60901.77 1204.36 52310.27 4886.90 2250.00 250.25",
        expenditure="60901.77 48230.15 39870.44 8359.71 12671.62 0.00 0.00",
        three_public="186.40 12.60 98.80 75.00 0.00",
        fixed_assets="25000.00 24250.00 500.00 250.00",
    )
    _describe(
        form,
        duties="主管全区样例事业，负责所属学校和机构的管理与经费保障。",
        tasks="1.新增学位2400个；2.改造校舍3.6万平方米；3.培训教师1500人次。",
        done="新增学位2460个，改造校舍3.6万平方米，培训教师1580人次。",
        goal="办学条件持续改善，大班额全面消除。",
        result="全区大班额占比降为0，校舍安全达标率100%。",
    )
    form.targets = _ten_targets(
        ("校舍验收合格率达到100%", "新增学位2400个", "培训教师1500人次",
         "秋季开学前8月31日完成改造", "每平方米改造费用不超过1800元", "每人次培训费用不超过600元",
         "惠及学生4.8万人", "减轻家庭负担900万元", "绿色校园比例达到60%",
         "家长满意度达到95%以上"),
        satisfaction="97%",
    )  # fmt: skip
    form.deduct(9, 1, "一个项目资金拨付审批手续不完整，扣1分。")
    form.deduct(15, Decimal("0.3"), "固定资产利用率97%，低于100%三个百分点，扣0.3分。")
    form.deduct(17, 1, "一项新增极目标任务进度为90%，扣1分。")
    form.state_totals()
    _sign(form, "钱某某", "冯某某", "2022年3月25日")
    form.narrative = """一、部门（单位）概况
区样例五局人员编制1200人，实有人数1180人，下属各校经费由局机关统一核算。
二、部门（单位）整体支出管理及使用情况
收入合计60901.77万元：上年结转1204.36万元，公共财政拨款52310.27万元，政府基金拨款4886.90万元，\
纳入专户管理的非税收入拨款2250.00万元，其他收入250.25万元。\
支出合计60901.77万元：基本支出48230.15万元，项目支出12671.62万元。\
人员支出39870.44万元，公用支出8359.71万元。\
三公经费合计186.40万元，公务接待费12.60万元，公务用车运维费98.80万元，公务用车购置费75.00万元。
三、部门（单位）专项组织实施情况
校舍改造专项实行项目法人制，由第三方全程监理。
四、资产管理情况
固定资产合计25000.00万元，在用固定资产24250.00万元，出租固定资产500.00万元。
五、部门（单位）整体支出绩效情况
学位供给、校舍改造和教师培训三项任务如期完成，家长满意度97%。
六、存在的主要问题
个别项目拨款手续不完整，少量资产闲置。
七、改进措施和有关建议
拨款实行双人复核，闲置资产在校际间调剂使用。"""
    return form


def yuan_for_wan() -> FilledForm:
    """公务用车运维费 32600 (元) where 3.26 (万元) belongs."""
    form = _form("区样例六局", "000006", 62, 60)
    _fill(
        form,
        income="1523.40 50.00 1473.40",
        expenditure="1498.25 1198.25 903.15 295.10 300.00 25.15 25.15",
        three_public="5.69 2.43 32600",
        fixed_assets="688.30 688.30",
    )
    _describe(
        form,
        duties="负责全区样例保障、救助审核和基金监管。",
        tasks="1.审核救助申请5200份；2.开展基金检查30次；3.建成服务站12个。",
        done="审核申请5346份，检查30次，建成服务站12个。",
        goal="应保尽保，基金运行安全。",
        result="救助对象动态管理到位，未发现违规领取。",
    )
    form.targets = _ten_targets(
        ("审核准确率达到99%", "审核救助申请5200份", "建成服务站12个", "申请15个工作日内审结",
         "每个服务站建设费用不超过8万元", "基金检查费用不超过12万元", "保障困难群众6800人",
         "挽回基金损失26万元", "档案电子化率达到80%", "救助对象满意度达到95%以上"),
        satisfaction="96%",
    )  # fmt: skip
    form.deduct(6, 1, "累计结余25.15万元，未超过上年结转50.00万元，扣1分。")
    form.deduct(12, Decimal("0.2"), "公务卡刷卡率49%，低于50%一个百分点，扣0.2分。")
    form.state_totals()
    _sign(form, "陈某某", "褚某某", "2022年3月16日")
    form.narrative = """一、部门（单位）概况
本局人员编制62人，实有人数60人，设8个内设机构。
二、部门（单位）整体支出管理及使用情况
本年收入合计1523.40万元，其中公共财政拨款1473.40万元，上年结转50.00万元。\
本年支出合计1498.25万元，其中项目支出300.00万元、基本支出1198.25万元。年末累计结余25.15万元。\
三公经费合计5.69万元，比上年有所下降。
三、部门（单位）专项组织实施情况
服务站建设由各街道实施，局机关按进度拨款并组织验收。
四、资产管理情况
固定资产合计688.30万元，无闲置和出租。
五、部门（单位）整体支出绩效情况
困难群众保障面进一步扩大，救助对象满意度96%。
六、存在的主要问题
公务卡结算比例偏低。
七、改进措施和有关建议
凡属强制结算目录的支出一律使用公务卡。"""
    return form


def outside_the_points() -> FilledForm:
    """6 of 5 for one row, -2 of 3 for another; the total is what the rows add up to."""
    form = _form("区样例七中心", "000007", 28, 26)
    _fill(
        form,
        income="742.60 0 742.60 0 0 0",
        expenditure="742.60 562.60 430.20 132.40 180.00 0 0",
        three_public="3.30 1.10 2.20 0 0",
        fixed_assets="206.75 200.00 0 6.75",
    )
    _describe(
        form,
        duties="组织全区样例文化活动，管理公共文化场馆。",
        tasks="1.举办群众活动120场；2.场馆免费开放310天；3.培训骨干400人次。",
        done="举办活动133场，开放312天，培训骨干420人次。",
        goal="公共文化服务覆盖面扩大。",
        result="场馆接待量创新高，群众活动丰富。",
    )
    form.targets = _ten_targets(
        ("活动安全率达到100%", "举办群众活动120场", "培训骨干400人次", "场馆开放310天",
         "每场活动费用不超过0.8万元", "培训人均费用不超过150元", "参与群众9万人次",
         "带动文化消费200万元", "场馆能耗下降3%", "观众满意度达到95%以上"),
        satisfaction="95%",
    )  # fmt: skip
    form.deduct(9, 5, "5例支出审批手续不全，每例扣1分，共扣5分。")
    form.deduct(15, Decimal("0.3"), "固定资产利用率96.74%，扣0.3分。")
    form.scores[16] = 6
    form.state_totals()
    _sign(form, "卫某某", "蒋某某", "2022年3月14日")
    form.narrative = """一、部门（单位）概况
中心管理图书馆、文化馆等场馆，人员编制28人，实有人数26人。
二、部门（单位）整体支出管理及使用情况
支出合计742.60万元，与收入合计742.60万元持平；基本支出562.60万元，项目支出180.00万元。\
三公经费合计3.30万元。
三、部门（单位）专项组织实施情况
免费开放专项按场馆核定额度，分两批拨付。
四、资产管理情况
固定资产合计206.75万元，其中在用固定资产200.00万元，其他为待报废设备。
五、部门（单位）整体支出绩效情况
活动场次和场馆开放天数均超额完成，观众满意度95%。
六、存在的主要问题
5例支出审批手续不全。
七、改进措施和有关建议
报销前置审核，手续不全一律退回。"""
    return form


def altered_points() -> FilledForm:
    """分值 of #16 printed as 6 (5) and of #17 as 6 (7); the column still adds up to 100."""
    form = _form("区样例八局", "000008", 45, 45)
    _fill(
        form,
        income="968.37 0 900.00 68.37 0 0",
        expenditure="968.37 768.37 600.12 168.25 200.00 0 0",
        three_public="4.80 1.20 3.60 0 0",
        fixed_assets="355.10 355.10 0 0",
    )
    _describe(
        form,
        duties="负责全区样例工程的规划、建设管理和质量监督。",
        tasks="1.监督在建工程52个；2.完成老旧小区改造14个；3.抽检材料600组。",
        done="监督工程55个，改造小区14个，抽检材料633组。",
        goal="工程质量安全受控，改造任务按期完成。",
        result="未发生较大以上质量安全事故，改造小区全部竣工。",
    )
    form.targets = _ten_targets(
        ("工程一次验收合格率达到96%", "监督在建工程52个", "改造老旧小区14个",
         "改造工期不超过180天", "每户改造费用不超过1.5万元", "抽检费用不超过18万元",
         "惠及居民4200户", "拉动投资6300万元", "扬尘达标率达到90%", "居民满意度达到95%以上"),
        satisfaction="95%",
    )  # fmt: skip
    form.points.update({16: 6, 17: 6})
    form.scores.update({16: 6, 17: 6})
    form.deduct(10, 1, "预算公开内容缺少一张附表，扣1分。")
    form.state_totals()
    _sign(form, "沈某某", "韩某某", "2022年3月22日")
    form.narrative = """一、部门（单位）概况
人员编制45人，实有人数45人，承担工程建设行业管理职责。
二、部门（单位）整体支出管理及使用情况
当年收入合计968.37万元（公共财政拨款900.00万元，政府基金拨款68.37万元），当年支出合计968.37万元\
（人员支出600.12万元，公用支出168.25万元，项目支出200.00万元），年末无结余。\
三公经费合计4.80万元，较好地控制在预算之内。
三、部门（单位）专项组织实施情况
老旧小区改造由街道申报、我局审核，按工程进度付款。
四、资产管理情况
固定资产合计355.10万元，每半年盘点一次。
五、部门（单位）整体支出绩效情况
14个小区改造竣工，居民满意度95%。
六、存在的主要问题
预算公开附表不齐。
七、改进措施和有关建议
对照公开目录逐项核对后再发布。"""
    return form


def reasons_missing() -> FilledForm:
    """#8, #14 and #20 lose a point without a reason, #13 has a reason and full marks; unsigned."""
    form = _form("区样例九办", "000009", 20, 19)
    _fill(
        form,
        income="431.20 0 431.20 0 0 0",
        expenditure="431.20 361.20 288.40 72.80 70.00 0 0",
        three_public="1.95 1.95 0 0 0",
        fixed_assets="98.40 98.40 0 0",
    )
    _describe(
        form,
        duties="负责全区样例信访接待、矛盾排查和督查督办。",
        tasks="1.接待群众来访1500批次；2.化解积案40件；3.开展督查24次。",
        done="接待来访1462批次，化解积案43件，开展督查26次。",
        goal="矛盾化解在基层，重要时段平稳。",
        result="积案存量下降，重要时段未发生群体性事件。",
    )
    form.targets = _ten_targets(
        ("事项按期答复率达到98%", "化解积案40件", "开展督查24次", "来访事项60日内办结",
         "每件积案化解费用不超过0.5万元", "接访场所运行费不超过15万元", "稳控重点人群120人",
         "减少群众诉讼费用18万元", "视频接访比例达到35%", "来访群众满意度达到95%以上"),
        satisfaction="95%",
    )  # fmt: skip
    for number in (8, 14, 20):
        form.deduct(number, 1)
    form.reasons[13] = "资产管理制度未及时修订，扣1分。"
    form.state_totals()
    _sign(form, "杨某某", "朱某某", "")
    form.persons = [Person(person.name, person.title, person.unit) for person in form.persons]
    form.sign_off = SignOff(preparer="朱某某", preparer_phone="0000000")
    form.narrative = """一、部门（单位）概况
本办人员编制20人，实有人数19人。
二、部门（单位）整体支出管理及使用情况
收入合计431.20万元，支出合计431.20万元，收支平衡。其中人员支出288.40万元，公用支出72.80万元，\
项目支出70.00万元。三公经费合计1.95万元，全部是公务接待费。
三、部门（单位）专项组织实施情况
积案化解专项按件核拨，一案一档。
四、资产管理情况
固定资产合计98.40万元，均在用。
五、部门（单位）整体支出绩效情况
全年化解积案43件，来访群众满意度95%。
六、存在的主要问题
初信初访一次性办结率有待提高。
七、改进措施和有关建议
落实首办责任，定期通报办理质量。"""
    return form


def two_bodies() -> FilledForm:
    """The unit, its 二级机构 and a 合计 row in all four tables; sums are formulas."""
    form = _form("区样例十局", "000010", 52, 52)
    own, second = "区样例十局（本级）", "区样例十局执法大队"
    figures = {
        "income": ("1120.50 20.00 1100.50 0 0 0", "386.24 0 386.24 0 0 0"),
        "expenditure": (
            "1105.20 865.20 640.00 225.20 240.00 15.30 15.30",
            "386.24 346.24 281.04 65.20 40.00 0 0",
        ),
        "three_public": ("6.20 2.20 4.00 0 0", "2.85 0.85 2.00 0 0"),
        "fixed_assets": ("520.00 505.00 15.00 0", "130.00 130.00 0 0"),
    }
    for table, (first_row, second_row) in figures.items():
        sums: TableRow = dict.fromkeys(annex.table_fields()[table], SumAbove(2))
        form.tables[table] = [
            _row(own, table, first_row),
            _row(second, table, second_row),
            {"unit": "合计", **sums},
        ]
    _describe(
        form,
        duties="主管全区样例市场秩序，局机关负责审批监管，执法大队负责现场执法。",
        tasks="1.检查市场主体1800户；2.办理案件150件；3.组织联合执法20次。",
        done="检查1865户，办结案件158件，联合执法22次。",
        goal="市场秩序规范，执法全程留痕。",
        result="案件办理质量评查全部合格，执法记录仪使用率100%。",
    )
    form.targets = _ten_targets(
        ("案件评查合格率达到98%", "检查市场主体1800户", "办理案件150件", "案件在90日内办结",
         "每次联合执法费用不超过0.3万元", "执法装备购置不超过40万元", "受理举报600件",
         "为消费者挽回损失75万元", "文书电子送达率达到70%", "市场主体满意度达到95%以上"),
        satisfaction="96%",
    )  # fmt: skip
    form.deduct(6, 1, "累计结余15.30万元，未超过上年结转20.00万元，扣1分。")
    form.deduct(15, Decimal("0.2"), "固定资产利用率97.69%，扣0.2分。")
    form.deduct(18, 1, "一项《政府工作报告》任务跨年完成，扣1分。")
    form.state_totals()
    form.facts["scoring_total"] = SumAbove(26)
    _sign(form, "秦某某", "尤某某", "2022年3月23日")
    form.narrative = """一、部门（单位）概况
局机关和执法大队合计人员编制52人，实有人数52人。
二、部门（单位）整体支出管理及使用情况
局机关和执法大队合并，收入合计1506.74万元，上年结转20.00万元，公共财政拨款1486.74万元；\
支出合计1491.44万元，基本支出1211.44万元，项目支出280.00万元；累计结余15.30万元。\
三公经费合计9.05万元，公务接待费3.05万元，公务用车运维费6.00万元。
三、部门（单位）专项组织实施情况
执法装备专项集中采购，由大队使用，局机关监督。
四、资产管理情况
固定资产合计650.00万元，在用固定资产635.00万元，出租固定资产15.00万元。
五、部门（单位）整体支出绩效情况
案件办理数量和质量双提升，市场主体满意度96%。
六、存在的主要问题
一项重点任务跨年完成。
七、改进措施和有关建议
重点任务按月挂图作战。"""
    return form


def clean() -> FilledForm:
    """Nothing to object to: figures agree, every deduction has its reason, all is signed."""
    form = _form("区样例十一局", "000011", 30, 29)
    _fill(
        form,
        income="826.75 12.40 814.35 0.00 0.00 0.00",
        expenditure="818.30 618.30 472.60 145.70 200.00 8.45 8.45",
        three_public="3.68 1.28 2.40 0.00 0.00",
        fixed_assets="245.00 240.10 0.00 4.90",
    )
    _describe(
        form,
        duties="负责全区样例资料的收集、整理、保管和开放利用。",
        tasks="1.接收资料9000卷；2.数字化加工200万页；3.提供查阅3500人次。",
        done="接收资料9120卷，加工203万页，查阅3688人次。",
        goal="馆藏资料安全完整，利用服务便捷高效。",
        result="馆藏资料完好率100%，查阅实现一次办结。",
    )
    form.targets = _ten_targets(
        ("数字化加工合格率达到99%", "接收资料9000卷", "数字化加工200万页", "查阅当日办结率达到95%",
         "每页加工费用不超过0.5元", "库房运行费用不超过30万元", "提供查阅3500人次",
         "为群众节约查档费用15万元", "纸张用量下降10%", "查阅群众满意度达到95%以上"),
        satisfaction="96%",
    )  # fmt: skip
    form.deduct(6, 1, "累计结余8.45万元，未超过上年结转12.40万元，按标准扣1分。")
    form.deduct(8, 1, "内部财务管理制度中采购条款未及时修订，扣1分。")
    form.deduct(15, Decimal("0.2"), "固定资产利用率98%，低于100%两个百分点，扣0.2分。")
    form.deduct(21, 1, "一项工作实绩指标进度滞后，扣1分。")
    form.state_totals()
    _sign(form, "许某某", "何某某", "2022年3月15日")
    form.narrative = """一、部门（单位）概况
全局人员编制30人，实有人数29人，馆藏资料42万卷。
二、部门（单位）整体支出管理及使用情况
收入合计826.75万元，其中公共财政拨款814.35万元，上年结转12.40万元。支出合计818.30万元，\
其中基本支出618.30万元，包括人员支出472.60万元和公用支出145.70万元；项目支出200.00万元。\
当年结余8.45万元，累计结余8.45万元。\
“三公经费”合计3.68万元，包括公务接待费1.28万元、公务用车运维费2.40万元。
三、部门（单位）专项组织实施情况
数字化加工项目公开招标，按月抽检，尾款在验收后支付。
四、资产管理情况
固定资产合计245.00万元，在用固定资产240.10万元，其他4.90万元为待处置设备。
五、部门（单位）整体支出绩效情况
接收、加工、查阅三项任务超额完成，查阅群众满意度96%，自评综合得分96.8分，评价等次为优秀。
六、存在的主要问题
采购条款修订不及时，一项实绩指标进度滞后，少量设备待处置。
七、改进措施和有关建议
上半年完成制度修订和设备处置，按月调度进度滞后的指标。"""
    return form


def with_further_sheets() -> FilledForm:
    """The clean figures under another name, scored as the further sheets of ``further`` tell."""
    form = clean()
    form.unit = "区样例十七局"
    form.heading = ["附件2-1", _YEAR_TITLE, f"部门（单位）名称：{form.unit}    预算编码：000017"]
    for rows in form.tables.values():
        rows[0]["unit"] = form.unit
    form.deduct(4, 1, "预算调整率0.82%，按标准扣1分。")
    form.deduct(5, Decimal("0.5"), "库房维修专项春节前下达25%，未过半，扣0.5分。")
    form.deduct(11, Decimal("0.6"), "政府采购执行率97%，低3个百分点，扣0.6分。")
    form.deduct(14, 1, "一台设备账实不符，扣1分。")
    form.state_totals()
    _sign(form, "孔某某", "曹某某", "2022年3月18日")
    form.narrative = form.narrative.replace("96.8分", "93.7分")
    return form


def one_sheet() -> FilledForm:
    """Both forms on one sheet beneath the cover lines; only half a point lost, with a reason."""
    form = _form("区样例十三办", "000013", 15, 15)
    form.heading = [
        "附件2-1",
        "2021年度部门整体支出绩效自评报告",
        "部门（单位）名称（盖章）：区样例十三办",
        "预算编码：000013",
        "评价方式：部门（单位）绩效自评    评价机构：部门（单位）评价组",
        "报告日期：2022年3月18日",
        "区财政局（制）",
    ]
    _fill(
        form,
        income="268.50 0 268.50 0 0 0",
        expenditure="268.50 238.50 190.30 48.20 30.00 0 0",
        three_public="0.60 0.60 0 0 0",
        fixed_assets="42.30 42.30 0 0",
    )
    _describe(
        form,
        duties="负责全区样例志书的编纂和地情研究。",
        tasks="1.编纂志书120万字；2.出版年鉴1部；3.开展宣讲15场。",
        done="编纂123万字，出版年鉴1部，宣讲16场。",
        goal="志书编纂按计划推进，成果转化有效。",
        result="志书初稿通过评审，年鉴按期出版。",
    )
    form.targets = _ten_targets(
        ("年鉴差错率低于万分之1", "编纂志书120万字", "开展宣讲15场", "年鉴在12月底前出版",
         "年鉴每册成本不超过180元", "宣讲每场费用不超过0.2万元", "宣讲听众1200人次",
         "为文旅项目节约资料费8万元", "再生纸使用率达到50%", "读者满意度达到95%以上"),
        satisfaction="95.5%",
    )  # fmt: skip
    form.deduct(10, Decimal("0.5"), "会计信息资料装订缺一册，按完整性扣0.5分。")
    form.state_totals()
    _sign(form, "吕某某", "施某某", "2022年3月18日")
    form.narrative = """一、部门（单位）概况
人员编制15人，实有人数15人，为参公管理事业单位。
二、部门（单位）整体支出管理及使用情况
全年收入合计268.50万元，全年支出合计268.50万元，其中基本支出238.50万元、项目支出30.00万元。\
三公经费合计0.60万元。
三、部门（单位）专项组织实施情况
年鉴出版专项经三家比选后委托出版社实施。
四、资产管理情况
固定资产合计42.30万元，使用状态良好。
五、部门（单位）整体支出绩效情况
志书、年鉴、宣讲三项工作按期完成，读者满意度95.5%。
六、存在的主要问题
会计资料装订不齐。
七、改进措施和有关建议
按季装订，年末由两人核对归档。"""
    return form


def scoring_missing() -> FilledForm:
    """Only 附件2-1 was sent."""
    form = _form("区样例十五局", "000015", 22, 21)
    _fill(
        form,
        income="388.16 0 388.16 0 0 0",
        expenditure="388.16 328.16 260.11 68.05 60.00 0 0",
        three_public="1.40 0.40 1.00 0 0",
        fixed_assets="77.25 77.25 0 0",
    )
    _describe(
        form,
        duties="负责全区样例统计调查和数据发布。",
        tasks="1.完成统计调查18项；2.发布统计月报12期。",
        done="完成调查18项，发布月报12期。",
        goal="统计数据真实准确，发布及时。",
        result="统计执法检查未发现数据失真。",
    )
    form.targets = _ten_targets(
        ("数据审核差错率低于1%", "完成统计调查18项", "发布统计月报12期", "月报在次月15日前发布",
         "每项调查费用不超过3万元", "月报印制费用不超过2万元", "服务决策咨询40次",
         "减少企业填报成本10万元", "电子报表比例达到100%", "用户满意度达到95%以上"),
        satisfaction="96%",
    )  # fmt: skip
    form.state_totals(99)
    _sign(form, "孔某某", "曹某某", "2022年3月17日")
    form.narrative = """一、部门（单位）概况
人员编制22人，实有人数21人。
二、部门（单位）整体支出管理及使用情况
收入合计388.16万元，支出合计388.16万元，其中项目支出60.00万元。三公经费合计1.40万元。
三、部门（单位）专项组织实施情况
调查专项按样本量核定经费。
四、资产管理情况
固定资产合计77.25万元。
五、部门（单位）整体支出绩效情况
统计任务按期完成，用户满意度96%。
六、存在的主要问题
基层统计力量薄弱。
七、改进措施和有关建议
加强统计员培训。"""
    return form


def many_faults() -> FilledForm:
    """The gross faults of published forms in one: see README.md."""
    form = _form("区样例十六局", "000016", 9, 8)
    _fill(
        form,
        income="71.66 0 71.66 0 0 0",
        expenditure="57.65 57.65 45.20 12.45 0 0 0",
        three_public="0.32 0.32 0 0 0",
        fixed_assets="7,00.0,77 18.20 0 0",
    )
    form.tables["three_public"][0]["unit"] = "区样例十七局"
    _describe(
        form,
        duties="负责全区样例事务的联络协调。",
        tasks="组织联络活动。",
        done="各项工作圆满完成。",
        goal="做好联络服务。",
        result="已完成。",
    )
    form.targets = _ten_targets(
        ("提高联络服务质量", "组织联络活动10次", "组织联络活动10次", "活动按月开展12次",
         "每次活动费用不超过0.4万元", "全年接待费用不超过0.5万元", "联系人士200名",
         "引进项目2个", "无纸化办公率达到80%", "服务对象满意度达到95%以上"),
        satisfaction="93%",
    )  # fmt: skip
    form.targets[0] = Target(form.targets[0].target, "已完成")
    form.deduct(2, 5, "本年三公经费预算高于上年，扣5分。")
    form.deduct(3, 5, "无重点支出，扣5分。")
    form.deduct(17, 5, "年初未列入新增极目标任务，扣5分。")
    form.state_totals()
    _sign(form, "严某某", "华某某", "2022年3月30日")
    form.narrative = """一、部门（单位）概况
人员编制9人，实有人数8人。
二、部门（单位）整体支出管理及使用情况
收入合计71.66万元，支出合计71.66万元，预算执行率100%，当年结余0万元。公务接待费0.32万元。
三、部门（单位）专项组织实施情况
无专项。
五、部门（单位）整体支出绩效情况
服务对象满意度93%。
六、存在的主要问题
联络渠道不多。
七、改进措施和有关建议
拓宽联络渠道。"""
    return form


def _form(unit: str, code: str, posts: int, staff: int) -> FilledForm:
    form = FilledForm.empty(unit)
    form.facts.update(authorized_posts=posts, actual_staff=staff)
    form.heading = ["附件2-1", _YEAR_TITLE, f"部门（单位）名称：{unit}    预算编码：{code}"]
    form.give_full_marks()
    return form


def _fill(form: FilledForm, **tables: str) -> None:
    """Fills tables from their figures in printed order; "-" and what is not named stay blank."""
    for table, figures in tables.items():
        form.tables[table] = [_row(form.unit, table, figures)]


def _row(unit: str, table: str, figures: str) -> TableRow:
    names = annex.table_fields()[table]
    values = {name: _figure(text) for name, text in zip(names, figures.split(), strict=False)}
    return {"unit": unit, **values}


def _figure(text: str) -> Value:
    if text == "-":
        return None
    return Decimal(text) if text.replace(".", "", 1).isdigit() else text


def _describe(
    form: FilledForm, *, duties: str, tasks: str, done: str, goal: str, result: str
) -> None:
    form.facts.update(
        duties=duties,
        annual_tasks=tasks,
        achievements=done,
        qualitative_target=goal,
        qualitative_result=result,
    )


def _ten_targets(texts: tuple[str, ...], satisfaction: str) -> list[Target]:
    results = ["100%"] * 9 + [satisfaction]
    return [Target(text, result) for text, result in zip(texts, results, strict=True)]


def _sign(form: FilledForm, leader: str, preparer: str, date: str) -> None:
    form.facts.update(contact_name=preparer, contact_phone="0000000")
    form.persons = [
        Person(leader, "单位负责人", form.unit, leader),
        Person(preparer, "财务人员", form.unit, preparer),
    ]
    form.sign_off = signed(leader, preparer, date)

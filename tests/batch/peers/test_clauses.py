"""What of a text counts, and which passages two texts share."""

from __future__ import annotations

from perfeval_xl.batch.peers.clauses import clauses_of, names_of, passages

WORDS = ("局", "办", "单位")


def test_headings_enumerators_spaces_and_punctuation_do_not_count() -> None:
    text = "一、部门基本概况\n  1.加强 预算管理，严格执行；\n（二）存在问题\n(2)“内控”有待完善。"
    assert list(clauses_of(text, names_of("甲局", WORDS))) == [
        "加强预算管理",
        "严格执行",
        "内控有待完善",
    ]


def test_a_long_line_that_begins_like_a_heading_is_text() -> None:
    text = "一、加强预算管理，严格执行各项财经纪律。"
    assert list(clauses_of(text, names_of("", WORDS))) == ["一加强预算管理", "严格执行各项财经纪律"]


def test_a_clause_with_a_figure_has_a_negative_length() -> None:
    found = clauses_of("收入合计297.36万元，收支平衡。", names_of("", WORDS))
    assert found == {"收入合计29736万元": -11, "收支平衡": 4}


def test_a_decimal_at_the_beginning_is_no_enumerator() -> None:
    assert list(clauses_of("1.5亿元。", names_of("", WORDS))) == ["15亿元"]


def test_full_width_text_is_the_same_text() -> None:
    names = names_of("", WORDS)
    assert clauses_of("完成率９５％；合格！", names) == clauses_of("完成率95%;合格!", names)


def test_what_a_unit_calls_itself_makes_no_difference() -> None:
    one = clauses_of("我局认真落实，区甲局成立专班。", names_of("区甲局", WORDS))
    other = clauses_of("我办认真落实，区乙办成立专班。", names_of("区乙办", WORDS))
    assert list(one) == list(other) == ["认真落实", "成立专班"]


def test_passages_are_quoted_as_each_text_has_them_the_longest_first() -> None:
    own = "开头不同。我局认真落实，及时整改。中间不同。共有的一句。"
    other = "共有的一句。另有一句。我办认真落实，\n及时整改！"
    found = passages(own, names_of("甲局", WORDS), other, names_of("乙办", WORDS))
    assert found == [
        ("我局认真落实，及时整改。", "我办认真落实，\n及时整改！"),
        ("共有的一句。", "共有的一句。"),
    ]


def test_texts_without_a_common_clause_share_no_passage() -> None:
    names = names_of("", WORDS)
    assert passages("各写各的。", names, "互不相同。", names) == []

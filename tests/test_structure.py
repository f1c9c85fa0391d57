from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.structure import parse_report

SEEDS = Path(__file__).parent.parent / "seeds"


def seed(number):
    path = next(SEEDS.glob(f"{number}_*.txt"))
    return parse_report(path.name, path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def first():
    return seed("000")


@pytest.fixture(scope="module")
def second():
    return seed("002")


def numbers(report):
    return list(dict.fromkeys(p.paragraph for p in report.passages if not p.paragraph.startswith("¶")))


def passage(report, paragraph, sub=None):
    return next(p for p in report.passages if (p.paragraph, p.sub) == (paragraph, sub))


def check_offsets(report):
    at = 0
    for p in report.passages:
        assert report.text[p.start : p.end] == p.text
        assert at <= p.start <= p.end
        at = p.end


def test_first_seed_paragraphs(first):
    assert numbers(first) == [str(n) for n in range(1, 31)]
    assert first.structure.numbered
    assert first.structure.paragraphs == 30
    assert first.structure.gaps == ()
    assert first.structure.contents_mismatches == ()
    subs = {n: [p.sub for p in first.passages if p.paragraph == n and p.sub] for n in numbers(first)}
    assert {n: "".join(s) for n, s in subs.items() if s} == {"9": "abcde", "17": "ab", "18": "abcde", "19": "ab"}
    check_offsets(first)


def test_first_seed_is_whole_across_pages(first):
    assert "关于《宣言》执行情况的年度报告审议工作" in passage(first, "6").text
    assert "经社理事会、各基金和规划署" in passage(first, "9", "c").text
    assert "第 57/270 B 号决议第 39 段" in passage(first, "18", "b").text
    assert "多年度工作方案。为此" in passage(first, "19", "b").text
    assert [r for r in first.structure.repairs if r.startswith("joined")] == [
        f"joined paragraph {n} across a page break" for n in (6, 9, 18, 19)
    ]


def test_first_seed_headings(first):
    assert passage(first, "17", "a").headings == (
        "四. 大会第 57/270 B 号决议的执行",
        "B. 为加强联合国系统，特别是政府间机构的作用而采取的措施",
        "1. 大会",
    )
    assert passage(first, "19").headings[-1] == "2. 经济和社会理事会"
    assert passage(first, "20").headings[-1] == "3. 经济及社会理事会各职司委员会"
    assert passage(first, "21").headings == ("四. 大会第 57/270 B 号决议的执行", "C. 对执行情况的审查")
    assert passage(first, "30").headings == ("五. 建议",)
    assert passage(first, "17", "a").lead == "大会须采取下列行动："
    assert passage(first, "¶ 1").headings == ("摘要",)


def test_first_seed_front_matter_and_notes(first):
    assert first.title == "联合国经济、社会及有关领域各次主要会议和首脑会议结果的统筹执行及后续行动"
    assert (first.symbol, first.language, first.session, first.agenda_item, first.year) == (
        None,
        "zh",
        "第五十八届会议",
        "51",
        2003,
    )
    assert len(first.notes) == 2
    assert first.notes[1].startswith("² 《发展筹资国际会议的报告")
    assert passage(first, "30").text.endswith("年度报告。")
    assert "**" not in "".join(p.text for p in first.passages)


def test_second_seed_paragraphs(second):
    assert numbers(second) == [str(n) for n in range(1, 51)]
    assert second.structure.gaps == ()
    assert second.terms[0] == "SUSTAINABLE DEVELOPMENT"
    assert len(second.terms) == 12
    assert second.symbol is None
    assert second.title == "可持续发展问题世界首脑会议的后续行动机构间合作与协调"
    check_offsets(second)


def test_second_seed_is_despaced(second):
    assert passage(second, "14").text.startswith("自2001年起，在前行政协调委员会水资源开发小组委员会工作中断之后")
    assert "(c)增加从可再生能源获得的能源的比例" in passage(second, "17").text
    assert "E/200 4/100 read as E/2004/100" in second.structure.repairs
    assert "E/2004/100" in second.text


def test_second_seed_headings_do_not_run_into_paragraphs(second):
    assert passage(second, "9").text.endswith("载于下文第三节。")
    assert passage(second, "10").headings == (
        "三.联合国系统行政首长协调理事会/方案问题高级别委员会的决定",
        "A.淡水以及水和环卫",
    )
    assert passage(second, "28").headings[-1] == "C.海洋和沿海地区"
    assert passage(second, "45").headings == ("四.结论",)
    tops = dict.fromkeys(p.headings[0] for p in second.passages)
    assert list(tops) == [
        "摘要",
        "一.导言",
        "二.可持续发展问题世界首脑会议的成果及其对联合国系统的影响",
        "三.联合国系统行政首长协调理事会/方案问题高级别委员会的决定",
        "四.结论",
    ]
    assert [(r.symbol, r.paragraph) for r in second.references if r.paragraph] == [("E/RES/2003/61", "18")]


LANGUAGES = {
    "en": (
        "I. Introduction",
        "A. Water and energy",
        "{}.",
        "({})",
        "The Assembly of the United Nations adopted the decision that was proposed by the Committee in 200{}.",
    ),
    "fr": (
        "I. Introduction",
        "A. Eau et énergie",
        "{}.",
        "{})",
        "Le Conseil a adopté les décisions que la Commission avait proposées pour les États dans 200{}.",
    ),
    "es": (
        "I. Introducción",
        "A. Agua y energía",
        "{}.",
        "{})",
        "El Consejo aprobó las decisiones que la Comisión había propuesto para los Estados en 200{}.",
    ),
    "ru": (
        "I. Введение",
        "A. Вода и энергия",
        "{}.",
        "{})",
        "Совет принял решения, которые были предложены Комиссией для всех государств-членов в 200{}.",
    ),
    "zh": (
        "一. 导言",
        "A. 水和能源",
        "{}.",
        "({})",
        "大会通过了委员会为全体会员国提出的各项决定，并请秘书长就其执行情况提出报告，编号为200{}。",
    ),
    "ar": (
        "أولا - مقدمة",
        "ألف - المياه والطاقة",
        "{} -",
        "({})",
        "اعتمدت الجمعية العامة المقررات التي اقترحتها اللجنة على جميع الدول الأعضاء في الأمم المتحدة 200{}.",
    ),
}


def constructed(language):
    first, second, number, letter, sentence = LANGUAGES[language]
    lines = [first]
    for n in range(1, 9):
        if n == 4:
            lines.append(second)
        lines.append(f"{number.format(n)} {sentence.format(n)}")
        if n == 5:
            lines += [
                f"{letter.format(mark)} {sentence.format(n)} {sentence.format(n)}"
                for mark in ("أبج" if language == "ar" else "abc")
            ]
    return "\n\n".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_six_languages(language):
    report = parse_report("r.txt", constructed(language))
    assert report.language == language
    assert numbers(report) == [str(n) for n in range(1, 9)]
    assert [p.sub for p in report.passages if p.paragraph == "5"] == [None, "a", "b", "c"]
    first, second = LANGUAGES[language][:2]
    assert passage(report, "3").headings == (first,)
    assert passage(report, "8").headings == (first, second)
    check_offsets(report)


@pytest.mark.parametrize("language", LANGUAGES)
def test_six_languages_on_one_line(language):
    report = parse_report("r.txt", f"{' '.join(constructed(language).split())} {filler(language)}")
    assert numbers(report)[:8] == [str(n) for n in range(1, 9)]
    assert passage(report, "3").text.endswith(("2003.", "2003。"))
    assert passage(report, "4").headings == LANGUAGES[language][:2]
    check_offsets(report)


def filler(language):
    number, sentence = LANGUAGES[language][2], LANGUAGES[language][4]
    return " ".join(f"{number.format(n)} {sentence.format(n)}" for n in range(9, 80))


def test_bis_and_gaps():
    text = "\n\n".join(
        f"{n}. The Committee considered the question and adopted a decision on it."
        for n in ("1", "2", "2 bis", "3", "5", "6")
    )
    report = parse_report("r.txt", text)
    assert numbers(report) == ["1", "2", "2 bis", "3", "5", "6"]
    assert report.structure.gaps == ("paragraph 4 is missing",)


def test_page_furniture_footnotes_and_form_feeds():
    text = (
        "A/58/359\n\nReport of the Secretary-General\n\n"
        "1. The Assembly considered the report and decided to keep the matter under\r\n\r\n"
        "¹ See A/57/1.\n\nA/58/359\n\n- 3 -\n\n03-48123 (E)\n\f\nreview at its next session.\n\n"
        "2. The Council took note of the report of the Commission.\n\n3. The Commission met again in May."
    )
    report = parse_report("r.txt", text)
    assert report.symbol == "A/58/359"
    kept = "The Assembly considered the report and decided to keep the matter under review at its next session."
    assert report.passages[0].text == kept
    assert report.notes == ("¹ See A/57/1.",)
    assert [p.page for p in report.passages] == [1, 2, 2]


def test_contents_that_the_text_contradicts():
    body = "".join(f"{n}. 委员会审议了秘书长关于这一问题的报告，并通过了有关决定。\n\n" for n in (1, 2))
    more = "".join(f"{n}. 委员会审议了秘书长关于这一问题的报告，并通过了有关决定。\n\n" for n in (3, 4))
    text = f"目录\n\n\t段次\t页次\n一. 背景\t1-3\t3\n二. 建议\t4\t3\n\n一. 背景\n\n{body}二. 建议\n\n{more}"
    assert parse_report("r.txt", text).structure.contents_mismatches == (
        "contents give “一. 背景” paragraphs 1-3, the text has 1-2",
        "contents give “二. 建议” paragraphs 4, the text has 3-4",
    )


def test_second_degree_stays_inside_unless_long():
    long = "各国政府应当采取措施，执行大会关于这一问题的各项决议，并就执行情况向秘书长提出年度报告和有关资料。"
    text = f"1. 大会决定：\n\n(a) {long}\n\n㈠ {long}\n\n㈡ {long}\n\n(b) {long}\n\n2. {long}\n\n3. {long}"
    assert [(p.paragraph, p.sub) for p in parse_report("r.txt", text).passages] == [
        ("1", None),
        ("1", "a"),
        ("1", "a (i)"),
        ("1", "a (ii)"),
        ("1", "b"),
        ("2", None),
        ("3", None),
    ]


def test_unnumbered_report():
    text = (
        "2024年政府工作报告\n\n各位代表：\n\n现在，我代表国务院报告工作。\n\n一、去年工作回顾\n\n经济回升向好。\n\n（一）能源\n\n"
        + "我们推进能源工作。" * 300
    )
    report = parse_report("2024年政府工作报告.txt", text)
    assert not report.structure.numbered
    assert (report.title, report.year) == ("2024年政府工作报告", 2024)
    assert [p.paragraph for p in report.passages] == [f"¶ {n}" for n in range(1, len(report.passages) + 1)]
    assert report.passages[1].headings == ("一、去年工作回顾",)
    assert report.passages[2].headings == ("一、去年工作回顾", "（一）能源")
    assert max(len(p.text) for p in report.passages) <= 1500
    check_offsets(report)


def test_annex_numbers_do_not_collide():
    sentence = "The Committee considered the question and adopted a decision on it."
    text = "\n\n".join(
        [f"{n}. {sentence}" for n in range(1, 6)] + ["Annex I"] + [f"{n}. {sentence}" for n in range(1, 9)]
    )
    assert numbers(parse_report("r.txt", text)) == [str(n) for n in range(1, 6)] + [
        f"annex I, {n}" for n in range(1, 9)
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", "。", "1.", "* * *", "\f\f", "目录", "一. ", "\ue000\ue000", "(a)", "%%%A|B|"]
)
def test_scraps_do_not_break_the_parser(text):
    check_offsets(parse_report("r.txt", text))


PIECES = st.sampled_from(
    [
        "一. 导言",
        "A. 水",
        "1. 大会",
        "2. 大会审议了报告。",
        "3. 理事会通过了决议",
        "(a) 各国政府",
        "（一）能源。发展能源。",
        "㈠ 目标；",
        "目录",
        "段次\t页次",
        "摘要",
        "注",
        "¹ 见 A/58/1。",
        "A/58/359",
        "12",
        "The Council met.",
        "I. Introduction",
        "Annex",
        "• item",
        "\f",
        "各位代表：",
        "附件一",
        "* A/58/150。",
        "%%%X|",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n\n", " ", "\r\n"])), max_size=30))
def test_offsets_hold_for_any_mixture(pieces):
    check_offsets(parse_report("r.txt", "".join(a + b for a, b in pieces)))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_offsets_hold_for_any_text(text):
    check_offsets(parse_report("r.txt", text))

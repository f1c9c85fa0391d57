import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.jsonl import report_of_lines
from index.masthead import session_number
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


def body_letters(text):
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize("number", ["000", "002"])
def test_seed_is_covered_once(number):
    report = seed(number)
    headings = {heading for p in report.passages for heading in p.headings}
    at = report.passages[0].start
    for p in report.passages:
        between = [line for line in report.text[at : p.start].split("\n") if line.strip()]
        assert all(
            line.strip() in headings or re.fullmatch(r"\s*(?:\d+\.|\([a-z]\))?\s*", line)  # a number, a letter
            for line in between
        )
        at = p.end
    assert report.text[at:].split() == " ".join(["注", *report.notes] if report.notes else []).split()


def variants():
    raw = next(SEEDS.glob("000_*.txt")).read_text(encoding="utf-8")
    raw = re.sub(r"\*\*(?=[^\s*])([^*\n]+?)\*\*", r"\1", raw)
    lines = [line.strip() for line in raw.split("\n") if line.strip()]
    spaced = [" ".join(re.findall(r"秘书长|的|报告|[\u4e00-\u9fff]{1,2}|[^\s\u4e00-\u9fff]+", line)) for line in lines]
    wrapped = [line[i : i + 38] for line in lines for i in range(0, len(line), 38)]
    return {
        "one line": " ".join(lines),
        "one line of words": " ".join(spaced),
        "lines of words": "\n".join(spaced),
        "no empty lines": "\n".join(lines),
        "wrapped": "\n".join(wrapped),
    }


@pytest.mark.parametrize("form", variants())
def test_a_report_reads_the_same_in_every_form(first, form):
    def essence(report):
        return [
            (p.paragraph, p.sub, body_letters(p.text), [body_letters(h) for h in p.headings]) for p in report.passages
        ]

    report = parse_report("r.txt", variants()[form])
    assert essence(report) == essence(first)
    assert report.structure.contents_mismatches == ()
    assert body_letters(report.title).startswith("联合国经济社会及有关领域各次主要会议和首脑会议结果")


STEP = (
    "States should adopt plans for their energy and water, and should report on them to the Council every second year"
)


def test_closing_words_belong_to_the_paragraph():
    text = (
        f"1. Steps:\n\n(a) {STEP};\n\n(b) {STEP}.\n\nThese steps end in 2010.\n\n2. Two follows.\n\n3. Three follows."
    )
    passages = parse_report("r.txt", text).passages
    assert [(p.paragraph, p.sub) for p in passages] == [
        ("1", None),
        ("1", "a"),
        ("1", "b"),
        ("1", None),
        ("2", None),
        ("3", None),
    ]
    assert (passages[3].text, passages[3].lead) == ("These steps end in 2010.", "")


def test_a_second_line_of_every_subparagraph_stays_with_it():
    text = (
        f"1. Steps:\n\n(a) {STEP}.\n\nMore on it.\n\n(b) {STEP}.\n\nMore on that.\n\n"
        "2. Two follows.\n\n3. Three follows."
    )
    assert [p.sub for p in parse_report("r.txt", text).passages] == [None, "a", "b", None, None]


PRINTED = """United Nations                                         A/58/359
General Assembly                 Distr.: General
                                 23 September 2003
                                 Original: English
Fifty-eighth session
Agenda item 51

Follow-up to the outcomes of conferences

Report of the Secretary-General

Summary
The present report is submitted in response to a request of the Assembly.

* The report was delayed in order to include the latest
figures of the year.

Contents
                                            Paragraphs   Page
I.   Background . . . . . . . . . . . . .   1–2        3
II.  Implementation . . . . . . . . . . .   3–5        4
     A.  Energy . . . . . . . . . . . . .   3–5        4

I. Background

1. The General Assembly, in its resolution 57/270 B, paragraph 39, decided
to consider the matter further, and invited the governing bodies to keep the
question of the follow-up to the

03-53612 (E)  091003
*0353612*
2

A/58/359

conferences under review. The text goes on after the page break.
2. The Council took note. It recommended the following text:
"1. Decides to establish a working group;
"2. Requests the Secretary-General to report;
"3. Invites all States to take part."
II. Implementation
A.

Energy
3. Energy is treated here as the first question of the section.
3 bis. A paragraph was added after the first reading of the report.
Financial means
4. The last question of the section is described in this paragraph.\u00b9

\u00b9 A/57/1, para. 3.

5. The next paragraph follows the note of the page before.

Annex I
Programme of work
1. The working group meets in January to consider its programme of work.
2. The working group meets again in May to adopt its report.
"""


def test_printed_pages():
    report = parse_report("r.txt", PRINTED)
    assert report.title == "Follow-up to the outcomes of conferences"
    assert (report.symbol, report.date, report.session, report.agenda_item) == (
        "A/58/359",
        "2003-09-23",
        "Fifty-eighth session",
        "51",
    )
    assert numbers(report) == ["1", "2", "3", "3 bis", "4", "5", "annex I, 1", "annex I, 2"]
    assert "follow-up to the conferences under review" in passage(report, "1").text
    assert passage(report, "2").text.endswith('"3. Invites all States to take part."')
    assert passage(report, "3").headings == ("II. Implementation", "A. Energy")
    assert passage(report, "4").headings[-1] == "Financial means"
    assert passage(report, "¶ 1").text == "The present report is submitted in response to a request of the Assembly."
    assert (report.notes, report.structure.contents_mismatches) == (("\u00b9 A/57/1, para. 3.",), ())
    check_offsets(report)


def test_preamble_and_operative_paragraphs():
    text = (
        "大会，\n\n回顾其 2002 年 12 月 20 日第 57/270 A 号决议，\n\n又回顾经济及社会理事会第 2003/61 号决议，\n\n"
        "1. 欢迎秘书长的报告；\n\n2. 决定设立一个工作组；\n\n3. 请秘书长提出报告。"
    )
    report = parse_report("r.txt", text)
    assert [p.paragraph for p in report.passages] == ["¶ 1", "1", "2", "3"]
    assert report.date is None


def test_numbers_that_begin_at_five_in_full_width():
    text = (
        "三．执行情况\n\n５．大会审议了报告。\n６．理事会注意到报告。\n８．委员会通过了决定。\n９．委员会将在五月开会。"
    )
    report = parse_report("r.txt", text)
    assert numbers(report) == ["5", "6", "8", "9"]
    assert report.structure.gaps == ("paragraph 7 is missing",)


def test_traditional_characters():
    front = "聯合國大會\n第五十八屆會議\n議程項目 51\n\n關於水資源的報告\n\n秘書長的報告\n\n"
    text = f"{front}一、導言\n\n1、大會決定審議這一項目。\n2、理事會注意到這一報告。\n3、委員會審議了有關問題。"
    report = parse_report("r.txt", text)
    assert (report.title, report.session, report.agenda_item) == ("關於水資源的報告", "第五十八屆會議", "51")
    assert numbers(report) == ["1", "2", "3"]


def test_arabic_digits_and_masthead():
    text = (
        "الجمعية العامة\nالدورة الثامنة والخمسون\nالبند ٥١ من جدول الأعمال\n\nتقرير عن المياه\n\n"
        "تقرير الأمين العام\n\nأولا - مقدمة\n\n١ - قررت الجمعية العامة النظر في المسألة.\n\n"
        "٢ - وطلب المجلس إلى الدول تقديم المعلومات.\n\n٣ - ترحب الجمعية بالتقدم."
    )
    report = parse_report("r.txt", text)
    assert (report.title, report.agenda_item, report.language) == ("تقرير عن المياه", "51", "ar")
    assert numbers(report) == ["1", "2", "3"]


def test_overlong_paragraph_is_cut_and_keeps_its_number():
    text = (
        f"1. {'The Council considered the table of figures. ' * 200}\n\n2. Two follows here.\n\n3. Three follows here."
    )
    passages = [p for p in parse_report("r.txt", text).passages if p.paragraph == "1"]
    assert len(passages) > 1
    assert max(len(p.text) for p in passages) <= 3000
    assert all(p.text.endswith("figures.") for p in passages)


def test_sentences_without_a_full_stop_are_no_headings():
    text = (
        "政府工作报告\n\n一、回顾\n\n现在，我代表国务院，向大会报告政府工作，请各位代表审议，并提出意见\n\n经济增长了百分之五。\n\n第一，能源工作。\n\n"
        + "我们推进能源工作，发展可再生能源，取得了新的进展。" * 3
    )
    report = parse_report("r.txt", text)
    assert report.passages[0].text.startswith("现在，我代表国务院")
    assert report.passages[-1].headings == ("一、回顾", "第一，能源工作")


def test_licence_in_traditional_characters_is_no_text():
    text = (
        "报告\n\n"
        + "\n\n".join(f"第{n}段讲能源和水的工作。" for n in "一二三四")
        + "\n\n這部作品在1931年以前發表，屬於\n公有領域\n。\n\nPublic domain"
    )
    assert parse_report("r.txt", text).passages[-1].text == "第四段讲能源和水的工作。"


@pytest.mark.parametrize(
    "piece", ["字", "a b ", ". ", "( ", "57/270 B, ", "1. x\n", "A . . . . . 3\n", "(a) one;\n", "* ", "the cat sat\n"]
)
def test_one_piece_over_and_over(piece):
    check_offsets(parse_report("r.txt", piece * 4_000))


SENTENCE = "委员会审议了秘书长关于这一问题的报告，并通过了有关决定，请各国政府提供资料。"


def numbered(*names, form="{}. {}"):
    return "\n\n".join(form.format(name, f"{SENTENCE[:-1]}，编号为{i}。") for i, name in enumerate(names))


@pytest.mark.parametrize("form", ["{}. {}", "{}．{}", "{}、{}", "{}) {}", "({}) {}", "（{}）{}", "{}。{}", "{}   {}"])
def test_prints_of_a_paragraph_number(form):
    report = parse_report("r.txt", f"关于水的报告\n\n一. 导言\n\n{numbered(*range(1, 6), form=form)}")
    assert numbers(report) == ["1", "2", "3", "4", "5"]
    assert passage(report, "3").text.startswith("委员会")


@pytest.mark.parametrize("form", ["（{}）{}", "{}. {}", "{}) {}"])
def test_a_list_numbers_no_report(form):
    items = "\n".join(form.format(n, item) for n, item in enumerate(["水；", "能源；", "农业。"], 1))
    text = f"报告\n\n{SENTENCE * 8}\n\n{items}\n\n{SENTENCE * 8}"
    assert not parse_report("r.txt", text).structure.numbered


@pytest.mark.parametrize("opening", ["2003年，大会审议了这一项目。", "5月，大会审议了这一项目。"])
def test_a_year_or_month_right_behind_the_number(opening):
    text = f"一．导言\n１．{opening}\n２．理事会注意到报告。\n３．{opening}"
    assert numbers(parse_report("r.txt", text)) == ["1", "2", "3"]


def test_numbers_go_on_past_a_thousand():
    report = parse_report("r.txt", numbered(*range(995, 1006)))
    assert numbers(report) == [str(n) for n in range(995, 1006)]


def test_pages_that_are_lost():
    report = parse_report("r.txt", f"一. 导言\n\n{numbered(*range(1, 6))}\n\n三. 结论\n\n{numbered(*range(17, 22))}")
    assert numbers(report) == [str(n) for n in (*range(1, 6), *range(17, 22))]
    assert report.structure.gaps == tuple(f"paragraph {n} is missing" for n in range(6, 17))


def test_a_paragraph_that_introduces_a_list_is_no_item_of_it():
    agenda = "\n\n".join(f"{n}. 第{n}项。" for n in range(1, 7))
    text = f"{numbered(1, 2, 3, 4)}\n\n5. 会议通过了下列议程：\n\n{agenda}\n\n{numbered(6, 7)}"
    report = parse_report("r.txt", text)
    assert numbers(report) == [str(n) for n in range(1, 8)]
    assert passage(report, "5").text.startswith("会议通过了下列议程：\n1. 第1项。")
    assert passage(report, "6").text.startswith("委员会")


def test_preamble_longer_than_what_it_precedes():
    clauses = "\n\n".join(
        f"回顾其 {year} 年关于这一问题的决议，并重申各国政府所作的承诺，" for year in range(1990, 2002)
    )
    text = f"大会，\n\n{clauses}\n\n1. 欢迎秘书长的报告；\n\n2. 决定设立一个工作组；\n\n3. 请秘书长提出报告。"
    assert numbers(parse_report("r.txt", text)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("heading", "name"),
    [("附件二", "annex 二"), ("附件二：议程", "annex 二"), ("ANNEX II", "annex II"), ("Annex II. Agenda", "annex II")],
)
def test_an_annex_of_one_paragraph(heading, name):
    report = parse_report("r.txt", f"{numbered(1, 2, 3)}\n\n{heading}\n\n{numbered(1)}")
    assert numbers(report) == ["1", "2", "3", f"{name}, 1"]
    assert passage(report, "3").text.endswith("。")


def test_numbers_that_begin_again_are_told():
    report = parse_report("r.txt", f"第一章 水\n\n{numbered(1, 2, 3, 4)}\n\n第二章 能源\n\n{numbered(1, 2, 3)}")
    assert numbers(report) == ["1", "2", "3", "4"]
    assert report.passages[4].headings == ("第二章 能源",)
    assert report.structure.gaps == ("the numbers begin again at 1 after paragraph 4, and are not read as such",)


def test_running_heads_are_no_text():
    pages = [f"\f秘书长的报告 {page}\n\n{numbered(2 * page - 3, 2 * page - 2)}" for page in range(2, 7)]
    report = parse_report("r.txt", "关于水的报告\n\n一. 导言\n\n" + "\n\n".join(pages))
    assert numbers(report) == [str(n) for n in range(1, 11)]
    assert "秘书长的报告" not in report.text


def test_what_stands_at_the_edge_of_few_pages_is_text():
    pages = [f"\f{name}\n\n{numbered(n)}" for n, name in enumerate(["水", "能源", "水", "农业", "森林", "海洋"], 1)]
    assert parse_report("r.txt", "一. 导言\n\n" + "\n\n".join(pages)).text.count("水") == 2


def test_a_footnote_of_two_lines_stays_whole():
    text = f"{numbered(1)}\n\n2. 大会决定将建议提交\n\n¹ 见 A/57/304 和\nCorr.1。\n\n理事会审议。\n\n{numbered(3)}"
    report = parse_report("r.txt", text)
    assert passage(report, "2").text == "大会决定将建议提交理事会审议。"
    assert report.notes == ("¹ 见 A/57/304 和Corr.1。",)


def test_the_end_of_a_symbol_is_no_footnote_mark():
    text = f"1. 大会审议了秘书长的报告 A/C.2/58/L.7\n和有关文件。\n\n{numbered(2, 3)}"
    assert passage(parse_report("r.txt", text), "1").text == "大会审议了秘书长的报告 A/C.2/58/L.7和有关文件。"


def test_bracketed_headings_stand_before_numbers_and_items_do_not():
    sections = f"二、现状\n\n（一）面积\n\n{numbered(1)}\n\n（二）质量\n\n{numbered(2)}"
    text = f"{sections}\n\n3. 措施：\n\n（一）种树\n\n（二）护林\n\n{numbered(4)}"
    report = parse_report("r.txt", text)
    assert passage(report, "1").headings == ("二、现状", "（一）面积")
    assert passage(report, "2").headings == ("二、现状", "（二）质量")
    assert passage(report, "3").text == "措施：\n（一）种树\n（二）护林"


def test_words_cut_by_a_line_end():
    text = (
        "1. The Committee asked for coopera-\ntion and inter-\nagency work.\n\n"
        "2. Their cooperation goes on.\n\n3. It is soft\u00ad\nware."
    )
    report = parse_report("r.txt", text)
    assert passage(report, "1").text == "The Committee asked for cooperation and inter-agency work."
    assert passage(report, "3").text == "It is software."


def test_letters_as_fonts_put_them_into_a_pdf():
    text = parse_report("r.txt", "⼤会的ﬁnal ﺗﻘﺮﻳﺮ Se\u0301curite\u0301。").text
    assert text == "大会的final تقرير Sécurité。"


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("联合国\n安全理事会\n\n关于塞拉利昂的第二十次报告", "关于塞拉利昂的第二十次报告"),
        (
            "Letter dated 7 May 2025 from the Secretary-General addressed to\nthe President of the Security Council\n"
            "I have the honour to refer to the resolution by which the Council asked for a report",
            "Letter dated 7 May 2025 from the Secretary-General addressed to the President of the Security Council",
        ),
        ("Annual report of the Fund\n\nINTRODUCTION", "Annual report of the Fund"),
    ],
)
def test_titles(front, title):
    sentence = "The Council considered the question and adopted a decision."
    text = f"{front}\n\n" + "\n\n".join(f"{n}. {sentence}" for n in (1, 2, 3))
    assert parse_report("r.txt", text).title == title


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("临时议程* 项目 95(a)", "95 (a)"),
        ("Point 39 b) de l’ordre du jour provisoire*", "39 (b)"),
        ("Пункт 60 б) предварительной повестки дня*", "60 (b)"),
        ("البند ٥١ (ب) من جدول الأعمال المؤقت*", "51 (b)"),
    ],
)
def test_agenda_items(line, item):
    text = f"{line}\n\n关于水的报告\n\n秘书长的报告\n\n{numbered(1, 2, 3)}"
    assert parse_report("r.txt", text).agenda_item == item


def test_annexes_and_unmarked_headings_within_one_line():
    front = "A/58/16 关于协调的报告 秘书长的报告 导言"
    first, second = (" ".join(numbered(*names).split()) for names in ((1, 2, 3), ("4", "4之二", "5")))
    annexes = "附件一 议程 1. 会议开幕。 2. 通过报告。 附件二 安排 1. 委员会决定将会议延长三天。"
    report = parse_report("r.txt", f"{front} {first} 法律框架 {second} {annexes}")
    assert numbers(report) == ["1", "2", "3", "4", "4 bis", "5", "annex 一, 1", "annex 一, 2", "annex 二, 1"]
    assert passage(report, "4").headings == ("法律框架",)
    assert passage(report, "annex 二, 1").headings == ("附件二", "安排")
    assert (report.title, report.symbol) == ("关于协调的报告", "A/58/16")


def test_a_draft_resolution_within_a_report_does_not_number_it():
    draft = "大会，\n\n回顾其以往各项决议，\n\n" + "\n\n".join(f"{n}. 请各国政府提供资料；" for n in range(1, 9))
    text = f"{numbered(1, 2, 3)}\n\n4. 委员会建议通过下列决议草案：\n\n{draft}\n\n9. 决定继续审议这一问题。"
    report = parse_report("r.txt", text)
    assert numbers(report) == ["1", "2", "3", "4"]
    assert passage(report, "4").text.endswith("9. 决定继续审议这一问题。")


def test_a_wrapped_paragraph_of_another_list_is_no_heading():
    wrapped = "1. The Assembly approves the chapter of the report on the question of\nthe Territories concerned."
    sentence = "The Committee considered the question of the Territories at its\nsecond meeting and at the third."
    text = "\n\n".join([*(f"{n}. {sentence}" for n in range(1, 8)), wrapped])
    report = parse_report("r.txt", text)
    assert numbers(report) == [str(n) for n in range(1, 8)]
    assert passage(report, "7").text.endswith("the question of the Territories concerned.")


TITLE = "执行《2030年可持续发展议程》"


def test_a_year_in_the_title_is_not_the_year_of_the_report() -> None:
    text = f"大会\n\n第七十届会议\n\n{TITLE}\n\n秘书长的报告\n\n1. 本报告是提交大会的。\n\n2. 这是第二段的正文。\n"
    report = parse_report("a.txt", text)
    assert (report.session, report.year) == ("第七十届会议", 2015)


def test_the_number_of_a_special_session_tells_no_year() -> None:
    assert session_number("第二十三届特别会议") is None
    assert session_number("第五十八屆會議") == 58


def test_a_report_without_a_title_is_called_by_the_stem_of_its_file() -> None:
    text = "1. 这是第一段的正文。\n\n2. 这是第二段的正文。\n"
    assert parse_report("m1/x.txt", text).title == "x"
    line = '{"_id": "1", "title": "", "text": "water"}'
    assert report_of_lines("m1/x.jsonl", line, encoding="utf-8", warnings=()).title == "x"


def test_a_letter_typed_as_two_characters_is_one() -> None:
    text = "1. Район реки\u0306 и и\u0306од.\n\n2. Второй пункт.\n"
    report = parse_report("a.txt", text)
    assert "йод" in report.text
    assert all(report.text[p.start : p.end] == p.text for p in report.passages)
    (read,) = report_of_lines(
        "x.jsonl", '{"_id": "и\u0306", "text": "и\u0306од"}', encoding="utf-8", warnings=()
    ).passages
    assert (read.text, read.paragraph) == ("йод", "и\u0306")  # an identifier is what others call it

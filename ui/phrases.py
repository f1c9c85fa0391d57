"""What the page says, in the six official languages of the United Nations. Pure data: no page, no search."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every string of the page in one language; `{…}` is filled in by `str.format`."""

    language: str  # ISO 639-1
    name: str  # the language's own name
    right_to_left: bool
    tagline: str
    ask: str
    ask_hint: str
    blank: str
    search: str
    interface: str
    examples: str
    filters: str
    reports: str
    languages: str
    years: str
    symbols: str
    sections: str
    any: str
    mode: str
    hybrid: str
    dense: str
    lexical: str
    clear: str
    share: str
    collection: str
    passages: str  # "Passages: {n}"
    more_reports: str
    own_count: str  # said of reports that number nothing
    symbol_unknown: str
    year_unknown: str
    page: str
    rank_of: str
    relevance: str
    matched: str
    words_question: str
    words_lexicon: str
    words_dense: str
    found: str
    also_searched: str
    leg_failed: str
    context: str
    related: str
    cite: str
    no_related: str
    this_passage: str
    same_text: str
    show_more: str
    no_answer: str
    no_answer_why: str
    closest: str
    closest_shown: str
    nothing: str
    nothing_why: str
    dropped: str
    no_index: str
    trouble: str
    meaning: str  # the legs of the search, within a sentence
    words: str
    lexicon: str
    reference: str
    late: str
    examples_asked: tuple[tuple[str, str], ...]  # (stem of the report that answers it, question)


_DECISION, _SUMMIT = "000_fc3021cedd9a0355", "002_3818d9e374358891"

ZH = Phrases(
    language="zh",
    name="中文",
    right_to_left=False,
    tagline="用日常语言检索联合国报告，逐段给出出处",
    ask="问题",
    ask_hint="用一句话提问，例如：谁负责监测千年发展目标？",
    blank="问题里没有可以检索的词",
    search="检索",
    interface="界面语言",
    examples="可以这样问",
    filters="筛选",
    reports="报告",
    languages="报告语文",
    years="年份",
    symbols="文号",
    sections="章节",
    any="不限",
    mode="检索方式",
    hybrid="语义与字词",
    dense="仅语义",
    lexical="仅字词",
    clear="清除筛选",
    share="地址栏中的链接包含本次检索，可直接分享。",
    collection="馆藏报告",
    passages="段落：{n}",
    more_reports="另有报告 {n} 份",
    own_count="¶ 为本系统所加序号，原文未编号",
    symbol_unknown="文号未知",
    year_unknown="年份未知",
    page="第 {n} 页",
    rank_of="{leg}第 {n}",
    relevance="相关度",
    matched="匹配字词",
    words_question="原词",
    words_lexicon="译词或简称",
    words_dense="意义相近",
    found="显示段落：{n}",
    also_searched="检索时补充的词：{n}",
    leg_failed="“{leg}”检索未能使用。",
    context="前后段落",
    related="相关段落",
    cite="引用",
    no_related="没有足够相近的段落。",
    this_passage="本段",
    same_text="内容几乎相同的段落：{n}",
    show_more="显示更多",
    no_answer="没有找到合适的答案",
    no_answer_why="现有报告中没有哪一段足以回答这个问题。可以换一种说法，或放宽筛选条件。",
    closest="仍然显示最接近的段落",
    closest_shown="以下段落最为接近，但未达到可作为答案的相关度。",
    nothing="没有符合条件的段落",
    nothing_why="筛选条件之下没有任何段落。请放宽筛选。",
    dropped="链接中的这些筛选条件在现有报告中不存在，已忽略：{values}",
    no_index="还没有索引",
    trouble="暂时无法检索",
    meaning="语义",
    words="字词",
    lexicon="译词",
    reference="文号引用",
    late="逐词比对",
    examples_asked=(
        (_SUMMIT, "首脑会议为实现可持续能源确定了哪几个重点领域？"),
        (_SUMMIT, "联合国之水是什么时候成立的，由哪些机构组成？"),
        (_DECISION, "2005年打算举行什么样的重大活动？"),
        (_DECISION, "怎样让大会的辩论更有互动性？"),
        (_SUMMIT, "马拉喀什进程是怎么开始的，要做什么？"),
        (_DECISION, "谁在国家一级监测千年发展目标的进展？"),
    ),
)

EN = Phrases(
    language="en",
    name="English",
    right_to_left=False,
    tagline="Ask United Nations reports in everyday words; get the paragraph and its citation",
    ask="Question",
    ask_hint="Ask in a sentence, in any of the six languages",
    blank="The question holds no words",
    search="Search",
    interface="Interface language",
    examples="Questions to start with",
    filters="Filters",
    reports="Report",
    languages="Language of the report",
    years="Year",
    symbols="Symbol",
    sections="Section",
    any="Any",
    mode="Search by",
    hybrid="Meaning and words",
    dense="Meaning only",
    lexical="Words only",
    clear="Clear filters",
    share="The address in your browser holds this search: copy it to share it.",
    collection="Reports in this collection",
    passages="Passages: {n}",
    more_reports="Further reports: {n}",
    own_count="¶ is our own count: the report numbers nothing",
    symbol_unknown="Symbol unknown",
    year_unknown="year unknown",
    page="p. {n}",
    rank_of="{leg} no. {n}",
    relevance="Relevance",
    matched="Matched",
    words_question="Word of the question",
    words_lexicon="Translation or abbreviation",
    words_dense="Close in meaning",
    found="Passages shown: {n}",
    also_searched="Words added to the search: {n}",
    leg_failed="Search by {leg} was not available.",
    context="In context",
    related="Related passages",
    cite="Cite",
    no_related="No passage is close enough.",
    this_passage="This passage",
    same_text="Nearly identical passages: {n}",
    show_more="Show more",
    no_answer="No good answer",
    no_answer_why="No passage in these reports answers this question well enough. Try other words, or fewer filters.",
    closest="Show the closest passages anyway",
    closest_shown="These are the closest passages; none is relevant enough to count as an answer.",
    nothing="No passage fits",
    nothing_why="No passage meets these filters. Remove one of them.",
    dropped="These filters of the link are not in this collection and were left out: {values}",
    no_index="There is no index yet",
    trouble="The search cannot answer",
    meaning="meaning",
    words="words",
    lexicon="translated words",
    reference="reference",
    late="word-by-word comparison",
    examples_asked=(
        (_SUMMIT, "Which key areas did the Summit single out for sustainable energy?"),
        (_SUMMIT, "When was UN-Water set up and who belongs to it?"),
        (_DECISION, "What major event is envisaged for 2005?"),
        (_DECISION, "What would make the General Assembly's debates more interactive?"),
        (_SUMMIT, "How did the Marrakech Process start and what is it for?"),
        (_DECISION, "Who monitors progress on the Millennium Development Goals in countries?"),
    ),
)

FR = Phrases(
    language="fr",
    name="Français",
    right_to_left=False,
    tagline="Interrogez les rapports de l’ONU en langage courant : le paragraphe et sa référence",
    ask="Question",
    ask_hint="Posez une question, dans l’une des six langues",
    blank="La question ne contient aucun mot",
    search="Chercher",
    interface="Langue de l’interface",
    examples="Pour commencer",
    filters="Filtres",
    reports="Rapport",
    languages="Langue du rapport",
    years="Année",
    symbols="Cote",
    sections="Section",
    any="Indifférent",
    mode="Chercher par",
    hybrid="Sens et mots",
    dense="Sens seul",
    lexical="Mots seuls",
    clear="Effacer les filtres",
    share="L’adresse du navigateur contient cette recherche : copiez-la pour la partager.",
    collection="Rapports de la collection",
    passages="Passages : {n}",
    more_reports="Autres rapports : {n}",
    own_count="¶ est notre propre compte : le rapport n’a pas de numérotation",
    symbol_unknown="Cote inconnue",
    year_unknown="année inconnue",
    page="p. {n}",
    rank_of="{leg} : {n}",
    relevance="Pertinence",
    matched="Mots trouvés",
    words_question="Mot de la question",
    words_lexicon="Traduction ou sigle",
    words_dense="Sens voisin",
    found="Passages affichés : {n}",
    also_searched="Mots ajoutés à la recherche : {n}",
    leg_failed="La recherche par {leg} n’était pas disponible.",
    context="Contexte",
    related="Passages apparentés",
    cite="Citer",
    no_related="Aucun passage n’est assez proche.",
    this_passage="Ce passage",
    same_text="Passages presque identiques : {n}",
    show_more="Afficher plus",
    no_answer="Pas de bonne réponse",
    no_answer_why="Aucun passage de ces rapports ne répond assez bien à la question. "
    "Essayez d’autres mots ou moins de filtres.",
    closest="Afficher quand même les passages les plus proches",
    closest_shown="Voici les passages les plus proches ; aucun n’est assez pertinent pour répondre.",
    nothing="Aucun passage ne convient",
    nothing_why="Aucun passage ne satisfait à ces filtres. Retirez-en un.",
    dropped="Ces filtres du lien sont absents de la collection et ont été ignorés : {values}",
    no_index="Il n’y a pas encore d’index",
    trouble="La recherche ne peut pas répondre",
    meaning="sens",
    words="mots",
    lexicon="mots traduits",
    reference="cote citée",
    late="comparaison mot à mot",
    examples_asked=(
        (_SUMMIT, "Quels domaines clés le Sommet a-t-il définis pour l’énergie durable ?"),
        (_SUMMIT, "Comment le processus de Marrakech a-t-il débuté et à quoi sert-il ?"),
        (_DECISION, "Comment rendre les débats de l’Assemblée générale plus interactifs ?"),
        (_DECISION, "Quel rôle jouent les commissions régionales dans le suivi ?"),
        (_DECISION, "Qui suit les progrès vers les objectifs du Millénaire au niveau des pays ?"),
    ),
)

ES = Phrases(
    language="es",
    name="Español",
    right_to_left=False,
    tagline="Pregunte a los informes de las Naciones Unidas; obtenga el párrafo y su referencia",
    ask="Pregunta",
    ask_hint="Escriba una pregunta, en cualquiera de los seis idiomas",
    blank="La pregunta no contiene ninguna palabra",
    search="Buscar",
    interface="Idioma de la interfaz",
    examples="Para empezar",
    filters="Filtros",
    reports="Informe",
    languages="Idioma del informe",
    years="Año",
    symbols="Signatura",
    sections="Sección",
    any="Cualquiera",
    mode="Buscar por",
    hybrid="Sentido y palabras",
    dense="Solo sentido",
    lexical="Solo palabras",
    clear="Quitar los filtros",
    share="La dirección del navegador contiene esta búsqueda: cópiela para compartirla.",
    collection="Informes de la colección",
    passages="Pasajes: {n}",
    more_reports="Otros informes: {n}",
    own_count="¶ es nuestra propia cuenta: el informe no está numerado",
    symbol_unknown="Signatura desconocida",
    year_unknown="año desconocido",
    page="pág. {n}",
    rank_of="{leg}: {n}",
    relevance="Pertinencia",
    matched="Coincidencias",
    words_question="Palabra de la pregunta",
    words_lexicon="Traducción o sigla",
    words_dense="Sentido próximo",
    found="Pasajes mostrados: {n}",
    also_searched="Palabras añadidas a la búsqueda: {n}",
    leg_failed="La búsqueda por {leg} no estaba disponible.",
    context="En contexto",
    related="Pasajes relacionados",
    cite="Citar",
    no_related="Ningún pasaje se parece lo suficiente.",
    this_passage="Este pasaje",
    same_text="Pasajes casi idénticos: {n}",
    show_more="Mostrar más",
    no_answer="No hay una buena respuesta",
    no_answer_why="Ningún pasaje de estos informes responde bien a la pregunta. Pruebe otras palabras o menos filtros.",
    closest="Mostrar de todos modos los pasajes más próximos",
    closest_shown="Estos son los pasajes más próximos; ninguno basta como respuesta.",
    nothing="Ningún pasaje cumple",
    nothing_why="Ningún pasaje cumple estos filtros. Quite alguno.",
    dropped="Estos filtros del enlace no están en la colección y se han omitido: {values}",
    no_index="Todavía no hay índice",
    trouble="La búsqueda no puede responder",
    meaning="sentido",
    words="palabras",
    lexicon="palabras traducidas",
    reference="signatura citada",
    late="comparación palabra por palabra",
    examples_asked=(
        (_SUMMIT, "¿Cuándo se creó ONU-Agua y quiénes la integran?"),
        (_DECISION, "¿Qué acontecimiento importante se prevé para 2005?"),
        (_DECISION, "¿Qué dos grandes conferencias se celebraron en 2002?"),
        (_DECISION, "¿Cómo pueden participar la sociedad civil y el sector privado en la aplicación?"),
        (_SUMMIT, "¿Qué relación hay entre la energía y el cambio climático?"),
    ),
)

RU = Phrases(
    language="ru",
    name="Русский",
    right_to_left=False,
    tagline="Вопросы к докладам ООН обычными словами: нужный пункт и ссылка на него",
    ask="Вопрос",
    ask_hint="Задайте вопрос на любом из шести языков",
    blank="В вопросе нет слов",
    search="Искать",
    interface="Язык интерфейса",
    examples="С чего начать",
    filters="Фильтры",
    reports="Доклад",
    languages="Язык доклада",
    years="Год",
    symbols="Условное обозначение",
    sections="Раздел",
    any="Любой",
    mode="Искать по",
    hybrid="Смыслу и словам",
    dense="Только смыслу",
    lexical="Только словам",
    clear="Сбросить фильтры",
    share="Адрес в браузере содержит этот поиск: скопируйте его, чтобы поделиться.",
    collection="Доклады в подборке",
    passages="Отрывков: {n}",
    more_reports="Ещё докладов: {n}",
    own_count="¶ — наш собственный счёт: в докладе нет нумерации",
    symbol_unknown="Обозначение неизвестно",
    year_unknown="год неизвестен",
    page="с. {n}",
    rank_of="{leg}: {n}",
    relevance="Соответствие",
    matched="Совпали",
    words_question="Слово вопроса",
    words_lexicon="Перевод или сокращение",
    words_dense="Близко по смыслу",
    found="Показано отрывков: {n}",
    also_searched="Слов добавлено к поиску: {n}",
    leg_failed="Поиск «{leg}» был недоступен.",
    context="В контексте",
    related="Похожие отрывки",
    cite="Ссылка",
    no_related="Достаточно близких отрывков нет.",
    this_passage="Этот отрывок",
    same_text="Почти одинаковых отрывков: {n}",
    show_more="Показать ещё",
    no_answer="Хорошего ответа нет",
    no_answer_why="Ни один отрывок этих докладов не отвечает на вопрос достаточно хорошо. "
    "Попробуйте другие слова или меньше фильтров.",
    closest="Всё равно показать ближайшие отрывки",
    closest_shown="Это ближайшие отрывки; ни один не подходит настолько, чтобы считаться ответом.",
    nothing="Подходящих отрывков нет",
    nothing_why="Этим фильтрам не отвечает ни один отрывок. Снимите один из них.",
    dropped="Этих фильтров из ссылки нет в подборке, они не учтены: {values}",
    no_index="Индекса пока нет",
    trouble="Поиск не может ответить",
    meaning="смысл",
    words="слова",
    lexicon="перевод слов",
    reference="упомянутый документ",
    late="пословное сравнение",
    examples_asked=(
        (_SUMMIT, "Какие цели по питьевой воде и санитарии должны быть достигнуты к 2015 году?"),
        (_DECISION, "Почему функциональным комиссиям предложено пересмотреть методы своей работы?"),
        (_SUMMIT, "Какая резолюция предусматривает создание межучрежденческого механизма по океанам?"),
        (_DECISION, "К какому сроку должна быть принята программа работы Второго комитета?"),
        (_DECISION, "Что должны выявлять обзоры и оценки?"),
    ),
)

AR = Phrases(
    language="ar",
    name="العربية",
    right_to_left=True,
    tagline="اسأل تقارير الأمم المتحدة بلغة بسيطة لتحصل على الفقرة ومرجعها",
    ask="السؤال",
    ask_hint="اطرح سؤالك بأي من اللغات الست",
    blank="لا يتضمن السؤال أي كلمة",
    search="بحث",
    interface="لغة الواجهة",
    examples="أسئلة للبدء",
    filters="التصفية",
    reports="التقرير",
    languages="لغة التقرير",
    years="السنة",
    symbols="رمز الوثيقة",
    sections="الفرع",
    any="الكل",
    mode="البحث حسب",
    hybrid="المعنى والكلمات",
    dense="المعنى فقط",
    lexical="الكلمات فقط",
    clear="إزالة التصفية",
    share="عنوان الصفحة في المتصفح يتضمن هذا البحث: انسخه لمشاركته.",
    collection="التقارير في هذه المجموعة",
    passages="المقاطع: {n}",
    more_reports="تقارير أخرى: {n}",
    own_count="الرمز ¶ ترقيم من عندنا، لأن التقرير غير مرقم",
    symbol_unknown="الرمز غير معروف",
    year_unknown="السنة غير معروفة",
    page="ص {n}",
    rank_of="{leg}: {n}",
    relevance="الصلة",
    matched="الكلمات المطابقة",
    words_question="كلمة من السؤال",
    words_lexicon="ترجمة أو اختصار",
    words_dense="قريب في المعنى",
    found="المقاطع المعروضة: {n}",
    also_searched="كلمات أُضيفت إلى البحث: {n}",
    leg_failed="تعذر البحث حسب {leg}.",
    context="السياق",
    related="مقاطع ذات صلة",
    cite="الاستشهاد",
    no_related="لا يوجد مقطع قريب بما يكفي.",
    this_passage="هذا المقطع",
    same_text="مقاطع شبه متطابقة: {n}",
    show_more="عرض المزيد",
    no_answer="لا توجد إجابة جيدة",
    no_answer_why="لا يوجد في هذه التقارير مقطع يجيب عن السؤال بما يكفي. جرب كلمات أخرى أو قلل من التصفية.",
    closest="اعرض أقرب المقاطع على أي حال",
    closest_shown="هذه أقرب المقاطع، ولا يبلغ أي منها ما يكفي ليُعد إجابة.",
    nothing="لا يوجد مقطع مطابق",
    nothing_why="لا يستوفي أي مقطع شروط التصفية هذه. أزل واحدا منها.",
    dropped="شروط التصفية هذه الواردة في الرابط غير موجودة في المجموعة وتم تجاهلها: {values}",
    no_index="لا يوجد فهرس بعد",
    trouble="تعذر البحث",
    meaning="المعنى",
    words="الكلمات",
    lexicon="كلمات مترجمة",
    reference="وثيقة مذكورة",
    late="المقارنة كلمة بكلمة",
    examples_asked=(
        (_SUMMIT, "ما الوكالة المسؤولة عن الإنتاج الأنظف ومن يتولى مسألة النفايات؟"),
        (_DECISION, "كيف تنسق مؤسسات بريتون وودز ومنظمة التجارة العالمية مع الأمم المتحدة؟"),
        (_SUMMIT, "هل توجد في منظومة الأمم المتحدة هيئة واحدة مسؤولة عن الطاقة؟"),
        (_SUMMIT, "ما المبادئ التي ينبغي أن توجه دعم منظومة الأمم المتحدة لمتابعة مؤتمر القمة؟"),
        (_SUMMIT, "هل هناك فرقة عمل معنية بالمساواة بين الجنسين والمياه؟"),
    ),
)

PHRASES = {phrases.language: phrases for phrases in (ZH, EN, FR, ES, RU, AR)}


def phrases_for(*wishes: str | None) -> Phrases:
    """Return the phrases of the first wish that is spoken here ("zh-CN" asks for "zh"); English when none is."""
    for wish in wishes:
        if wish and (spoken := PHRASES.get(wish.lower().replace("_", "-").split("-")[0])):
            return spoken
    return EN

"""Words, stop words and inflections: what phrases are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.embedded.candidates import SpokenTurn, phrases_of
from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.spoken import readable_speech
from cgp.annotators.embedded.stop_words import detect, known_languages, stop_words
from cgp.annotators.embedded.word_signs import parted
from cgp.annotators.embedded.words import join, pieces, quick_normal_form, runs, scrub
from cgp.text import normal_form


def test_a_run_ends_at_punctuation_and_keeps_whole_words():
    assert runs("Hello, it's node.js and c++ (covid-19).") == [
        ["Hello"],
        ["it's", "node.js", "and", "c++"],
        ["covid-19"],
    ]


def test_contractions_torn_apart_by_a_tokenizer_are_mended():
    assert runs("I don ' t know, I ' Ve seen it") == [
        ["I", "don't", "know"],
        ["I'Ve", "seen", "it"],
    ]


def test_vowel_signs_are_parts_of_words():
    assert runs("मुझे हिन्दी") == [["मुझे", "हिन्दी"]]


@pytest.mark.parametrize(
    "identifier",
    [
        "ann@example.org",
        "https://example.org/a?b",
        "www.example.org",
        "@ann_b",
        "+49 (30) 1234-5678",
        "4000 1234 5678 9010",
        "<@123456>",
        "[laughter]",
        "{vocalsound}",
        ":white_check_mark:",
        "shop.example.com/path",
    ],
)
def test_identifiers_and_marks_are_scrubbed(identifier):
    assert runs(scrub(f"before {identifier} after")) == [["before"], ["after"]]


@given(st.text(max_size=300))
def test_any_text_is_scrubbed_and_cut_into_nonempty_words(text):
    for run in pieces(runs(scrub(text)), frozenset(["的"])):
        assert run
        assert all(run)
        assert join(run)


def test_unspaced_scripts_are_cut_into_repeated_pieces():
    cut = pieces([["我想学习中文"], ["学习中文很难"]], frozenset(["我", "想", "很"]))
    assert cut == [["学习中文"], ["学习中文", "难"]] or "学习中文" in cut[0]
    assert join(["学习", "中文"]) == "学习中文"
    assert join(["bus", "stop"]) == "bus stop"


def test_the_main_languages_have_stop_words_and_are_told_apart():
    spoken = {
        "en": "what do you think of this and that",
        "es": "qué es lo que tienes para nosotros",
        "fr": "je ne sais pas si nous avons des choses",
        "de": "ich weiß nicht ob wir das haben und wo",
        "it": "non so che cosa hanno gli altri per noi",
        "pt": "não sei o que eles têm para nós também",
        "nl": "ik weet niet of wij dat hebben voor jullie",
        "sv": "jag vet inte om vi har det där eller när",
        "pl": "nie wiem czy to jest dla mnie ale tak",
        "ru": "я не знаю что это такое но мы есть",
        "uk": "я не знаю що це таке але ми є",
        "tr": "ben bunu bilmiyorum ama bu çok için değil",
        "ar": "أنا لا أعرف ما هذا ولكن نحن هنا",
        "hi": "मैं नहीं जानता कि यह क्या है और कौन है",
        "id": "saya tidak tahu apa yang ada di sini untuk kita",
    }
    assert set(spoken) <= set(known_languages())
    for language, text in spoken.items():
        assert detect(text.split()).languages[0] == language


def test_a_hint_is_believed_where_there_is_a_list():
    assert detect(["hello"], "pt-BR").languages == ("pt",)
    assert detect(["the", "and"], "xx").languages == ("en",)
    assert detect([]).languages == ("en",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dog", "dogs"),
        ("city", "cities"),
        ("plan", "planned"),
        ("bake", "baking"),
        ("box", "boxes"),
        ("study", "studies"),
    ],
)
def test_english_inflections_share_a_stem(one, other):
    assert stem(one, english=True) == stem(other, english=True)


@pytest.mark.parametrize(
    ("one", "other"), [("new", "news"), ("bus", "bu"), ("thing", "the"), ("spring", "spr")]
)
def test_different_words_keep_different_stems(one, other):
    assert stem(one, english=True) != stem(other, english=True)


def test_general_stems_join_plurals_and_cases():
    assert stem("квартиру", english=False) == stem("квартира", english=False)
    assert stem("mesas", english=False) == stem("mesa", english=False) or len("mesa") < 5
    assert stem("restaurantes", english=False) == stem("restaurante", english=False)


def phrases(*texts: str, language: str = "en", names: frozenset[str] = frozenset()):
    turns = [
        SpokenTurn(number, parted(runs(text), [language])) for number, text in enumerate(texts)
    ]
    return phrases_of(turns, stop_words(language), names, language)


def test_candidates_count_inflections_together_and_know_their_turns():
    found = phrases("The night bus is late.", "I hate night buses. Where is the cup of tea?")

    by_text = {candidate.text: candidate for candidate in found.candidates}
    assert by_text["night bus"].count == 2
    assert by_text["night bus"].turns == (0, 1)
    assert by_text["night bus"].grammar is not None
    assert "cup of tea" in by_text
    assert "the cup" not in by_text
    assert "late" not in by_text
    assert found.stem_turns["bus"] == [0, 1]


def test_word_order_around_a_link_makes_no_other_candidate():
    found = phrases("The price of oil rose.", "Oil prices fell. The price of oil fell.")

    keys = [candidate.key for candidate in found.candidates]
    assert keys.count(frozenset({"price", "oil"})) == 1


def test_participants_names_are_no_candidates():
    found = phrases("Ask Ada about the engine.", names=frozenset({"ada"}))

    assert [candidate.text for candidate in found.candidates] == ["engine"]


def test_a_language_without_a_tagger_is_cut_at_its_stop_words():
    found = phrases("Ik zoek een huis in Keulen.", language="nl")

    texts = {candidate.text for candidate in found.candidates}
    assert "huis" in texts
    assert "een" not in texts
    assert all(candidate.grammar is None for candidate in found.candidates)


@pytest.mark.parametrize(
    ("spoken", "readable"),
    [
        ("the L_C_D_ and U_I_D_", "the LCD and UID"),
        ("a D_V_Ds shelf", "a DVDs shelf"),
        ("um the the uh remote", " the remote"),
        ("I think I think it 's fine", "I think it's fine"),
        ("plum jam and umbrellas", "plum jam and umbrellas"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_spoken_english_becomes_readable(spoken, readable):
    assert " ".join(readable_speech(spoken).split()) == readable.strip()


@given(st.text(max_size=40) | st.text(alphabet="aB 1\t-", max_size=12))
def test_the_quick_normal_form_is_the_normal_form(text):
    assert quick_normal_form(text) == normal_form(text)


@pytest.mark.parametrize(
    ("language", "text", "none"),
    [
        ("fr", "Combien, l'indemnité ? Combien de tourbe ?", "combien"),
        ("ru", "Сколько стоит билет? Сколько?", "сколько"),
        ("tr", "Kaç bilet? Kaç?", "kaç"),
        ("ja", "一回、三個、2時間、図書館。一回、図書館。", "一回"),
        ("zh", "三次，图书馆，两个，图书馆。", "三次"),
    ],
)
def test_a_question_for_a_number_and_a_count_are_no_candidates(language, text, none):
    separators = stop_words(language).function
    spoken = [SpokenTurn(0, pieces(runs(text), separators))]
    found = phrases_of(spoken, stop_words(language), frozenset(), language)
    names = {candidate.text.casefold() for candidate in found.candidates}
    assert names
    assert none not in names


@pytest.mark.parametrize(
    ("language", "text", "kept", "left_out"),
    [
        ("fr", "Nous réparons l'orgue. Il faut protéger le moulin, évidemment.", {"orgue", "moulin"}, {"réparons", "protéger", "l'orgue"}),
        ("fr", "Le clocher d’Auxerre a brûlé. Vous peignez l’orgue ?", {"clocher d'Auxerre", "orgue"}, {"brûlé", "peignez"}),
        ("it", "Hanno riparato l'organo dell’abbazia.", {"organo dell'abbazia"}, {"l'organo", "dell’abbazia"}),
        ("tr", "Değirmen Ankara'da dönüyor, Ankara'nın değirmeni kapanacak, yiyecek pahalı.", {"Ankara", "yiyecek pahalı"}, {"dönüyor", "kapanacak", "Ankara'da"}),
    ],
)  # fmt: skip
def test_signs_tell_words_that_are_no_nouns(language, text, kept, left_out):
    texts = {candidate.text for candidate in phrases(text, language=language).candidates}
    assert kept <= texts
    assert not left_out & texts

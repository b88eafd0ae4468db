"""Parts of speech by written lists of words: German, French, Spanish, Portuguese, Italian."""

import pytest

from cgp.annotators.embedded.candidates import SpokenTurn, phrases_of
from cgp.annotators.embedded.listed_parts import has_list, parts_by_list
from cgp.annotators.embedded.parts_of_speech import PartOfSpeech
from cgp.annotators.embedded.stop_words import stop_words
from cgp.annotators.embedded.word_forms import listed_forms
from cgp.annotators.embedded.word_signs import parted
from cgp.annotators.embedded.words import runs

LANGUAGES = ["de", "fr", "es", "pt", "it"]
NOUN, VERB = PartOfSpeech.NOUN, PartOfSpeech.VERB
ADJECTIVE, ADVERB = PartOfSpeech.ADJECTIVE, PartOfSpeech.ADVERB


def texts_of(*spoken: str, language: str) -> set[str]:
    turns = [
        SpokenTurn(number, parted(runs(text), [language])) for number, text in enumerate(spoken)
    ]
    found = phrases_of(turns, stop_words(language), frozenset(), language)
    return {candidate.text for candidate in found.candidates}


def parts(text: str, language: str, *, has_capitals: bool = True) -> list[PartOfSpeech]:
    [run] = parted(runs(text), [language])
    return parts_by_list(run, language, stop_words(language).edges, has_capitals=has_capitals)


@pytest.mark.parametrize(
    ("language", "text", "kept", "left_out"),
    [
        ("de", "Die neue Heizung verbraucht viel Strom. Verkaufen wir das Depot, wäre das ärgerlich.", {"Heizung", "Strom", "Depot"}, {"verbraucht", "Verkaufen", "ärgerlich", "Heizung verbraucht"}),
        ("de", "Die sozialdemokratische Zeitung schrieb gestern über steigende Mieten.", {"sozialdemokratische Zeitung", "steigende Mieten"}, {"schrieb", "steigende", "sozialdemokratische"}),
        ("fr", "La transition écologique avance vite. Nous vendons la vieille chaudière.", {"transition écologique", "vieille chaudière"}, {"avance", "écologique", "vendons"}),
        ("es", "El gobierno maltrata la sanidad pública; crece la pobreza energética.", {"sanidad pública", "pobreza energética"}, {"gobierno maltrata", "crece", "energética"}),
        ("es", "Tradujeron especialmente los subtítulos antiguos.", {"subtítulos antiguos"}, {"Tradujeron", "especialmente", "Tradujeron especialmente"}),
        ("pt", "Precisamos comprar queijo coalho e uma caixa vermelha.", {"queijo coalho", "caixa vermelha"}, {"Precisamos", "comprar", "vermelha", "comprar queijo"}),
        ("it", "Il bagno funziona, ma la caldaia elettrica perde acqua.", {"bagno", "caldaia elettrica", "acqua"}, {"funziona", "perde", "elettrica", "bagno funziona"}),
    ],
)  # fmt: skip
def test_candidates_are_noun_phrases(language, text, kept, left_out):
    texts = texts_of(text, language=language)
    assert kept <= texts
    assert not left_out & texts


@pytest.mark.parametrize(
    ("language", "text", "place", "part"),
    [
        ("es", "la casa", 1, NOUN),
        ("es", "se casa", 1, VERB),
        ("es", "un dibujo", 1, NOUN),
        ("es", "yo dibujo", 1, VERB),
        ("fr", "je change", 1, VERB),
        ("fr", "le change", 1, NOUN),
        ("fr", "le nucléaire", 1, NOUN),
        ("fr", "une centrale nucléaire", 2, ADJECTIVE),
        ("es", "ha aprobado", 1, VERB),
        ("es", "presupuesto aprobado", 1, ADJECTIVE),
        ("es", "hablaron largamente", 1, VERB),
        ("pt", "a compra", 1, NOUN),
        ("pt", "não compra", 1, VERB),
        ("it", "la prova", 1, NOUN),
        ("it", "non prova", 1, VERB),
    ],
)
def test_the_word_before_decides_between_parts_of_speech(language, text, place, part):
    assert parts(text, language)[place] is part


def test_german_nouns_have_capitals_where_the_writer_uses_them():
    assert parts("das schlurpft bei uns", "de")[1] is ADVERB
    assert parts("das Schlurpfen", "de")[1] is NOUN
    assert parts("ein schlurpfiges Geräusch", "de")[1] is ADJECTIVE


def test_a_german_writer_without_capitals_has_nouns_too():
    texts = texts_of("die heizung verbraucht strom", "der strom ist teuer", language="de")
    assert {"heizung", "strom"} <= texts
    assert not {"verbraucht", "teuer"} & texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_list_can_be_read_and_tells_the_parts_of_speech_apart(language):
    forms = listed_forms(language)
    for part in (NOUN, VERB, ADJECTIVE, ADVERB):
        assert sum(part in may_be for may_be in forms.values()) > 100
    assert all(form == form.casefold() and " " not in form for form in forms)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("de", "eingekauft aufzuräumen arbeitete verkaufst"),
        ("fr", "mangeons commençait achètent vendrait finissent"),
        ("es", "cuentan toqué elijo coja busques"),
        ("pt", "fiquei paguei chegaram começamos"),
        ("it", "mangiamo cerchiamo parlerò dormono"),
    ],
)
def test_regular_verbs_are_inflected_as_they_are_written(language, forms):
    assert all(VERB in listed_forms(language)[form] for form in forms.split())


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("de", "größeren dunklen teuren geplanten"),
        ("fr", "heureuses actives nationaux nationale chères"),
        ("es", "españolas fáciles rojas felices"),
        ("pt", "comuns sociais vermelhas"),
        ("it", "rosse ricchi facili"),
    ],
)
def test_adjectives_are_inflected(language, forms):
    assert all(ADJECTIVE in listed_forms(language)[form.casefold()] for form in forms.split())


def test_other_languages_have_no_list():
    assert not has_list("nl")
    assert not has_list("en")

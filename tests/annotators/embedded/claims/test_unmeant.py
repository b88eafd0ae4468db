"""What is supposed, taken back as a joke, or denied is no promise."""

import pytest

from cgp.annotators.embedded.claims.readings import read_claims
from cgp.annotators.embedded.claims.sentences import sentences
from cgp.annotators.embedded.stop_words import stop_words
from cgp.conversation import Conversation, Participant, Turn
from cgp.profiles import ClaimKind


def talk(language, *texts):
    people = (Participant("Ann"), Participant("Bo"))
    turns = tuple(Turn(number % 2, text) for number, text in enumerate(texts))
    return Conversation("c", "s", people, turns, language=language)


def claims(language, *texts):
    return [
        (reading.pattern.kind, reading.value) for _, reading in read_claims(talk(language, *texts))
    ]


def promises(language, *texts):
    return [value for kind, value in claims(language, *texts) if kind is ClaimKind.COMMITMENT]


PROMISES = {
    "en": "I'll fix the printer in the hall tomorrow.",
    "de": "Ich schicke dir morgen die Fotos vom Leuchtturm.",
    "fr": "Je vous enverrai les plans du moulin.",
    "es": "Te mando mañana las fotos del faro.",
    "pt": "Eu levo a escada azul e as tintas.",
    "it": "Ti mando domani le foto del faro.",
}


@pytest.mark.parametrize(("language", "promise"), PROMISES.items())
def test_a_promise_that_is_meant_is_read(language, promise):
    assert len(promises(language, promise)) == 1


@pytest.mark.parametrize(
    ("language", "supposition"),
    [
        ("en", "Suppose the printer is broken."),
        ("en", "So imagine that nobody comes to the show."),
        ("en", "Let's say the server dies at night."),
        ("en", "What if the whole bridge falls down?"),
        ("de", "Angenommen, der Drucker ist kaputt."),
        ("de", "Stell dir mal vor, der Leuchtturm brennt."),
        ("fr", "Supposons que le moulin soit en panne."),
        ("es", "Supongamos que el faro se apaga."),
        ("pt", "Imagina que o farol apaga."),
        ("it", "Mettiamo che il faro sia rotto."),
    ],
)
def test_what_follows_a_supposition_is_no_promise(language, supposition):
    promise = PROMISES[language]
    assert promises(language, f"{supposition} {promise}") == []
    # In another turn the speaker means it.
    assert len(promises(language, supposition, "Mm.", promise)) == 1


@pytest.mark.parametrize(
    "beginning",
    ["I suppose so.", "Imagine that!", "Let's say the ferry leaves at nine.", "No kidding."],
)
def test_a_promise_beside_other_words_is_meant(beginning):
    assert len(promises("en", f"{beginning} {PROMISES['en']}")) == 1


@pytest.mark.parametrize(
    ("language", "joke"),
    [
        ("en", "Just kidding."),
        ("en", "Haha, I'm only joking, of course."),
        ("en", "That was a joke!"),
        ("de", "War nur ein Scherz."),
        ("fr", "Je rigole."),
        ("es", "Es broma."),
        ("pt", "É brincadeira."),
        ("it", "Sto scherzando."),
    ],
)
def test_a_joke_that_is_taken_back_is_no_promise(language, joke):
    promise = PROMISES[language]
    assert promises(language, f"{promise} {joke}") == []
    assert promises(language, promise, "?", joke) == []
    # Another's joke takes nothing back.
    assert len(promises(language, promise, joke)) == 1


def test_a_joke_leaves_what_was_said_before_it():
    told = claims(
        "en", "I live in Oslo with two dogs. I'll buy you a yacht. A big one. Just kidding."
    )
    assert told == [(ClaimKind.FACT, "lives in Oslo with two dogs")]
    assert claims("en", "I'll fix the printer tomorrow, just kidding.") == []
    assert len(promises("en", f"I'm not kidding. {PROMISES['en']}")) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ich schicke dir morgen die Fotos vom Leuchtturm nicht."),
        ("de", "Ich schicke dir morgen keine Fotos vom Leuchtturm."),
        ("fr", "Je ne vous enverrai jamais les plans du moulin."),
        ("fr", "Je t'apporte pas les plans du moulin lundi."),
        ("es", "Mañana no te mando las fotos del faro."),
        ("es", "Yo no me encargo de las velas del barco."),
        ("pt", "Não vou pintar a escada azul do farol."),
        ("it", "Non ti mando domani le foto del faro."),
        ("it", "Non porto io la torta grande domani."),
        ("de", "Als Kind dachte ich, ich werde eines Tages große Schiffe über den Ozean steuern."),
    ],
)
def test_a_denied_or_a_former_promise_is_none(language, text):
    assert promises(language, text) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ich bringe dir morgen nicht nur den Kuchen, sondern auch Kaffee."),
        ("de", "Ich schicke dir morgen die Fotos vom Leuchtturm, die du nicht kennst."),
        ("es", "No, te mando mañana las fotos del faro."),
        ("es", "Te mando mañana las fotos del faro, no te preocupes."),
        ("it", "Ti mando domani le foto del faro, non preoccuparti."),
    ],
)
def test_a_denial_of_something_else_leaves_the_promise(language, text):
    assert len(promises(language, text)) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Als Kind dachte ich, ich werde Lotse.", "Als Kind dachte ich, ich werde Lotse"),
        ("Das Boot ist für die, die warten.", "Das Boot ist für die, die warten"),
        ("Ich, ich werde Lotse.", "ich werde Lotse"),
        ("Weil ich, ich werde Lotse.", "Weil ich werde Lotse"),
    ],
)
def test_a_word_on_both_sides_of_a_comma_is_a_slip_where_grammar_does_not_want_it(text, told):
    (sentence,) = sentences(talk("de", text), stop_words("de").function)
    assert sentence.text == told

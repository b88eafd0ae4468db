"""The adapter to Presidio: the real analyzer, on a spaCy pipeline without a model.

A blank pipeline knows no names, so a recogniser with a list of names stands in for a model: what is
tested is how finds are mapped, not how well a model finds.
"""

import importlib.util

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import (
    Kind,
    PresidioNames,
    PrivacyExtraError,
    RedactionPolicy,
    choose_policy,
    presidio_names,
    redact,
)

HAS_PRESIDIO = importlib.util.find_spec("presidio_analyzer") is not None
with_presidio = pytest.mark.skipif(not HAS_PRESIDIO, reason="needs the extra: privacy")


@pytest.mark.skipif(HAS_PRESIDIO, reason="the extra is installed")
def test_without_the_extra_the_error_names_it(tmp_path):
    with pytest.raises(PrivacyExtraError, match=r"Presidio: .*privacy"):
        choose_policy(redact=True, pseudonymise=False, names="presidio", key_file=tmp_path / "key")


@with_presidio
def test_without_a_model_the_error_says_how_to_get_one_and_nothing_is_fetched():
    with pytest.raises(PrivacyExtraError, match="spacy download no_such_model"):
        presidio_names({"en": "no_such_model"})


@pytest.fixture(scope="module")
def analyzer():
    import spacy
    from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def load(self):
            self.nlp = {language: spacy.blank(language) for language in ("en", "de")}

        def get_supported_languages(self):
            return ["en", "de"]

    engine = Blank()
    engine.load()
    registry = RecognizerRegistry(
        recognizers=[
            PatternRecognizer("PERSON", deny_list=names, supported_language=language)
            for language, names in (("en", ["Grace Hopper", "EMAIL_1"]), ("de", ["Emmy Noether"]))
        ],
        supported_languages=["en", "de"],
    )
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en", "de"])


def redacted(analyzer, text, **fields):
    original = Conversation(
        "c", "test", (Participant("A"),), (Turn(0, "hi"), Turn(0, text)), **fields
    )
    return redact(original, RedactionPolicy(names=PresidioNames(analyzer)))


@with_presidio
def test_names_in_free_text_become_placeholders(analyzer):
    redaction = redacted(analyzer, "Grace Hopper wrote to a@example.com, said Grace Hopper.")
    assert redaction.conversation.turns[1].text == "[NAME_1] wrote to [EMAIL_1], said [NAME_1]."
    assert redaction.counts == {Kind.NAME: 2, Kind.EMAIL: 1}
    assert redaction.restore("[NAME_1]") == "Grace Hopper"


@with_presidio
def test_the_language_of_the_conversation_chooses_the_model(analyzer):
    text = "Emmy Noether"
    assert redacted(analyzer, text, language="de-AT").conversation.turns[1].text == "[NAME_1]"
    assert redacted(analyzer, text, language="pl").conversation.turns[1].text == text


@with_presidio
def test_a_placeholder_is_never_taken_for_a_name(analyzer):
    assert redacted(analyzer, "see [EMAIL_1]").conversation.turns[1].text == "see [EMAIL_1]"


@with_presidio
def test_a_long_text_is_given_in_parts_and_finds_keep_their_places(analyzer):
    text = "so it was " * 3000 + "Grace Hopper"
    assert redacted(analyzer, text).conversation.turns[1].text == "so it was " * 3000 + "[NAME_1]"

"""Other languages: whole sentences, quoted."""

import pytest

from cgp.annotators.embedded.profiles import profile_speakers
from cgp.conversation import Conversation, Participant, Turn


@pytest.mark.parametrize(
    ("language", "text", "kind", "value"),
    [
        ("de", "Ich finde, die Straßenbahn fährt viel zu selten nach Norden.", "stance",
         "sagt: „Ich finde, die Straßenbahn fährt viel zu selten nach Norden“"),
        ("de", "Wann fährt die letzte Fähre zur Insel zurück?", "question",
         "fragt: „Wann fährt die letzte Fähre zur Insel zurück?“"),
        ("fr", "Je préfère les petits marchés du centre ville.", "stance",
         "dit : « Je préfère les petits marchés du centre ville »"),
        ("es", "Necesito alquilar un coche grande desde el aeropuerto.", "fact",
         "dice: «Necesito alquilar un coche grande desde el aeropuerto»"),
        ("pt", "Eu trabalho numa padaria pequena perto da estação central.", "fact",
         "diz: «Eu trabalho numa padaria pequena perto da estação central»"),
        ("ja", "私はこの町の小さな図書館で毎週土曜日に働いています。", "fact",
         "「私はこの町の小さな図書館で毎週土曜日に働いています」と話す"),
        ("zh", "我觉得北京的秋天比上海的秋天舒服得多。", "stance",
         "说：“我觉得北京的秋天比上海的秋天舒服得多”"),
    ],
)  # fmt: skip
def test_a_sentence_of_oneself_is_quoted_whole(language, text, kind, value):
    talk = Conversation("c", "test", (Participant("A"),), (Turn(0, text),), language=language)
    (claim,) = profile_speakers(talk)[0].claims
    assert (claim.attribute, claim.value, claim.turns) == (kind, value, (0,))


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Das finde ich auch gut."), ("fr", "Je pense que oui."), ("ja", "そうですね。"), ("zh", "好的，谢谢。"), ("ru", "Я живу в маленьком городе у моря.")],
)  # fmt: skip
def test_little_is_not_quoted_and_unread_languages_make_no_claims(language, text):
    talk = Conversation("c", "test", (Participant("A"),), (Turn(0, text),), language=language)
    assert profile_speakers(talk)[0].claims == ()

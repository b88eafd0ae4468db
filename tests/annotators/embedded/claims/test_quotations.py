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
        ("de", "Ich nehme jeden Morgen den Bus, um pünktlich im Museum anzukommen.", "fact",
         "sagt: „Ich nehme jeden Morgen den Bus, um pünktlich im Museum anzukommen“"),
        ("pt", "Eu comprei um barco pequeno para pescar no domingo.", "fact",
         "diz: «Eu comprei um barco pequeno para pescar no domingo»"),
        ("fr", "Dans ce cas-là, je vais réserver la grande table du jardin.", "commitment",
         "dit : « Dans ce cas-là, je vais réserver la grande table du jardin »"),
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
    [
        ("de", "Das finde ich auch gut."),
        ("fr", "Je pense que oui."),
        ("ja", "そうですね。"),
        ("zh", "好的，谢谢。"),
        ("ru", "Я живу в маленьком городе у моря."),
        ("de", "Wenn das so ist, müssen wir alle alten Brücken in der kleinen Hafenstadt abreißen."),
        ("fr", "Dans ce cas-là, il faut supprimer toutes les gares du pays."),
        ("es", "En ese caso, hay que cerrar todas las escuelas del valle."),
        ("pt", "Nesse caso, é preciso fechar todas as padarias pequenas da cidade antiga."),
        ("pt", "Eu comprei pão com cheiro de canela e limão, disse o padeiro."),
        ("es", "Quiero una mesa grande junto a la ventana, dijo el pintor."),
        ("de", "Ich brauche morgen früh einen zweiten Schlüssel, sagte der Hausmeister."),
        ("fr", "Je vais lire quelques lettres de nos lecteurs bretons."),
        ("es", "Voy a leer algunas cartas de nuestros lectores asturianos."),
        ("ja", "この村には昔から大きな時計台があると言いませんでしたっけ？"),
        ("ja", "ですよね、いつか行ってみたいと思います。"),
    ],
)  # fmt: skip
def test_little_is_not_quoted_and_unread_languages_make_no_claims(language, text):
    talk = Conversation("c", "test", (Participant("A"),), (Turn(0, text),), language=language)
    assert profile_speakers(talk)[0].claims == ()

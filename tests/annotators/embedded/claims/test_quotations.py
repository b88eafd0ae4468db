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
        ("de", "Ich schick dir morgen die Fotos vom Leuchtturm.", "commitment",
         "sagt: „Ich schick dir morgen die Fotos vom Leuchtturm“"),
        ("de", "Wir treffen uns am Samstag am alten Hafenkran.", "decision",
         "sagt: „Wir treffen uns am Samstag am alten Hafenkran“"),
        ("de", "Meine Tochter ist Geigenbauerin.", "fact", "sagt: „Meine Tochter ist Geigenbauerin“"),
        ("de", "Ich wohn seit Mai im Leuchtturm.", "fact", "sagt: „Ich wohn seit Mai im Leuchtturm“"),
        ("fr", "Je passe jeudi au moulin avec les nouvelles clés.", "commitment",
         "dit : « Je passe jeudi au moulin avec les nouvelles clés »"),
        ("fr", "Je vous enverrai les plans du moulin.", "commitment",
         "dit : « Je vous enverrai les plans du moulin »"),
        ("fr", "J'ai planté douze pommiers derrière la grange.", "fact",
         "dit : « J'ai planté douze pommiers derrière la grange »"),
        ("fr", "Mon frère est souffleur de verre.", "fact", "dit : « Mon frère est souffleur de verre »"),
        ("es", "Yo me encargo de las velas del barco.", "commitment",
         "dice: «Yo me encargo de las velas del barco»"),
        ("es", "Te mando mañana las fotos del faro.", "commitment",
         "dice: «Te mando mañana las fotos del faro»"),
        ("es", "Mi hermana es apicultora.", "fact", "dice: «Mi hermana es apicultora»"),
        ("es", "Quedamos en pintar el faro de rojo.", "decision",
         "dice: «Quedamos en pintar el faro de rojo»"),
        ("pt", "Eu levo a escada azul e as tintas.", "commitment",
         "diz: «Eu levo a escada azul e as tintas»"),
        ("pt", "Aluguei um moinho perto do farol.", "fact", "diz: «Aluguei um moinho perto do farol»"),
        ("pt", "Ficou combinado pintar o farol de vermelho.", "decision",
         "diz: «Ficou combinado pintar o farol de vermelho»"),
        ("it", "Mia sorella è liutaia a Cremona.", "fact", "dice: «Mia sorella è liutaia a Cremona»"),
        ("it", "Ti mando domani le foto del faro.", "commitment",
         "dice: «Ti mando domani le foto del faro»"),
        ("it", "Abbiamo deciso di vendere il vecchio mulino.", "decision",
         "dice: «Abbiamo deciso di vendere il vecchio mulino»"),
        ("it", "Secondo me il faro va dipinto di rosso.", "stance",
         "dice: «Secondo me il faro va dipinto di rosso»"),
        ("it", "Quando riapre il vecchio mulino sul fiume?", "question",
         "chiede: «Quando riapre il vecchio mulino sul fiume?»"),
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
        ("de", "Ich werd wach davon."),
        ("de", "Ich glaube nicht, dass unser Leuchtturm neue Fenster dazu braucht."),
        ("es", "La pinté con mi hermana."),
        ("de", "Ich hab schon gesagt, was ich davon halte."),
        ("de", "Ich schick ihm jede Woche Fotos vom Leuchtturm."),
        ("fr", "Je vous demanderai des réponses rapides."),
        ("fr", "Je sais que le moulin est fermé."),
        ("es", "La gente dice que vamos a vender el faro viejo."),
        ("es", "Tengo que irme ya."),
        ("pt", "Usa a escada que eu deixei no moinho."),
        ("pt", "Penso limpo, sem sinais."),
        ("it", "Però il faro resta chiuso."),
        ("it", "Dirò due parole sul faro."),
        ("pt", "Eu comprei pão com cheiro de canela e limão, disse o padeiro."),
        ("es", "Quiero una mesa grande junto a la ventana, dijo el pintor."),
        ("de", "Ich brauche morgen früh einen zweiten Schlüssel, sagte der Hausmeister."),
        ("fr", "Je vais lire quelques lettres de nos lecteurs bretons."),
        ("es", "Voy a leer algunas cartas de nuestros lectores asturianos."),
        ("de", "Der Bürgermeister glaubt, ich übernehme die Planung der Werft."),
        ("de", "Angeblich wohne ich seit Mai im alten Leuchtturm."),
        ("fr", "Selon lui, je cherche des pommiers pour le moulin."),
        ("es", "Dicen que yo me encargo de las velas del barco."),
        ("pt", "Dizem que eu comprei um barco pequeno para pescar."),
        ("it", "Dicono che abbiamo deciso di vendere il vecchio mulino."),
        ("ja", "この村には昔から大きな時計台があると言いませんでしたっけ？"),
        ("ja", "ですよね、いつか行ってみたいと思います。"),
    ],
)  # fmt: skip
def test_little_is_not_quoted_and_unread_languages_make_no_claims(language, text):
    talk = Conversation("c", "test", (Participant("A"),), (Turn(0, text),), language=language)
    assert profile_speakers(talk)[0].claims == ()

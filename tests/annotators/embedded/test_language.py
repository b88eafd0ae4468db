"""The language of a text, by its script and its function words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.embedded.claims.readings import read_claims
from cgp.annotators.embedded.language import language_of_script, recognise_language
from cgp.annotators.embedded.reading import read_window
from cgp.conversation import Conversation, Participant, Turn

SPOKEN = {
    "en": "Well, what do you think of the new timetable, and who is going to print all of it?",
    "de": "Ich weiß nicht, ob wir das noch haben, und wo die Fähre dann anlegt, ist auch unklar.",
    "fr": "Je ne sais pas si nous avons assez de place pour tous les bateaux dans ce port.",
    "es": "No sé qué es lo que tienen para nosotros, pero el barco sale a las dos de la tarde.",
    "pt": "Eu não sei o que eles têm para nós, mas o barco sai às duas da tarde com a gente.",
    "it": "Non so che cosa hanno gli altri per noi, ma la barca parte alle due con tutti.",
    "tr": "Ben bunu bilmiyorum ama bu çok geç değil mi, siz ne için bekliyorsunuz?",
    "ru": "Я не знаю, что это такое, но мы были там, и паромы ходят не каждый час.",
    "uk": "Я не знаю, що це таке, але ми є тут, і вони теж не були на поромі.",
    "hi": "मैं नहीं जानता कि यह क्या है और नाव कब आती है, पर हम यहाँ हैं।",
    "ja": "フェリーの時刻表はもう決まりましたか。まだだと聞きました。",
    "zh": "渡轮的时刻表已经决定了吗？我听说还没有。",
    "ko": "페리 시간표가 벌써 정해졌나요? 아직이라고 들었어요.",
    "th": "ตารางเวลาเรือข้ามฟากกำหนดแล้วหรือยัง",
    "el": "Το δρομολόγιο του πλοίου δεν έχει αποφασιστεί ακόμα.",
    "ta": "படகு நேர அட்டவணை முடிவு செய்யப்பட்டதா?",
}
NONE = {
    "few words": "Ferry? Ferry!",
    "numbers": "12:30 … 14:15",
    "Galician, which has no list": "Moitas grazas. Supoño que non, que llo len á señora, porque é unha"
    " das obras que foron feitas ao igual que as que vostede coñece e que non son do goberno.",
    "Bulgarian, which has no list": "Аз не знам какво е това, но ние сме тук и те не са били на "
    "ферибота. Трябва да се каже кога той тръгва и кой ще ни чака там, за да не закъснеем с багажа "
    "и с всичко, което носим от дома, а и кой ще плати билетите за пътуването до острова.",
    "two languages": f"{SPOKEN['en']} {SPOKEN['de']}",
}


@pytest.mark.parametrize(("language", "text"), SPOKEN.items())
def test_the_language_of_a_sentence_is_recognised(language, text):
    assert recognise_language(text.split()) == language


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_nothing_is_recognised_in_doubt(text):
    assert recognise_language([text]) is None


def test_words_of_another_script_do_not_change_the_language():
    assert recognise_language(["渡轮提供wifi吗？我们要 check in 了，请问房间号是多少？"]) == "zh"
    assert recognise_language([SPOKEN["en"], "We called it 渡轮 then."]) == "en"
    assert language_of_script(SPOKEN["en"]) == ""


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_has_a_code_or_none(texts):
    language = recognise_language(texts)
    assert language is None or (language.isascii() and len(language) == 2)


@pytest.mark.parametrize(
    "text",
    [
        "私はこの新しい時刻表がとても好きです。",
        "我觉得这个新的时刻表非常好，应该马上使用。",
    ],
)
def test_claims_are_read_where_the_file_does_not_say_the_language(text):
    one = Conversation("c", "s", (Participant("A"),), (Turn(0, text),))
    named = Conversation("c", "s", one.participants, one.turns, language=recognise_language([text]))
    assert list(read_claims(one)) == list(read_claims(named)) != []
    assert read_window(one).stops == read_window(named).stops

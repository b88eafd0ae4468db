"""Noun phrases of Japanese and Chinese by dictionaries, and what is read without them."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.annotators.embedded import annotate
from cgp.annotators.embedded.chinese import chinese_roles
from cgp.annotators.embedded.dictionaries import (
    DictionaryWord,
    dictionary_languages,
    dictionary_names,
    words_by_dictionary,
)
from cgp.annotators.embedded.east_asian import compound_spans, stops_of_nouns
from cgp.annotators.embedded.japanese import japanese_roles
from cgp.annotators.embedded.phrase_words import BREAK, Word
from cgp.annotators.embedded.reading import read_window
from cgp.annotators.embedded.word_roles import Role
from cgp.annotators.embedded.words import join
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder

ROOT = Path(__file__).resolve().parents[3]
NOUN = Word("n", begins=True, ends=True, inside=True)
JAPANESE = "昨日は豚の角煮を作りました。圧力鍋の使い方が難しくて、圧力鍋を買い直しました。"
CHINESE = "我想问一下瞭望塔的支付方式。瞭望塔在闪电网络里很重要，闪电网络的用户需要隐私。"

WITHOUT = """
import json, sys
for package in ("rjieba", "sudachipy", "sudachidict_small"):
    sys.modules[package] = None
from cgp.annotators.embedded.annotator import EmbeddedAnnotator
from cgp.annotators.embedded.reading import read_window
from cgp.conversation import Conversation, Participant, Turn
texts = {}
for language, text in json.loads(sys.argv[1]).items():
    talk = Conversation("t", "test", (Participant("Ada"),), (Turn(0, text),), language=language)
    texts[language] = [phrase.text for phrase in read_window(talk).phrases.candidates]
print(json.dumps([EmbeddedAnnotator().name, texts]))
"""


def talk(*texts: str, language: str | None) -> Conversation:
    people = (Participant("Ada"), Participant("Ben"))
    turns = tuple(Turn(number % 2, text) for number, text in enumerate(texts))
    return Conversation("talk", "test", people, turns, language=language)


def phrases(*texts: str, language: str | None) -> set[str]:
    return {
        phrase.text for phrase in read_window(talk(*texts, language=language)).phrases.candidates
    }


def with_dictionary(test):
    """Mark a test that needs the extra ``dictionaries``, which the extra ``peers`` brings."""
    missing = {"ja", "zh"} - {*dictionary_languages()}
    return pytest.mark.peers(
        pytest.mark.skipif(bool(missing), reason="the extra dictionaries is not installed")(test)
    )


def test_without_dictionaries_texts_are_cut_by_what_they_repeat():
    said = json.dumps({"ja": JAPANESE, "zh": CHINESE})
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, said], cwd=ROOT, capture_output=True, text=True, check=True
    )
    name, texts = json.loads(done.stdout)
    assert name == "embedded/7"
    assert texts["ja"] == ["角煮", "圧力鍋"]
    assert "闪电网络" in texts["zh"]


def test_the_name_says_which_dictionaries_are_in_use():
    assert [name[:2] for name in dictionary_names()] == [*dictionary_languages()]


@pytest.mark.parametrize(
    ("words", "roles"),
    [
        # 過ごし方: a verb with a suffix; は is in no phrase.
        ([("過ごし", "動詞,一般,*,*,五段-サ行,連用形-一般"), ("方", "接尾辞,名詞的,一般"), ("は", "助詞,係助詞")], "MSO"),
        ([("3", "名詞,数詞"), ("個", "名詞,普通名詞,助数詞可能"), ("林檎", "名詞,普通名詞,一般")], "#ON"),
        ([("さつき", "名詞,固有名詞,人名,名"), ("ちゃん", "接尾辞,名詞的,一般")], "OO"),
        ([("技術", "名詞,普通名詞,一般"), ("的", "接尾辞,名詞的,一般")], "NI"),
        ([("お", "接頭辞,*"), ("掃除", "名詞,普通名詞,サ変可能")], "ON"),
        ([("Tom", "latin"), ("x", "latin")], "NO"),
        ([("こと", "名詞,普通名詞,一般"), ("カビ", "動詞,一般,*,*,上一段,連用形")], "ON"),
    ],
)  # fmt: skip
def test_japanese_words_have_roles_by_their_parts_of_speech(words, roles):
    signs = {"N": Role.NOUN, "M": Role.MODIFIER, "S": Role.SUFFIX, "I": Role.INNER_SUFFIX, "#": Role.NUMBER, "O": Role.OTHER}  # fmt: skip
    read = japanese_roles([DictionaryWord(*word) for word in words], frozenset())
    assert [role for _, role in read] == [signs[sign] for sign in roles]


def test_a_polite_prefix_joins_a_word_in_hiragana():
    words = [DictionaryWord("ご", "接頭辞,*"), DictionaryWord("ちそう", "名詞,普通名詞,一般")]
    assert japanese_roles(words, frozenset()) == [("ごちそう", Role.NOUN)]


def test_a_chinese_word_that_no_dictionary_lists_loses_its_function_word():
    words = [DictionaryWord("从汉庭", "n", is_known=False), DictionaryWord("酒店", "n")]
    assert chinese_roles(words, frozenset("从")) == [
        ("从", Role.OTHER),
        ("汉庭", Role.NOUN),
        ("酒店", Role.NOUN),
    ]


@pytest.mark.parametrize(
    ("part", "text", "role"),
    [
        ("l", "长途电话", Role.NOUN),
        ("l", "太好了", Role.OTHER),
        ("v", "推荐", Role.OTHER),
        ("v", "观鸟", Role.NOUN),
        ("v", "乒乓球赛", Role.MODIFIER),
        ("zg", "舫", Role.SIGN),
        ("m", "三家", Role.OTHER),
    ],
)
def test_chinese_words_have_roles_by_their_tags(part, text, role):
    edges = stops_of_nouns("zh").edges
    assert chinese_roles([DictionaryWord(text, part)], edges) == [(text, role)]


def test_only_whole_compounds_are_joined_by_a_link():
    stops = stops_of_nouns("ja")
    words = [NOUN, BREAK, NOUN, NOUN]
    spans = compound_spans(["豚", "の", "角煮", "丼"], words, stops)
    assert {(start, stop) for start, stop, _ in spans} == {(0, 1), (0, 4), (2, 3), (2, 4), (3, 4)}


def test_a_phrase_has_no_space_beside_a_script_without_spaces():
    assert join(["CPU", "の", "仕組み"], any_neighbour=True) == "CPUの仕組み"
    assert join(["CPU", "の", "仕組み"]) == "CPU の仕組み"
    assert join(["Wi-Fi", "router"], any_neighbour=True) == "Wi-Fi router"


@with_dictionary
@pytest.mark.parametrize(
    ("language", "text", "kept", "left_out"),
    [
        ("ja", JAPANESE, {"豚の角煮", "角煮", "圧力鍋", "圧力鍋の使い方"}, {"昨日", "難", "買い"}),
        ("ja", "大学院生のコンファレンスでは展示発表会を三回開いた。", {"大学院生のコンファレンス", "展示発表会"}, {"展示発表会を", "三回", "開"}),
        ("ja", "CPUの仕組みとe-typingを習う。", {"CPUの仕組み", "e-typing"}, {"CPU の仕組み", "typing"}),
        ("zh", CHINESE, {"瞭望塔", "闪电网络", "支付方式"}, {"我想", "闪电网络里"}),
        ("zh", "推荐您去北京丽都维景酒店。", {"北京丽都维景酒店"}, {"推荐", "丽都维"}),
    ],
)  # fmt: skip
def test_candidates_are_noun_phrases(language, text, kept, left_out):
    texts = phrases(text, language=language)
    assert kept <= texts
    assert not left_out & texts


@with_dictionary
def test_a_japanese_name_does_not_make_a_chinese_text_japanese():
    text = "推荐您去秋刀鱼の味，这家餐厅的营业时间很长，价格也不贵，周边还有地铁站和购物中心。"
    assert read_window(talk(text, language="zh")).language == "zh"
    assert read_window(talk(JAPANESE, language=None)).language == "ja"


@with_dictionary
def test_no_dictionary_reads_the_words_of_another_script():
    text = "ผมอยู่เชียงใหม่ รถไฟไปเชียงใหม่"
    alone = read_window(talk(text, language=None), ())
    assert read_window(talk(text, language=None)).phrases == alone.phrases


@with_dictionary
@given(st.text(max_size=200), st.sampled_from(["ja", "zh"]))
@settings(deadline=None)
def test_the_words_of_a_text_are_the_text(text, language):
    text = "".join(sign for sign in text if sign.isalnum())
    words = words_by_dictionary(text, language)
    assert "".join(word.text for word in words) == text
    assert all(word.text for word in words)


@with_dictionary
@pytest.mark.parametrize("language", ["ja", "zh"])
def test_an_endless_text_is_read(language):
    text = "図書館員" * 20_000
    assert "".join(word.text for word in words_by_dictionary(text, language)) == text


@with_dictionary
def test_threads_give_the_same_tags():
    embedder = default_embedder()
    talks = [talk(JAPANESE, language="ja"), talk(CHINESE, language="zh")] * 8
    alone = [annotate(one, embedder, 8) for one in talks]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda one: annotate(one, embedder, 8), talks))
    assert together == alone
    assert all(answer.tags for answer in alone)

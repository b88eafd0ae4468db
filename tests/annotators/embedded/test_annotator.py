"""The embedded annotator on whole conversations: real words, the real embedder."""

import asyncio
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.annotators.embedded import EmbeddedAnnotator, annotate
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Metadata
from cgp.text import normal_form


def conversation(*texts: str, names: tuple[str, ...] = ("Ada", "Ben"), language=None):
    turns = tuple(Turn(i % len(names), text) for i, text in enumerate(texts))
    return Conversation("c", "test", tuple(map(Participant, names)), turns, language=language)


def tags(*texts: str, count: int = 8, **options) -> list[str]:
    found = annotate(conversation(*texts, **options), default_embedder(), count)
    return [normal_form(tag.text) for tag in found.tags]


DINNER = (
    "Good evening, are you ready to order?",
    "Yes, I'd like the tomato soup and then the grilled steak, please.",
    "How would you like your steak? And would you like a salad with it?",
    "Medium rare. And could the waiter bring the dessert menu later?",
)
BUSES = (
    "I take public transport every day. The night bus is the best thing in this city.",
    "The night bus? Ours was cut. Public transport in my town is a joke.",
    "Our council doubled the bus lanes, and public transport got faster.",
    "I wish our council would build bus lanes too.",
)


def test_tags_name_what_people_talk_about_and_read_well():
    found = tags(*BUSES)
    assert "public transport" in found
    assert "bus lanes" in found or "night bus" in found
    assert not {"every day", "best", "thing", "wish", "joke is"} & set(found)


def test_a_label_of_other_conversations_needs_support_in_this_one():
    found = tags(*DINNER, count=12)

    assert not {"job interview", "remote control", "train tickets"} & set(found)


def test_the_first_tag_alone_is_the_first_of_many():
    assert len(tags(*BUSES, count=1)) == 1
    assert tags(*BUSES, count=0) == []


def test_inflections_are_one_tag():
    found = tags("Dogs bark. The dog barks at other dogs.", "My dog never barked at dogs.")
    assert sum(tag in {"dog", "dogs"} for tag in found) <= 1


def test_no_word_is_in_more_than_three_tags():
    found = tags(*(f"The {word} language is a language of its own." for word in "abcdefgh"), *BUSES)
    words = [word for tag in found for word in tag.split()]
    assert max(words.count(word) for word in words) <= 3


def test_fillers_and_contractions_are_no_tags():
    found = tags(
        "Uh, yeah, I'm gonna, you know, like, um...", "Yeah, uh-huh, okay, I don ' t know."
    )
    assert found == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            ("Queremos reservar una mesa en el restaurante.", "El restaurante está lleno."),
            "restaurante",
        ),
        (("Nous cherchons un appartement à Lyon.", "Cet appartement a un balcon."), "appartement"),
        (("Ich suche eine Wohnung in Köln.", "Die Wohnung hat einen Balkon."), "wohnung"),
        (("Мы ищем квартиру в центре.", "Эта квартира с балконом."), "квартир"),
        (("मुझे रेलवे स्टेशन जाना है।", "रेलवे स्टेशन बहुत दूर है।"), "रेलवे स्टेशन"),
        (("أريد تذكرة القطار إلى القاهرة.", "تذكرة القطار غالية."), "تذكرة القطار"),
        (("我想学习中文。", "学习中文很难，我每天学习中文。"), "学习中文"),
        (("東京タワーは高いです。", "東京タワーに行きたい。"), "東京タワー"),
        (("ผมอยากไปเชียงใหม่", "เชียงใหม่สวยมาก"), "เชียงใหม่"),
    ],
)
def test_other_languages_and_scripts_get_tags_in_their_own_words(texts, expected):
    assert any(normal_form(expected) in tag for tag in tags(*texts))


@pytest.mark.parametrize("text", ["", "   ", "🎉🎉🎉", "...", "123 456", "\u200b", "\ud800"])
def test_a_conversation_without_words_gets_no_tags_and_a_profile_without_claims(text):
    found = annotate(conversation(text), default_embedder(), 8)
    assert found.tags == ()
    assert [(p.participant, p.claims) for p in found.profiles] == [(0, ())]


def test_personal_identifiers_are_in_no_tag_and_no_claim():
    found = annotate(
        conversation(
            "Do you like garden tools? Mail ada.lovelace@example.org or call +44 20 7946 0958.",
            "I love garden tools, see https://tools.example.com/x?y=1 and www.rakes.net, @ada_l.",
            "Is garden.tools.io yours? My booking is GX-93017, account 4000 1234 5678 9010.",
            names=("Ada Lovelace", "Ben"),
        ),
        default_embedder(),
        20,
    )
    text = str(found.to_json()).casefold()
    assert "garden tools" in text
    for identifier in (
        "lovelace",
        "example",
        "@",
        "http",
        "rakes",
        "ada_l",
        "7946",
        "93017",
        "9010",
    ):
        assert identifier not in text


def test_a_huge_turn_and_many_turns_are_annotated():
    long = " ".join(f"The harbour council votes on pier {i} and its cranes." for i in range(2000))
    assert len(long) > 90_000
    assert "harbour" in " ".join(tags(long, "The harbour needs cranes."))
    meeting = annotate(conversation(*(BUSES * 120)), default_embedder(), 8)
    assert any("public transport" in normal_form(tag.text) for tag in meeting.tags)


def test_the_same_conversation_gives_the_same_metadata_again():
    once = annotate(conversation(*BUSES, *DINNER), default_embedder(), 8)
    assert once == annotate(conversation(*BUSES, *DINNER), default_embedder(), 8)
    assert Metadata.from_json(once.to_json()) == once


@given(texts=st.lists(st.text(max_size=120), min_size=1, max_size=8), count=st.integers(0, 12))
@settings(max_examples=100, deadline=None)
def test_any_text_at_all_gives_distinct_nonempty_tags_and_claims_that_cite_own_turns(texts, count):
    talk = conversation(*texts, names=("Ada", "Ben", "Cy"))
    found = annotate(talk, default_embedder(), count)
    names = [normal_form(tag.text) for tag in found.tags]
    assert len(names) <= count
    assert all(names)
    assert len(set(names)) == len(names)
    assert [profile.participant for profile in found.profiles] == list(talk.speakers)
    for profile in found.profiles:
        assert len(profile.claims) <= 8
        for claim in profile.claims:
            assert claim.value
            assert claim.turns
            assert all(talk.turns[turn].speaker == profile.participant for turn in claim.turns)


def test_a_negative_number_of_tags_is_refused():
    with pytest.raises(ValueError, match="max_tags"):
        annotate(conversation("Hello"), default_embedder(), -1)


async def test_the_annotator_leaves_the_event_loop_free_and_equals_the_plain_function():
    talk = conversation(*(BUSES * 60))
    annotator = EmbeddedAnnotator()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    found = await annotator.annotate(talk, max_tags=5)
    ticking.cancel()
    assert ticks > 2
    assert found == annotate(talk, default_embedder(), 5)
    assert re.fullmatch(r"embedded/\d+(\+[a-z0-9.]+)*", annotator.name)
    await annotator.close()
    await annotator.close()

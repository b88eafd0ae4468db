import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.errors import BackendUnavailableError, UnusableAnswerError
from cgp.annotators.long_conversations import Part, combine, split
from cgp.annotators.quotation import quoted_length, unquote
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from tests.annotators.llm.conftest import conversation
from tests.kit.llm_server import Says, Status


@given(
    texts=st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=20),
    characters=st.integers(100, 1000),
)
def test_splitting_loses_no_text_and_keeps_every_part_small(texts, characters):
    talk = conversation(*texts)
    parts = split(talk, characters)
    heard = dict.fromkeys(range(len(texts)), "")
    for part in parts:
        turns = part.conversation.turns
        assert sum(quoted_length(turn.text) + 16 for turn in turns) <= characters
        for turn, origin in zip(turns, part.origin, strict=True):
            assert turn.speaker == talk.turns[origin].speaker
            heard[origin] += turn.text
    whole = len(parts) == 1 and len(parts[0].conversation.turns) == len(texts)
    spoken = {i: text for i, text in enumerate(texts) if text.strip() or whole}
    assert {i: text for i, text in heard.items() if text} == spoken


def test_a_conversation_that_fits_stays_as_it_is():
    talk = conversation("", "Hello")
    assert split(talk, 500) == [Part(talk, (0, 1))]


def test_a_long_turn_is_cut_between_words():
    parts = split(conversation("public transport " * 200), 500)
    assert len(parts) > 5
    assert all(
        part.conversation.turns[0].text.startswith(("public", "transport")) for part in parts
    )
    assert {part.origin for part in parts} == {(0,)}


def test_no_part_is_a_remnant():
    sizes = [len(p.conversation.turns) for p in split(conversation(*["x" * 80] * 101), 1000)]
    assert max(sizes) - min(sizes) <= 2


def test_merging_prefers_what_more_parts_say_and_cites_turns_of_the_whole():
    talk = conversation("a", "b", "c", "d")
    one = Metadata(
        (Tag("ticket price"), Tag("bus line")),
        (ParticipantProfile(0, (Claim("topic", "bus", (0,)),)),),
    )
    two = Metadata(
        (Tag("Bus line"), Tag("council")),
        (ParticipantProfile(0, (Claim("topic", "bus", (0, 1)),)),),
    )
    merged = combine([(Part(talk, (0, 1)), one), (Part(talk, (2, 3)), two)], max_tags=2)
    assert merged.tags == (Tag("bus line"), Tag("ticket price"))
    assert merged.profiles == (ParticipantProfile(0, (Claim("topic", "bus", (0, 2, 3)),)),)


def describes(request):
    """Answer with the first words of the first turn, and cite it."""
    (user,) = [m["content"] for m in request["messages"] if m["role"] == "user"]
    _, (speakers, *turns), _ = unquote(user)
    number, speaker, text = turns[0]
    claim = {"attribute": "topic", "value": text[:20], "turns": [number, len(turns)]}
    profile = {"participant": speaker, "claims": [claim]}
    assert speaker in dict(speakers)
    return json.dumps({"tags": [" ".join(text.split()[:3])], "profiles": [profile]})


async def test_a_long_conversation_is_annotated_whole(serve, annotator_for):
    server = await serve(Says(describes))
    talk = conversation(*[f"topic number {i} " + "word " * 60 for i in range(60)])
    metadata = await annotator_for(server, window_characters=2000).annotate(talk, max_tags=64)
    assert len(server.requests) == len(split(talk, 2000)) > 5
    assert len(metadata.tags) == len(server.requests)
    for profile in metadata.profiles:
        for claim in profile.claims:
            assert all(talk.turns[turn].text.startswith(claim.value) for turn in claim.turns)
    assert server.most_in_flight <= 4


async def test_a_minority_of_refused_parts_is_left_out(serve, annotator_for, caplog):
    def sometimes(request):
        return describes(request) if "topic number 0" not in str(request) else "no"

    server = await serve(Says(sometimes))
    talk = conversation(*[f"topic number {i}x " + "word " * 60 for i in range(40)])
    metadata = await annotator_for(server, window_characters=2000).annotate(talk, max_tags=64)
    assert metadata.tags
    assert re.search(r"1 of \d parts left out", caplog.text)


async def test_a_majority_of_unusable_parts_is_an_error(serve, annotator_for):
    server = await serve(Says("no"))
    talk = conversation(*[f"topic number {i} " + "word " * 60 for i in range(40)])
    with pytest.raises(UnusableAnswerError):
        await annotator_for(server, window_characters=2000).annotate(talk, max_tags=8)


async def test_a_failing_server_ends_all_parts_with_its_own_error(serve, annotator_for):
    server = await serve(Status(500))
    talk = conversation(*[f"topic number {i} " + "word " * 60 for i in range(40)])
    with pytest.raises(BackendUnavailableError):
        await annotator_for(server, window_characters=2000).annotate(talk, max_tags=8)

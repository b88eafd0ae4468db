"""The sample conversations: well-formed, varied, and long enough to be cut into windows."""

import json
from importlib import resources

import pytest

from cgp import samples
from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.windows import cut

EVERY = pytest.mark.parametrize("conversation", samples.load(), ids=lambda c: c.id)
SHINGLE = 40  # characters: longer than any phrase that two people would say alike by chance


def shingles(conversation):
    texts = (turn.text for turn in conversation.turns)
    return {t[i : i + SHINGLE] for t in texts for i in range(len(t) - SHINGLE + 1)}


def test_there_are_a_dozen_samples_or_more_each_under_its_name():
    assert len(samples.load()) >= 12
    assert [c.id for c in samples.load()] == [f"sample-{name}" for name in samples.names()]


def test_no_two_samples_have_the_same_id_title_or_content():
    for seen in ("id", "title", "content_hash"):
        assert len({getattr(c, seen) for c in samples.load()}) == len(samples.load())


def test_samples_cover_several_languages_and_sources():
    assert len({c.language for c in samples.load()}) >= 4
    assert len({c.source for c in samples.load()}) >= 6


@EVERY
def test_a_sample_has_several_windows_under_the_default_plan_and_each_turn_is_in_one(conversation):
    leaves = list(cut(conversation).leaves())
    assert len(leaves) >= 3
    covered = {turn for leaf in leaves for turn in range(leaf.start, leaf.stop)}
    assert covered == set(range(len(conversation.turns)))


@EVERY
def test_everybody_in_a_sample_speaks_and_says_something(conversation):
    assert sorted(conversation.speakers) == list(range(len(conversation.participants)))
    assert len(conversation.participants) >= 2
    assert all(turn.text.strip() == turn.text != "" for turn in conversation.turns)


@EVERY
def test_the_times_of_a_sample_are_given_for_all_turns_in_order_or_for_none(conversation):
    times = [turn.at for turn in conversation.turns if turn.at is not None]
    assert len(times) in {0, len(conversation.turns)}
    assert times == sorted(times)


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_file_is_in_the_canonical_form(name):
    file = resources.files(samples) / f"{name}.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    conversation = conversation_from_json(document)
    assert conversation_to_json(conversation) == document
    assert conversation_from_json(conversation_to_json(conversation)) == conversation


def test_no_text_is_shared_between_two_samples():
    owner = {}
    for conversation in samples.load():
        pieces = shingles(conversation) | {turn.text for turn in conversation.turns}
        for piece in pieces:
            assert owner.setdefault(piece, conversation.id) == conversation.id, piece

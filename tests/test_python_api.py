"""``import cgp``: functions for programs and notebooks."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import cgp
from cgp import python_api, samples
from cgp.annotators.errors import AnnotationError
from cgp.conversation_json import ConversationError
from cgp.metadata import Metadata, Tag
from cgp.search import Hit, SearchError

TALK = next(c for c in samples.load() if c.id == "sample-clinic-migraine").excerpt(0, 12)


class FirstWords:
    """An annotator of one's own: the first word of each turn."""

    name = "first-words"

    async def annotate(self, conversation, *, max_tags, purpose):
        words = dict.fromkeys(turn.text.split()[0].strip(",.") for turn in conversation.turns)
        return Metadata(tuple(Tag(word, 1.0) for word in list(words)[:max_tags]))

    async def close(self):
        raise AssertionError("the caller's annotator is the caller's to close")


def test_the_package_offers_functions_where_modules_have_their_names_too():
    code = (
        "import sys, cgp; loaded = [m for m in sys.modules if m.startswith('cgp.')]; "
        "import cgp.search, cgp.windows; from cgp.search import Hit; "
        "print(loaded, callable(cgp.search), callable(cgp.windows), sys.modules['cgp.search'].Hit is Hit)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True True True"
    assert set(cgp.__all__) <= set(dir(cgp))
    assert all(getattr(cgp, name).__doc__ for name in cgp.__all__)
    with pytest.raises(AttributeError, match="no attribute 'serch'"):
        _ = cgp.serch
    assert Hit(1.0).score == 1.0


@pytest.mark.parametrize("function", ["tag", "profile", "windows", "score"])
@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        (iter([TALK]), r"for talk in cgp\.read\(\.\.\.\): cgp\.{}\(talk\)"),
        ([TALK], "one by one"),
        ("chat.txt", r"read the file first: for talk in cgp\.read\('chat\.txt'\)"),
        (None, "not NoneType"),
    ],
)
def test_what_is_no_conversation_is_refused_with_the_remedy(function, given, remedy):
    more = ({"Ann": ["ferry"]},) if function == "score" else ()
    with pytest.raises(TypeError, match=remedy.format(function)):
        getattr(cgp, function)(given, *more)


def test_files_are_read_and_a_bad_record_is_named(tmp_path):
    good = {"id": "a", "turns": [{"speaker": "Ann", "text": "The ferry is late."}]}
    path = tmp_path / "talks.jsonl"
    path.write_text(json.dumps(good) + "\n{broken\n", encoding="utf-8")
    with pytest.warns(python_api.UnreadableRecordWarning, match=r"talks\.jsonl"):
        talks = list(cgp.read(path))
    assert [talk.turns[0].text for talk in talks] == ["The ferry is late."]
    assert len(list(cgp.read(str(path), bad_records="skip"))) == 1
    with pytest.raises(ConversationError):
        list(cgp.read(path, bad_records="raise"))
    with pytest.raises(ConversationError, match="no-such"):
        list(cgp.read(path, format_name="no-such"))
    with pytest.raises(FileNotFoundError):
        list(cgp.read(tmp_path / "absent.json"))


async def test_a_running_event_loop_is_no_obstacle():
    # As in a notebook: the loop of this test runs in this thread.
    assert asyncio.get_running_loop().is_running()
    assert (
        cgp.tag(TALK, max_tags=2, annotator=FirstWords())
        == cgp.tag(TALK, annotator=FirstWords())[:2]
    )
    with pytest.raises(AnnotationError, match="no annotator 'nobody'"):
        cgp.tag(TALK, annotator="nobody")


def test_tags_profiles_and_windows_are_those_of_the_commands():
    assert cgp.tag(TALK, max_tags=3)
    people = cgp.profile(TALK)
    assert {profile.participant for profile in people} <= {0, 1, 2}
    assert all(claim.turns for profile in people for claim in profile.claims)
    tree = cgp.windows(TALK, annotator=FirstWords())
    assert (tree[0].start, tree[0].stop, tree[0].parent) == (0, 12, None)


def test_answers_are_scored_as_a_validator_scores_them():
    truth = Metadata(tuple(Tag(text, 1.0) for text in ("migraine", "headache", "aura")))
    scores = cgp.score(
        TALK,
        {"reader": ["migraine", "headache"], "guesser": ["people talking"]},
        ground_truth=truth,
        background=[],
    )
    assert list(scores) == ["reader", "guesser"]
    assert scores["reader"].value > scores["guesser"].value
    assert scores["reader"].tags[0].verdict == "ground_truth"
    with pytest.raises(ValueError, match="at least one miner"):
        cgp.score(TALK, {})


def test_a_search_says_that_there_is_no_index_and_wants_times_with_a_zone(tmp_path):
    with pytest.raises(SearchError, match="cgp index"):
        cgp.search("ferry", data_dir=tmp_path)
    with pytest.raises(SearchError):
        cgp.search("ferry", after=datetime(2026, 1, 1, tzinfo=UTC), data_dir=tmp_path)
    with pytest.raises(ValueError, match="zone"):
        cgp.search("ferry", after=datetime(2026, 1, 1), data_dir=tmp_path)  # noqa: DTZ001

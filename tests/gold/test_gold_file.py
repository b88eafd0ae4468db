"""Reading gold files: what is there is read, and what is wrong is named."""

import json

import pytest

from cgp import samples
from cgp.gold import GoldError, Weight, bundled_gold, gold_from_json, read_gold, word_form
from cgp.metadata import Claim, ParticipantProfile
from tests.gold.windows import TURNS

LINE = {
    "id": "w1",
    "origin": "somewhere",
    "licence": "MIT",
    "kind": "meeting",
    "language": "en",
    "turns": TURNS,
    "tags": [{"text": "night bus", "weight": 3, "also": ["late bus"]}],
    "reject": [{"text": "late", "why": "part of speech"}],
    "profiles": [
        {
            "speaker": "Ben",
            "claims": [{"attribute": "stance", "value": "write a letter", "turns": [1]}],
        }
    ],
    "note": "ignored",
}


def written(tmp_path, *lines):
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_line_is_read_whole(tmp_path):
    (window,) = read_gold(written(tmp_path, LINE))

    assert window.id == "w1"
    assert [turn.text for turn in window.window.turns] == [turn["text"] for turn in TURNS]
    assert window.tags[0].weight is Weight.ABOUT
    assert window.tags[0].wordings == ("night bus", "late bus")
    assert window.reject[0].why == "part of speech"
    assert window.profiles == (ParticipantProfile(1, (Claim("stance", "write a letter", (1,)),)),)
    assert (window.kind, window.licence, window.origin) == ("meeting", "MIT", "somewhere")


def test_what_is_written_is_read_again():
    window = gold_from_json(LINE)

    assert gold_from_json(json.loads(json.dumps(window.to_json()))) == window


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tags": None}, "no tags"),
        ({"tags": [{"text": "bus", "weight": 4}]}, "tag 0: weight must be 3"),
        ({"tags": [{"text": "bus", "weight": True}]}, "tag 0: weight must be 3"),
        ({"tags": [{"text": "!?", "weight": 1}]}, "tag 0: text must be words"),
        ({"tags": [{"text": "bus", "weight": 1, "also": "tram"}]}, "tag 0: also must be a list"),
        ({"tags": ["bus"]}, "tag 0: expected"),
        ({"tags": [{"text": "bus", "weight": 1}] * 65}, "more than 64"),
        ({"reject": [{"text": ""}]}, "reject 0: text must be words"),
        ({"turns": []}, "turns is empty"),
        ({"kind": 3}, "kind must be text"),
        ({"profiles": [{"speaker": "Eve", "claims": []}]}, "'Eve' is not a speaker"),
        (
            {
                "profiles": [
                    {"speaker": "Ada", "claims": [{"attribute": "a", "value": "b", "turns": [2]}]}
                ]
            },
            "turns must be numbers from 0 to 1",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, message):
    line = {field: value for field, value in (LINE | change).items() if value is not None}

    with pytest.raises(GoldError, match=message) as caught:
        read_gold(written(tmp_path, LINE | {"id": "good"}, line))

    assert "line 2" in str(caught.value)


def test_an_id_stands_once(tmp_path):
    with pytest.raises(GoldError, match="line 2: id 'w1' is that of line 1"):
        read_gold(written(tmp_path, LINE, LINE))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "no window"), (b"{", "line 1: not JSON"), (b"[]", "line 1: "), (b"\xff", "not UTF-8")],
)
def test_what_is_no_gold_file_is_said_to_be_none(tmp_path, content, message):
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)

    with pytest.raises(GoldError, match=message):
        read_gold(path)


def test_the_bundled_windows_are_parts_of_the_bundled_samples():
    by_name = {
        conversation.id.removeprefix("sample-"): conversation for conversation in samples.load()
    }

    for gold in bundled_gold():
        name, _, part = gold.origin.partition("[")
        start, stop = map(int, part.rstrip("]").split(":"))
        excerpt = by_name[name].excerpt(start, stop)
        said = [(excerpt.participants[turn.speaker].name, turn.text) for turn in excerpt.turns]
        window = gold.window
        assert said == [(window.participants[t.speaker].name, t.text) for t in window.turns]
        assert window.language == excerpt.language


def test_every_bundled_window_has_tags_of_each_weight_and_bad_ones():
    for gold in bundled_gold():
        assert {tag.weight for tag in gold.tags} == set(Weight)
        assert len(gold.reject) >= 5


def test_no_wording_of_a_bundled_window_stands_for_two_tags():
    for gold in bundled_gold():
        forms = [{word_form(text) for text in tag.wordings} for tag in gold.tags]
        wanted = set().union(*forms)
        assert sum(map(len, forms)) == len(wanted), gold.id
        assert not wanted & {word_form(tag.text) for tag in gold.reject}, gold.id

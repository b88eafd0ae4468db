"""A talk rendered into a format reads back as it was; a broken byte costs its own turn."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cgp.sources import read_path
from tests.kit.rendered_talks import BY_LINE, FORMATS, PEOPLE, UNTIMED

NAMES = ("Ana", "Bo", "Zoë", "李明", "Dmitri", "Ravi", "Jo-Ann")
# Words that no format has marks for: no colons, quotes, brackets, markup.
words = st.lists(
    st.text(st.sampled_from("abcdefghijklmnoprstuvyzäéüñøßабвгд水火木"), min_size=2, max_size=9),
    min_size=2,
    max_size=6,
).map(" ".join)


def relaxed(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def talks(draw, people=None, fewest=6):
    """Draw a talk in which two or three people take turns, all words of it different."""
    names = people or draw(st.permutations(NAMES))[: draw(st.integers(2, 3))]
    said = draw(st.lists(words, min_size=fewest, max_size=9, unique=True))
    return [(names[i % len(names)], f"{text} number{i}x", 2 * i) for i, text in enumerate(said)]


def read(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, FORMATS[name][0])
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return list(read_path(path))


def turns(pairs):
    return [
        (record.conversation.participants[turn.speaker].name, turn.text, turn.at)
        for _, record in pairs
        if record.conversation
        for turn in record.conversation.turns
    ]


@pytest.mark.parametrize("name", FORMATS)
@relaxed(4)
@given(data=st.data())
def test_a_talk_comes_back_from_its_format_as_far_as_that_holds_it(name, data):
    talk = data.draw(talks(PEOPLE.get(name)))
    pairs = read(name, FORMATS[name][1](talk))
    assert {source.name for source, _ in pairs} == {name}
    untimed = FORMATS[name][2] == UNTIMED
    expected = [(who, said, None if untimed else 60.0 * minute) for who, said, minute in talk]
    assert turns(pairs) == expected


damages = st.tuples(
    st.sampled_from(["flip", "cut", "insert"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 255),
)


@pytest.mark.parametrize("name", BY_LINE)
@relaxed(12)
@given(data=st.data())
def test_a_broken_byte_costs_its_own_turn_and_changes_no_other_speaker(name, data):
    talk = data.draw(talks(PEOPLE.get(name), fewest=8))
    text = FORMATS[name][1](talk).encode("utf-8")
    broken = data.draw(st.integers(2, len(talk) - 3))
    # From behind the line of the turn before, to the end of this one's words.
    start = text.index(talk[broken - 1][1].encode()) + len(talk[broken - 1][1].encode())
    start = text.index(b"\n", start) + 1
    stop = text.index(talk[broken][1].encode()) + len(talk[broken][1].encode())
    kind, place, byte = data.draw(damages)
    at = start + int(place * (stop - start))
    added = b"" if kind == "cut" else bytes([byte])
    damaged = text[:at] + added + text[at + (kind != "insert") :]
    found = turns(read(name, damaged))
    assert found, (kind, at, byte)
    for i, (who, said, _) in enumerate(talk):
        if i in {broken - 1, broken}:
            continue
        speakers = [name_ for name_, words_, _ in found if said in words_]
        assert speakers == [who], (kind, at, byte, i)
    # What is no beginning of a turn any more goes on with the turn before, whose speaker stays.
    before = talk[broken - 1]
    assert [n for n, words_, _ in found if before[1] in words_] == [before[0]]
